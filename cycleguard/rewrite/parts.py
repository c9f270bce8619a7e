"""Parts of annotations that can be strings by themselves: ``Optional["Order"]``.

In: an annotation and a name in it. Out: the part to quote. Of ``Order | None`` no part can be: the
operator would get a string.
"""

import ast

from cycleguard.rewrite.scopes import Scope

# What takes strings between its brackets, and makes nothing of them.
_GENERIC = frozenset(
    (
        "AbstractSet", "AsyncGenerator", "AsyncIterable", "AsyncIterator", "Awaitable", "Callable",
        "ClassVar", "Collection", "ContextManager", "Coroutine", "DefaultDict", "Deque", "Dict",
        "Final", "FrozenSet", "Generator", "Iterable", "Iterator", "List", "Mapping",
        "MutableMapping", "MutableSequence", "MutableSet", "Optional", "OrderedDict", "Reversible",
        "Sequence", "Set", "Tuple", "Type", "Union", "dict", "frozenset", "list", "set", "tuple",
        "type",
    )
)  # fmt: skip
# Between whose brackets a string is no annotation.
_VALUES = frozenset(("Annotated", "Literal"))


def part(annotation: ast.expr, use: ast.Name) -> ast.expr | None:
    """The smallest part with `use` that can be a string; None if only the whole can."""
    above = {child: node for node in ast.walk(annotation) for child in ast.iter_child_nodes(node)}
    found: ast.AST = use
    # order.Order, Order[int]
    while (node := above.get(found)) and _is_head(node, found):
        found = node
    current: ast.AST | None = above.get(found)
    while current is not None:
        is_generic = isinstance(current, ast.Subscript) and _last(current.value) in _GENERIC
        if not is_generic and not isinstance(current, (ast.Tuple, ast.List)):
            return None
        current = above.get(current)
    return found if isinstance(found, ast.expr) and found is not annotation else None


def quotes_parts(root: Scope) -> bool:
    """Whether a file has more annotations with strings in brackets than such strings as a whole."""
    parts = wholes = 0
    for scope in root.all():
        for annotation in scope.annotations:
            if isinstance(annotation, ast.Constant):
                wholes += isinstance(annotation.value, str) and "[" in annotation.value
            else:
                parts += _has_string(annotation)
    return parts > wholes


def _has_string(annotation: ast.expr) -> bool:
    pending: list[ast.AST] = [annotation]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return True
        if not isinstance(node, ast.Subscript) or _last(node.value) not in _VALUES:
            pending += ast.iter_child_nodes(node)
    return False


def _is_head(node: ast.AST, child: ast.AST) -> bool:
    return isinstance(node, (ast.Attribute, ast.Subscript)) and node.value is child


def _last(node: ast.expr) -> str:
    # typing.Optional
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
