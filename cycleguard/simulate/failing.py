"""Errors of the simulated program: what it says, whether it is certain, who is ready for it."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from cycleguard.simulate.errors import GuessedError, SimulatedError
from cycleguard.simulate.folding import texts
from cycleguard.simulate.state import State
from cycleguard.simulate.values import (
    ModuleValue,
    Value,
)
from cycleguard.simulate.world import Policy, World

_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


class Failing(State):
    """Makes errors, and knows the handlers around the statement that runs."""

    def __init__(self, world: World, policy: Policy) -> None:
        super().__init__(world, policy)
        self._handled: list[frozenset[str]] = []

    @contextmanager
    def handling(self, kinds: frozenset[str]) -> Iterator[None]:
        """A handler for the exception classes `kinds` surrounds what runs."""
        self._handled.append(kinds)
        try:
            yield
        finally:
            self._handled.pop()

    def expects_import_error(self) -> bool:
        """Whether a handler for ImportError surrounds the statement that runs."""
        return any(kinds & _IMPORT_ERRORS for kinds in self._handled)

    @property
    def handlers(self) -> int:
        """How many handlers surround the statement that runs."""
        return len(self._handled)

    def catches(self, error: SimulatedError, since: int = 0) -> bool:
        """Whether a handler around the statement that runs, all but `since` outer, catches it."""
        return any(kinds & set(error.ancestors) for kinds in self._handled[since:])

    @property
    @abstractmethod
    def is_on_a_guess(self) -> bool:
        """Whether the way to the statement that runs was the policy's choice."""

    @property
    @abstractmethod
    def is_guessing(self) -> bool:
        """Whether the way to the statement that runs was a guess, inside the outermost call."""

    @property
    @abstractmethod
    def is_in_call(self) -> bool:
        """Whether a function of the project runs."""

    def failure(
        self,
        kind: str,
        message: str,
        module: ModuleValue,
        name: str,
        *,
        is_explained: bool = False,
    ) -> SimulatedError:
        """An error about a missing name; certain only if the name can be there at all.

        A name that no statement of the file could bind is not a matter of order, unless the module
        was taken for something else of the same name, or another failure explains it.
        """
        is_half_way = module.is_initialising or self._is_half_way_child(module, name)
        if self.is_guessing and not is_half_way and kind != "ImportError":
            # Values decide where a function goes: it is taken not to go where it cannot.
            raise GuessedError
        # A finished module lacks a name of its own if something kept it from being bound.
        is_own = name in self.bindable(module.name) and not self.is_submodule(module.name, name)
        is_kept_away = (
            module.is_initialising
            or module.flags.get("failed", False)
            or not is_own
            or self.has_met_order
            or self.is_deleted(module, name)
            or self._is_left_out(module, name)
            or module.flags.get("skipped", False)
        )
        # In the place of the module, its package may have a class that has the name.
        is_explained = is_explained or module.name in self.world.namesakes
        is_known = is_explained or (self.may_have(module, name) and is_kept_away)
        error = SimulatedError(
            kind, message, module=module.name, missing=name, is_certain=is_known, is_order=is_known
        )
        may_be_skipped = name not in self.world.always_bound.get(module.name, ())
        error.is_untaken = is_own and may_be_skipped and module.flags.get("skipped", False)
        error.chain = self.frames()
        return error

    def _is_left_out(self, module: ModuleValue, name: str) -> bool:
        """Whether a module that `module` imports by star keeps `name` to itself by ``__all__``."""
        for source in map(self.modules.get, self.world.stars.get(module.name, ())):
            exported = texts(source.namespace.get("__all__")) if source is not None else None
            if source is not None and exported is not None and name not in exported:
                if name in self.bindable(source.name):
                    return True
        return False

    def _is_half_way_child(self, package: ModuleValue, name: str) -> bool:
        self.touch(f"{package.name}.{name}")
        child = self.modules.get(f"{package.name}.{name}")
        return child is not None and child.is_initialising

    def missing_attribute(self, module: ModuleValue, name: str) -> SimulatedError:
        """The AttributeError of ``module.name``.

        Source: ``module_getattro`` (Objects/moduleobject.c).
        """
        circular = " (most likely due to a circular import)"
        if "__getattr__" in module.namespace:
            # It raises by itself, and most say just this.
            message, circular = f"module '{module.name}' has no attribute '{name}'", ""
        elif module.is_initialising:
            message = f"partially initialized module '{module.name}' has no attribute '{name}'"
        elif self._is_half_way_child(module, name):
            message = f"cannot access submodule '{name}' of module '{module.name}'"
        else:
            message, circular = f"module '{module.name}' has no attribute '{name}'", ""
        message += circular
        return self.failure("AttributeError", message, module, name)

    def fault(
        self, kind: str, message: str, module: str | None = None, *, is_stand_in: bool = False
    ) -> SimulatedError:
        """An error of a value that is not what the code takes it for.

        With `is_stand_in` it may stand where a sub-module of its name is meant.
        """
        if is_stand_in:
            self.note_order()
        is_order = module is not None or self.has_met_order
        if self.is_on_a_guess or (self.is_in_call and not is_order):
            raise GuessedError
        error = SimulatedError(kind, message, module=module, is_certain=is_order, is_order=is_order)
        error.is_plain = module is None and not is_stand_in
        error.chain = self.frames()
        return error

    def type_error(self, message: str, value: Value) -> SimulatedError:
        """The TypeError of a use that `value` does not allow."""
        return self.fault(
            "TypeError", message, value.name if isinstance(value, ModuleValue) else None
        )

    def note_silent(self, error: SimulatedError) -> None:
        """Remember a failure of order that the program swallowed."""
        frames = self.frames()
        if frames and error.is_order and not error.is_plain:
            error.chain = error.chain or frames
            self.silent.append((frames[-1], error))
