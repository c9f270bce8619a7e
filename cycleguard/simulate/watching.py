"""From which entries a function-local import runs while modules are still being imported."""

from collections.abc import Iterable

from msgspec import Struct

from cycleguard.simulate.entries import deep_recursion, visit_entries
from cycleguard.simulate.errors import SimulatedError
from cycleguard.simulate.sharing import SharedMachine
from cycleguard.simulate.timeline import Place
from cycleguard.simulate.values import ModuleValue, Value
from cycleguard.simulate.world import POLICIES, Policy, World


class Run(Struct, frozen=True, order=True):
    """The import ran when `entry` was imported first.

    `is_fine` is false where a name was missing, `has_finished` where its own module was half-way.
    Sorted, the runs that tell most come first.
    """

    is_fine: bool
    has_finished: bool
    entry: str


def runs_at_import_time(world: World, entries: Iterable[str], place: Place) -> list[Run]:
    """The runs of the import at `place`, a module and a line, under the first policy, sorted."""
    machine = _WatchingMachine(world, POLICIES[0], place)
    with deep_recursion():
        visit_entries(machine, sorted(entries))
    return sorted(machine.runs)


class _WatchingMachine(SharedMachine):
    """Imports entries as they are, each module once, and notes when the place is passed."""

    def __init__(self, world: World, policy: Policy, place: Place) -> None:
        super().__init__(world, policy)
        self.runs: set[Run] = set()
        self._place = place

    def import_module(self, name: str) -> Value:
        """Note an import by the watched statement."""
        if self.stack:
            top = self.stack[-1]
            if (top.module.name, top.line) == self._place:
                self.runs.add(Run(True, not top.module.is_initialising, self._entry()))
        return super().import_module(name)

    def failure(
        self,
        kind: str,
        message: str,
        module: ModuleValue,
        name: str,
        *,
        is_explained: bool = False,
    ) -> SimulatedError:
        """Note a name that is missing while the watched statement is under way."""
        for running in self.stack:
            if (running.module.name, running.line) == self._place:
                self.runs.add(Run(False, not running.module.is_initialising, self._entry()))
        return super().failure(kind, message, module, name, is_explained=is_explained)

    def _entry(self) -> str:
        return self.stack[0].module.name
