"""Lazy imports at module level: the module is imported when it is first used.

Three ways, for type checkers the same as the plain import::

    with lazy():
        import numpy as np
        from shop.cart import Cart

    if TYPE_CHECKING:
        import numpy as np
    else:
        np = lazy_module("numpy")

    __getattr__, __dir__, __all__ = attach(__name__, ["io"])  # in a package, see `attached`
"""

import builtins
import sys
from _thread import allocate_lock, get_ident

from cycleguard.runtime._declared import Declaration
from cycleguard.runtime._placement import check_names, check_placement
from cycleguard.runtime._proxies import LazyAttribute, LazyModule, Proxy, is_pending, real_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType
    from typing import Any, TypeVar

    T = TypeVar("T")
    Importing = Callable[..., object]


def lazy_module(name: str) -> "ModuleType":
    """The module `name`, imported when an attribute of it is first used.

    It replaces itself in the globals of the calling module. Until then `repr`, `dir`, `isinstance`
    and what the module's spec can tell do not import it::

        np = lazy_module("numpy")

    Raises:
        LazyImportError: by the first use, with file and line of this call, if the import fails.
    """
    return LazyModule(Declaration(name, None, sys._getframe(1).f_globals))


def lazy_attribute(target: str) -> "Any":
    """What ``from module import name`` would bind, imported when it is first used.

    `target` is ``"module:name"``. A class can be called, subclassed and given to `isinstance`
    before it is resolved; for `except` it must have been used, or go through `resolve_lazy`::

        Cart = lazy_attribute("shop.cart:Cart")

    Raises:
        ValueError: `target` is not of that form.
        LazyImportError: by the first use, with file and line of this call, if the import fails.
    """
    module, colon, name = target.partition(":")
    if not (module and colon and name):
        raise ValueError(f"{target!r} is not of the form 'module:name'")
    return LazyAttribute(Declaration(module, name, sys._getframe(1).f_globals))


def resolve_lazy(value: "T") -> "T":
    """The real object for a lazy one, imported now if need be; anything else as it is.

    Raises:
        LazyImportError: the import failed.
    """
    if issubclass(type(value), Proxy):
        return real_object(value, sys._getframe(1).f_globals)  # type: ignore[arg-type, return-value]
    return value


def is_lazy(value: object) -> bool:
    """Does this stand for something that has not been imported yet? Imports nothing."""
    return issubclass(type(value), Proxy) and is_pending(value)  # type: ignore[arg-type]


class lazy:  # noqa: N801 - used as a statement
    """Make the import statements of a ``with`` block lazy, at module level.

    Only those that stand in the block itself: what they import, and what other threads import
    meanwhile, is imported as ever::

        with lazy():
            from shop.cart import Cart

    Raises:
        SyntaxError: where PEP 810 allows no lazy import: in a function, a class body or a ``try``
            statement (told from Python 3.11 on), and for ``from m import *``.
        LazyImportError: by the first use of a name whose import fails.
    """

    def __init__(self) -> None:
        frame = sys._getframe(1)
        check_placement(frame)
        self._names = frame.f_globals

    def __enter__(self) -> None:
        _hook.enter(self._names)

    def __exit__(self, *error: object) -> None:
        _hook.leave(self._names)


class _Hook:
    """``builtins.__import__`` while any block is open; it passes on all but the blocks' imports.

    The lock guards the count of blocks and is not held while anything is imported.
    """

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._blocks: dict[tuple[int, int], int] = {}
        self._installed: Importing | None = None
        self._previous: Importing = builtins.__import__

    def enter(self, names: "dict[str, object]") -> None:
        key = get_ident(), id(names)
        with self._lock:
            self._blocks[key] = self._blocks.get(key, 0) + 1
            # Somebody may have put back what was there before ours.
            if self._installed is None or builtins.__import__ is self._previous:
                self._previous = builtins.__import__
                self._installed = self._import
                builtins.__import__ = self._installed  # type: ignore[assignment]

    def leave(self, names: "dict[str, object]") -> None:
        key = get_ident(), id(names)
        with self._lock:
            self._blocks[key] -= 1
            if not self._blocks[key]:
                del self._blocks[key]
            # If somebody has put a hook above ours, ours has to stay below it.
            if not self._blocks and builtins.__import__ is self._installed:
                builtins.__import__ = self._previous  # type: ignore[assignment]
                self._installed = None

    def _import(
        self,
        name: str,
        globals: "dict[str, object] | None" = None,
        locals: "Mapping[str, object] | None" = None,
        fromlist: "Sequence[str] | None" = (),
        level: int = 0,
    ) -> object:
        # A statement at module level has its globals for locals; one in a function has none.
        is_ours = locals is not None and locals is globals
        if is_ours and (get_ident(), id(globals)) in self._blocks and globals is not None:
            return _lazily(name, globals, tuple(fromlist or ()), level)
        return self._previous(name, globals, locals, fromlist, level)

    def is_open_for(self, names: "dict[str, object]") -> bool:
        return (get_ident(), id(names)) in self._blocks


_hook = _Hook()


def _lazily(
    name: str, importer: "dict[str, object]", names: "tuple[str, ...]", level: int
) -> object:
    """What the statement gets in the place of a module."""
    if level:
        name = _absolute(name, importer, level)
    if names:
        check_names(sys._getframe(2), names)
        return _Names(name, importer)
    root = name.partition(".")[0]
    pending = importer.get(root)
    # import a.b; import a.c: one name, and its use imports both.
    if type(pending) is _Package and is_pending(pending):
        pending.also_import(name)
        return pending
    return _Package(name, root, importer)


def _absolute(name: str, importer: "dict[str, object]", level: int) -> str:
    """The absolute name of a relative import, as `importlib` computes it."""
    package = importer.get("__package__")
    if not isinstance(package, str):
        package = str(importer["__name__"])
        if "__path__" not in importer:
            package = package.rpartition(".")[0]
    parts = package.split(".") if package else []
    if len(parts) < level:
        raise ImportError("attempted relative import beyond top-level package")
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{name}" if name else base


class _Package(LazyModule):
    """What ``import a.b.c`` binds: `a`, whose first use imports `a.b.c`.

    ``import a.b.c as d`` cannot be told from it when the module is asked for, but asks for ``.b``
    and ``.c`` next, within the block.
    """

    __slots__ = ()

    def __init__(self, name: str, bound: str, importer: "dict[str, object]") -> None:
        declaration = Declaration(bound, None, importer)
        declaration.also = (name,)
        LazyModule.__init__(self, declaration)

    def also_import(self, name: str) -> None:
        declaration = self._lazy_declaration
        declaration.also = (*declaration.also, name)

    def __getattr__(self, name: str) -> object:
        declaration = self._lazy_declaration
        below = f"{declaration.module}.{name}"
        if is_pending(self) and _hook.is_open_for(declaration.importer):
            # import a.b as x
            if below in declaration.also:
                return LazyModule(Declaration(below, None, declaration.importer))
            # import a.b.c as x
            for each in declaration.also:
                if each.startswith(f"{below}."):
                    return _Package(each, below, declaration.importer)
        return LazyModule.__getattr__(self, name)


class _Names:
    """What ``from m import a, b`` takes its names from; nothing else ever sees it."""

    __slots__ = ("_importer", "_module")

    def __init__(self, module: str, importer: "dict[str, object]") -> None:
        object.__setattr__(self, "_module", module)
        object.__setattr__(self, "_importer", importer)

    def __getattribute__(self, name: str) -> object:
        get = object.__getattribute__
        return LazyAttribute(Declaration(get(self, "_module"), name, get(self, "_importer")))
