"""What a name may be bound to while imports are simulated.

Exact where importing depends on it (modules, functions, classes, short constants), `UNKNOWN`
everywhere else. An unknown value never fails: only what is known can.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from cycleguard.model.program import Constant, Define, Expression, Parameters

Namespace = dict[str, "Value"]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Any value at all."""


@dataclass(frozen=True, slots=True)
class Starred:
    """``*value`` among the arguments of a call, its items not known."""


_CACHES = ("functools.lru_cache", "functools.lru_cache()", "functools.cache")
_CACHES_ADD = ("cache_info", "cache_clear", "cache_parameters")
_ADD_NO_NAMES = ("dataclasses.dataclass", "functools.total_ordering", "typing.final")
UNKNOWN = Unknown()
STARRED = Starred()


@dataclass(slots=True, eq=False)
class ModuleValue:
    """A module object; another import after a failure makes another one.

    `is_open` is true where its names cannot be known: an unread file, a star import from outside,
    ``globals().update``. An open module is never said to lack a name.
    """

    name: str
    path: str
    is_package: bool
    namespace: Namespace
    flags: dict[str, bool]

    @property
    def is_initialising(self) -> bool:
        """Whether its body is still running."""
        return self.flags.get("initialising", False)

    @property
    def is_open(self) -> bool:
        """Whether it may have names that nobody knows of."""
        return self.flags.get("open", False)

    @property
    def package(self) -> str:
        """What relative imports in it start from (``__package__``)."""
        return self.name if self.is_package else self.name.rpartition(".")[0]


@dataclass(slots=True, eq=False)
class FunctionValue:
    """A function of the project with the scopes that it closes over.

    `namespace` are attributes set on it; `is_open` is true where a decorator may have added some.
    `owner` holds the class whose body defines it, `defaults` the values of its parameters.
    """

    module: ModuleValue
    code: Define
    namespace: Namespace
    closure: tuple[Namespace, ...] = ()
    owner: Mapping[str, ClassValue] = field(default_factory=dict)
    is_open: bool = False
    defaults: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class LambdaValue:
    """A lambda of the project."""

    module: ModuleValue
    parameters: Parameters
    body: Expression
    closure: tuple[Namespace, ...] = ()
    defaults: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class ClassValue:
    """A class of the project; bases that are not of the project stay as what they are.

    `is_open` is true where it may have attributes that nobody knows of. `order` is the method
    resolution order once it has been asked for.
    """

    module: ModuleValue
    name: str
    bases: tuple[Value, ...]
    namespace: Namespace
    metaclass: Value | None = None
    is_open: bool = True
    order: tuple[ClassValue, ...] | None = None


@dataclass(slots=True, eq=False)
class InstanceValue:
    """An object of a class of the project and the attributes that are known of it.

    `covers` is the sub-module in whose place an import has found it.
    """

    cls: ClassValue
    namespace: Namespace
    covers: str | None = None


@dataclass(slots=True, eq=False)
class BoundValue:
    """A method with its object."""

    function: FunctionValue
    receiver: Value


@dataclass(slots=True, eq=False)
class DescriptorValue:
    """``property``, ``staticmethod`` and ``classmethod`` around a function."""

    kind: str
    function: Value


@dataclass(slots=True, eq=False)
class GeneratorValue:
    """A generator: its body runs when somebody iterates."""

    function: FunctionValue
    scope: Namespace


@dataclass(frozen=True, slots=True)
class SequenceValue:
    """A list, tuple or set whose items are known."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class SliceValue:
    """``start:stop:step``, without what is left out."""

    bounds: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MappingValue:
    """A dict whose text keys are known; `is_whole` is false if it may have others."""

    items: dict[str, Value]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class ExternalValue:
    """Something of a module outside the project, by its dotted name; ``()`` marks a call."""

    name: str

    @property
    def is_result(self) -> bool:
        """Whether a call gave it, so that nothing is known of it but where it came from."""
        return self.name.endswith("()")


@dataclass(frozen=True, slots=True, eq=False)
class MethodValue:
    """A method of a text, a number, a sequence, a mapping or of ``globals()``."""

    receiver: Value
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class PartialValue:
    """``functools.partial(function, ...)``."""

    function: Value
    arguments: tuple[Value, ...]
    keywords: dict[str, Value]


@dataclass(frozen=True, slots=True)
class ManagerValue:
    """A context manager of `contextlib`: what it gives, and which exceptions it swallows."""

    entered: Value
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class PendingValue:
    """A generator expression: it runs when somebody iterates."""

    run: Callable[[], Value]


@dataclass(frozen=True, slots=True, eq=False)
class SuperValue:
    """``super()``: the attributes of `receiver` from behind `owner` in its order of classes."""

    owner: ClassValue
    receiver: Value


@dataclass(frozen=True, slots=True)
class SpecValue:
    """``__spec__`` of a module, which knows its names."""

    name: str
    parent: str


@dataclass(slots=True, eq=False)
class GlobalsValue:
    """``globals()`` of a module."""

    module: ModuleValue


@dataclass(frozen=True, slots=True)
class LazyValue:
    """A lazy import that has not been used. PEP 810 imports at the first read of the name.

    With `is_proxy` it is one of `cycleguard.runtime`: a stand-in that may be passed on, and that
    imports when an attribute of it is wanted, or when it is called or subclassed. Without `name` it
    is a module: with `is_whole` the one named, as of ``import a.b as c``, else the first package.
    """

    module: str
    name: str | None
    is_proxy: bool = False
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class AttachValue:
    """The ``__getattr__`` that ``lazy_loader.attach`` makes for a package."""

    package: str
    submodules: frozenset[str]
    attributes: tuple[tuple[str, str], ...]


Value = (
    Unknown
    | Starred
    | Constant
    | ModuleValue
    | FunctionValue
    | LambdaValue
    | ClassValue
    | InstanceValue
    | BoundValue
    | DescriptorValue
    | GeneratorValue
    | SequenceValue
    | SliceValue
    | MappingValue
    | ExternalValue
    | GlobalsValue
    | SpecValue
    | MethodValue
    | PartialValue
    | PendingValue
    | ManagerValue
    | SuperValue
    | LazyValue
    | AttachValue
)


def handed_on(decorator: str, value: Value) -> Value:
    """What the decorator `decorator` from outside makes of `value`."""
    if decorator in _CACHES and isinstance(value, FunctionValue):
        added = dict.fromkeys(_CACHES_ADD, UNKNOWN)
        return replace(value, namespace={**value.namespace, **added, "__wrapped__": value})
    if decorator.removesuffix("()") in _ADD_NO_NAMES and isinstance(value, ClassValue):
        return value
    return opened(value)


def opened(value: Value) -> Value:
    """`value` as a decorator from outside hands it on: with attributes that nobody knows of."""
    if isinstance(value, FunctionValue):
        return replace(value, is_open=True)
    if isinstance(value, ClassValue):
        value.is_open = True
    return value
