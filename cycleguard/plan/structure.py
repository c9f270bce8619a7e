"""The repairs that move definitions: relocations and splits, for single imports and whole cycles.

In: a plan of edits. Out: the plan with moves, and with the edits that these have made room for.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.errors import TargetError
from cycleguard.graph.arcs import Arc
from cycleguard.graph.components import components
from cycleguard.model.catalogue import CATALOGUE
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edits import FileChange
from cycleguard.model.findings import Outcome
from cycleguard.model.plans import FixPlan, Left, Stay
from cycleguard.model.proposals import CycleEnd, Proposal
from cycleguard.model.resolved import ResolvedImport
from cycleguard.pipeline import Resolved, cycle_id
from cycleguard.plan.check import check_moves
from cycleguard.plan.ends import with_entries, with_imports
from cycleguard.plan.origins import found_in
from cycleguard.plan.preview import MOVING, tree_of
from cycleguard.plan.rounds import Planned
from cycleguard.plan.settle import Failures
from cycleguard.plan.tree import content_of
from cycleguard.relocate.blocked import Moves, blocking, candidates_for, near
from cycleguard.relocate.cycles import Knot, untangle
from cycleguard.relocate.places import Settings
from cycleguard.relocate.trail import Step, Trail, Verdict
from cycleguard.relocate.tree import Tree

ALL = "all"
_MOST_PLACES = 4
_BLOCKED = frozenset(("breaks-an-entry", "no-eager-cycle"))

Progress = Callable[[str], None]
_Refused = dict[tuple[str, ...], Arc | None]
"""The moves that were tried for one import, by their ids, and what was in the way then."""
Repair = Callable[[Resolved, Failures], Planned]
"""Plans edits for a project; how its entries end is known."""


class Structure(Struct, frozen=True):
    """What may be moved.

    `relocates`: what blocks local imports; `cycle` is the id of one to end, or ``all``;
    `shared_module` how new modules are called, empty to name them for what they hold.
    """

    relocates: bool = True
    cycle: str = ""
    shared_module: str = ""


def plan_structure(
    resolved: Resolved,
    planned: Planned | None,
    structure: Structure,
    repair: Repair,
    progress: Progress,
) -> Planned:
    """Plan moves, and the edits that these make room for.

    Args:
        resolved: the project.
        planned: a plan for it that the moves come on top of, if there is one.
        structure: what may be moved.
        repair: makes such plans.
        progress: told what is going on.

    Raises:
        ApplyError: as `plan_repair`.
        TargetError: there is no such cycle.
    """
    return _Structural(resolved, planned, structure, repair, progress).run()


class _Structural:
    def __init__(
        self,
        resolved: Resolved,
        planned: Planned | None,
        structure: Structure,
        repair: Repair,
        progress: Progress,
    ) -> None:
        self._before = resolved
        self._now = planned.after if planned else resolved
        self._failures = planned.failures if planned else None
        self._simulated = planned.simulated if planned else None
        self._plan = (
            planned.plan if planned else FixPlan(resolved.project.root, (), (), (), rounds=0)
        )
        self._is_planned = planned is not None
        self._structure = structure
        self._repair = repair
        self._progress = progress
        self._settings = Settings(structure.shared_module)
        self._moves: list[Proposal] = []
        self._cycles: list[CycleEnd] = []
        self._hopeless: set[frozenset[tuple[str, bytes]]] = set()

    def run(self) -> Planned:
        asked = list(self._asked())
        # Where a cycle is gone, nothing blocks its imports any more.
        tree = self._end(asked) if asked else tree_of(self._now, self._simulated)
        if asked or not self._is_planned:
            self._follow(tree)
        while self._structure.relocates:
            moved = self._relocate()
            if moved is None:
                break
            self._follow(moved)
        assert self._failures is not None, "a plan has been made"
        assert self._simulated is not None, "a plan has been made"
        if self._moves:
            ends = (self._failures, self._simulated.failures)
            check_moves(self._before, self._now, self._moves, ends)
        sources = sorted({each.source for move in self._moves for each in move.moved})
        plan = replace(
            self._plan,
            edited=tuple(found_in(self._before, each, sources) for each in self._plan.edited),
            left=tuple(found_in(self._before, each, sources) for each in self._plan.left),
            changes=_changes(self._before, self._now),
            moves=tuple(self._moves),
            cycles=tuple(self._told()),
        )
        return Planned(plan, self._before, self._now, self._failures, self._simulated)

    def _told(self) -> Iterator[CycleEnd]:
        """The ends of the cycles, with what has become of their imports and modules."""
        assert self._simulated is not None, "a plan has been made"
        if not self._cycles:
            return
        before, after = tree_of(self._before), tree_of(self._now, self._simulated)
        for end in self._cycles:
            known = with_entries(end, after.project, self._simulated.failures)
            yield with_imports(known, before, after)

    def _asked(self) -> Iterator[Knot]:
        """The cycles to end; of one that only type checkers follow it is said that it stays."""
        wanted = self._structure.cycle
        if not wanted:
            return
        known = {cycle_id(c): c for c in components(self._before.edges, self._targets())}
        found = [each for name, each in known.items() if wanted in (ALL, name)]
        if not found and wanted != ALL:
            listed = ", ".join(known) or "there is none"
            raise TargetError(f"no cycle has the id {wanted}: {listed}")
        tree = tree_of(self._before)
        for component in found:
            kind, members = component.kind, frozenset(component.modules)
            if kind is CycleKind.TYPING:
                end = CycleEnd(str(kind), component.modules, (len(component.modules),))
                self._cycles.append(end)
                continue
            if any(members & each for each in tree.tangles(kind)):
                yield Knot(members, kind)
            elif wanted != ALL:
                raise TargetError(
                    f"the cycle {wanted} goes through a plugin, which may need its core:"
                    " there is nothing to move"
                )

    def _targets(self) -> frozenset[str]:
        return self._before.project.targets

    def _relocate(self) -> Tree | None:
        """Move what blocks local imports; None if nothing can be moved."""
        start = tree_of(self._now, self._simulated)
        trail = Trail(start)
        about = {left: _about(start, left) for left in self._plan.left if _may_move(left)}
        # For what is about the same texts as before, nothing would be found again.
        pending = [left for left, texts in about.items() if texts and texts not in self._hopeless]
        refused: list[_Refused] = [{} for _ in pending]
        asked = list(range(len(pending)))
        while asked:
            for number in asked:
                self._progress(f"looking for a place for what {pending[number].module} needs")
                step = self._step(start, trail, pending[number], number, refused[number])
                if step:
                    trail.add(step)
            self._progress("importing every module in the simulation")
            judged = trail.judge()
            asked = []
            gone = frozenset[str]()
            for step in judged.taken_back:
                # The first is to blame.
                if not gone:
                    refused[step.owner][_ids(step.proposals)] = judged.obstacle
                if not gone or not trail.repeat(step, gone):
                    asked.append(step.owner)
                    gone |= step.modules
        owners = {step.owner for step in trail.steps}
        self._hopeless |= {about[left] for n, left in enumerate(pending) if n not in owners}
        self._moves += trail.proposals
        self._now = _resolved(self._now, trail.tree)
        return trail.tree if trail.proposals else None

    def _step(
        self, start: Tree, trail: Trail, left: Left, number: int, refused: "_Refused"
    ) -> Step | None:
        """The cheapest moves for one import that nothing speaks against so far."""
        tree = trail.tree
        first, blocked = _found(start, left), _found(tree, left)
        if first is None or blocked is None:
            return None

        def judge(moves: Moves, after: Tree) -> Verdict:
            if _ids(moves) in refused:
                return Verdict(is_fine=False, obstacle=refused[_ids(moves)])
            return trail.glance(Step(moves, after).modules, after)

        arcs = blocking(start, first)
        found = candidates_for(tree, blocked, arcs, judge, self._settings, _MOST_PLACES)
        return next((Step(moves, after, number) for moves, after in found), None)

    def _end(self, knots: list[Knot]) -> Tree:
        tree = tree_of(self._now, self._simulated)
        done = untangle(tree, knots, self._settings, self._progress)
        self._moves += done.proposals
        self._cycles += done.ends
        if self._failures is None:
            self._failures = _failing(tree)
        self._now = _resolved(self._now, done.after)
        return done.after

    def _follow(self, tree: Tree) -> None:
        """Plan the edits that the moves have made room for; `tree` is the project after them."""
        again = self._repair(self._now, _failing(tree))
        self._failures = again.failures if self._failures is None else self._failures
        self._now, self._simulated = again.after, again.simulated
        edited = (*self._plan.edited, *again.plan.edited)
        self._plan = FixPlan(
            root=self._plan.root,
            edited=tuple(sorted(edited, key=lambda each: (each.path, each.line, each.column))),
            left=again.plan.left,
            changes=(),
            rounds=self._plan.rounds + again.plan.rounds,
            moved=(*self._plan.moved, *again.plan.moved),
        )


def _ids(moves: Moves) -> tuple[str, ...]:
    return tuple(move.id for move in moves)


def _failing(tree: Tree) -> Failures:
    return {
        name: result
        for name, result in tree.outcomes.items()
        if result.outcome is not Outcome.OK or result.may_fail
    }


def _may_move(left: Left) -> bool:
    if left.by is Stay.USER:
        return False
    entry = CATALOGUE.get(left.code)
    return left.code in _BLOCKED or (entry is not None and entry.decision in MOVING)


def _found(tree: Tree, left: Left) -> ResolvedImport | None:
    """The import of a row: its line may have changed, its function and text have not."""
    for resolved in tree.by_importer.get(left.module, ()):
        statement = resolved.statement
        is_same = statement.scope == left.scope and statement.statement == left.statement
        if is_same and statement.is_local and resolved.internal:
            return resolved
    return None


def _about(tree: Tree, left: Left) -> frozenset[tuple[str, bytes]]:
    """The import of a row, and the texts that say what can be done for it; empty if it is gone."""
    found = _found(tree, left)
    if found is None:
        return frozenset()
    row = (f"{left.module}:{left.scope}", left.statement.encode(errors="surrogatepass"))
    names = near(tree, found) & tree.facts.keys()
    return frozenset({row, *((name, tree.read(name)) for name in names)})


def _resolved(before: Resolved, tree: Tree) -> Resolved:
    changed = replace(
        before,
        project=tree.project,
        facts=dict(tree.facts),
        contents=dict(tree.contents),
    )
    return changed.resolved_anew()


def _changes(before: Resolved, after: Resolved) -> tuple[FileChange, ...]:
    paths = {module.path for module in before.project.modules}
    found: list[FileChange] = []
    for path, new in sorted(after.contents.items()):
        old = content_of(before, path) if path in paths else None
        if old != new:
            found.append(FileChange(path, old, new))
    return tuple(found)
