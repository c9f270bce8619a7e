"""Calls of every kind of value: functions, methods, classes, objects, decorators.

Calls of anything outside the project give a value that is known by its origin only.
"""

from abc import abstractmethod
from dataclasses import replace

from cycleguard.model.program import Constant
from cycleguard.simulate.classes import linearised, look_up, makes_classes, metaclass_of
from cycleguard.simulate.folded_calls import fold_method
from cycleguard.simulate.folding import (
    described,
    is_without_operators,
    own_name,
    text,
)
from cycleguard.simulate.functions import Functions
from cycleguard.simulate.values import (
    UNKNOWN,
    BoundValue,
    ClassValue,
    DescriptorValue,
    ExternalValue,
    FunctionValue,
    GeneratorValue,
    GlobalsValue,
    InstanceValue,
    LambdaValue,
    LazyValue,
    MappingValue,
    MethodValue,
    ModuleValue,
    Namespace,
    PartialValue,
    PendingValue,
    SuperValue,
    Value,
    handed_on,
    opened,
)

# Methods of texts, lists, sets and mappings that go through what they are given.
_ITERATING = frozenset(
    "extend update join fromkeys union difference intersection symmetric_difference "
    "difference_update intersection_update symmetric_difference_update issubset issuperset "
    "isdisjoint".split()
)
_DESCRIPTORS = {
    "builtins.property": "property",
    "functools.cached_property": "property",
    "builtins.staticmethod": "staticmethod",
    "builtins.classmethod": "classmethod",
}
# Modules of the standard library whose functions, called on a function, give one like it.
_DECORATING = frozenset({"abc", "contextlib", "dataclasses", "functools", "typing"})


