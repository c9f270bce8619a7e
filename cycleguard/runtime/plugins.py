"""Plugins that replace functions of a core which never imports them.

The core marks what may be replaced::

    # megatron/core/optimizer.py
    class Opt:
        @plugin_method
        def step(self): ...

and a plugin replaces it, in the mirror of that module, which the first call imports::

    # plugin/core/optimizer.py
    @plugin_implementation("megatron.core.optimizer:Opt.step")
    def step(self):
        return original("megatron.core.optimizer:Opt.step")(self) + 1

The first call decides, and puts what it found in the place of the function. A mirror module that
does not exist means that the function itself is called; one that fails to import is an error.
"""

import sys

from cycleguard.runtime._deciding import VENDOR_VARIABLES, Plugins
from cycleguard.runtime._registry import DEFAULT_VENDOR, Mirrors, Registration, split_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import FunctionType
    from typing import TypeVar

    F = TypeVar("F")
    C = TypeVar("C", bound=Callable[..., object])
    Implementation = Callable[..., object]
else:
    FunctionType = type(lambda: None)

_plugins = Plugins()


def plugin_method(function: "F") -> "F":
    """Let plugins replace a function or method; also one that is async or a generator.

    Above or below `staticmethod`, `classmethod` and `property` (whose getter is meant). Nothing is
    imported before the first call.

    Raises:
        TypeError: this is no function; a class cannot be replaced, its methods can.
        PluginError: the module has two functions of that qualified name.
    """
    made: object
    if isinstance(function, (staticmethod, classmethod)):
        made = type(function)(plugin_method(function.__func__))
    elif isinstance(function, property):
        getter = plugin_method(function.fget)
        made = type(function)(getter, function.fset, function.fdel, function.__doc__)
    elif isinstance(function, FunctionType):
        made = _plugins.add(function).wrapper
    else:
        hint = "; mark its methods instead" if isinstance(function, type) else ""
        raise TypeError(f"plugin_method is for functions and methods, not for {function!r}{hint}")
    return made  # type: ignore[return-value]


def plugin_implementation(
    target: str, name: "str | None" = None, *, vendor: str = DEFAULT_VENDOR
) -> "Callable[[C], C]":
    """Register the decorated function as a vendor's implementation of `target`.

    `target` is ``"module:qualified.name"``; or, in a mirror module, `target` and `name` are the
    class and the method, or the last part of the module and the function. What was decided before
    is decided again.

    Raises:
        ValueError: `target` is not of that form.
        PluginError: two words outside of a mirror module, or that mean two functions, or a second
            implementation of the same vendor.
    """
    frame = sys._getframe(1)

    def register(implementation: "C") -> "C":
        function = getattr(implementation, "__func__", implementation)
        words = (target,) if name is None else (target, name)
        _plugins.register(Registration(words, vendor, function, frame))
        return implementation

    return register


def register_plugin(target: str, implementation: str, *, vendor: str = DEFAULT_VENDOR) -> None:
    """Register an implementation by name, ``"module:qualified.name"``, imported at the first call.

    Raises:
        ValueError: one of the names is not of that form.
        PluginError: a second implementation of the same vendor.
    """
    split_key(implementation)
    _plugins.register(Registration((target,), vendor, implementation, sys._getframe(1)))


def configure_plugins(
    *,
    mirrors: "Mapping[str, str] | None" = None,
    vendor_variables: "Iterable[str]" = VENDOR_VARIABLES,
) -> None:
    """Set where plugins are found and which environment variables name the preferred vendor.

    `mirrors` maps prefixes of module names, ``{"megatron.core": "megatron.plugin"}``; by default
    the top-level package becomes ``plugin``. Everything is decided again.
    """
    _plugins.configure(Mirrors(mirrors), tuple(vendor_variables))


def resolve_plugin(target: "str | Implementation") -> "Implementation":
    """What a call of `target`, a function or its key, would call now; decided, but not called.

    Raises:
        LookupError: nothing of that name is marked with `plugin_method`.
        PluginError: what is registered for it is ambiguous.
        Exception: whatever the import of the plugin raises.
    """
    return _plugins.decide(_plugins.target(target))


def reset_plugins(target: "str | Implementation | None" = None) -> None:
    """Forget what was decided, for one function or for all; the next call decides again.

    Needed after the preferred vendor has changed. What is registered stays.

    Raises:
        LookupError: nothing of that name is marked with `plugin_method`.
    """
    _plugins.reset(None if target is None else _plugins.target(target))


def original(target: "str | Implementation") -> "Implementation":
    """The function that `target` replaces, for its plugin to call.

    Raises:
        LookupError: nothing of that name is marked with `plugin_method`.
    """
    return _plugins.target(target).function


def explain_plugin(target: "str | Implementation") -> str:
    """What is registered for `target`, what is called and why. Imports nothing.

    Raises:
        LookupError: nothing of that name is marked with `plugin_method`.
    """
    return _plugins.explain(_plugins.target(target))


def unmatched_plugins() -> "tuple[str, ...]":
    """Registrations for which nothing is marked with `plugin_method`, in the modules loaded now."""
    return _plugins.unmatched()
