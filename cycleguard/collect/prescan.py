"""The first look at a file, over `ast`: its import statements and importing calls, in source order.

Only what may hold an import by its words is looked at. Comments are not in the tree:
`local_imports` adds those of function-local imports.
"""

import ast
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.collect.dynamic import CallReader
from cycleguard.collect.guards import branch_kind, else_kind, handler_text, try_kind
from cycleguard.collect.import_time_calls import called_at_import
from cycleguard.collect.local_imports import comments_of
from cycleguard.collect.name_uses import FunctionNode, FunctionUses, function_uses
from cycleguard.collect.nodes import children
from cycleguard.collect.position import Position
from cycleguard.collect.sites import Sites
from cycleguard.collect.source import SourceText
from cycleguard.model.edges import Timing
from cycleguard.model.imports import Alias, Form, FunctionContext, GuardKind, ImportStatement
from cycleguard.model.modules import Module


class _Found(Struct, frozen=True):
    """An import with its position, before it is known which functions run at import time."""

    statement: ImportStatement
    position: Position


def prescan(
    tree: ast.Module, source: SourceText, module: Module, lazy_lines: frozenset[int]
) -> tuple[ImportStatement, ...]:
    """All imports of one file.

    Args:
        tree: the syntax tree of `source`.
        source: the text, for columns and conditions.
        module: whose file this is; relative dynamic imports depend on its name.
        lazy_lines: lines where a PEP 810 ``lazy`` import starts that the tree shows as plain.
    """
    walker = _Walker(source, module, lazy_lines)
    walker.body(tree.body, Position())
    found = walker.found
    is_any_local = any(f.position.function for f in found)
    called = called_at_import(tree) if is_any_local else frozenset()
    uses = _uses_by_function(found)
    finished = (_finished(f, called, uses) for f in found)
    return tuple(sorted(finished, key=lambda statement: (statement.line, statement.column)))


