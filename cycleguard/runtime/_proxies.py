"""What stands for a lazy module or attribute until its first use, and puts the real one in place.

The methods for operators and built-in functions come from `_operators`.

After the first use the importer's global *is* the real object, so that later reads cost nothing.
A reference that was taken before, ``from importer import name``, goes on working through the proxy,
and is replaced too when it is used from the globals of a module under the same name.
"""

import sys

from cycleguard.runtime._declared import Declaration, declare, forget
from cycleguard.runtime._imports import (
    ImportCycleError,
    find,
    find_spec,
    half_way_message,
    is_initialising,
    load,
)
from cycleguard.runtime._operators import add_special_methods

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    Method = Callable[..., object]
else:
    ModuleType = type(sys)

_UNSET = object()
_dict_of_module = vars(ModuleType)["__dict__"]
# Asked of any object by inspect, abc, copy and test runners; no module says yes.
_PROBES = frozenset(
    "__wrapped__ __isabstractmethod__ __deepcopy__ __copy__ __signature__ __test__ __origin__ "
    "__getattr__ __getstate__ __setstate__ __class_getitem__ __annotate__".split()
)
_OF_THE_SPEC = frozenset(
    "__spec__ __loader__ __file__ __path__ __package__ __cached__ __builtins__".split()
)
_OF_THE_PROXY = frozenset(
    "_lazy_declaration _lazy_real _lazy_names __class__ __reduce__ __reduce_ex__ __copy__ "
    "__deepcopy__ __mro_entries__".split()
)
_OF_EVERY_MODULE = ("__doc__", "__loader__", "__name__", "__package__", "__spec__")


class Proxy:
    """What both kinds share: the declaration, the real object when there is one, its names."""

    __slots__ = ()
    _lazy_declaration: Declaration
    _lazy_real: object
    _lazy_names: "tuple[str, ...]"

    def __reduce__(self) -> "tuple[Method, tuple[object, ...]]":
        """Pickled by reference: what is read back is the real object."""
        declaration = self._lazy_declaration
        return _restored, (declaration.module, declaration.attribute, declaration.also)


def _restored(module: str, attribute: "str | None", also: "tuple[str, ...]") -> object:
    for name in also:
        load(name)
    return load(module) if attribute is None else find(module, attribute)


def start(proxy: Proxy, declaration: Declaration) -> None:
    """Make a new proxy stand for what was declared."""
    put = object.__setattr__
    put(proxy, "_lazy_declaration", declaration)
    put(proxy, "_lazy_real", _UNSET)
    put(proxy, "_lazy_names", ())
    declaration.settle = lambda: real_object(proxy, declaration.importer)
    declare(declaration)


def is_pending(proxy: Proxy) -> bool:
    """Tell whether there has been no use yet."""
    return proxy._lazy_real is _UNSET


def real_object(proxy: Proxy, user: "dict[str, object]") -> object:
    """What the proxy stands for, put in the place of the proxy in its importer and its user.

    Of a module that is half-way nothing is kept: it may fail yet, and be gone.

    Raises:
        LazyImportError: the import failed; the next use tries again.
    """
    real = proxy._lazy_real
    if real is _UNSET:
        declaration = proxy._lazy_declaration
        real = declaration.resolve()
        if is_initialising(real):
            return real
        importer = declaration.importer
        names = tuple(name for name, value in importer.copy().items() if value is proxy)
        object.__setattr__(proxy, "_lazy_names", names)
        object.__setattr__(proxy, "_lazy_real", real)
        _replace(proxy, real, importer)
        forget(declaration)
    _replace(proxy, real, user)
    return real


def _replace(proxy: Proxy, real: object, names: "dict[str, object]") -> None:
    """Compare and swap: what was bound to the name since then stays."""
    for name in proxy._lazy_names:
        if names.get(name) is proxy:
            names[name] = real


