"""Names that a file may bind in its module by other means than a statement at module level.

``globals()["a"] = 1``, ``setattr(module, "a", 1)``, ``global a`` in a function, a module's own
``__getattr__``. Read by the simulation: that a name is missing which nothing can bind is no matter
of order.
"""

import ast
import re
from collections.abc import Iterator

from cycleguard.collect.nodes import blocks, children

# Every pattern begins with a literal, which `re` finds many times faster than an alternative.
_BY_STATEMENT = (r"global\s", r"def\s+__getattr__\b")
_BY_EXPRESSION = (
    r"globals\s*\(",
    r"vars\s*\(",
    r"locals\s*\(",
    r"setattr\s*\(",
    r"modules\s*\[",
    r"__dict__",
)
_Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def indirect_names(tree: ast.Module, text: str) -> tuple[str, ...]:
    """The names that any code of the file may bind indirectly, sorted.

    `text` decides how deep to look: expressions are many, and few files write names through them.
    """
    found: set[str] = set()
    if _mentions(text, _BY_STATEMENT):
        found.update(_by_statements(tree.body))
    if _mentions(text, _BY_EXPRESSION):
        found.update(_by_expressions(tree))
    return tuple(sorted(found))


def _mentions(text: str, patterns: tuple[str, ...]) -> bool:
    return any(re.search(pattern, text) for pattern in patterns)


def _by_statements(body: list[ast.stmt]) -> Iterator[str]:
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Global):
            yield from node.names
        elif isinstance(node, _Function) and node.name == "__getattr__":
            yield from _texts(node)
        waiting += blocks(node)


def _by_expressions(tree: ast.Module) -> Iterator[str]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        # globals()["a"] = 1
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield from _texts(node.slice)
        # sys.modules[__name__].a = 1
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        # setattr(module, "a", 1), globals().setdefault("a", 1), globals().update(a=1)
        elif isinstance(node, ast.Call):
            yield from (keyword.arg for keyword in node.keywords if keyword.arg)
            for argument in node.args[:2]:
                yield from _texts(argument)
        waiting += children(node)


def _texts(node: ast.AST) -> Iterator[str]:
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            if part.value.isidentifier():
                yield part.value
        waiting += children(part)
