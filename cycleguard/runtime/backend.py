"""Proxies for native objects whose extension module is imported when it is first needed.

A proxy is made from a description, checked in Python::

    class DistConfig(NativeProxy, native="_infinilm:DistConfig"):
        tp_device_ids = native_list(int)
        world_size = native_method()

        def __init__(self, tp_size=None, tp_device_ids=None):
            at_most_one(tp_size=tp_size, tp_device_ids=tp_device_ids)
            ids = tp_device_ids if tp_size is None else range(tp_size)
            self.describe(tp_device_ids=[0] if ids is None else list(ids))

Its fields are read, written, compared, copied and pickled without the extension. What only the
native object can do imports the extension and makes the object, once; from then on the proxy reads
and writes that, and its methods are those of the native object.
"""

from cycleguard.runtime._imports import find, find_spec
from cycleguard.runtime._native_fields import (
    Declared,
    bound_property,
    described_property,
    forcing_property,
)
from cycleguard.runtime._once import force, make_dirty

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    P = TypeVar("P", bound="NativeProxy")


class NativeUnavailableError(ImportError):
    """The extension module that a native object needs is missing or cannot be imported."""


def at_most_one(**arguments: object) -> None:
    """Check that at most one of the arguments is given, that is, is not None.

    Raises:
        ValueError: ``Provide either a OR b, not both``.
    """
    if sum(value is not None for value in arguments.values()) > 1:
        *names, last = arguments
        which = "both" if len(arguments) == 2 else "several"
        raise ValueError(f"Provide either {', '.join(names)} OR {last}, not {which}")


class _ProxyType(type):
    """Makes two classes of one: of proxies that are bound, and below it of those that are not.

    There is no ``__dict__``, so that a misspelt attribute is an error; and no ``__getattr__`` once
    a proxy is bound, because it would slow down every read.
    """

    _declared: "Mapping[str, Declared]"
    _native: str
    _unbound_class: type

    def __new__(
        mcs, name: str, bases: "tuple[type, ...]", names: "dict[str, Any]", native: str = ""
    ) -> "_ProxyType":
        declared = {n: each for n, each in names.items() if isinstance(each, Declared)}
        methods = [n for n, each in declared.items() if each.kind == "method"]
        own = {n: each for n, each in names.items() if n not in declared}
        own["__slots__"] = (*names.get("__slots__", ()), *methods)
        for each in declared:
            if each not in methods:
                own[each] = bound_property(each, declared[each])
        made = super().__new__(mcs, name, bases, own)
        made._declared = {**getattr(made, "_declared", {}), **declared}
        made._native = native or getattr(made, "_native", "")
        made._unbound_class = type.__new__(mcs, name, (made,), _unbound_names(made))
        return made

    def __init__(
        cls, name: str, bases: "tuple[type, ...]", names: "dict[str, object]", native: str = ""
    ) -> None:
        super().__init__(name, bases, names)


def _unbound_names(kind: _ProxyType) -> "dict[str, object]":
    """The body of the class of proxies that are not bound."""
    names: dict[str, object] = {
        "__slots__": (),
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__doc__": kind.__doc__,
        "__getattr__": _bind_for,
        "_clean_class": kind,
    }
    for name, declared in kind._declared.items():
        if declared.kind == "property":
            names[name] = forcing_property(name, declared)
        elif declared.kind != "method":
            names[name] = described_property(name, declared)
    return names


def _bind_for(proxy: "NativeProxy", name: str) -> object:
    """An attribute that is not set yet: a method, or the native object itself."""
    kind = type(proxy)
    declared = kind._declared.get(name)
    if name == "_description":
        raise AttributeError(f"this {kind.__name__} has not been described")
    if declared is not None and declared.kind != "method":
        # Reading it raised an AttributeError, which CPython has dropped: raise it again.
        return getattr(kind, name).__get__(proxy, kind)
    if name != "_underlying" and declared is None:
        raise AttributeError(f"{kind.__name__!r} object has no attribute {name!r}")
    proxy._bind(name)
    return getattr(proxy, name)


