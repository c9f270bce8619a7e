"""Which functions of a module run while it is imported, as far as the module alone tells.

Calls by name, decorators and what they return, constructors, ``self.f()`` and ``super().f()``, and
what CPython calls itself when a class is made. Values are not followed, nor are calls across
modules: that is the simulation's business.
"""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from cycleguard.collect.definitions import Scope
from cycleguard.collect.executed import Executed, executed
from cycleguard.collect.guards import Conditions
from cycleguard.collect.name_uses import FunctionNode
from cycleguard.collect.nodes import children

_CLASS_METHODS = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})


class _Run(NamedTuple):
    """A body that runs; `receiver` is the class of its ``self`` or ``cls``."""

    scope: Scope
    receiver: Scope | None = None


def called_at_import(tree: ast.Module, conditions: Conditions) -> frozenset[ast.AST]:
    """The functions and lambdas of `tree` that run when it is imported."""
    return frozenset(calls_at_import(tree, conditions))


def calls_at_import(tree: ast.Module, conditions: Conditions) -> dict[ast.AST, int]:
    """The same, with the line of a call or definition that runs each."""
    root = Scope(tree)
    pending = [(_Run(root), 1)]
    seen: set[_Run] = set()
    lines: dict[ast.AST, int] = {}
    while pending:
        run, line = pending.pop()
        if run not in seen:
            seen.add(run)
            lines.setdefault(run.scope.node, line)
            for event in executed(run.scope, conditions):
                pending += [(started, event.node.lineno) for started in _started(event, run)]
    root.close()
    return lines


def _started(event: Executed, run: _Run) -> Iterator[_Run]:
    node, scope = event.node, event.scope
    if isinstance(node, ast.Call):
        for called in _called(node.func, scope, run):
            if event.is_consumed or not called.scope.is_suspended:
                yield called
        return
    for decorator in node.decorator_list:
        yield from _called(decorator, scope, run)
    if isinstance(node, ast.ClassDef):
        yield from _made(scope.inner(node))


def _called(function: ast.expr, scope: Scope, run: _Run) -> Iterator[_Run]:
    """What runs when `function` is called in `scope`."""
    for meant in _meant(function, scope, run):
        node = meant.scope.node
        if isinstance(node, ast.ClassDef):
            yield from _constructed(meant.scope)
            continue
        yield meant
        outside = meant.scope.parent
        if isinstance(node, FunctionNode) and outside:
            # @logged def f(): the name stands for what the decorator gave
            for decorator in node.decorator_list:
                for wrapping in _meant(decorator, outside, run):
                    yield from _returned(wrapping)


def _meant(function: ast.expr, scope: Scope, run: _Run) -> list[_Run]:
    """The functions and classes that `function` stands for."""
    if isinstance(function, ast.Name):
        if _is_class_parameter(function.id, scope):
            return [_Run(owner) for owner in _owners(function, scope, run)]
        place = (function.lineno, function.col_offset)
        return [_Run(found) for found in scope.look_up(function.id, place)]
    if isinstance(function, ast.Lambda):
        return [_Run(scope.inner(function))]
    if isinstance(function, ast.Attribute):
        return _attribute(function, scope, run)
    # factory("x")(f)
    if isinstance(function, ast.Call) and not isinstance(function.func, ast.Call):
        return [given for made in _meant(function.func, scope, run) for given in _returned(made)]
    return []


def _attribute(node: ast.Attribute, scope: Scope, run: _Run) -> list[_Run]:
    # super().f()
    if isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name):
        if node.value.func.id == "super":
            below = _own_class(scope)
            receiver = run.receiver or below
            found = receiver.inherited(node.attr, below) if receiver and below else []
            return [_Run(method, receiver) for method in found]
    return [
        _Run(method, owner)
        for owner in _owners(node.value, scope, run)
        for method in owner.member(node.attr)
    ]


def _owners(value: ast.expr, scope: Scope, run: _Run) -> list[Scope]:
    """The classes of this file that `value` is, or is an object of."""
    # C().f()
    name = value.func if isinstance(value, ast.Call) else value
    if not isinstance(name, ast.Name):
        return []
    # self.f()
    if name.id == _first_parameter(scope):
        owner = run.receiver or _own_class(scope)
        return [owner] if owner else []
    found = scope.look_up(name.id, (name.lineno, name.col_offset))
    return [each for each in found if each.is_class]


def _constructed(cls: Scope) -> Iterator[_Run]:
    """What runs when `cls` is called."""
    metaclass = cls.metaclass()
    if metaclass:
        yield from (_Run(method, metaclass) for method in metaclass.member("__call__"))
    # The constructor that @dataclass writes calls __post_init__; one that is written does not.
    last = "__init__" if cls.member("__init__") else "__post_init__"
    for name in ("__new__", last):
        yield from (_Run(method, cls) for method in cls.member(name))


def _made(cls: Scope) -> Iterator[_Run]:
    """What CPython calls when the class statement of `cls` is done."""
    metaclass = cls.metaclass()
    if metaclass:
        for name in ("__prepare__", "__new__", "__init__"):
            yield from (_Run(method, metaclass) for method in metaclass.member(name))
    for hook in cls.inherited("__init_subclass__", cls):
        yield _Run(hook, cls)
    for statement in cls.body:
        # price = Descriptor()
        value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
        if isinstance(value, ast.Call):
            for owner in _owners(value, cls, _Run(cls)):
                yield from (_Run(method, owner) for method in owner.member("__set_name__"))


def _returned(called: _Run) -> list[_Run]:
    """The functions that a call of `called` gives back by name; an object of a class is one too."""
    scope = called.scope
    if scope.is_class:
        return [_Run(method, scope) for method in scope.member("__call__")]
    returned = [n.value for n in _own_nodes(scope) if isinstance(n, ast.Return) and n.value]
    if isinstance(scope.node, ast.Lambda):
        returned = [scope.node.body]
    functions = [value for value in returned if isinstance(value, (ast.Name, ast.Lambda))]
    return [meant for function in functions for meant in _meant(function, scope, called)]


def _own_nodes(scope: Scope) -> Iterator[ast.AST]:
    stack: list[ast.AST] = [*scope.body]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            stack += [n for n in children(node) if not isinstance(n, ast.expr)]


def _own_class(scope: Scope) -> Scope | None:
    method = scope.method()
    return method.parent if method else None


def _first_parameter(scope: Scope) -> str | None:
    """The name that the method around `scope` has for its ``self`` or ``cls``."""
    node = _method_node(scope)
    if node is None or "staticmethod" in _decorator_names(node):
        return None
    parameters = [*node.args.posonlyargs, *node.args.args]
    return parameters[0].arg if parameters else None


def _is_class_parameter(name: str, scope: Scope) -> bool:
    """Whether `name` is the ``cls`` of the method around `scope`."""
    node = _method_node(scope)
    if node is None or name != _first_parameter(scope):
        return False
    return node.name in _CLASS_METHODS or "classmethod" in _decorator_names(node)


def _method_node(scope: Scope) -> FunctionNode | None:
    method = scope.method()
    return method.node if method and isinstance(method.node, FunctionNode) else None


def _decorator_names(node: FunctionNode) -> set[str]:
    return {d.id for d in node.decorator_list if isinstance(d, ast.Name)}
