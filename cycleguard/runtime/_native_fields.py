"""What a proxy declares of its native class, and how each is read and written once it is bound."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar

    T = TypeVar("T")


class Declared:
    """One declaration, until the class is made: `kind` is field, list, property or method."""

    __slots__ = ("doc", "kind")

    def __init__(self, kind: str, doc: "str | None") -> None:
        self.kind = kind
        self.doc = doc


def native_field(type_: "type[T]", doc: "str | None" = None) -> "T":
    """A value that describes the object, read and written under the same name in the native one.

    `type_` is for type checkers; what a value may be is up to `NativeProxy.validate`.
    """
    return Declared("field", doc)  # type: ignore[return-value]


def native_list(type_: "type[T]", doc: "str | None" = None) -> "list[T]":
    """A field that is a list of `type_`; to change the list that is read changes the field."""
    return Declared("list", doc)  # type: ignore[return-value]


def native_property(type_: "type[T]", doc: "str | None" = None) -> "T":
    """A value that the native object computes: reading it binds, it describes nothing."""
    return Declared("property", doc)  # type: ignore[return-value]


def native_method(doc: "str | None" = None) -> "Any":
    """A method of the native object, fetched once when the proxy is bound."""
    return Declared("method", doc)


class NativeList(list):  # type: ignore[type-arg]
    """The list that is the value of a field: what changes it changes the field too."""

    __slots__ = ("_name", "_owner")

    def __init__(self, owner: object, name: str, values: "Iterable[object]") -> None:
        super().__init__(values)
        self._owner = owner
        self._name = name

    def __reduce__(self) -> "tuple[type, tuple[list[object]]]":
        """A copy is a list of its own."""
        return list, (list(self),)


def _writing_through(name: str) -> "Callable[..., object]":
    change = getattr(list, name)

    def method(self: NativeList, *arguments: object, **named: object) -> object:
        # Another list may have been read, and changed, since this one was.
        list.__setitem__(self, slice(None), list(getattr(self._owner, self._name)))
        result = change(self, *arguments, **named)
        setattr(self._owner, self._name, list(self))
        return result

    method.__name__ = name
    method.__doc__ = change.__doc__
    return method


for _name in (
    "__setitem__ __delitem__ __iadd__ __imul__ append clear extend insert pop remove reverse sort"
).split():
    setattr(NativeList, _name, _writing_through(_name))


def bound_property(name: str, declared: Declared) -> property:
    """Reads and writes the native object, at the cost of one step."""
    names: dict[str, Callable[..., Any]] = {}
    # CPython runs a getter that is a plain function without a call of its own.
    exec(
        f"def get(self): return self._underlying.{name}\n"
        f"def put(self, value): self._underlying.{name} = value\n",
        names,
    )
    get, put = names["get"], names["put"]
    if declared.kind == "list":
        return property(
            lambda self: NativeList(self, name, get(self)),
            lambda self, value: put(self, list(value)),
            doc=declared.doc,
        )
    return property(get, None if declared.kind == "property" else put, doc=declared.doc)


def described_property(name: str, declared: Declared) -> property:
    """Reads and writes the description, while there is no native object."""

    def get(self: "Any") -> object:
        value = self._described(name)[name]
        return NativeList(self, name, value) if declared.kind == "list" else value

    def put(self: "Any", value: "Any") -> None:
        value = list(value) if declared.kind == "list" else value
        self._change(name, value)

    return property(get, put, doc=declared.doc)


def forcing_property(name: str, declared: Declared) -> property:
    """Binds, then reads."""

    def get(self: "Any") -> object:
        self._bind(name)
        return getattr(self, name)

    return property(get, doc=declared.doc)