class LazyModule(Proxy, ModuleType):
    """Stands for a module. `isinstance` with ModuleType, `repr` and `dir` do not import it."""

    __slots__ = ("_lazy_declaration", "_lazy_names", "_lazy_real")

    def __init__(self, declaration: Declaration) -> None:
        ModuleType.__init__(self, declaration.module)
        own = _dict_of_module.__get__(self)
        for name in ("__doc__", "__loader__", "__package__", "__spec__"):
            own.pop(name, None)
        start(self, declaration)

    def __getattr__(self, name: str) -> object:
        if self._lazy_real is _UNSET:
            if name in _PROBES:
                raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
            if name in _OF_THE_SPEC:
                return _from_spec(self._lazy_declaration.module, name)
        module = real_object(self, sys._getframe(1).f_globals)
        try:
            return getattr(module, name)
        except AttributeError as error:
            if not is_initialising(module):
                raise
            message = half_way_message(self.__name__, name)
            cause = ImportCycleError(message, name=self.__name__)
            cause.__cause__ = error
            raise self._lazy_declaration.error(cause) from cause

    def __setattr__(self, name: str, value: object) -> None:
        setattr(real_object(self, sys._getframe(1).f_globals), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(real_object(self, sys._getframe(1).f_globals), name)

    @property
    def __dict__(self) -> "dict[str, object]":  # type: ignore[override]
        return vars(real_object(self, sys._getframe(1).f_globals))

    @property
    def __doc__(self) -> "str | None":  # type: ignore[override]
        return getattr(real_object(self, sys._getframe(1).f_globals), "__doc__", None)

    def __dir__(self) -> "list[str]":
        return list(_OF_EVERY_MODULE) if self._lazy_real is _UNSET else dir(self._lazy_real)

    def __repr__(self) -> str:
        if self._lazy_real is not _UNSET:
            return repr(self._lazy_real)
        declaration = self._lazy_declaration
        return f"<lazy module {str(declaration)!r}, {declaration.file}:{declaration.line}>"


def _from_spec(module: str, name: str) -> object:
    """What the module will say about itself, as far as its spec tells."""
    spec = find_spec(module)
    if spec is not None:
        if name == "__spec__":
            return spec
        if name == "__loader__":
            return spec.loader
        if name == "__package__":
            return spec.parent
        if name == "__file__" and spec.has_location:
            return spec.origin
        if name == "__cached__" and spec.cached is not None:
            return spec.cached
        if name == "__path__" and spec.submodule_search_locations is not None:
            return spec.submodule_search_locations
    raise AttributeError(f"module {module!r} has no attribute {name!r}")


class LazyAttribute(Proxy):
    """Stands for a function, class or value. What a class cannot do through it: `except`."""

    __slots__ = ("_lazy_declaration", "_lazy_names", "_lazy_real")

    def __init__(self, declaration: Declaration) -> None:
        start(self, declaration)

    def __getattribute__(self, name: str) -> "Any":
        # Also what every object has is that of the real one: __init__, __doc__, __module__.
        if name in _OF_THE_PROXY:
            return object.__getattribute__(self, name)
        if name in _PROBES and self._lazy_real is _UNSET:
            raise AttributeError(name)
        return getattr(real_object(self, sys._getframe(1).f_globals), name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(real_object(self, sys._getframe(1).f_globals), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(real_object(self, sys._getframe(1).f_globals), name)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        real = self._lazy_real
        return LazyAttribute if real is _UNSET else real.__class__

    def __call__(self, *arguments: object, **named: object) -> object:
        function: Method = real_object(self, sys._getframe(1).f_globals)  # type: ignore[assignment]
        return function(*arguments, **named)

    def __get__(self, instance: object, owner: "type | None" = None) -> object:
        """Bind, as the real object in the body of a class would."""
        real = real_object(self, sys._getframe(1).f_globals)
        bind = getattr(type(real), "__get__", None)
        return real if bind is None else bind(real, instance, owner)

    def __mro_entries__(self, bases: "tuple[object, ...]") -> "tuple[object, ...]":
        return (real_object(self, sys._getframe(1).f_globals),)

    def __copy__(self) -> object:
        # cycleguard: leave[the runtime may load no module while it is imported]
        import copy  # noqa: PLC0415

        return copy.copy(real_object(self, sys._getframe(1).f_globals))

    def __deepcopy__(self, memo: "dict[int, object]") -> object:
        # cycleguard: leave[the runtime may load no module while it is imported]
        import copy  # noqa: PLC0415

        return copy.deepcopy(real_object(self, sys._getframe(1).f_globals), memo)

    def __dir__(self) -> "list[str]":
        return [] if self._lazy_real is _UNSET else dir(self._lazy_real)

    def __repr__(self) -> str:
        if self._lazy_real is not _UNSET:
            return repr(self._lazy_real)
        declaration = self._lazy_declaration
        return f"<lazy attribute {str(declaration)!r}, {declaration.file}:{declaration.line}>"


def _real_of_user(proxy: LazyAttribute, depth: int) -> object:
    return real_object(proxy, sys._getframe(depth + 1).f_globals)


add_special_methods(LazyAttribute, _real_of_user)
