"""Who runs the body of a generator or a coroutine: the call alone gives an object."""

import ast
from collections.abc import Iterator

from cycleguard.collect.nodes import children

_CONSUMERS = frozenset(
    (
        "all any deque dict frozenset join list max min next set sorted sum tuple "
        "run run_until_complete"
    ).split()
)


def is_consumer(call: ast.Call) -> bool:
    """Whether `call` runs the generators and coroutines that it is given."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else None
    name = function.id if isinstance(function, ast.Name) else name
    return name in _CONSUMERS


def consumed_by(node: ast.AST) -> Iterator[ast.expr]:
    """Those of the expressions in `node` whose generators and coroutines `node` runs."""
    # list(lines()), asyncio.run(load())
    if isinstance(node, ast.Call):
        yield from node.args if is_consumer(node) else ()
    # for line in lines():, [... for line in lines()]
    elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
        yield node.iter
    # with opened(): a generator function under @contextmanager
    elif isinstance(node, ast.withitem):
        yield node.context_expr
    # await load(), yield from lines(), *lines()
    elif isinstance(node, (ast.Await, ast.YieldFrom, ast.Starred)):
        yield node.value
    # first, second = lines()
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Tuple, ast.List)):
        yield node.value


def is_suspended(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> bool:
    """Whether a call of `function` gives a generator or a coroutine, its body not yet begun."""
    if isinstance(function, ast.AsyncFunctionDef):
        return True
    stack: list[ast.AST] = [function.body] if isinstance(function, ast.Lambda) else [*function.body]
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            stack.extend(children(node))
    return False
