"""What would happen if a function-local import stood at the top of its file, as it is.

The statement is tried where a person would put it, below the file's last top-level import, every
time that an entry gets there in a new situation; then everything it did is taken back. Two
situations are the same for an import if the same modules that it may reach are half-way at the
same lines, and the same packages above it are absent. Only the first policy is followed:
conditions that cannot be folded are true.
"""

from collections.abc import Container, Iterable, Mapping

from msgspec import Struct

from cycleguard.graph.reach import EagerReach
from cycleguard.model.findings import Outcome
from cycleguard.model.names import packages_above
from cycleguard.model.placement import insertion_point
from cycleguard.model.program import Import, ImportFrom
from cycleguard.options import Progress
from cycleguard.simulate.entries import Result, deep_recursion, visit_entries
from cycleguard.simulate.errors import GuessedError, SimulatedError
from cycleguard.simulate.kept import Delta
from cycleguard.simulate.reaching import Reaching
from cycleguard.simulate.recording import Standing
from cycleguard.simulate.sharing import SharedMachine
from cycleguard.simulate.state import doubt
from cycleguard.simulate.values import ModuleValue
from cycleguard.simulate.world import POLICIES, Policy, World

Place = tuple[str, int, int]
# A candidate's place, and the modules half-way that it may reach, with the lines they stand at.
Situation = tuple[Place, frozenset[tuple[str, int]]]


class Candidate(Struct, frozen=True):
    """A local import to try: the module it is in, its place, and the modules that it imports."""

    place: Place
    statement: Import | ImportFrom
    targets: tuple[str, ...]

    @property
    def module(self) -> str:
        """The importer."""
        return self.place[0]

    @property
    def parents(self) -> frozenset[str]:
        """The packages above its targets, which run first where they have not."""
        return frozenset(name for target in self.targets for name in packages_above(target))


class Trial(Struct, frozen=True):
    """The outcome of trying one candidate from one entry."""

    entry: str
    result: Result


class Tried(Struct, frozen=True):
    """What one pass over the entries came to: under the first policy, and with hoists tried.

    `results` are those of the entries as they are. `trials` are of entries that do not crash,
    `doubtful` those of one that does: they count if it is not the only way through the program.
    """

    results: dict[str, Result]
    trials: dict[Place, Trial]
    doubtful: dict[str, dict[Place, Trial]]

    def hoists(self, crashing: Container[str] = ()) -> dict[Place, Trial]:
        """The worst trial of each candidate from entries that are not `crashing` as they are.

        Candidates without one are untested.
        """
        trials = dict(self.trials)
        for entry, doubtful in self.doubtful.items():
            if entry not in crashing:
                _add_worse(trials, doubtful)
        return trials


def try_hoists(
    world: World,
    entries: Iterable[str],
    candidates: Iterable[Candidate],
    reach: EagerReach,
    progress: Progress | None = None,
) -> Tried:
    """Import every entry, and try every candidate from every entry that leads to it.

    Args:
        world: the project.
        entries: modules to import first.
        candidates: the imports to try.
        reach: which modules importing a module imports; it knows all of the project.
        progress: told how many of how many entries have been imported.
    """
    by_module: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_module.setdefault(candidate.module, []).append(candidate)
    machine = HoistMachine(world, POLICIES[0], by_module, reach)
    with deep_recursion():
        results = visit_entries(machine, sorted(entries), progress)
    return Tried(results, machine.trials, machine.doubtful)


