"""The first look at a file, over `ast`: its import statements and importing calls, in source order.

Only statements are walked; expressions are opened where the file's text mentions a call that could
import. Comments are not in the tree: `local_imports` adds those of function-local imports.
"""

import ast
from collections.abc import Iterable, Iterator
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.collect.dynamic import CallReader, may_import_dynamically
from cycleguard.collect.guards import branch_kind, else_kind, handler_text, try_kind
from cycleguard.collect.import_time_calls import called_at_import
from cycleguard.collect.name_uses import FunctionNode, FunctionUses, function_uses
from cycleguard.collect.source import SourceText
from cycleguard.model.edges import Timing
from cycleguard.model.imports import (
    MODULE_SCOPE,
    Alias,
    Form,
    FunctionContext,
    Guard,
    GuardKind,
    ImportStatement,
)
from cycleguard.model.modules import Module

_Node = TypeVar("_Node", bound=ast.AST)


class _Context(Struct, frozen=True):
    """Where the walk is: everything that a statement's facts depend on besides itself."""

    scope: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()
    function: FunctionNode | None = None
    outermost: FunctionNode | None = None
    outermost_name: str = ""
    in_class_body: bool = False
    in_lambda: bool = False
    is_module_getattr: bool = False
    typing_only: bool = False
    main_only: bool = False


class _Found(Struct, frozen=True):
    """An import with its context, before it is known which functions run at import time."""

    statement: ImportStatement
    context: _Context


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
    walker.body(tree.body, _Context())
    found = walker.found
    is_any_local = any(f.context.function for f in found)
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
        self._opens_expressions = may_import_dynamically(source.text)

    def body(self, statements: Iterable[ast.stmt], context: _Context) -> None:
        for statement in statements:
            self._statement(statement, context)

    def _statement(self, node: ast.stmt, context: _Context) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node, context)
            return
        if self._opens_expressions:
            for expression in _own_expressions(node):
                self._expression(expression, context)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.body(node.body, _inside_function(node, context))
        elif isinstance(node, ast.ClassDef):
            scope = (*context.scope, node.name)
            self.body(node.body, replace(context, scope=scope, in_class_body=True))
        elif isinstance(node, ast.If):
            self._if(node, context)
        elif isinstance(node, (ast.Try, ast.TryStar)):
            self._try(node, context)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            items = ", ".join(self._source.segment(item.context_expr) for item in node.items)
            self.body(node.body, _guarded(context, GuardKind.WITH, items, node.lineno))
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            test = node.test if isinstance(node, ast.While) else node.iter
            text = self._source.segment(test)
            inner = _guarded(context, GuardKind.LOOP, text, node.lineno)
            self.body((*node.body, *node.orelse), inner)
        elif isinstance(node, ast.Match):
            subject = self._source.segment(node.subject)
            for case in node.cases:
                line = case.pattern.lineno
                self.body(case.body, _guarded(context, GuardKind.BRANCH, subject, line))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            self._assignment(node, context)

    def _if(self, node: ast.If, context: _Context) -> None:
        # A chain of elif nests in the tree; the loop keeps long ones off Python's stack.
        while True:
            text = self._source.segment(node.test)
            kind = branch_kind(node.test, text, self._typing_names)
            self.body(node.body, _guarded(context, kind, text, node.lineno))
            context = _guarded(context, else_kind(kind), text, node.lineno)
            if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
                break
            node = node.orelse[0]
            if kind is GuardKind.BRANCH:
                context = replace(context, guards=context.guards[:-1])
            if self._opens_expressions:
                self._expression(node.test, context)
        self.body(node.orelse, context)

    def _try(self, node: ast.Try | ast.TryStar, context: _Context) -> None:
        text = handler_text(node.handlers)
        for kind, body in (
            (try_kind(node.handlers), node.body),
            (GuardKind.TRY_ELSE, node.orelse),
            (GuardKind.FINALLY, node.finalbody),
        ):
            self.body(body, _guarded(context, kind, text, node.lineno))
        for handler in node.handlers:
            caught = handler_text([handler])
            self.body(handler.body, _guarded(context, GuardKind.EXCEPT, caught, handler.lineno))

    def _assignment(self, node: ast.Assign | ast.AnnAssign, context: _Context) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = {target.id for target in targets if isinstance(target, ast.Name)}
        # __lazy_modules__ = ["a.b"]: PEP 810's way without new syntax
        if "__lazy_modules__" in names and not context.scope and node.value is not None:
            strings = (n for n in ast.walk(node.value) if isinstance(n, ast.Constant))
            self._lazy_modules = frozenset(n.value for n in strings if isinstance(n.value, str))

    def _import(self, node: ast.Import | ast.ImportFrom, context: _Context) -> None:
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
        is_listed = not context.function and bool(modules & self._lazy_modules)
        text = _import_text(form, module, level, names)
        statement = ImportStatement(
            form=form,
            module=module,
            level=level,
            names=names,
            line=node.lineno,
            column=self._source.column(node),
            end_line=node.end_lineno or node.lineno,
            scope=_dotted(context.scope),
            timing=Timing.LAZY if is_marked or is_listed else _timing(context),
            guards=context.guards,
            statement=f"lazy {text}" if is_marked else text,
        )
        self.found.append(_Found(statement, context))

    def _learn_typing_names(self, node: ast.Import | ast.ImportFrom) -> None:
        # from typing import TYPE_CHECKING as TC
        if isinstance(node, ast.ImportFrom):
            aliases = {a.asname for a in node.names if a.asname and a.name == "TYPE_CHECKING"}
            self._typing_names |= aliases

    def _expression(self, root: ast.expr, context: _Context) -> None:
        stack: list[tuple[ast.AST, _Context]] = [(root, context)]
        calls: list[tuple[ast.Call, _Context]] = []
        while stack:
            node, where = stack.pop()
            if isinstance(node, ast.Lambda):
                stack.append((node.args, where))
                scope = (*where.scope, "<lambda>")
                stack.append((node.body, replace(where, scope=scope, in_lambda=True, guards=())))
                continue
            if isinstance(node, ast.Call):
                calls.append((node, where))
            stack.extend((child, where) for child in ast.iter_child_nodes(node))
        for call, where in sorted(calls, key=lambda c: (c[0].lineno, c[0].col_offset)):
            self._call(call, where)

    def _call(self, node: ast.Call, context: _Context) -> None:
        call = self._calls.read(node)
        if call is None:
            return
        timing = _timing(context)
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
            scope=_dotted(context.scope),
            timing=timing,
            guards=context.guards,
            statement=self._source.segment(node),
        )
        self.found.append(_Found(statement, context))


