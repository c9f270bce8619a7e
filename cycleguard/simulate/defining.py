"""Definitions of functions and classes, and what runs at them."""

import sys
from abc import abstractmethod
from dataclasses import dataclass

from cycleguard.model.program import Constant, Define, DefineClass, Statement
from cycleguard.simulate.classes import look_up, metaclass_of
from cycleguard.simulate.errors import SimulatedError
from cycleguard.simulate.folding import described
from cycleguard.simulate.names import Scope
from cycleguard.simulate.storing import Storing
from cycleguard.simulate.values import (
    UNKNOWN,
    ClassValue,
    DescriptorValue,
    ExternalValue,
    FunctionValue,
    InstanceValue,
    LambdaValue,
    MappingValue,
    ModuleValue,
    SequenceValue,
    Value,
)
from cycleguard.simulate.world import Policy, World


@dataclass(slots=True)
class _Making:
    """A class whose body has run and whose metaclass is being called."""

    cls: ClassValue
    keywords: dict[str, Value]
    names: MappingValue
    is_done: bool = False


class Defining(Storing):
    """Defines functions and makes classes."""

    def __init__(self, world: World, policy: Policy) -> None:
        super().__init__(world, policy)
        self._making: list[_Making] = []

    @abstractmethod
    def block(self, statements: tuple[Statement, ...], scope: Scope) -> None:
        """Execute statements one after the other."""

    def define(self, statement: Define, scope: Scope) -> None:
        """``def``: what runs at the definition."""
        decorators = [self.evaluate(decorator, scope) for decorator in statement.decorators]
        defaults = self.defaults_of(statement.parameters, scope)
        if not scope.module.flags.get("postponed"):
            for annotation in statement.annotations:
                self.evaluate(annotation, scope)
        closure = self.enclosing(scope)
        value: Value = FunctionValue(
            scope.module, statement, self.table(), closure, scope.cell, defaults=defaults
        )
        self.bind(scope, statement.name, self._decorated(value, decorators))

    def _decorated(self, value: Value, decorators: list[Value]) -> Value:
        for decorator in reversed(decorators):
            value = self.decorate(decorator, value)
        return value

    def define_class(self, statement: DefineClass, scope: Scope) -> None:
        """Source: LOAD_BUILD_CLASS, ``builtin___build_class__`` (Python/bltinmodule.c)."""
        decorators = [self.evaluate(decorator, scope) for decorator in statement.decorators]
        bases = tuple(self.real(self.evaluate(base, scope)) for base in statement.bases)
        keywords = {name: self.evaluate(value, scope) for name, value in statement.keywords}
        names, cell = self.table(), dict[str, ClassValue]()
        inner = Scope(
            scope.module,
            names,
            self.enclosing(scope),
            global_names=scope.global_names,
            cell=cell,
        )
        self.block(statement.body, inner)
        metaclass = keywords.pop("metaclass", None)
        cls = ClassValue(scope.module, statement.name, bases, names, metaclass)
        cell["class"] = cls
        self.bind(scope, statement.name, self._decorated(self._made(cls, keywords), decorators))

    def _made(self, cls: ClassValue, keywords: dict[str, Value]) -> Value:
        """Call the metaclass, after the body: ``metaclass(name, bases, names)``."""
        if isinstance(cls.metaclass, (ModuleValue, FunctionValue, LambdaValue, Constant)):
            arguments = (Constant(cls.name), SequenceValue(cls.bases), UNKNOWN)
            return self.call_with(cls.metaclass, arguments, keywords)
        for base in cls.bases:
            if isinstance(base, ModuleValue) or base == Constant(None):
                raise self.type_error(f"{described(base)} is no base class", base)
        names = MappingValue(dict(cls.namespace), is_whole=True)
        self._making.append(_Making(cls, keywords, names))
        try:
            self._run_metaclass(cls, keywords)
        finally:
            self._making.pop()
        return cls

    def _run_metaclass(self, cls: ClassValue, keywords: dict[str, Value]) -> None:
        """Source: ``type_call`` on the metaclass (Objects/typeobject.c)."""
        metaclass = metaclass_of(cls)
        given = (Constant(cls.name), SequenceValue(cls.bases), self._making[-1].names)
        new = look_up(metaclass, "__new__")
        new = new.function if isinstance(new, DescriptorValue) else new
        if isinstance(new, FunctionValue) and metaclass is not None:
            self.call_with(new, (metaclass, *given), keywords)
        self.type_new(metaclass, given[2])
        init = look_up(metaclass, "__init__")
        if isinstance(init, FunctionValue):
            self.call_with(init, (cls, *given), keywords)

    def type_new(self, metaclass: ClassValue | None, names: Value) -> Value:
        """What ``type.__new__`` runs for the class that is being made, once.

        If it gets the `names` of the class's body, and nothing of it is from outside, then no other
        attributes are there.

        Source: ``type_new_set_names`` and ``type_new_init_subclass`` (Objects/typeobject.c).
        """
        if not self._making:
            return UNKNOWN
        making = self._making[-1]
        cls = making.cls
        if making.is_done or metaclass_of(cls) is not metaclass:
            return UNKNOWN
        making.is_done = True
        meta_is_closed = metaclass is None or not metaclass.is_open
        is_closed = meta_is_closed and all(map(_is_closed_base, cls.bases))
        cls.is_open = names is not making.names or not is_closed
        for name, value in list(cls.namespace.items()):
            if isinstance(value, InstanceValue):
                self._set_name(cls, name, value)
        hook = look_up(cls, "__init_subclass__", behind=cls)
        hook = hook.function if isinstance(hook, DescriptorValue) else hook
        if isinstance(hook, FunctionValue):
            self.call_with(hook, (cls,), making.keywords)
        return cls

    def _set_name(self, cls: ClassValue, name: str, value: InstanceValue) -> None:
        """Source: ``type_new_set_names``: up to Python 3.11 any failure becomes a RuntimeError."""
        method = look_up(value.cls, "__set_name__")
        if not isinstance(method, FunctionValue):
            return
        try:
            self.call(method, (value, cls, Constant(name)))
        except SimulatedError as error:
            if sys.version_info >= (3, 12):
                raise
            message = f"Error calling __set_name__ on '{value.cls.name}' instance '{name}'"
            wrapped = SimulatedError(
                "RuntimeError",
                message,
                module=error.module,
                missing=error.missing,
                is_certain=error.is_certain,
                is_order=error.is_order,
            )
            wrapped.chain = error.chain
            raise wrapped from error


def _is_closed_base(base: Value) -> bool:
    """Whether all attributes of a base class are known: a class of the project, ``object``."""
    is_builtin = base in (ExternalValue("builtins.object"), ExternalValue("builtins.type"))
    return is_builtin or (isinstance(base, ClassValue) and not base.is_open)
