"""The class of a dirty object: a subclass of its own whose observers do the work first.

It has that class as its only base and adds no attributes, else CPython would not let an object
change between the two.
"""

from cycleguard.runtime._once import force, is_dirty, without_work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FunctionType
    from typing import Any

    # The methods are those of any class.
    Method = Callable[..., Any]

    class Pending:
        """An object of a class that `pending_class` made."""

        _clean_class: type

else:
    FunctionType = type(lambda: None)

_MISSING = object()


def pending_class(kind: type, observers: "Iterable[str]") -> type:
    """The dirty class for objects of class `kind`, always the same one."""
    if is_pending_class(kind):
        return kind
    made = kind.__dict__.get("_pending_class")
    if made is None:
        names: dict[str, object] = {
            "__slots__": (),
            "__module__": kind.__module__,
            "__qualname__": kind.__qualname__,
            "__doc__": kind.__doc__,
            "_clean_class": kind,
            "__reduce_ex__": _reduce_ex,
            "__copy__": _copy,
            "__deepcopy__": _deepcopy,
        }
        for name in observers:
            names[name] = _observer(kind, name)
        made = type(kind)(kind.__name__, (kind,), names)
        type.__setattr__(kind, "_pending_class", made)
    return made


def is_pending_class(kind: type) -> bool:
    """Tell whether this is the class of dirty objects."""
    return "_clean_class" in kind.__dict__


def _reduce_ex(self: "Pending", protocol: int) -> object:
    """To pickle is to look."""
    force(self)
    return _special(self, "__reduce_ex__")(protocol)


def _copy(self: "Pending") -> object:
    """To copy is not."""
    own = getattr(self._clean_class, "__copy__", None)
    return _copied(self, lambda part: part, {}) if own is None else own(self)


def _deepcopy(self: "Pending", memo: "dict[int, object]") -> object:
    own = getattr(self._clean_class, "__deepcopy__", None)
    if own is not None:
        return own(self, memo)
    # cycleguard: leave[the runtime may load no module while it is imported]
    import copy  # noqa: PLC0415

    return _copied(self, lambda part: copy.deepcopy(part, memo), memo)


def _observer(kind: type, name: str) -> object:
    """A method is looked at when it is called, so that a reference may be kept; others when read.

    A special method is never read from the object, so it has to be a method.
    """
    is_special = name.startswith("__") and name.endswith("__")
    if not is_special and not isinstance(_of_class(kind, name), FunctionType):
        return _Attribute(name)

    def method(self: object, *arguments: object, **named: object) -> object:
        force(self)
        found = _special(self, name) if is_special else _observed(self, name)
        return found(*arguments, **named)  # type: ignore[operator]

    method.__name__ = name
    method.__qualname__ = f"{kind.__qualname__}.{name}"
    method.__module__ = kind.__module__
    return method


class _Attribute:
    """An attribute, looked at when it is read; a data descriptor, so that it comes first."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: "object | None", owner: "type[Pending]") -> object:
        if instance is None:
            return getattr(owner._clean_class, self._name)
        force(instance)
        return _observed(instance, self._name)

    def __set__(self, instance: "Pending", value: object) -> None:
        own = _of_class(instance._clean_class, self._name)
        if hasattr(type(own), "__set__"):
            type(own).__set__(own, instance, value)  # type: ignore[attr-defined]
        else:
            instance.__dict__[self._name] = value

    def __delete__(self, instance: "Pending") -> None:
        own = _of_class(instance._clean_class, self._name)
        if hasattr(type(own), "__delete__"):
            type(own).__delete__(own, instance)  # type: ignore[attr-defined]
        elif self._name in instance.__dict__:
            del instance.__dict__[self._name]
        else:
            raise AttributeError(self._name)


def _observed(value: object, name: str) -> object:
    """The attribute of an object whose work is done, or that the work itself looks at."""
    if not (is_pending_class(type(value)) and is_dirty(value)):
        return getattr(value, name)
    kind: type = type(value)._clean_class  # type: ignore[attr-defined]
    own = _of_class(kind, name)
    if not hasattr(type(own), "__set__") and name in getattr(value, "__dict__", {}):
        return value.__dict__[name]
    if own is _MISSING:
        if hasattr(kind, "__getattr__"):
            return kind.__getattr__(value, name)
        raise AttributeError(f"{kind.__name__!r} object has no attribute {name!r}")
    bind = getattr(type(own), "__get__", None)
    return own if bind is None else bind(own, value, kind)


def _special(value: object, name: str) -> "Method":
    """A special method of the clean class, bound."""
    kind = getattr(type(value), "_clean_class", type(value))
    return getattr(kind, name).__get__(value, kind)  # type: ignore[no-any-return]


def _of_class(kind: type, name: str) -> object:
    return next((base.__dict__[name] for base in kind.__mro__ if name in base.__dict__), _MISSING)


def _copied(value: "Pending", copied: "Method", memo: "dict[int, object]") -> object:
    """A copy that is as dirty as the object, made as `copy` makes it."""
    # That of a list or a dictionary looks at the items.
    reduced = without_work(value, lambda: _special(value, "__reduce_ex__")(4))
    if isinstance(reduced, str):
        return value
    make, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
    made = make(*copied(arguments))
    memo[id(value)] = made
    if state is not None:
        _set_state(made, copied(state))
    for item in items or ():
        made.append(copied(item))
    for key, item in pairs or ():
        made[copied(key)] = copied(item)
    return made


def _set_state(value: object, state: object) -> None:
    if hasattr(value, "__setstate__"):
        value.__setstate__(state)
        return
    attributes, slots = state if isinstance(state, tuple) else (state, None)
    if attributes:
        value.__dict__.update(attributes)
    for name, each in (slots or {}).items():
        setattr(value, name, each)
