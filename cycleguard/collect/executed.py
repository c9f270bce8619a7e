"""What happens in a body of code when it runs: its calls and definitions, but not what they call.

Both sides of a branch count as run, unless its test is known to be false at import time.
"""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from cycleguard.collect.consumers import consumed_by
from cycleguard.collect.definitions import Scope
from cycleguard.collect.guards import NEVER_AT_IMPORT, Conditions
from cycleguard.collect.name_uses import FunctionNode
from cycleguard.collect.nodes import children

_LEAVES = (ast.Constant, ast.Name, ast.expr_context, ast.operator, ast.alias)


class Executed(NamedTuple):
    """A call or a definition, and the scope whose names it sees.

    `is_consumed` is true where the generator or coroutine that a call gives is run as well.
    """

    node: ast.Call | ast.ClassDef | FunctionNode
    scope: Scope
    is_consumed: bool


def executed(scope: Scope, conditions: Conditions) -> Iterator[Executed]:
    """Everything that running the body of `scope` calls or defines."""
    node: ast.AST
    body = [scope.node.body] if isinstance(scope.node, ast.Lambda) else scope.body
    stack: list[tuple[ast.AST, Scope, bool]] = [(node, scope, False) for node in body]
    while stack:
        node, where, is_consumed = stack.pop()
        if isinstance(node, (ast.Call, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield Executed(node, where, is_consumed)
        if isinstance(node, ast.ClassDef):
            outside = (*node.bases, *node.keywords, *node.decorator_list)
            stack += [(child, where, False) for child in outside]
            stack += [(child, where.inner(node), False) for child in node.body]
        elif not isinstance(node, _LEAVES):
            consumed = {*consumed_by(node)}
            children = _children(node, conditions, is_consumed=is_consumed)
            stack += [(child, where, child in consumed) for child in children]


def _children(node: ast.AST, conditions: Conditions, *, is_consumed: bool) -> list[ast.AST]:
    """The parts of `node` that run along with it."""
    if isinstance(node, ast.Lambda):
        return [node.args]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
    # Nobody may ever ask for the elements; the outermost iterable is evaluated at once.
    if isinstance(node, ast.GeneratorExp) and not is_consumed:
        return [node.generators[0].iter]
    if isinstance(node, ast.If):
        body, orelse = conditions.branches(node.test)
        return [
            node.test,
            *(node.body if body not in NEVER_AT_IMPORT else ()),
            *(node.orelse if orelse not in NEVER_AT_IMPORT else ()),
        ]
    return children(node)
