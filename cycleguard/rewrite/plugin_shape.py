"""The hand-written way to a plugin: a function that imports it, and goes on by itself without it.

In: the statements of a function. Out: `Shape`: the import, what is called with which arguments, and
the statements that run without the plugin. None where they do something else.
"""

import ast
from collections.abc import Sequence

from msgspec import Struct

from cycleguard.collect.runtime_names import dotted
from cycleguard.rewrite.sites import ImportNode

_ABSENCE = frozenset(("ImportError", "ModuleNotFoundError"))
_LOOKS_AT_ERROR = frozenset(("exc_info", "exception", "format_exc", "print_exc"))

Block = tuple[ast.stmt, ...]


class Shape(Struct, frozen=True):
    """What is found.

    `bound` is the local name that the import binds, `called` what is called: that name, or an
    attribute of it. `pattern` are the statements that go; `kept` are those among them, by blocks,
    that stay, and `rest` those behind. `problem` says why it cannot go after all.
    """

    statement: ImportNode
    bound: str
    called: str
    arguments: ast.Call
    is_awaited: bool
    pattern: Block
    kept: tuple[Block, ...]
    rest: Block
    problem: str = ""


class _Returned(Struct, frozen=True):
    called: str
    call: ast.Call
    is_awaited: bool


def shape_of(body: Sequence[ast.stmt]) -> Shape | None:
    """Look at the statements of a function, without its docstring."""
    if not body:
        return None
    first, rest = body[0], tuple(body[1:])
    if isinstance(first, ast.Try) and not first.finalbody and len(first.handlers) == 1:
        return _tried(first, rest)
    # if find_spec("plugin.x"): from plugin.x import f; return f(a)
    if isinstance(first, ast.If) and len(first.body) == 2:
        statement, returned = first.body[0], _returned(first.body[1])
        looked_for = _looked_for(first.test)
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            if looked_for in _modules(statement):
                return _made(statement, returned, (first,), _blocks(first.orelse), rest)
    return None


def _tried(node: ast.Try, rest: Block) -> Shape | None:
    statement, handler = node.body[0], node.handlers[0]
    if not isinstance(statement, (ast.Import, ast.ImportFrom)):
        return None
    own, problem = _blocks(handler.body), _problem(handler)
    if len(node.body) == 2 and not node.orelse:
        # try: from plugin.x import f; return f(a)
        return _made(statement, _returned(node.body[1]), (node,), own, rest, problem)
    if len(node.body) == 1 and len(node.orelse) == 1:
        # else: return f(a)
        return _made(statement, _returned(node.orelse[0]), (node,), own, rest, problem)
    if len(node.body) != 1 or node.orelse or not rest:
        return None
    if _sets_none(handler.body, _bound(statement)):
        return _asked(node, statement, rest, problem)
    # except ImportError: return a
    # return f(a)
    if len(rest) != 1 or not _leaves(handler.body):
        return None
    return _made(statement, _returned(rest[0]), (node, rest[0]), own, (), problem)


def _asked(node: ast.Try, statement: ImportNode, rest: Block, problem: str) -> Shape | None:
    """``except ImportError: f = None``, and then ``if f is not None: return f(a)``."""
    question, after = rest[0], rest[1:]
    if not isinstance(question, ast.If):
        return None
    is_there = _is_there(question.test, _bound(statement))
    if is_there and len(question.body) == 1:
        returned, own = _returned(question.body[0]), _blocks(question.orelse)
        return _made(statement, returned, (node, question), own, after, problem)
    # if f is None: return a
    # return f(a)
    if is_there is False and not question.orelse and len(after) == 1 and _leaves(question.body):
        returned, own = _returned(after[0]), _blocks(question.body)
        return _made(statement, returned, (node, question, after[0]), own, (), problem)
    return None


