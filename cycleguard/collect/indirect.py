"""Names that a file may bind in its module by other means than a statement at module level.

``globals()["a"] = 1``, ``setattr(module, "a", 1)``, ``global a`` in a function, a module's own
``__getattr__``. Read by the simulation: that a name is missing which nothing can bind is no matter
of order.
"""

import ast
import re
from collections.abc import Iterator

from cycleguard.collect.nodes import children

# Every pattern begins with a literal, which `re` finds many times faster than an alternative.
_MENTIONED = (
    r"globals\s*\(",
    r"vars\s*\(",
    r"locals\s*\(",
    r"setattr\s*\(",
    r"global\s",
    r"modules\s*\[",
    r"__getattr__",
    r"__dict__",
)
_Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def may_bind_indirectly(text: str) -> bool:
    """Whether a file's text mentions any of these ways."""
    return any(re.search(pattern, text) for pattern in _MENTIONED)


def indirect_names(tree: ast.Module) -> tuple[str, ...]:
    """The names that any code of the file may bind indirectly, sorted."""
    found: set[str] = set()
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        found.update(_names(node))
        stack += children(node)
    return tuple(sorted(found))


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Global):
        yield from node.names
    # globals()["a"] = 1
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        yield from _texts(node.slice)
    # sys.modules[__name__].a = 1
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr
    # setattr(module, "a", 1), globals().setdefault("a", 1), globals().update(a=1)
    elif isinstance(node, ast.Call):
        yield from (keyword.arg for keyword in node.keywords if keyword.arg)
        for argument in node.args[:2]:
            yield from _texts(argument)
    elif isinstance(node, _Function) and node.name == "__getattr__":
        yield from _texts(node)


def _texts(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            if part.value.isidentifier():
                yield part.value
