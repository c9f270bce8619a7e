"""Names that a file may bind in its module by other means than a statement at module level.

``globals()["a"] = 1``, ``setattr(module, "a", 1)``, ``global a`` in a function, a module's own
``__getattr__``. Read by the simulation: that a name is missing which nothing can bind is no matter
of order.
"""

import ast
import re
from collections.abc import Iterator

_MENTIONED = re.compile(
    r"\b(?:globals|vars|locals|setattr)\s*\(|\bglobal\s|\bmodules\s*\[|\b__getattr__\b|\b__dict__\b"
)
_Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def may_bind_indirectly(text: str) -> bool:
    """Whether a file's text mentions any of these ways."""
    return _MENTIONED.search(text) is not None


def indirect_names(tree: ast.Module) -> tuple[str, ...]:
    """The names that any code of the file may bind indirectly, sorted."""
    return tuple(sorted({name for node in ast.walk(tree) for name in _names(node)}))


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