def _made(
    statement: ImportNode,
    returned: _Returned | None,
    pattern: Block,
    kept: tuple[Block, ...],
    rest: Block,
    problem: str = "",
) -> Shape | None:
    bound = _bound(statement)
    if returned is None or not bound:
        return None
    if returned.called != bound and not returned.called.startswith(f"{bound}."):
        return None
    root = bound.partition(".")[0]
    if any(_names(each, root) for each in (*(s for block in kept for s in block), *rest)):
        problem = problem or f"`{root}`, which the import binds, is used without the plugin, too"
    called, call, awaited = returned.called, returned.call, returned.is_awaited
    return Shape(statement, bound, called, call, awaited, pattern, kept, rest, problem)


def _problem(handler: ast.ExceptHandler) -> str:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {each.id if isinstance(each, ast.Name) else "" for each in caught}
    if not names <= _ABSENCE:
        return "its `except` takes other errors than a missing plugin for one, too"
    if handler.name:
        return f"the error is looked at, as `{handler.name}`"
    for node in (inner for each in handler.body for inner in ast.walk(each)):
        if isinstance(node, ast.Raise) and node.exc is None:
            return "the error is raised again"
        name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        if name in _LOOKS_AT_ERROR:
            return f"the error is looked at, by `{name}`"
    return ""


def _returned(node: ast.stmt) -> _Returned | None:
    """``return f(a)``, ``return await f(a)``, ``return m.f(a)``."""
    value = node.value if isinstance(node, ast.Return) else None
    is_awaited = isinstance(value, ast.Await)
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call):
        return None
    called = dotted(call.func)
    return _Returned(called, call, is_awaited) if called else None


def _bound(statement: ImportNode) -> str:
    """The name of the one thing that a statement imports; ``import a.b`` is called by ``a.b``."""
    if len(statement.names) != 1 or statement.names[0].name == "*":
        return ""
    return statement.names[0].asname or statement.names[0].name


def _modules(statement: ImportNode) -> frozenset[str]:
    """The modules that a statement may mean."""
    name = statement.names[0].name
    if isinstance(statement, ast.Import):
        return frozenset((name,))
    return frozenset((statement.module or "", f"{statement.module}.{name}"))


def _looked_for(test: ast.expr) -> str:
    """``find_spec("plugin.x")``, also ``is not None``: the name."""
    if isinstance(test, ast.Compare) and _is_none(test.comparators):
        test = test.left if isinstance(test.ops[0], ast.IsNot) else test
    if not isinstance(test, ast.Call) or len(test.args) != 1 or test.keywords:
        return ""
    name = test.args[0].value if isinstance(test.args[0], ast.Constant) else None
    is_asked = dotted(test.func).rpartition(".")[2] == "find_spec"
    return name if is_asked and isinstance(name, str) else ""


def _is_there(test: ast.expr, name: str) -> bool | None:
    """Whether a test asks if `name` is set, or if it is not; None for any other test."""
    # if f:, if not f:
    if isinstance(test, ast.Name):
        return True if test.id == name else None
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _is_there(test.operand, name)
        return None if inner is None else not inner
    # if f is not None:, if f is None:
    if isinstance(test, ast.Compare) and _is_none(test.comparators) and dotted(test.left) == name:
        operator = test.ops[0]
        if isinstance(operator, (ast.Is, ast.IsNot)):
            return isinstance(operator, ast.IsNot)
    return None


def _is_none(values: Sequence[ast.expr]) -> bool:
    return len(values) == 1 and isinstance(values[0], ast.Constant) and values[0].value is None


def _sets_none(body: Sequence[ast.stmt], name: str) -> bool:
    # f = None
    only = body[0] if len(body) == 1 else None
    if not isinstance(only, ast.Assign) or not _is_none([only.value]):
        return False
    return len(only.targets) == 1 and dotted(only.targets[0]) == name


def _leaves(body: Sequence[ast.stmt]) -> bool:
    return isinstance(body[-1], (ast.Return, ast.Raise))


def _blocks(body: Sequence[ast.stmt]) -> tuple[Block, ...]:
    """The statements that do something."""
    is_empty = all(isinstance(each, ast.Pass) for each in body)
    return () if is_empty else (tuple(body),)


def _names(statement: ast.stmt, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(statement))
