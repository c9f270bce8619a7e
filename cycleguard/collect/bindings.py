"""Module-level names of one file: what binds them, in source order, and what ``__all__`` says."""

import ast
from collections.abc import Iterable, Iterator

from cycleguard.collect.nodes import Definition, blocks, first_line
from cycleguard.model.imports import Binding, BindingKind


def module_bindings(tree: ast.Module) -> tuple[Binding, ...]:
    """Every binding at module level, those in branches and loops included."""
    return tuple(_in_body(tree.body, is_conditional=False))


def literal_exports(tree: ast.Module) -> tuple[str, ...] | None:
    """The names of a literal ``__all__``, also one that is added to; None if there is none."""
    names: list[str] | None = None
    for node in tree.body:
        # __all__ = ["a"], __all__: list[str] = ["a"]
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets):
                names = _strings(node.value)
        # __all__ += ["b"]
        elif isinstance(node, ast.AugAssign) and names is not None:
            if isinstance(node.target, ast.Name) and node.target.id == "__all__":
                names += _strings(node.value)
    return None if names is None else tuple(names)


def _strings(node: ast.expr | None) -> list[str]:
    parts = ast.walk(node) if node else ()
    constants = (part.value for part in parts if isinstance(part, ast.Constant))
    return [value for value in constants if isinstance(value, str)]


def _in_body(body: Iterable[ast.stmt], *, is_conditional: bool) -> Iterator[Binding]:
    for node in body:
        end = node.end_lineno or node.lineno
        if isinstance(node, Definition):
            is_class = isinstance(node, ast.ClassDef)
            kind = BindingKind.CLASS if is_class else BindingKind.FUNCTION
            yield Binding(node.name, kind, first_line(node), end, is_conditional)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                name = alias.asname or alias.name
                name = name.partition(".")[0] if isinstance(node, ast.Import) else name
                yield Binding(name, BindingKind.IMPORT, node.lineno, end, is_conditional)
        else:
            for name in _stored(node):
                yield Binding(name, BindingKind.VALUE, node.lineno, end, is_conditional)
            yield from _in_blocks(node)


def _in_blocks(node: ast.stmt) -> Iterator[Binding]:
    # elif ...: the loop keeps long chains off Python's stack
    while isinstance(node, ast.If):
        yield from _in_body(node.body, is_conditional=True)
        if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
            yield from _in_body(node.orelse, is_conditional=True)
            return
        node = node.orelse[0]
    yield from _in_body(blocks(node), is_conditional=True)


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
