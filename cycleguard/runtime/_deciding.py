"""Decides what a replaceable function calls, and puts it in the function's place.

A decision is for good only when every module that takes part has been imported: the one of the
function, its mirror, and the one that registered the implementation. The lock guards the tables and
is never held while anything is imported.
"""

import sys
from _thread import RLock

from cycleguard.runtime._imports import half_way_module, is_initialising, load
from cycleguard.runtime._registry import (
    Choice,
    Mirrors,
    PluginError,
    Registration,
    choose,
    conflict,
    described,
    split_key,
)
from cycleguard.runtime._target import WRAPPER, Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType

    Implementation = Callable[..., object]

# The second one is that of Megatron-LM-FL.
VENDOR_VARIABLES: "tuple[str, ...]" = ("CYCLEGUARD_PLUGIN_VENDOR", "MG_FL_PREFER")


class Plugins:
    """All targets and registrations of this process."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._targets: dict[str, Target] = {}
        self._registrations: list[Registration] = []
        self._mirrors = Mirrors()
        self._variables = VENDOR_VARIABLES

    def add(self, function: "FunctionType") -> Target:
        """Make a target of a function.

        Raises:
            PluginError: the module, in one import, has defined another one of that name.
        """
        target = Target(function, self.decide)
        module = sys.modules.get(target.module)
        with self._lock:
            other = self._targets.get(target.key)
            if (
                other is not None
                and other.function.__globals__ is function.__globals__
                and is_initialising(module)
            ):
                lines = [each.__code__.co_firstlineno for each in (other.function, function)]
                raise PluginError(
                    f"two functions are marked as {target.key}, in lines {lines[0]} and {lines[1]}"
                )
            self._targets[target.key] = target
        return target

    def target(self, wanted: "str | Implementation") -> Target:
        """The target of a key, of a marked function, or of what has taken its place.

        Raises:
            LookupError: there is none.
        """
        if isinstance(wanted, str):
            found = self._targets.get(wanted)
        else:
            getter = wanted.fget if isinstance(wanted, property) else wanted
            wrapper = getattr(getattr(getter, "__func__", getter), WRAPPER, None)
            found = next((t for t in self._all() if t.wrapper is wrapper), None)
        if found is None:
            raise LookupError(f"nothing is marked with plugin_method as {wanted!r}")
        return found

    def register(self, new: Registration) -> None:
        """Take a registration; what it is for is decided again.

        Raises:
            ValueError: its key is not of the form ``module:qualified.name``.
            PluginError: see `Registration`.
        """
        if len(new.words) == 1:
            split_key(new.words[0])
        elif not self._mirrors.include(new.module):
            raise PluginError(
                f"{new.place}: {new.words} is short for a function of the module that this one "
                f"mirrors, but {new.module} mirrors none: use 'module:qualified.name'"
            )
        with self._lock:
            kept = [r for r in self._registrations if r.is_alive() and not new.replaces(r)]
            for other in kept:
                if len(new.words) == 1 and new.words == other.words and new.vendor == other.vendor:
                    raise conflict(new.words[0], other, new)
            self._registrations = [*kept, new]
            for target in self._all():
                if self._is_for(new, target):
                    target.take_back()

    def configure(self, mirrors: Mirrors, variables: "tuple[str, ...]") -> None:
        """Set where plugins are found and what prefers a vendor; decide everything again."""
        with self._lock:
            self._mirrors = mirrors
            self._variables = variables
            self.reset(None)

    def reset(self, target: "Target | None") -> None:
        """Forget what was decided, for one or for all."""
        with self._lock:
            for each in self._all() if target is None else [target]:
                each.take_back()

    def unmatched(self) -> "tuple[str, ...]":
        """Registrations without a target, as text."""
        with self._lock:
            return tuple(
                f"{':'.join(r.words)} -> {r}"
                for r in self._registrations
                if not any(self._is_for(r, target) for target in self._all())
            )

    def decide(self, target: Target) -> "Implementation":
        """What to call for `target`; kept if all that takes part in it has been imported.

        Raises:
            PluginError: two registrations could be meant.
            Exception: whatever the import of the plugin raises; the next call tries again.
        """
        doubt = self._import_mirror(target)
        while True:
            with self._lock:
                choice = self._choose(target)
                chosen = choice.registration
                implementation = chosen.implementation if chosen else target.function
                if implementation is not None:
                    is_final = doubt is None and self._is_final(target, chosen)
                    if is_final and target.decided is None:
                        target.put_in_place(implementation, choice.reason)
                    break
            if chosen:
                # Without the lock; a registration may come in meanwhile, so choose again.
                chosen.import_implementation()
        _warn(doubt or choice.doubt)
        return implementation

    def explain(self, target: Target) -> str:
        """Everything about one target, a line each."""
        with self._lock:
            mirror = self._mirrors.of(target.module)
            offers = [r for r in self._registrations if self._is_for(r, target)]
            variable, vendor = self._preference()
            calls = target.decided or target.wrapper
        return "\n".join(
            [
                target.key,
                f"  mirror module: {_state(mirror)}",
                *(f"  registered, {r.vendor}: {r}{_note(r)}" for r in offers),
                f"  preferred vendor: {f'{vendor} ({variable})' if vendor else 'none'}",
                f"  calls: {described(calls)} ({target.reason})",
            ]
        )

    def _all(self) -> "list[Target]":
        return list(self._targets.copy().values())

    def _is_for(self, registration: Registration, target: Target) -> bool:
        mirror = self._mirrors.of(target.module)
        return registration.is_for(target.module, target.qualname, mirror)

    def _import_mirror(self, target: Target) -> "str | None":
        """Import the module that may hold plugins for the target; give what is to be warned of."""
        mirror = self._mirrors.of(target.module)
        if mirror is None:
            return None
        try:
            load(mirror)
        except ModuleNotFoundError as error:
            # Only that this module does not exist means that there is no plugin.
            if not (error.name and f"{mirror}.".startswith(f"{error.name}.")):
                raise
        except (ImportError, AttributeError) as error:
            # The plugin is not broken if what it lacks is on its way; its own modules are gone now.
            needed = half_way_module(error)
            if needed is None or not is_initialising(sys.modules.get(needed)):
                raise
            return (
                f"{target.key} is called while {needed} is being imported; its plugin module "
                f"{mirror} cannot be imported yet ({error}), so this call does without"
            )
        return None

    def _is_final(self, target: Target, chosen: "Registration | None") -> bool:
        mirror = self._mirrors.of(target.module)
        half_way = [
            is_initialising(sys.modules.get(each)) for each in (target.module, mirror or "")
        ]
        return not any(half_way) and not (chosen and chosen.is_half_way())

    def _choose(self, target: Target) -> "Choice":
        """The registration that is meant for the target now.

        Raises:
            PluginError: more than one is meant, or one is meant for more than one target.
        """
        offers: dict[str, Registration] = {}
        for registration in self._registrations:
            if not (registration.is_alive() and self._is_for(registration, target)):
                continue
            meant = [each.key for each in self._all() if self._is_for(registration, each)]
            if len(meant) > 1:
                words = ", ".join(map(repr, registration.words))
                raise PluginError(
                    f"{registration.place}: ({words}) can mean {' or '.join(sorted(meant))}: "
                    "use one of these keys"
                )
            other = offers.setdefault(registration.vendor, registration)
            if other is not registration:
                raise conflict(target.key, other, registration)
        return choose(offers, *self._preference())

    def _preference(self) -> "tuple[str, str]":
        """The environment variable that prefers a vendor, and the vendor; empty if none does."""
        # cycleguard: leave[the runtime may load no module while it is imported]
        import os  # noqa: PLC0415

        for variable in self._variables:
            vendor = os.environ.get(variable, "").strip().lower()
            if vendor:
                return variable, vendor
        return "", ""


def _warn(message: "str | None") -> None:
    if message is not None:
        # cycleguard: leave[the runtime may load no module while it is imported]
        import warnings  # noqa: PLC0415

        # _warn, decide, the target's decide, the wrapper, and then who calls it
        warnings.warn(message, RuntimeWarning, stacklevel=5)


def _state(mirror: "str | None") -> str:
    if mirror is None:
        return "none"
    module = sys.modules.get(mirror)
    how = "not imported" if module is None else "imported"
    return f"{mirror} ({'being imported' if is_initialising(module) else how})"


def _note(registration: Registration) -> str:
    return "" if registration.is_alive() else ", whose module failed to import"
