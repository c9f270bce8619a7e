"""What would happen if a function-local import stood at the top of its file, as it is.

The statement is tried where a person would put it, below the file's last top-level import, every
time that an entry gets there in a new situation; then everything it did is taken back. Two
situations are the same for an import if the same modules that it may reach are half-way at the
same lines. Only the first policy is followed: conditions that cannot be folded are true.
"""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from cycleguard.model.findings import Outcome
from cycleguard.model.placement import insertion_point
from cycleguard.model.program import Import, ImportFrom
from cycleguard.simulate.entries import Result, deep_recursion, visit_entries
from cycleguard.simulate.errors import GuessedError, SimulatedError
from cycleguard.simulate.sharing import Delta, SharedMachine, Standing
from cycleguard.simulate.state import doubt
from cycleguard.simulate.values import ModuleValue
from cycleguard.simulate.world import POLICIES, Policy, World

MayReach = Callable[[str, str], bool]
Place = tuple[str, int, int]


class Candidate(Struct, frozen=True):
    """A local import to try: the module it is in, its place, and the modules that it imports."""

    place: Place
    statement: Import | ImportFrom
    targets: tuple[str, ...]

    @property
    def module(self) -> str:
        """The importer."""
        return self.place[0]


class Trial(Struct, frozen=True):
    """The outcome of trying one candidate from one entry."""

    entry: str
    result: Result


def simulate_hoists(
    world: World,
    entries: Iterable[str],
    candidates: Iterable[Candidate],
    may_reach: MayReach,
) -> dict[Place, Trial]:
    """Try every candidate from every entry that leads to it; the worst outcome counts.

    Args:
        world: the project.
        entries: modules to import first: those that do not crash as they are.
        candidates: the imports to try.
        may_reach: whether importing one module comes to import another.

    Returns:
        A trial for each candidate that was reached; the others are untested.
    """
    by_module: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_module.setdefault(candidate.module, []).append(candidate)
    if not by_module:
        return {}
    machine = HoistMachine(world, POLICIES[0], by_module, may_reach)
    with deep_recursion():
        visit_entries(machine, sorted(entries))
    return machine.trials


class HoistMachine(SharedMachine):
    """Imports entries as they are and tries candidates on the way."""

    def __init__(
        self,
        world: World,
        policy: Policy,
        candidates: Mapping[str, list[Candidate]],
        may_reach: MayReach,
    ) -> None:
        super().__init__(world, policy)
        self.trials: dict[Place, Trial] = {}
        self._candidates = candidates
        self._may_reach = may_reach
        self._points = {name: insertion_point(world.programs[name]) for name in candidates}
        self._situations: set[tuple[Place, frozenset[tuple[str, int]]]] = set()
        self._is_trying = False

    def before_statement(self, module: ModuleValue, number: int) -> None:
        """Try the candidates of `module` at their insertion point."""
        if self._points.get(module.name) != number:
            return
        self.note_passed(module.name)
        if not self._is_trying:
            for candidate in self._candidates[module.name]:
                if self._is_settled(candidate):
                    continue
                situation = self._situation(candidate)
                if situation not in self._situations:
                    self._situations.add(situation)
                    self._attempt(candidate, module)

    def may_put_in_place(self, plan: list[Delta]) -> bool:
        """Kept loads will not do where one of their candidates has not seen the situation."""
        if self._is_trying:
            return True
        # What fails because others are half-way is where a candidate meets them too.
        if any(delta.failed for delta in plan):
            return False
        # In truth the later ones are half-way while those before them load.
        half_way = [name for delta in plan[1:] for name in delta.loaded]
        return all(
            self._has_been_tried(candidate, below, half_way if delta is not plan[-1] else [])
            for delta in plan
            for name, below in delta.passed.items()
            for candidate in self._candidates[name]
        )

    def _has_been_tried(self, candidate: Candidate, below: Standing, half_way: list[str]) -> bool:
        if self._is_settled(candidate):
            return True
        if any(self._may_reach(t, name) for t in candidate.targets for name in half_way):
            return False
        return self._situation(candidate, below) in self._situations

    def _is_settled(self, candidate: Candidate) -> bool:
        """Whether nothing worse can be found."""
        known = self.trials.get(candidate.place)
        return known is not None and known.result.outcome is Outcome.CRASH

    def _situation(
        self, candidate: Candidate, below: Standing = ()
    ) -> tuple[Place, frozenset[tuple[str, int]]]:
        half_way = (
            (name, line)
            for name, line in (*self.standing(), *below)
            if name != candidate.module and any(self._may_reach(t, name) for t in candidate.targets)
        )
        return candidate.place, frozenset(half_way)

    def _attempt(self, candidate: Candidate, module: ModuleValue) -> None:
        mark, silent, asked = self.mark(), len(self.silent), self.asked
        self.asked = {}
        self._is_trying = True
        self.start_recording()
        result = self._outcome(candidate, module, silent)
        self.drop_recording()
        self._is_trying = False
        self.undo(mark)
        del self.silent[silent:]
        self.asked = asked
        entry = self.stack[0].module.name if self.stack else module.name
        known = self.trials.get(candidate.place)
        if known is None or _badness(result) > _badness(known.result):
            self.trials[candidate.place] = Trial(entry, result)

    def _outcome(self, candidate: Candidate, module: ModuleValue, silent: int) -> Result:
        outcome: Outcome | None = Outcome.OK
        error: SimulatedError | None = None
        try:
            self.run_import(module, candidate.statement)
        except SimulatedError as raised:
            error = raised
            outcome = Outcome.CRASH if raised.is_certain else Outcome.UNKNOWN
            # Somebody on the way down swallows it: the name is then missing without a word.
            if outcome is Outcome.CRASH and self.catches(raised):
                outcome = Outcome.SILENT
        except GuessedError:
            outcome = None
        if outcome is Outcome.OK and len(self.silent) > silent:
            outcome, error = Outcome.SILENT, self.silent[-1][1]
        if outcome is Outcome.OK and doubt(self.asked):
            outcome = Outcome.UNKNOWN
        return Result(outcome, error, frozenset(self.asked))


def _badness(result: Result) -> int:
    order = (None, Outcome.OK, Outcome.UNKNOWN, Outcome.SILENT, Outcome.CRASH)
    return order.index(result.outcome)
