"""Attributes: of modules, classes, objects, functions and plain values."""

import functools
from abc import abstractmethod

from cycleguard.model.program import Constant
from cycleguard.simulate.classes import is_closed, linearised, look_up, metaclass_of
from cycleguard.simulate.errors import SimulatedError
from cycleguard.simulate.folding import described, external, own_name
from cycleguard.simulate.importing import Importing
from cycleguard.simulate.values import (
    UNKNOWN,
    BoundValue,
    ClassValue,
    DescriptorValue,
    ExternalValue,
    FunctionValue,
    GlobalsValue,
    InstanceValue,
    LambdaValue,
    LazyValue,
    MappingValue,
    MethodValue,
    ModuleValue,
    PartialValue,
    SequenceValue,
    SpecValue,
    SuperValue,
    Value,
)

_FUNCTION_NAMES = frozenset(dir(lambda: None))
_DEFAULTS = frozenset({"__defaults__", "__kwdefaults__"})
_ATTRIBUTES: dict[type, frozenset[str]] = {
    LambdaValue: _FUNCTION_NAMES,
    PartialValue: frozenset(dir(functools.partial(print))),
}


class Attributes(Importing):
    """Reads attributes; calls are `calling`'s."""

    def attribute(self, base: Value, name: str, called: str | None = None) -> Value:
        """``base.name``, where the source calls the base `called`."""
        if isinstance(base, ModuleValue):
            value = self.module_getattr(base, name)
            if value is None:
                raise self.missing_attribute(base, name)
            if base.is_package and isinstance(value, ModuleValue):
                self.note_found(f"{base.name}.{name}")
            return value
        if isinstance(base, ExternalValue):
            return external(f"{base.name}.{name}")
        if isinstance(base, InstanceValue):
            return self._instance_attribute(base, name, called)
        if isinstance(base, ClassValue):
            return self._class_attribute(base, name)
        if isinstance(base, SuperValue):
            return self._super_attribute(base, name)
        return self._plain_attribute(base, name, called)

    def _super_attribute(self, base: SuperValue, name: str) -> Value:
        """Source: ``super_getattro`` (Objects/typeobject.c)."""
        receiver = base.receiver
        start = receiver.cls if isinstance(receiver, InstanceValue) else receiver
        if isinstance(start, ClassValue) and base.owner not in linearised(start):
            # In a method of a metaclass, the receiver is a class made by it.
            start = metaclass_of(start) or base.owner
        found = look_up(start if isinstance(start, ClassValue) else base.owner, name, base.owner)
        if isinstance(found, DescriptorValue) and isinstance(start, ClassValue):
            return self._descriptor(found, receiver, start)
        if isinstance(found, FunctionValue):
            is_static = name == "__new__"
            return found if is_static else BoundValue(found, receiver)
        return MethodValue(base, name) if found is None else found

    def _plain_attribute(self, base: Value, name: str, called: str | None) -> Value:
        if isinstance(base, (SequenceValue, MappingValue, GlobalsValue)):
            return MethodValue(base, name)
        if isinstance(base, LazyValue):
            return self.attribute(self.real(base), name, called)
        if isinstance(base, FunctionValue):
            return self._function_attribute(base, name, called)
        if isinstance(base, Constant):
            if not hasattr(base.value, name):
                raise self._stand_in(base, name, called)
            return MethodValue(base, name)
        if isinstance(base, SpecValue) and name in ("name", "parent"):
            return Constant(base.name if name == "name" else base.parent)
        known = _ATTRIBUTES.get(type(base))
        if known is not None and name not in known:
            raise self._stand_in(base, name, called)
        return UNKNOWN

    def _function_attribute(self, base: FunctionValue, name: str, called: str | None) -> Value:
        if name in _DEFAULTS:
            # func.__kwdefaults__.update(...): whoever asks for the defaults may change them
            for parameter in base.defaults:
                self.write(base.defaults, parameter, UNKNOWN)
        if name == "__module__":
            return base.namespace.get(name, Constant(base.module.name))
        if base.is_open or name in _FUNCTION_NAMES:
            return UNKNOWN
        if name in base.namespace:
            return base.namespace[name]
        # f.__func__, f.__wrapped__: who asks for these looks what kind of callable it has
        if name.startswith("__"):
            return UNKNOWN
        raise self._stand_in(base, name, called)

    def _stand_in(self, base: Value, name: str, called: str | None) -> SimulatedError:
        """The AttributeError of a value that may stand where a sub-module of its name is meant."""
        names = (each for each in (called, own_name(base)) if each)
        is_stand_in = any(self.is_bound_in_module_called(each, name) for each in names)
        message = f"{described(base)} has no attribute '{name}'"
        return self.fault("AttributeError", message, is_stand_in=is_stand_in)

    def _instance_attribute(self, base: InstanceValue, name: str, called: str | None) -> Value:
        if name in base.namespace:
            return base.namespace[name]
        found = look_up(base.cls, name)
        if isinstance(found, FunctionValue):
            return BoundValue(found, base)
        if isinstance(found, DescriptorValue):
            return self._descriptor(found, base, base.cls)
        if found is not None:
            return self._got(found, base, base.cls)
        fallback = look_up(base.cls, "__getattr__")
        if isinstance(fallback, FunctionValue):
            return self.call_with(fallback, (base, Constant(name)), {})
        if name == "__class__":
            return base.cls
        # @register
        # def models(): ...        covers the sub-module, and has other attributes than that
        is_module_meant = name in self.bindable(base.covers or "") or (
            called is not None and self.is_bound_in_module_called(called, name)
        )
        if is_module_meant and is_closed(base.cls) and not hasattr(object, name):
            message = f"'{base.cls.name}' object has no attribute '{name}'"
            raise self.fault("AttributeError", message, is_stand_in=True)
        return UNKNOWN

    def _class_attribute(self, base: ClassValue, name: str) -> Value:
        found = look_up(base, name)
        if isinstance(found, DescriptorValue) and found.kind != "property":
            return self._descriptor(found, base, base)
        if found is not None:
            return self._got(found, Constant(None), base)
        inherited = look_up(metaclass_of(base), name)
        if isinstance(inherited, FunctionValue):
            return BoundValue(inherited, base)
        is_whole = not any(each.is_open for each in linearised(base))
        is_plain = not hasattr(type, name) and not name.startswith("__")
        if is_whole and inherited is None and is_plain:
            is_stand_in = self.is_bound_in_module_called(base.name, name)
            message = f"type object '{base.name}' has no attribute '{name}'"
            raise self.fault("AttributeError", message, is_stand_in=is_stand_in)
        return UNKNOWN

    def _got(self, found: Value, receiver: Value, owner: ClassValue) -> Value:
        """What a class attribute gives that may have a ``__get__`` of its own.

        A metaclass from outside may have made anything of it: members of an enumeration.
        """
        if isinstance(found, Constant) and any(each.is_open for each in linearised(owner)):
            return UNKNOWN
        getter = look_up(found.cls, "__get__") if isinstance(found, InstanceValue) else None
        if isinstance(getter, FunctionValue):
            return self.call_with(getter, (found, receiver, owner), {})
        return found

    def _descriptor(self, found: DescriptorValue, receiver: Value, owner: ClassValue) -> Value:
        function = found.function
        if found.kind == "property":
            return self.call_with(function, (receiver,), {})
        if found.kind == "classmethod" and isinstance(function, FunctionValue):
            return BoundValue(function, owner)
        return function

    @abstractmethod
    def call_with(
        self, function: Value, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """Call `function` with positional and keyword arguments."""