class Calling(Functions):
    """Calls values, and iterates them."""

    @abstractmethod
    def type_new(self, metaclass: ClassValue, names: Value) -> Value:
        """``type.__new__`` for the class that is being made."""

    def call(self, function: Value, arguments: tuple[Value, ...]) -> Value:
        """Call `function` with positional arguments."""
        return self.call_with(function, arguments, {})

    def call_with(
        self, function: Value, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """Call any value."""
        if isinstance(function, FunctionValue):
            return self.call_function(function, arguments, keywords)
        for argument in arguments:
            # build(DESCRIPTOR, globals()): whoever gets the name space may bind anything
            if isinstance(argument, GlobalsValue):
                self.flag(argument.module, "open")
        if isinstance(function, BoundValue):
            return self.call_function(function.function, (function.receiver, *arguments), keywords)
        if isinstance(function, ClassValue):
            return self._construct(function, arguments, keywords)
        if isinstance(function, LambdaValue):
            return self.call_lambda(function, arguments, keywords)
        if isinstance(function, InstanceValue):
            method = self.protocol(function, "__call__", "is not callable")
            if isinstance(method, FunctionValue):
                return self.call_function(method, (function, *arguments), keywords)
            return UNKNOWN
        if isinstance(function, ExternalValue):
            return self._call_outside(function, arguments, keywords)
        return self._call_rare(function, arguments, keywords)

    def _call_rare(
        self, function: Value, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        if isinstance(function, PartialValue):
            given = (*function.arguments, *arguments)
            return self.call_with(function.function, given, {**function.keywords, **keywords})
        if isinstance(function, MethodValue):
            return self._call_method(function, arguments, keywords)
        if isinstance(function, LazyValue):
            return self.call_with(self.real(function), arguments, keywords)
        if isinstance(function, ModuleValue) or function == Constant(None):
            # A finished sub-module covers a function of its name in the parent package.
            raise self.type_error(f"{described(function)} is not callable", function)
        return UNKNOWN

    def _call_method(
        self, method: MethodValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        receiver = method.receiver
        if isinstance(receiver, GlobalsValue):
            return self._call_on_globals(receiver.module, method.name, arguments, keywords)
        if isinstance(receiver, SuperValue):
            return self._call_on_super(receiver, method.name, arguments, keywords)
        if method.name in _ITERATING:
            for argument in arguments:
                self.iterate(argument)
        return fold_method(receiver, method.name, arguments) or UNKNOWN

    def _call_on_globals(
        self,
        module: ModuleValue,
        name: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
    ) -> Value:
        key = text(arguments[0]) if arguments else None
        held = module.namespace.get(key) if key else None
        default = arguments[1] if len(arguments) > 1 else Constant(None)
        if name == "update":
            self._update_globals(module, arguments, keywords)
            return Constant(None)
        if key is None or (held is None and module.is_open):
            if name in ("setdefault", "pop", "clear", "__setitem__"):
                self.flag(module, "open")
            return UNKNOWN
        if name == "setdefault" and held is None:
            self.write(module.namespace, key, default)
        elif name == "__setitem__":
            self.write(module.namespace, key, default)
        elif name == "pop":
            self.remove(module.namespace, key)
        elif name not in ("get", "setdefault"):
            return UNKNOWN
        return default if held is None else held

    def _update_globals(
        self, module: ModuleValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> None:
        known = dict(keywords)
        for argument in arguments:
            if isinstance(argument, MappingValue) and argument.is_whole:
                known |= argument.items
            else:
                self.flag(module, "open")
        for name, value in known.items():
            self.write(module.namespace, name, value)

    def _call_on_super(
        self,
        receiver: SuperValue,
        name: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
    ) -> Value:
        """What ``object`` and ``type`` do when no class of the project stands before them."""
        if name == "__new__" and arguments and isinstance(arguments[0], ClassValue):
            if len(arguments) > 3:
                return self.type_new(arguments[0], arguments[3])
            return InstanceValue(arguments[0], self.table())
        if name == "__call__" and isinstance(receiver.receiver, ClassValue):
            return self._make_instance(receiver.receiver, arguments, keywords)
        return UNKNOWN

    def _construct(
        self, cls: ClassValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """Source: ``type_call`` (Objects/typeobject.c), or the metaclass's own ``__call__``."""
        hook = look_up(metaclass_of(cls), "__call__")
        if isinstance(hook, FunctionValue):
            return self.call_function(hook, (cls, *arguments), keywords)
        return self._make_instance(cls, arguments, keywords)

    def _make_instance(
        self, cls: ClassValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """An object, its ``__init__`` run; unknown if it is one that the project does not make."""
        instance = InstanceValue(cls, self.table())
        # type("Made", (), {}): a class of which nobody knows what it has
        is_known = not makes_classes(cls)
        new = look_up(cls, "__new__")
        new = new.function if isinstance(new, DescriptorValue) else new
        if isinstance(new, FunctionValue):
            made = self.call_function(new, (cls, *arguments), keywords)
            if isinstance(made, InstanceValue) and cls in linearised(made.cls):
                instance = made
            elif made != UNKNOWN:
                return made
            else:
                is_known = False
        for name in ("__init__", "__post_init__"):
            method = look_up(cls, name)
            if isinstance(method, FunctionValue):
                given = (arguments, keywords) if name == "__init__" else ((), {})
                self.call_function(method, (instance, *given[0]), given[1])
        return instance if is_known else UNKNOWN

    def _call_outside(
        self, function: ExternalValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        if function.name == "functools.update_wrapper" and arguments:
            wrapped = keywords.get("wrapped") or (*arguments, UNKNOWN)[1]
            return _wrapper(arguments[0], wrapped, self.table())
        if function.name in _DESCRIPTORS and len(arguments) == 1:
            return DescriptorValue(_DESCRIPTORS[function.name], arguments[0])
        for argument in arguments:
            # list(generator()), dict(...): whoever gets a generator is taken to iterate it
            is_generator = isinstance(argument, (GeneratorValue, PendingValue))
            if is_generator and not function.is_result:
                self.iterate(argument)
        is_decorator = function.name.partition(".")[0] in _DECORATING
        if is_decorator and len(arguments) == 1 and self._hands_on(function, arguments[0]):
            return self._handed_on(function.name, arguments[0])
        return ExternalValue(f"{function.name.removesuffix('()')}()")

    def decorate(self, decorator: Value, value: Value) -> Value:
        """What ``@decorator`` makes of a function or class."""
        # @wraps(f): what is decorated stays itself
        if isinstance(decorator, ExternalValue) and decorator.is_result:
            return self._handed_on(decorator.name, value)
        made = self.call(decorator, (value,))
        if isinstance(decorator, ExternalValue) and isinstance(made, ExternalValue):
            return (
                self._handed_on(decorator.name, value) if self._hands_on(decorator, value) else made
            )
        return made

    def _handed_on(self, decorator: str, value: Value) -> Value:
        made = handed_on(decorator, value)
        if isinstance(made, FunctionValue) and isinstance(value, FunctionValue):
            if made.namespace is not value.namespace:
                self.created.append(made.namespace)
        return made

    def _hands_on(self, decorator: ExternalValue, decorated: Value) -> bool:
        """Whether a decorator from outside leaves what it gets as it is: @cache, @attr.s.

        What a third-party decorator makes of a function is anybody's guess.
        """
        if isinstance(decorated, ClassValue):
            return not decorator.name.startswith("builtins.")
        is_standard = self.world.is_stdlib(decorator.name)
        is_builtin = decorator.name.startswith("builtins.")
        return isinstance(decorated, FunctionValue) and is_standard and not is_builtin

    def iterate(self, value: Value) -> None:
        """Run what iterating `value` runs: a generator's body, ``__iter__`` of an object."""
        if isinstance(value, GeneratorValue):
            self.run_function(value.function, value.scope)
        elif isinstance(value, InstanceValue):
            method = self.protocol(value, "__iter__", "is not iterable")
            if isinstance(method, FunctionValue):
                self.iterate(self.call_function(method, (value,), {}))
        elif isinstance(value, PendingValue):
            value.run()

    def iterated(self, value: Value) -> Value:
        """Iterate `value`; its items where they are known."""
        if isinstance(value, PendingValue):
            return value.run()
        if is_without_operators(value):
            raise self.type_error(f"{described(value)} is not iterable", value)
        self.iterate(value)
        return value

    def protocol(self, value: InstanceValue, name: str, complaint: str) -> Value | None:
        """The method of a class that an operation needs; None if it may be from outside.

        Source: ``_PyObject_MakeTpCall`` (Objects/call.c) and ``PyObject_GetIter``
        (Objects/abstract.c).
        """
        found = look_up(value.cls, name)
        is_closed = not any(each.is_open for each in linearised(value.cls))
        if found is None and is_closed and look_up(value.cls, "__getitem__") is None:
            raise self.type_error(f"'{value.cls.name}' object {complaint}", value)
        return found


def _wrapper(wrapper: Value, wrapped: Value, names: Namespace) -> Value:
    """Source: ``update_wrapper`` (Lib/functools.py): the attributes are those of the wrapped."""
    if isinstance(wrapper, FunctionValue) and isinstance(wrapped, FunctionValue):
        copied: Namespace = {
            "__wrapped__": wrapped,
            "__name__": Constant(own_name(wrapped)),
            "__module__": wrapped.namespace.get("__module__", Constant(wrapped.module.name)),
        }
        names.update({**wrapper.namespace, **wrapped.namespace, **copied})
        return replace(wrapper, namespace=names, is_open=wrapper.is_open or wrapped.is_open)
    return opened(wrapper)