class NativeProxy(metaclass=_ProxyType):
    """Base of proxies; the native class is ``native="module:Class"`` in the class statement.

    Fields are declared with `native_field` and `native_list`, what is computed with
    `native_property`, methods with `native_method`. ``_underlying`` is the native object itself,
    to be handed to other native code.
    """

    __slots__ = ("__weakref__", "_description", "_materialise_work", "_underlying")
    __hash__ = None  # type: ignore[assignment]

    _underlying: "Any"
    _description: "dict[str, Any]"

    def __new__(cls: "type[P]", *arguments: object, **named: object) -> "P":
        """A proxy without a description."""
        return object.__new__(cls._unbound_class)

    def describe(self, **fields: object) -> None:
        """Set every field of a new proxy; imports nothing.

        Raises:
            TypeError: a field is missing, or there is none of that name.
            ValueError: whatever `validate` finds.
        """
        expected = type(self)._described_names()
        for name in expected:
            if name not in fields:
                raise TypeError(f"{type(self).__name__} needs {name}")
        for name in fields:
            if name not in expected:
                raise TypeError(f"{type(self).__name__} has no field {name}")
        self._describe_anew(fields)
        for name in ("_underlying", *self._method_names()):
            try:
                object.__delattr__(self, name)
            except AttributeError:
                continue
        make_dirty(self, type(self)._unbound_class)

    def validate(self, fields: "dict[str, Any]") -> "dict[str, Any]":
        """Check the fields before they are taken; give them as they are to be stored.

        Called for a new proxy and for every change before it is bound; afterwards it is the native
        object that checks.
        """
        return fields

    def build(self, native_class: "Any", fields: "dict[str, Any]") -> "Any":
        """Make the native object; by default of the fields as named arguments."""
        return native_class(**fields)

    @classmethod
    def available(cls) -> bool:
        """Tell whether the extension module can be found. Does not import it."""
        return find_spec(cls._native.partition(":")[0]) is not None

    def prepare(self) -> None:
        """Import the extension; several threads may, and wait for each other as imports do."""
        _native_class(type(self))

    def materialise(self) -> None:
        """Make the native object; one thread does, and nothing is kept if it fails."""
        native = self.build(_native_class(type(self)), dict(self._description))
        methods = {name: getattr(native, name) for name in self._method_names()}
        for name, method in methods.items():
            object.__setattr__(self, name, method)
        object.__setattr__(self, "_underlying", native)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NativeProxy) or _bound_class(self) is not _bound_class(other):
            return NotImplemented
        return self._fields() == other._fields()

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self._fields().items())
        return f"{type(self).__name__}({fields})"

    def __reduce__(self) -> "tuple[Callable[..., object], tuple[object, ...]]":
        """A copy is made of the description as it is now, and is not bound."""
        return _rebuilt, (_bound_class(self), self._fields())

    def _fields(self) -> "dict[str, Any]":
        """What describes the object now."""
        if type(self) is type(self)._unbound_class:
            return dict(self._description)
        native = self._underlying
        declared = type(self)._declared
        values = {name: getattr(native, name) for name in self._described_names()}
        return {n: list(v) if declared[n].kind == "list" else v for n, v in values.items()}

    def _described(self, name: str) -> "dict[str, Any]":
        return self._description

    def _describe_anew(self, fields: "dict[str, Any]") -> None:
        object.__setattr__(self, "_description", self.validate(fields))

    def _change(self, name: str, value: object) -> None:
        """Change a field before the proxy is bound, while another thread may be binding it."""
        self._describe_anew({**self._described(name), name: value})
        unbound = type(self)._unbound_class
        if type(self) is unbound:
            make_dirty(self, unbound)
        else:
            setattr(self, name, value)

    @classmethod
    def _described_names(cls) -> "list[str]":
        return [n for n, each in cls._declared.items() if each.kind in ("field", "list")]

    @classmethod
    def _method_names(cls) -> "list[str]":
        return [n for n, each in cls._declared.items() if each.kind == "method"]

    def _bind(self, needed: str) -> None:
        kind = type(self)
        self._described(needed)
        try:
            force(self)
        except ImportError as error:
            module = kind._native.partition(":")[0]
            is_missing = isinstance(error, ModuleNotFoundError) and error.name == module
            what = "is not installed" if is_missing else f"cannot be imported: {error}"
            raise NativeUnavailableError(
                f"{kind.__name__}.{needed} needs the extension module {module!r}, which {what}",
                name=module,
            ) from error


def _native_class(kind: _ProxyType) -> object:
    return find(*kind._native.split(":"))


def _bound_class(proxy: NativeProxy) -> type:
    return getattr(type(proxy), "_clean_class", type(proxy))


def _rebuilt(kind: "type[NativeProxy]", fields: "dict[str, object]") -> NativeProxy:
    proxy = kind.__new__(kind)
    proxy.describe(**fields)
    return proxy
