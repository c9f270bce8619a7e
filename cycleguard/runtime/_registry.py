"""What plugins have registered, which of it is meant for a function, where plugins are found.

A `Registration` names its target in full, ``"megatron.core.x:Opt.step"``, or in the two words of
the original, ``("Opt", "step")`` or ``("x", "f")``, which mean the module that the plugin mirrors.
"""

import sys

from cycleguard.runtime._imports import find, is_initialising

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

    Implementation = Callable[..., object]


DEFAULT_VENDOR = "default"


class PluginError(RuntimeError):
    """Plugins are declared so that they mean two things, or nothing."""


class Registration:
    """One implementation, of one vendor; `path` until it is imported, if it is given by name."""

    __slots__ = ("implementation", "module", "names", "path", "place", "vendor", "words")

    def __init__(
        self,
        words: "tuple[str, ...]",
        vendor: str,
        implementation: "Implementation | str",
        frame: "FrameType",
    ) -> None:
        self.words = words
        self.vendor = vendor.strip().lower()
        self.path = ""
        self.implementation: Implementation | None = None
        if isinstance(implementation, str):
            self.path = implementation
        else:
            self.implementation = implementation
        self.names = frame.f_globals
        self.module = str(self.names.get("__name__"))
        self.place = f"{frame.f_code.co_filename}:{frame.f_lineno}"

    def __str__(self) -> str:
        return f"{self.path or described(self.implementation)} ({self.place})"

    def import_implementation(self) -> None:
        """Get what the path names; whatever is wrong with it is an error, nothing is kept."""
        self.implementation = find(*split_key(self.path))  # type: ignore[assignment]

    def is_alive(self) -> bool:
        """Tell whether the module that registered this is there: its import may have failed."""
        module = sys.modules.get(self.module)
        return "__name__" not in self.names or (
            module is not None and getattr(module, "__dict__", None) is self.names
        )

    def is_half_way(self) -> bool:
        """Tell whether the module that registered this is still being imported."""
        return is_initialising(sys.modules.get(self.module))

    def replaces(self, other: "Registration") -> bool:
        """Tell whether this is `other` once more, from a reload or from a corrected definition."""
        same = self.words == other.words and self.vendor == other.vendor
        return same and self.module == other.module

    def is_for(self, module: str, qualname: str, mirror: "str | None") -> bool:
        """Tell whether the function of that module and qualified name is meant."""
        if len(self.words) == 1:
            return self.words[0] == f"{module}:{qualname}"
        if self.module != mirror:
            return False
        first, second = self.words
        in_class = f".{qualname}".endswith(f".{first}.{second}")
        return in_class or (module.rpartition(".")[2] == first and qualname == second)


def described(implementation: "Implementation | None") -> str:
    module = getattr(implementation, "__module__", "?")
    name = getattr(implementation, "__qualname__", None)
    return repr(implementation) if name is None else f"{module}:{name}"


def conflict(key: str, one: Registration, other: Registration) -> PluginError:
    """The error for two implementations of one vendor."""
    return PluginError(f"two {one.vendor!r} plugins for {key}: {one} and {other}")


def split_key(key: str) -> "tuple[str, str]":
    """``("megatron.core.x", "Opt.step")`` for ``"megatron.core.x:Opt.step"``.

    Raises:
        ValueError: the key is not of that form.
    """
    module, colon, qualname = key.partition(":")
    if not (module and colon and qualname) or ":" in qualname:
        raise ValueError(f"{key!r} is not of the form 'module:qualified.name'")
    return module, qualname


class Choice:
    """The registration to use, or None for the function itself; why; and what is doubtful."""

    __slots__ = ("doubt", "reason", "registration")

    def __init__(
        self, registration: "Registration | None", reason: str, doubt: "str | None" = None
    ) -> None:
        self.registration = registration
        self.reason = reason
        self.doubt = doubt


def choose(offers: "Mapping[str, Registration]", variable: str, vendor: str) -> Choice:
    """The preferred vendor, else the default one, else the only one if none is preferred."""
    if not offers:
        return Choice(None, "no plugin is registered")
    if vendor in offers:
        return Choice(offers[vendor], f"{variable} prefers {vendor}")
    available = ", ".join(sorted(offers))
    doubt = f"{variable} prefers {vendor!r}, but there is only: {available}" if vendor else None
    if DEFAULT_VENDOR in offers:
        return Choice(offers[DEFAULT_VENDOR], doubt or "registered without a vendor", doubt)
    if not vendor and len(offers) == 1:
        return Choice(next(iter(offers.values())), "the only vendor")
    doubt = doubt or f"no vendor is preferred, and there are several: {available}"
    return Choice(None, doubt, doubt)


class Mirrors:
    """Which module may hold the plugins for which: prefixes of dotted names, the longest first.

    Unconfigured, the first part of a name becomes ``plugin``.
    """

    def __init__(self, prefixes: "Mapping[str, str] | None" = None) -> None:
        longest_first = sorted((prefixes or {}).items(), key=lambda pair: (-len(pair[0]), pair))
        self._prefixes = None if prefixes is None else longest_first

    def of(self, module: str) -> "str | None":
        """The module that may hold plugins for `module`."""
        if self._prefixes is None:
            first, _, rest = module.partition(".")
            return f"plugin.{rest}" if rest and first != "plugin" else None
        for prefix, mirror in self._prefixes:
            if f"{module}.".startswith(f"{prefix}.") and not _is_within(module, mirror):
                return mirror + module[len(prefix) :]
        return None

    def include(self, module: str) -> bool:
        """Tell whether `module` is the mirror of some module, whichever."""
        roots = ["plugin"] if self._prefixes is None else [mirror for _, mirror in self._prefixes]
        return any(_is_within(module, root) for root in roots)


def _is_within(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")