class _Walker:
    def __init__(self, source: SourceText, module: Module, lazy_lines: frozenset[int]) -> None:
        self.found: list[_Found] = []
        self._source = source
        self._lazy_lines = lazy_lines
        self._lazy_modules: frozenset[str] = frozenset()
        self._typing_names = frozenset({"TYPE_CHECKING", "MYPY"})
        self._calls = CallReader(module.name, module.is_package)
        self._sites = Sites(source.text)

    def body(self, statements: Sequence[ast.stmt], position: Position) -> None:
        for index, node in enumerate(statements):
            if not self._sites.may_hold_import(node):
                continue
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                is_local = position.function is not None
                comments = comments_of(statements, index, self._source) if is_local else ()
                self._import(node, position, comments)
            else:
                self._statement(node, position)

    def _statement(self, node: ast.stmt, position: Position) -> None:
        for expression in _own_expressions(node):
            self._expression(expression, position)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.body(node.body, position.in_function(node))
        elif isinstance(node, ast.ClassDef):
            self.body(node.body, position.in_class(node.name))
        elif isinstance(node, ast.If):
            self._if(node, position)
        elif isinstance(node, (ast.Try, ast.TryStar)):
            self._try(node, position)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            items = ", ".join(self._source.segment(item.context_expr) for item in node.items)
            self.body(node.body, position.guarded(GuardKind.WITH, items, node.lineno))
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            test = node.test if isinstance(node, ast.While) else node.iter
            text = self._source.segment(test)
            inner = position.guarded(GuardKind.LOOP, text, node.lineno)
            self.body((*node.body, *node.orelse), inner)
        elif isinstance(node, ast.Match):
            subject = self._source.segment(node.subject)
            for case in node.cases:
                line = case.pattern.lineno
                self.body(case.body, position.guarded(GuardKind.BRANCH, subject, line))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            self._assignment(node, position)

    def _if(self, node: ast.If, position: Position) -> None:
        # A chain of elif nests in the tree; the loop keeps long ones off Python's stack.
        while True:
            text = self._source.segment(node.test)
            kind = branch_kind(node.test, text, self._typing_names)
            self.body(node.body, position.guarded(kind, text, node.lineno))
            position = position.guarded(else_kind(kind), text, node.lineno)
            if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
                break
            node = node.orelse[0]
            if kind is GuardKind.BRANCH:
                position = replace(position, guards=position.guards[:-1])
            self._expression(node.test, position)
        self.body(node.orelse, position)

    def _try(self, node: ast.Try | ast.TryStar, position: Position) -> None:
        text = handler_text(node.handlers)
        for kind, body in (
            (try_kind(node.handlers), node.body),
            (GuardKind.TRY_ELSE, node.orelse),
            (GuardKind.FINALLY, node.finalbody),
        ):
            self.body(body, position.guarded(kind, text, node.lineno))
        for handler in node.handlers:
            caught = handler_text([handler])
            self.body(handler.body, position.guarded(GuardKind.EXCEPT, caught, handler.lineno))

    def _assignment(self, node: ast.Assign | ast.AnnAssign, position: Position) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = {target.id for target in targets if isinstance(target, ast.Name)}
        # __lazy_modules__ = ["a.b"]: PEP 810's way without new syntax
        if "__lazy_modules__" in names and not position.scope and node.value is not None:
            strings = (n for n in ast.walk(node.value) if isinstance(n, ast.Constant))
            self._lazy_modules = frozenset(n.value for n in strings if isinstance(n.value, str))

    def _import(
        self, node: ast.Import | ast.ImportFrom, position: Position, comments: tuple[str, ...]
    ) -> None:
        self._calls.learn(node)
        self._learn_typing_names(node)
        names = tuple(Alias(alias.name, alias.asname) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            form, module, level = Form.FROM, node.module, node.level
            modules = {module or ""}
        else:
            form, module, level = Form.IMPORT, None, 0
            modules = {alias.name for alias in node.names}
        # ast marks PEP 810 imports from Python 3.15 on.
        is_marked = bool(getattr(node, "is_lazy", 0)) or node.lineno in self._lazy_lines
        is_listed = not position.function and bool(modules & self._lazy_modules)
        text = _import_text(form, module, level, names)
        statement = ImportStatement(
            form=form,
            module=module,
            level=level,
            names=names,
            line=node.lineno,
            column=self._source.column(node),
            end_line=node.end_lineno or node.lineno,
            scope=position.scope_name,
            timing=Timing.LAZY if is_marked or is_listed else position.timing,
            guards=position.guards,
            statement=f"lazy {text}" if is_marked else text,
            comments=comments,
        )
        self.found.append(_Found(statement, position))

    def _learn_typing_names(self, node: ast.Import | ast.ImportFrom) -> None:
        # from typing import TYPE_CHECKING as TC
        if isinstance(node, ast.ImportFrom):
            aliases = {a.asname for a in node.names if a.asname and a.name == "TYPE_CHECKING"}
            self._typing_names |= aliases

    def _expression(self, root: ast.expr, position: Position) -> None:
        if not self._sites.may_hold_call(root):
            return
        stack: list[tuple[ast.AST, Position]] = [(root, position)]
        calls: list[tuple[ast.Call, Position]] = []
        while stack:
            node, where = stack.pop()
            if isinstance(node, ast.Lambda):
                stack.append((node.args, where))
                stack.append((node.body, where.in_lambda_body()))
                continue
            if isinstance(node, ast.Call):
                calls.append((node, where))
            stack.extend((child, where) for child in children(node))
        for call, where in sorted(calls, key=lambda c: (c[0].lineno, c[0].col_offset)):
            self._call(call, where)

    def _call(self, node: ast.Call, position: Position) -> None:
        call = self._calls.read(node)
        if call is None:
            return
        timing = position.timing
        if call.form is Form.ATTACH and timing is Timing.EAGER:
            timing = Timing.LAZY
        statement = ImportStatement(
            form=call.form,
            module=call.module,
            level=call.level,
            names=call.names,
            line=node.lineno,
            column=self._source.column(node),
            end_line=node.end_lineno or node.lineno,
            scope=position.scope_name,
            timing=timing,
            guards=position.guards,
            statement=self._source.segment(node),
        )
        self.found.append(_Found(statement, position))


def _import_text(form: Form, module: str | None, level: int, names: tuple[Alias, ...]) -> str:
    """The import statement on one line, in its usual spelling."""
    listed = ", ".join(map(str, names))
    if form is Form.IMPORT:
        return f"import {listed}"
    return f"from {'.' * level}{module or ''} import {listed}"


def _own_expressions(node: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of `node` itself: not those of the statements in its blocks."""
    stack = children(node)
    while stack:
        child = stack.pop()
        if isinstance(child, ast.expr):
            yield child
        elif isinstance(child, ast.ExceptHandler):
            stack += [child.type] if child.type else []
        elif isinstance(child, ast.match_case):
            stack += [child.pattern, *([child.guard] if child.guard else [])]
        elif not isinstance(child, ast.stmt):
            stack.extend(children(child))


def _uses_by_function(found: list[_Found]) -> dict[FunctionNode, FunctionUses]:
    names: dict[FunctionNode, set[str]] = {}
    for each in found:
        if each.position.function:
            bound = names.setdefault(each.position.function, set())
            bound.update(each.statement.bound_names)
    return {node: function_uses(node, frozenset(bound)) for node, bound in names.items()}


def _finished(
    found: _Found, called: frozenset[str], uses: dict[FunctionNode, FunctionUses]
) -> ImportStatement:
    statement, position = found.statement, found.position
    if position.function is None:
        return statement
    runs_at_import = statement.timing is Timing.DEFERRED and (
        position.function_name in called and not position.in_lambda and not position.main_only
    )
    used = uses[position.function]
    function = FunctionContext(
        name=position.outermost_name,
        line=position.outermost_line,
        in_class_body=position.in_class_body,
        exec_calls=used.exec_calls,
        exec_with_globals=used.exec_with_globals,
        touches_sys_modules=used.touches_sys_modules,
        uses=tuple(used.uses[name] for name in statement.bound_names if name in used.uses),
    )
    timing = Timing.EAGER if runs_at_import else statement.timing
    return replace(statement, function=function, timing=timing)
