"""Module-level names of one file: what binds them, in source order."""

import ast
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.collect.guards import NEVER_AT_IMPORT, Conditions
from cycleguard.collect.nodes import Definition, blocks, first_line
from cycleguard.model.imports import Binding, BindingKind, GuardKind


def module_bindings(tree: ast.Module, conditions: Conditions) -> tuple[Binding, ...]:
    """Every binding at module level, those in branches and loops included."""
    return tuple(_Bindings(conditions).body(tree.body, _Block()))


class _Block(Struct, frozen=True):
    is_conditional: bool = False
    never_at_import: bool = False


class _Bindings:
    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions

    def body(self, body: Iterable[ast.stmt], block: _Block) -> Iterator[Binding]:
        for node in body:
            start, end = first_line(node), node.end_lineno or node.lineno
            for name, kind in _bound(node):
                yield Binding(name, kind, start, end, block.is_conditional, block.never_at_import)
            if not isinstance(node, Definition):
                yield from self._blocks(node, block)

    def _blocks(self, node: ast.stmt, block: _Block) -> Iterator[Binding]:
        # elif ...: the loop keeps long chains off Python's stack
        while isinstance(node, ast.If):
            kinds = self._conditions.branches(node.test)
            yield from self.body(node.body, _branch(block, kinds.body))
            block = _branch(block, kinds.orelse)
            if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
                yield from self.body(node.orelse, block)
                return
            node = node.orelse[0]
        inside = replace(block, is_conditional=True)
        yield from self.body(blocks(node), inside)


def _branch(block: _Block, kind: GuardKind) -> _Block:
    return _Block(True, block.never_at_import or kind in NEVER_AT_IMPORT)


def _bound(node: ast.stmt) -> Iterator[tuple[str, BindingKind]]:
    if isinstance(node, Definition):
        is_class = isinstance(node, ast.ClassDef)
        yield node.name, BindingKind.CLASS if is_class else BindingKind.FUNCTION
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            top = alias.name.partition(".")[0] if isinstance(node, ast.Import) else alias.name
            yield alias.asname or top, BindingKind.IMPORT
    else:
        names = (*_stored(node), *_stored_on_the_way(node))
        yield from ((name, BindingKind.VALUE) for name in names)


def _stored_on_the_way(node: ast.stmt) -> Iterator[str]:
    """Names that walruses and patterns store; those in a comprehension are the module's too."""
    heads = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    if isinstance(node, (ast.With, ast.AsyncWith)):
        heads += [item.context_expr for item in node.items]
    elif isinstance(node, ast.Match):
        yield from (name for case in node.cases for name in _captured(case.pattern))
        heads += [case.guard for case in node.cases if case.guard]
    for head in heads:
        for part in _outside_lambdas(head):
            if isinstance(part, ast.NamedExpr) and isinstance(part.target, ast.Name):
                yield part.target.id


def _captured(pattern: ast.pattern) -> Iterator[str]:
    for part in ast.walk(pattern):
        name = getattr(part, "name", None) or getattr(part, "rest", None)
        if isinstance(name, str):
            yield name


def _outside_lambdas(head: ast.expr) -> Iterator[ast.AST]:
    pending: list[ast.AST] = [head]
    while pending:
        part = pending.pop()
        yield part
        if not isinstance(part, ast.Lambda):
            pending.extend(ast.iter_child_nodes(part))


def _stored(node: ast.stmt) -> Iterator[str]:
    """Names that a simple statement or a compound statement's head stores."""
    targets: list[ast.expr]
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.AsyncFor)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        # x: int  (a declaration without a value binds nothing)
        if isinstance(node, ast.AnnAssign) and node.value is None:
            return
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        targets = [item.optional_vars for item in node.items if item.optional_vars]
    elif type(node).__name__ == "TypeAlias":
        # type X = int
        targets = [n for n in ast.iter_child_nodes(node) if isinstance(n, ast.expr)][:1]
    else:
        return
    for target in targets:
        for part in ast.walk(target):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                yield part.id
