"""Errors on their way: ``try``, ``with``, ``raise``."""

import builtins

from cycleguard.model.program import (
    Assert,
    Attribute,
    Call,
    Compare,
    Constant,
    Expression,
    Handler,
    Load,
    Raise,
    Sequence,
    Statement,
    Try,
    With,
)
from cycleguard.simulate.branching import Branching
from cycleguard.simulate.classes import look_up
from cycleguard.simulate.errors import GuessedError, SimulatedError
from cycleguard.simulate.folding import described, kinds_of, truth
from cycleguard.simulate.names import Scope
from cycleguard.simulate.values import (
    UNKNOWN,
    BoundValue,
    ClassValue,
    ExternalValue,
    FunctionValue,
    GeneratorValue,
    InstanceValue,
    ManagerValue,
    ModuleValue,
    SequenceValue,
    Value,
)
from cycleguard.simulate.world import Policy, World


class Handling(Branching):
    """Raises, catches and swallows."""

    def __init__(self, world: World, policy: Policy) -> None:
        super().__init__(world, policy)
        self._raised: list[SimulatedError] = []

    def run_with(self, statement: With, scope: Scope) -> None:
        """``with``: one manager inside the other."""
        self._with_items(statement.items, statement.body, scope)

    def _with_items(
        self,
        items: tuple[tuple[Expression, Expression | None], ...],
        body: tuple[Statement, ...],
        scope: Scope,
    ) -> None:
        """Source: the compiler nests the items (``compiler_with``, Python/compile.c)."""
        if not items:
            self.block(body, scope)
            return
        (node, target), *rest = items
        manager = self.evaluate(node, scope)
        if isinstance(manager, ModuleValue) or manager == Constant(None):
            raise self.type_error(f"{described(manager)} is no context manager", manager)
        if isinstance(manager, ManagerValue):
            entered, kinds = manager.entered, manager.kinds
        else:
            entered, kinds = self._manager_call(manager, "__enter__"), frozenset()
        # @contextlib.contextmanager: the body of the generator
        if isinstance(manager, GeneratorValue):
            self.iterate(manager)
        if target is not None:
            self.store(target, entered, scope)
        try:
            with self.handling(kinds):
                self._with_items(tuple(rest), body, scope)
        except SimulatedError as error:
            is_swallowed = kinds & set(error.ancestors)
            if not is_swallowed and truth(self._manager_call(manager, "__exit__")) is not True:
                raise
            self.note_silent(error)
        else:
            self._manager_call(manager, "__exit__")

    def _manager_call(self, manager: Value, name: str) -> Value:
        method = look_up(manager.cls, name) if isinstance(manager, InstanceValue) else None
        if isinstance(method, FunctionValue):
            return self.call(BoundValue(method, manager), (UNKNOWN,) * (3 * (name == "__exit__")))
        return UNKNOWN

    def run_try(self, statement: Try, scope: Scope) -> None:
        """``try`` in full."""
        try:
            self._try_body(statement, scope)
        finally:
            # A finally that fails replaces what was on its way, as in CPython.
            self.block(statement.final, scope)

    def _try_body(self, statement: Try, scope: Scope) -> None:
        swallowing = (handler for handler in statement.handlers if not _raises_again(handler))
        kinds = frozenset(kind for each in swallowing for kind in self._named_kinds(each, scope))
        caught: SimulatedError | None = None
        try:
            with self.handling(kinds):
                self.block(statement.body, scope)
        except SimulatedError as error:
            caught = error
        if caught is None:
            self.block(statement.orelse, scope)
        else:
            self._handle(caught, statement, scope)

    def _handle(self, error: SimulatedError, statement: Try, scope: Scope) -> None:
        for handler in statement.handlers:
            if self._handler_kinds(handler, scope) & set(error.ancestors):
                self._raised.append(error)
                try:
                    if handler.name:
                        self.bind(scope, handler.name, UNKNOWN)
                    self.block(handler.body, scope)
                finally:
                    self._raised.pop()
                    if handler.name:
                        self.remove(scope.names, handler.name)
                # Only a handler that does not raise swallows the failure.
                self.stack[-1].line = handler.line
                self.note_silent(error)
                return
        raise error

    def _handler_kinds(self, handler: Handler, scope: Scope) -> frozenset[str]:
        """Source: ``CHECK_EXC_MATCH`` (Python/bytecodes.c): only exception classes can be named."""
        if handler.kind is None:
            return frozenset({"BaseException"})
        named = self.evaluate(handler.kind, scope)
        for each in named.items if isinstance(named, SequenceValue) else (named,):
            if isinstance(each, (ModuleValue, FunctionValue, Constant)):
                message = "catching classes that do not inherit from BaseException is not allowed"
                raise self.type_error(message, each)
        return kinds_of(named)

    def _named_kinds(self, handler: Handler, scope: Scope) -> frozenset[str]:
        """The exceptions that a handler names, read off before anything is evaluated."""
        if handler.kind is None:
            return frozenset({"BaseException"})
        nodes = handler.kind.items if isinstance(handler.kind, Sequence) else (handler.kind,)
        known = (
            scope.module.namespace.get(n.name, Constant(None)) for n in nodes if isinstance(n, Load)
        )
        named = {node.name for node in nodes if isinstance(node, (Load, Attribute))}
        return frozenset(named).union(*map(kinds_of, known))

    def run_raise(self, statement: Raise, scope: Scope) -> None:
        """``raise``: the error, or a guess that was wrong."""
        # except ImportError: raise ... : the program does not do without it after all
        if self._raised and self._raised[-1].is_guess:
            raise GuessedError
        if statement.error is None:
            if self._raised:
                raise self._raised[-1]
            raise GuessedError
        kinds = _ancestors(self.evaluate(statement.error, scope))
        # except ImportError as error: raise RuntimeError from error
        is_order = bool(self._raised) and self._raised[-1].is_order
        message = _message(statement.error)
        self._throw(SimulatedError(kinds[0], message, is_order=is_order, ancestors=kinds))

    def run_assert(self, statement: Assert, scope: Scope) -> None:
        """``assert NAME``, ``assert NAME is not None``: it raises if the name stands for None.

        Source: ``compiler_assert`` (Python/compile.c). Other tests are taken to hold: values are
        followed in part only, and the author says that this one does.
        """
        test = statement.test
        if isinstance(test, Compare) and (test.operator, test.right) == ("IsNot", Constant(None)):
            asserted = test.left
        else:
            asserted = test
        value = self.evaluate(asserted, scope)
        if isinstance(asserted, (Load, Attribute)) and value == Constant(None):
            message = "an assertion does not hold"
            self._throw(SimulatedError("AssertionError", message, is_order=False))

    def _throw(self, error: SimulatedError) -> None:
        """Raise what the program raises by itself, or GuessedError."""
        error.chain = self.frames()
        # What a call raises by itself depends on values, and those are known in part only; a guess
        # that ends in a refusal was the wrong one, whoever may be ready for that.
        is_doubtful = self.is_on_a_guess or self.is_in_call
        if is_doubtful and not self.catches(error, since=self.handlers_before_guess):
            if not self.uncertain:
                self.note_refusal()
            elif not self.is_in_call:
                self.note_demand()
            raise GuessedError
        raise error


def _raises_again(handler: Handler) -> bool:
    # except ImportError as error: raise RuntimeError("not built") from error
    return bool(handler.body) and isinstance(handler.body[-1], Raise)


def _message(error: Expression) -> str:
    """What a program says itself: ``raise ImportError("not on this system")``."""
    if isinstance(error, Call) and error.arguments and isinstance(error.arguments[0], Constant):
        return str(error.arguments[0].value)
    return "raised by the program itself"


def _ancestors(error: Value) -> tuple[str, ...]:
    """The class names that a handler may name to catch `error`."""
    if isinstance(error, InstanceValue):
        return _ancestors(error.cls)
    if isinstance(error, ClassValue):
        above = [name for base in error.bases for name in _ancestors(base)]
        return (error.name, *dict.fromkeys(above))
    if isinstance(error, ExternalValue):
        name = error.name.removesuffix("()").rpartition(".")[2]
        return _builtin_ancestors(name)
    return ("Exception", "BaseException")


def _builtin_ancestors(name: str) -> tuple[str, ...]:
    found = getattr(builtins, name, None)
    if isinstance(found, type) and issubclass(found, BaseException):
        return tuple(cls.__name__ for cls in found.__mro__ if cls is not object)
    return (name, "Exception", "BaseException")
