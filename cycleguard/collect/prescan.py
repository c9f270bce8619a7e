"""The first look at a file, over `ast`: its import statements and importing calls, in source order.

Only what may hold an import by its words is looked at. Comments are not in the tree:
`local_imports` reads those of function-local imports, `pragmas` those that speak to cycleguard.
"""

import ast
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.collect.consumers import consumed_by
from cycleguard.collect.context import (
    Context,
    guarded,
    inside_class,
    inside_function,
    inside_lambda,
)
from cycleguard.collect.dynamic import CallReader
from cycleguard.collect.finish import Found, finished
from cycleguard.collect.guards import Conditions, handler_text, try_kind
from cycleguard.collect.lazy_blocks import loader_functions
from cycleguard.collect.lazy_modules import LazyModules
from cycleguard.collect.local_imports import comments_of
from cycleguard.collect.nodes import Definition, blocks, children
from cycleguard.collect.pragmas import Reach, cycleguard_comments, placed, reach_of
from cycleguard.collect.sites import Sites
from cycleguard.collect.source import SourceText
from cycleguard.collect.syntax import Parsed
from cycleguard.model.edges import Timing
from cycleguard.model.imports import Alias, Form, GuardKind, ImportStatement, Pragma
from cycleguard.model.modules import Module


class Scanned(Struct, frozen=True):
    """All imports of one file, and the comments that speak to cycleguard, both in source order."""

    imports: tuple[ImportStatement, ...]
    pragmas: tuple[Pragma, ...]


def prescan(parsed: Parsed, source: SourceText, module: Module, conditions: Conditions) -> Scanned:
    """Look at one file.

    Args:
        parsed: the syntax tree of `source`.
        source: the text, for columns and conditions.
        module: whose file this is; relative dynamic imports depend on its name.
        conditions: learns what the names of the file stand for.
    """
    walker = _Walker(source, module, conditions, parsed)
    walker.body(parsed.tree.body, Context())
    statements = finished(walker.found, parsed.tree, conditions)
    return Scanned(
        tuple(sorted(statements, key=lambda statement: (statement.line, statement.column))),
        placed(walker.comments, walker.reaches),
    )