def _import_text(form: Form, module: str | None, level: int, names: tuple[Alias, ...]) -> str:
    """The import statement on one line, in its usual spelling."""
    listed = ", ".join(map(str, names))
    if form is Form.IMPORT:
        return f"import {listed}"
    return f"from {'.' * level}{module or ''} import {listed}"


def _own_expressions(node: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of `node` itself: not those of the statements in its blocks."""
    stack = list(ast.iter_child_nodes(node))
    while stack:
        child = stack.pop()
        if isinstance(child, ast.expr):
            yield child
        elif isinstance(child, ast.ExceptHandler):
            stack += [child.type] if child.type else []
        elif isinstance(child, ast.match_case):
            stack += [child.pattern, *([child.guard] if child.guard else [])]
        elif not isinstance(child, ast.stmt):
            stack.extend(ast.iter_child_nodes(child))


def _inside_function(node: FunctionNode, context: _Context) -> _Context:
    scope = (*context.scope, node.name)
    return replace(
        context,
        scope=scope,
        guards=(),
        function=node,
        outermost=context.outermost or node,
        outermost_name=context.outermost_name or _dotted(scope),
        in_class_body=False,
        is_module_getattr=context.is_module_getattr or scope == ("__getattr__",),
    )


def _guarded(context: _Context, kind: GuardKind, test: str, line: int) -> _Context:
    return replace(
        context,
        guards=(*context.guards, Guard(kind, test, line)),
        typing_only=context.typing_only or kind is GuardKind.TYPE_CHECKING,
        main_only=context.main_only or kind is GuardKind.MAIN,
    )


def _timing(context: _Context) -> Timing:
    if context.typing_only:
        return Timing.TYPING
    if context.is_module_getattr:
        return Timing.LAZY
    is_later = context.function or context.in_lambda or context.main_only
    return Timing.DEFERRED if is_later else Timing.EAGER


def _dotted(scope: tuple[str, ...]) -> str:
    return ".".join(scope) or MODULE_SCOPE


def _uses_by_function(found: list[_Found]) -> dict[FunctionNode, FunctionUses]:
    names: dict[FunctionNode, set[str]] = {}
    for each in found:
        if each.context.function:
            bound = names.setdefault(each.context.function, set())
            bound.update(each.statement.bound_names)
    return {node: function_uses(node, frozenset(bound)) for node, bound in names.items()}


def _finished(
    found: _Found, called: frozenset[str], uses: dict[FunctionNode, FunctionUses]
) -> ImportStatement:
    statement, context = found.statement, found.context
    if context.function is None or context.outermost is None:
        return statement
    runs_at_import = statement.timing is Timing.DEFERRED and (
        _function_scope(context) in called and not context.in_lambda and not context.main_only
    )
    used = uses[context.function]
    outermost = context.outermost
    function = FunctionContext(
        name=context.outermost_name,
        line=min([outermost.lineno, *(d.lineno for d in outermost.decorator_list)]),
        in_class_body=context.in_class_body,
        exec_calls=used.exec_calls,
        exec_with_globals=used.exec_with_globals,
        touches_sys_modules=used.touches_sys_modules,
        uses=tuple(used.uses[name] for name in statement.bound_names if name in used.uses),
    )
    timing = Timing.EAGER if runs_at_import else statement.timing
    return replace(statement, function=function, timing=timing)


def _function_scope(context: _Context) -> str:
    """The dotted name of the innermost function: the scope without classes that it holds."""
    scope = context.scope
    while context.function and scope and scope[-1] != context.function.name:
        scope = scope[:-1]
    return ".".join(scope)
