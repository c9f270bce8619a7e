"""Which of many imports at module level cannot stand where they do, all of them together.

The marked ones are tried where they stand. One that raises is taken back, noted, and counts as
made: so one run finds what runs that end at the first error would find one after the other. Only
the first policy is followed, and what is found is a hint: without one import another may do.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.model.program import Alias, Import, ImportFrom
from cycleguard.simulate.entries import deep_recursion, visit_entries
from cycleguard.simulate.errors import GuessedError, SimulatedError
from cycleguard.simulate.names import Scope
from cycleguard.simulate.sharing import SharedMachine
from cycleguard.simulate.state import doubt
from cycleguard.simulate.values import UNKNOWN
from cycleguard.simulate.world import POLICIES, World

Place = tuple[str, int]


class Added(Struct, frozen=True):
    """One name of an import at module level: the module and the line of the statement."""

    place: Place
    alias: Alias


class Clash(Struct, frozen=True):
    """A marked import that raised, or that may do so: then `error` is None and `doubt` says why.

    `way` are the marked imports that were under way then, outermost first, each with the number of
    its frame in the chain of the error.
    """

    entry: str
    error: SimulatedError | None
    doubt: str | None
    way: tuple[tuple[Added, int], ...]


def simulate_together(
    world: World, entries: Iterable[str], marked: Iterable[Added]
) -> tuple[Clash, ...]:
    """Import each of `entries` first, and give each clash once."""
    machine = _TogetherMachine(world, marked)
    with deep_recursion():
        visit_entries(machine, sorted(entries))
    return tuple(machine.clashes.values())


class _TogetherMachine(SharedMachine):
    def __init__(self, world: World, marked: Iterable[Added]) -> None:
        super().__init__(world, POLICIES[0])
        self.clashes: dict[tuple[Added, ...], Clash] = {}
        self._under_way: list[tuple[Added, int]] = []
        self._marked: dict[Place, set[Alias]] = {}
        for added in marked:
            self._marked.setdefault(added.place, set()).add(added.alias)

    def _import(self, statement: Import, scope: Scope) -> None:
        for part, added in self._parts(statement, scope):
            assert isinstance(part, Import)
            self._try_out(added, partial(super()._import, part, scope))
            # import a.b
            self._bind_if_absent(added, part.names[0].name.partition(".")[0], scope)

    def _import_from(self, statement: ImportFrom, scope: Scope) -> None:
        for part, added in self._parts(statement, scope):
            assert isinstance(part, ImportFrom)
            self._try_out(added, partial(super()._import_from, part, scope))
            self._bind_if_absent(added, part.names[0].name, scope)

    def _parts(
        self, statement: Import | ImportFrom, scope: Scope
    ) -> Iterator[tuple[Import | ImportFrom, Added | None]]:
        """A statement with marked names name by name, others as they are."""
        place = (scope.module.name, statement.line)
        marked = self._marked.get(place)
        if not marked or self.stack[-1].function is not None:
            yield statement, None
            return
        for alias in statement.names:
            added = Added(place, alias) if alias in marked else None
            yield replace(statement, names=(alias,)), added

    def _try_out(self, added: Added | None, run: Callable[[], None]) -> None:
        """Run an import; if it is marked and raises, it is as though it had not run."""
        if added is None:
            run()
            return
        mark, asked = self.mark(), self.asked
        self.asked = {}
        self._under_way.append((added, len(self.stack) - 1))
        try:
            is_fine = self._goes_well(run)
        finally:
            self._under_way.pop()
        if is_fine:
            self.asked = asked | self.asked
            return
        self.undo(mark)
        self.asked = asked

    def _goes_well(self, run: Callable[[], None]) -> bool:
        """Whether an import does not raise and cannot; what speaks against it is noted."""
        try:
            run()
        except SimulatedError as error:
            self._note_clash(error, None)
            return False
        except GuessedError:
            return False
        why = doubt(self.asked)
        if why is not None:
            self._note_clash(None, why)
        return why is None

    def _note_clash(self, error: SimulatedError | None, why: str | None) -> None:
        way = tuple(self._under_way)
        entry = self.stack[0].module.name
        self.clashes.setdefault(tuple(added for added, _ in way), Clash(entry, error, why, way))

    def _bind_if_absent(self, added: Added | None, name: str, scope: Scope) -> None:
        """Code that runs later wants the name of an import that has been taken back."""
        bound = (added.alias.asname or name) if added else name
        if added and bound not in scope.names:
            self.bind(scope, bound, UNKNOWN)