class _Walker:
    def __init__(
        self,
        source: SourceText,
        module: Module,
        conditions: Conditions,
        parsed: Parsed,
    ) -> None:
        self.found: list[Found] = []
        self.reaches: list[Reach] = []
        self.comments = cycleguard_comments(source)
        self._lines = (0, 0)
        self._source = source
        self._conditions = conditions
        self._lazy_starts = parsed.lazy_starts
        self._proxy_starts = parsed.proxy_starts
        self._lazy_modules = LazyModules(module)
        loaders = loader_functions(parsed.tree) if "LazyLoader" in source.text else frozenset()
        self._calls = CallReader(module.name, module.is_package, loaders)
        self._sites = Sites(source.text, loaders)

    def body(self, statements: Sequence[ast.stmt], context: Context) -> None:
        for index, node in enumerate(statements):
            # The constants of a module are learned, so its blocks are read in any case.
            is_learned = not context.scope and not isinstance(node, Definition)
            if not is_learned and not self._sites.may_hold_import(node):
                continue
            if self.comments:
                self._lines = reach_of(statements, index, self._source)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                is_local = context.function is not None
                comments = comments_of(statements, index, self._source) if is_local else ()
                self._import(node, context, comments)
            else:
                self._statement(node, context)

    def _statement(self, node: ast.stmt, context: Context) -> None:
        if self._sites.may_hold_import(node):
            if blocks(node):
                # A comment above a block speaks of the block.
                self._lines = (node.lineno, node.lineno)
            consumed = [*consumed_by(node)]
            for expression in _own_expressions(node):
                self._expression(expression, context, is_consumed=expression in consumed)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.body(node.body, inside_function(node, context))
        elif isinstance(node, ast.ClassDef):
            self.body(node.body, inside_class(node, context))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            self._assignment(node, context)
        else:
            self._compound(node, context)

    def _compound(self, node: ast.stmt, context: Context) -> None:
        if isinstance(node, ast.If):
            self._if(node, context)
        elif isinstance(node, (ast.Try, ast.TryStar)):
            self._try(node, context)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            items = ", ".join(self._source.segment(item.context_expr) for item in node.items)
            self.body(node.body, guarded(context, GuardKind.WITH, items, node.lineno))
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            text = self._source.segment(node.test if isinstance(node, ast.While) else node.iter)
            self.body(node.body, guarded(context, GuardKind.LOOP, text, node.lineno))
            self.body(node.orelse, guarded(context, GuardKind.NOT_LOOP, text, node.lineno))
        elif isinstance(node, ast.Match):
            subject = self._source.segment(node.subject)
            for case in node.cases:
                line = case.pattern.lineno
                self.body(case.body, guarded(context, GuardKind.BRANCH, subject, line))

    def _if(self, node: ast.If, context: Context) -> None:
        # A chain of elif nests in the tree; the loop keeps long ones off Python's stack.
        is_after_plain = False
        while True:
            text = self._source.segment(node.test)
            body, orelse = self._conditions.branches(node.test)
            # The plain tests of a chain are one guard, however many of them have failed before.
            if is_after_plain and body is GuardKind.BRANCH:
                context = replace(context, guards=context.guards[:-1])
            self.body(node.body, guarded(context, body, text, node.lineno))
            context = guarded(context, orelse, text, node.lineno)
            is_after_plain = orelse is GuardKind.BRANCH
            if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
                break
            node = node.orelse[0]
            self._lines = (node.lineno, node.lineno)
            self._expression(node.test, context)
        self.body(node.orelse, context)

    def _try(self, node: ast.Try | ast.TryStar, context: Context) -> None:
        text = handler_text(node.handlers)
        for kind, body in (
            (try_kind(node.handlers), node.body),
            (GuardKind.TRY_ELSE, node.orelse),
            (GuardKind.FINALLY, node.finalbody),
        ):
            self.body(body, guarded(context, kind, text, node.lineno))
        for handler in node.handlers:
            caught = handler_text([handler])
            self.body(handler.body, guarded(context, GuardKind.EXCEPT, caught, handler.lineno))

    def _assignment(self, node: ast.Assign | ast.AnnAssign, context: Context) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if context.scope or node.value is None:
            return
        for target in targets:
            if isinstance(target, ast.Name):
                self._conditions.learn_constant(target.id, node.value)
                self._lazy_modules.learn(target.id, node.value)

    def _import(
        self, node: ast.Import | ast.ImportFrom, context: Context, comments: tuple[str, ...]
    ) -> None:
        self._calls.learn(node)
        if isinstance(node, ast.ImportFrom):
            self._conditions.learn_import(node)
        start = (node.lineno, node.col_offset)
        # ast marks PEP 810 imports from Python 3.15 on.
        is_marked = bool(getattr(node, "is_lazy", 0)) or start in self._lazy_starts
        is_lazy = is_marked or start in self._proxy_starts
        is_lazy = is_lazy or self._lazy_modules.apply_to(node, context)
        names = tuple(Alias(alias.name, alias.asname) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            form, module, level = Form.FROM, node.module, node.level
        else:
            form, module, level = Form.IMPORT, None, 0
        text = _import_text(form, module, level, names)
        statement = ImportStatement(
            form=form,
            module=module,
            level=level,
            names=names,
            line=node.lineno,
            column=self._source.column(node),
            end_line=node.end_lineno or node.lineno,
            scope=context.dotted_scope,
            timing=Timing.LAZY if is_lazy and not context.typing_only else context.timing,
            guards=context.guards,
            statement=f"lazy {text}" if is_marked else text,
            comments=comments,
        )
        self._add(statement, context, *self._lines)

    def _add(self, statement: ImportStatement, context: Context, first: int, last: int) -> None:
        self.found.append(Found(statement, context))
        if self.comments:
            self.reaches.append(Reach(first, last, statement.line, statement.column))

    def _expression(self, root: ast.expr, context: Context, *, is_consumed: bool = False) -> None:
        if not self._sites.may_hold_call(root):
            return
        roots = [root]
        if isinstance(root, ast.GeneratorExp) and is_consumed:
            roots = _generator_parts(root)
        stack: list[tuple[ast.AST, Context]] = [(part, context) for part in roots]
        calls: list[tuple[ast.Call, Context]] = []
        while stack:
            node, where = stack.pop()
            if isinstance(node, ast.Lambda):
                stack += [(node.args, where), (node.body, inside_lambda(node, where))]
                continue
            if isinstance(node, ast.GeneratorExp):
                first, *rest = _generator_parts(node)
                later = replace(where, in_generator=True)
                stack += [(first, where), *((part, later) for part in rest)]
                continue
            if isinstance(node, ast.Call):
                calls.append((node, where))
            consumed = [n for n in consumed_by(node) if isinstance(n, ast.GeneratorExp)]
            stack += [(part, where) for n in consumed for part in _generator_parts(n)]
            stack += [(child, where) for child in children(node) if child not in consumed]
        for call, where in sorted(calls, key=lambda c: (c[0].lineno, c[0].col_offset)):
            self._call(call, where)

    def _call(self, node: ast.Call, context: Context) -> None:
        call = self._calls.read(node)
        if call is None:
            return
        end = node.end_lineno or node.lineno
        first, last = min(self._lines[0], node.lineno), max(self._lines[1], end)
        is_lazy = call.form.is_lazy and not context.typing_only
        statement = ImportStatement(
            form=call.form,
            module=call.module,
            level=call.level,
            names=call.names,
            line=node.lineno,
            column=self._source.column(node),
            end_line=end,
            scope=context.dotted_scope,
            timing=Timing.LAZY if is_lazy else context.timing,
            guards=context.guards,
            statement=self._source.segment(node),
            comments=tuple(c.text for c in self.comments if first <= c.line <= last),
        )
        self._add(statement, context, first, last)


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


def _generator_parts(node: ast.GeneratorExp) -> list[ast.expr]:
    """The expressions in `node`; only the first, the outermost iterable, is evaluated at once."""
    parts: list[ast.expr] = []
    for generator in node.generators:
        parts += [generator.iter, generator.target, *generator.ifs]
    return [*parts, node.elt]
