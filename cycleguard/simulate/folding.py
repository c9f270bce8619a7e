"""What is known of values without running anything: truth, text, comparison."""

import os
import sys
from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne

from cycleguard.model.program import Constant
from cycleguard.simulate.values import (
    UNKNOWN,
    BoundValue,
    ClassValue,
    ExternalValue,
    FunctionValue,
    GlobalsValue,
    LambdaValue,
    MappingValue,
    ModuleValue,
    PartialValue,
    SequenceValue,
    Value,
)

_DEFINED = (ModuleValue, FunctionValue, LambdaValue, ClassValue, BoundValue)
_OPERATORS: dict[str, Callable[..., object]] = {
    "Eq": eq,
    "NotEq": ne,
    "Lt": lt,
    "LtE": le,
    "Gt": gt,
    "GtE": ge,
}
_Literal = str | int | float | bool | None | tuple[object, ...]


def _host_constants() -> dict[str, Value]:
    """Facts of the running interpreter by the name under which a program reads them."""
    version = SequenceValue(tuple(map(Constant, sys.version_info)))
    constants: dict[str, Value] = {
        "sys.version_info": version,
        "sys.platform": Constant(sys.platform),
        "sys.byteorder": Constant(sys.byteorder),
        "sys.maxsize": Constant(sys.maxsize),
        "sys.hexversion": Constant(sys.hexversion),
        "sys.implementation.name": Constant(sys.implementation.name),
        "platform.python_implementation()": Constant("CPython"),
        "os.name": Constant(os.name),
        "os.sep": Constant(os.sep),
        "typing.TYPE_CHECKING": Constant(False),
        "typing_extensions.TYPE_CHECKING": Constant(False),
        "builtins.__debug__": Constant(True),
    }
    for index, field in enumerate(("major", "minor", "micro")):
        constants[f"sys.version_info.{field}"] = version.items[index]
    return constants


_HOST = _host_constants()


def external(name: str) -> Value:
    """What the dotted `name` of a module outside the project stands for."""
    return _HOST.get(name) or ExternalValue(name)


def truth(value: Value) -> bool | None:
    """``bool(value)``; None if that is not known."""
    if isinstance(value, Constant):
        return bool(value.value)
    if isinstance(value, SequenceValue):
        return bool(value.items)
    return True if isinstance(value, _DEFINED) else None


def compare(operator: str, left: Value, right: Value) -> bool | None:
    """``left operator right``; None if that is not known."""
    if operator in ("Is", "IsNot"):
        same = _is_same(left, right)
        return same if operator == "Is" or same is None else not same
    if operator in ("In", "NotIn"):
        found = _contains(right, left)
        return found if operator == "In" or found is None else not found
    known = literal(left), literal(right)
    if None in known or operator not in _OPERATORS:
        return None
    try:
        return bool(_OPERATORS[operator](*(box[0] for box in known if box)))
    except TypeError:
        return None


def difference(left: Value, right: Value) -> Value:
    """``left - right`` of two known numbers; unknown of anything else."""
    known = [literal(left), literal(right)]
    numbers = [box[0] for box in known if box is not None and isinstance(box[0], int)]
    return Constant(numbers[0] - numbers[1]) if len(numbers) == len(known) else UNKNOWN


def kinds_of(value: Value) -> frozenset[str]:
    """The names of the exception classes that `value` stands for in an ``except``."""
    if isinstance(value, SequenceValue):
        return frozenset(kind for item in value.items for kind in kinds_of(item))
    if isinstance(value, ExternalValue):
        return frozenset({value.name.rpartition(".")[2]})
    return frozenset({value.name}) if isinstance(value, ClassValue) else frozenset()


def described(value: Value) -> str:
    """A value as CPython's messages speak of it."""
    if isinstance(value, Constant):
        return f"'{type(value.value).__name__}' object"
    if isinstance(value, ModuleValue):
        return "'module' object"
    if isinstance(value, PartialValue):
        return "'functools.partial' object"
    return "'function' object" if isinstance(value, (FunctionValue, LambdaValue)) else "object"


def own_name(value: Value) -> str | None:
    """The ``__name__`` of a function or class; None if it has none or nobody knows."""
    if isinstance(value, FunctionValue):
        return text(value.namespace.get("__name__", Constant(value.code.name)))
    if isinstance(value, LambdaValue):
        return "<lambda>"
    return value.name if isinstance(value, ClassValue) else None


def is_without_operators(value: Value) -> bool:
    """Whether no arithmetic operator takes `value`."""
    is_none = isinstance(value, Constant) and value.value is None
    return is_none or isinstance(value, (ModuleValue, FunctionValue, LambdaValue))


def is_false(value: object) -> bool:
    """Whether a value, or a node, is a constant that is false: None, 0, an empty text."""
    return isinstance(value, Constant) and not value.value


def literal(value: Value) -> tuple[_Literal] | None:
    """The Python object that `value` stands for, boxed; None if it is not known."""
    if isinstance(value, Constant):
        return (value.value,)
    if isinstance(value, SequenceValue):
        items = [literal(item) for item in value.items]
        known = tuple(item[0] for item in items if item is not None)
        return (known,) if len(known) == len(items) else None
    return None


def distinct(held: Value) -> Value:
    """The items of a set, each once; not known if it is not known which are the same."""
    if not isinstance(held, SequenceValue) or len(held.items) < 2:
        return held
    keys = [_key(item) for item in held.items]
    if None in keys:
        return UNKNOWN
    return SequenceValue(tuple(dict(zip(keys, held.items, strict=True)).values()))


def _key(item: Value) -> object:
    """What tells an item of a set from others; None if nothing does."""
    if isinstance(item, (ModuleValue, FunctionValue, LambdaValue, ClassValue)):
        return id(item)
    return literal(item)


def text(value: Value) -> str | None:
    """The text that `value` is; None if it is not known to be one."""
    is_text = isinstance(value, Constant) and isinstance(value.value, str)
    return str(value.value) if is_text and isinstance(value, Constant) else None


def texts(value: Value | None) -> list[str] | None:
    """The strings of a sequence; None if there is an item that is not known to be one."""
    if not isinstance(value, SequenceValue):
        return None
    strings = [known for item in value.items if (known := text(item)) is not None]
    return strings if len(strings) == len(value.items) else None


def _is_same(left: Value, right: Value) -> bool | None:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Constant) and one.value is None:
            if isinstance(other, Constant):
                return other.value is None
            is_module = isinstance(other, ExternalValue) and "." not in other.name
            return False if isinstance(other, _DEFINED) or is_module else None
    if isinstance(left, Constant) and isinstance(right, Constant):
        is_single = all(isinstance(v.value, bool) for v in (left, right))
        return left.value is right.value if is_single else None
    if isinstance(left, _DEFINED) and isinstance(right, _DEFINED):
        return left is right
    return None


def _contains(container: Value, item: Value) -> bool | None:
    key = literal(item)
    if key is None:
        return None
    if isinstance(container, MappingValue):
        if key[0] in container.items:
            return True
        return False if container.is_whole else None
    if isinstance(container, GlobalsValue):
        is_open = container.module.is_open or str(key[0]).startswith("__")
        return True if key[0] in container.module.namespace else None if is_open else False
    items = literal(container)
    if items is None:
        return None
    try:
        return key[0] in items[0]  # type: ignore[operator]
    except TypeError:
        return None