class HoistMachine(SharedMachine):
    """Imports entries as they are and tries candidates on the way."""

    def __init__(
        self,
        world: World,
        policy: Policy,
        candidates: Mapping[str, list[Candidate]],
        reach: EagerReach,
    ) -> None:
        super().__init__(world, policy)
        self.trials: dict[Place, Trial] = {}
        self.doubtful: dict[str, dict[Place, Trial]] = {}
        self._of_entry: dict[Place, Trial] = {}
        self._met: list[Situation] = []
        self._candidates = candidates
        self._reaching = Reaching(reach)
        self._points = {name: insertion_point(world.programs[name]) for name in candidates}
        self._situations: set[Situation] = set()
        self._is_trying = False

    def before_statement(self, module: ModuleValue, number: int) -> None:
        """Try the candidates of `module` at their insertion point."""
        if self._points.get(module.name) != number:
            return
        candidates = self._candidates[module.name]
        self.note_passed(module.name, self._absent(candidates))
        if not self._is_trying:
            for candidate in candidates:
                if self._is_settled(candidate):
                    continue
                situation = self._situation(candidate, self._absent([candidate]))
                if situation not in self._situations:
                    self._attempt(candidate, module)
                    # By now it may be known to reach more.
                    situation = self._situation(candidate, self._absent([candidate]))
                    self._situations.add(situation)
                    self._met.append(situation)

    def note_called(self, name: str) -> None:
        """Remember what the statements of the body do not tell."""
        if self.body is not None:
            self._reaching.note(self.body.name, name)

    def settle(self, entry: str, *, is_crash: bool) -> None:
        """Take what was tried on the way as said, unless the entry crashes as it is."""
        super().settle(entry, is_crash=is_crash)
        if is_crash and self._met:
            # What was met on the way to the crash is tried again from the entries that work.
            self._situations.difference_update(self._met)
            self.doubtful[entry] = self._of_entry
        else:
            _add_worse(self.trials, self._of_entry)
        self._of_entry, self._met = {}, []

    def may_put_in_place(self, plan: list[Delta]) -> bool:
        """Kept loads will not do where one of their candidates has not seen the situation."""
        if self._is_trying or not self._candidates:
            return True
        # What fails because others are half-way is where a candidate meets them too.
        if any(delta.failed for delta in plan):
            return False
        # In truth the later ones are half-way while those before them load.
        half_way = [name for delta in plan[1:] for name in delta.loaded]
        loaded = frozenset(name for delta in plan for name in delta.loaded)
        return all(
            self._has_been_tried(
                candidate,
                (*below, *self._absent([candidate], loaded)),
                half_way if delta is not plan[-1] else [],
            )
            for delta in plan
            for name, below in delta.passed.items()
            for candidate in self._candidates[name]
        )

    def _has_been_tried(self, candidate: Candidate, below: Standing, half_way: list[str]) -> bool:
        if self._is_settled(candidate):
            return True
        reached = self._reaching.from_any((*candidate.targets, *candidate.parents))
        if any(self._reaching.has(reached, name) for name in half_way):
            return False
        return self._situation(candidate, below) in self._situations

    def _is_settled(self, candidate: Candidate) -> bool:
        """Whether nothing worse can be found."""
        known = (trials.get(candidate.place) for trials in (self.trials, self._of_entry))
        return any(trial and trial.result.outcome is Outcome.CRASH for trial in known)

    def _absent(
        self, candidates: Iterable[Candidate], loaded: frozenset[str] = frozenset()
    ) -> Standing:
        """The packages above targets that have not run, as if they stood at line 0."""
        parents = {name for candidate in candidates for name in candidate.parents}
        absent = sorted(parents.difference(loaded).difference(self.modules))
        return tuple((name, 0) for name in absent)

    def _situation(self, candidate: Candidate, below: Standing) -> Situation:
        absent = {
            (name, line)
            for name, line in below
            if line == 0 and name in candidate.parents and name not in self.modules
        }
        reached = self._reaching.from_any((*candidate.targets, *(name for name, _ in absent)))
        half_way = {
            (name, line)
            for name, line in (*self.standing(), *below)
            if line and name != candidate.module and self._reaching.has(reached, name)
        }
        return candidate.place, frozenset(absent | half_way)

    def _attempt(self, candidate: Candidate, module: ModuleValue) -> None:
        mark, asked = self.mark(), self.asked
        self.asked = {}
        self._is_trying = True
        self.start_recording()
        result = self._outcome(candidate, module, mark.silent)
        self.drop_recording()
        self._is_trying = False
        self.undo(mark)
        self.asked = asked
        entry = self.stack[0].module.name if self.stack else module.name
        _add_worse(self._of_entry, {candidate.place: Trial(entry, result)})

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


def _add_worse(trials: dict[Place, Trial], others: Mapping[Place, Trial]) -> None:
    """Put in the trials that came to something worse."""
    for place, trial in others.items():
        known = trials.get(place)
        if known is None or _badness(trial.result) > _badness(known.result):
            trials[place] = trial


def _badness(result: Result) -> int:
    order = (None, Outcome.OK, Outcome.UNKNOWN, Outcome.SILENT, Outcome.CRASH)
    return order.index(result.outcome)
