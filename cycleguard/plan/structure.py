"""The repairs that move definitions: relocations and splits, for single imports and whole cycles.

In: a plan of edits. Out: the plan with moves, and with the edits that these have made room for.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.errors import TargetError
from cycleguard.model.catalogue import CATALOGUE
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edits import FileChange
from cycleguard.model.plans import FixPlan, Left, Stay
from cycleguard.model.proposals import CycleEnd, Proposal
from cycleguard.model.resolved import ResolvedImport
from cycleguard.pipeline import Resolved, examine
from cycleguard.plan.check import check_moves
from cycleguard.plan.preview import MOVING, tree_of
from cycleguard.plan.rounds import Planned, Wanted, plan_repair
from cycleguard.plan.tree import content_of
from cycleguard.relocate.blocked import blocking, candidates_for
from cycleguard.relocate.cycles import Knot, untangle
from cycleguard.relocate.places import Settings
from cycleguard.relocate.trail import Step, Trail
from cycleguard.relocate.tree import Tree

ALL = "all"
_MOST_PLACES = 4
_BLOCKED = frozenset(("breaks-an-entry", "no-eager-cycle"))

Progress = Callable[[str], None]


class Structure(Struct, frozen=True):
    """What may be moved.

    `relocates`: what blocks local imports; `cycle` is the id of one to end, or ``all``;
    `shared_module` how new modules are called, empty to name them for what they hold.
    """

    relocates: bool = True
    cycle: str = ""
    shared_module: str = ""


def plan_structure(
    planned: Planned, wanted: Wanted, structure: Structure, progress: Progress
) -> Planned:
    """Add the moves to a plan.

    Raises:
        ApplyError: as `plan_repair`.
        TargetError: there is no such cycle.
    """
    return _Structural(planned, wanted, structure, progress).run()


class _Structural:
    def __init__(
        self, planned: Planned, wanted: Wanted, structure: Structure, progress: Progress
    ) -> None:
        self._before = planned.before
        self._plan = planned.plan
        self._now = planned.after
        self._wanted = wanted
        self._structure = structure
        self._progress = progress
        self._settings = Settings(structure.shared_module)
        self._moves: list[Proposal] = []
        self._cycles: list[CycleEnd] = []

    def run(self) -> Planned:
        asked = list(self._asked())
        # Where a cycle is gone, nothing blocks its imports any more.
        if asked:
            self._end(asked)
            self._follow()
        while self._structure.relocates and self._relocate():
            self._follow()
        if self._moves:
            check_moves(self._before, self._now, self._moves)
        plan = replace(
            self._plan,
            changes=_changes(self._before, self._now),
            moves=tuple(self._moves),
            cycles=tuple(self._cycles),
        )
        return Planned(plan, self._before, self._now)

    def _asked(self) -> Iterator[Knot]:
        """The cycles to end; of one that only type checkers follow it is said that it stays."""
        wanted = self._structure.cycle
        if not wanted:
            return
        cycles = examine(self._before).analysis.cycles
        found = [c for c in cycles if wanted in (ALL, c.id)]
        if not found and wanted != ALL:
            known = ", ".join(cycle.id for cycle in cycles) or "there is none"
            raise TargetError(f"no cycle has the id {wanted}: {known}")
        for cycle in found:
            kind, members = cycle.component.kind, frozenset(cycle.component.modules)
            if kind is CycleKind.TYPING:
                modules = cycle.component.modules
                self._cycles.append(CycleEnd(str(kind), modules, (len(modules),)))
                continue
            if any(members & each for each in tree_of(self._before).tangles(kind)):
                yield Knot(members, kind)
            elif wanted != ALL:
                raise TargetError(
                    f"the cycle {wanted} goes through a plugin, which may need its core:"
                    " there is nothing to move"
                )

    def _relocate(self) -> bool:
        """Move what blocks local imports; false if nothing can be."""
        start = tree_of(self._now)
        trail = Trail(start)
        pending = [left for left in self._plan.left if _may_move(left) and _found(start, left)]
        refused: set[str] = set()
        while pending:
            asked = list(enumerate(pending))
            pending = []
            for number, left in asked:
                self._progress(f"looking for a place for what {left.module} needs")
                step = self._step(start, trail.tree, left, number, refused)
                if step:
                    trail.add(step)
            taken_back = trail.judge()
            refused |= {proposal.id for step in taken_back[:1] for proposal in step.proposals}
            pending = [asked[step.owner][1] for step in taken_back]
        self._moves += trail.proposals
        self._now = _resolved(self._now, trail.tree)
        return bool(trail.proposals)

    def _step(
        self, start: Tree, tree: Tree, left: Left, number: int, refused: set[str]
    ) -> Step | None:
        """The cheapest move for one import that nothing speaks against so far."""
        first, blocked = _found(start, left), _found(tree, left)
        if first is None or blocked is None:
            return None
        arcs = blocking(start, first)
        for proposal, after in candidates_for(tree, blocked, arcs, self._settings, _MOST_PLACES):
            if proposal.id not in refused:
                return Step((proposal,), after, number)
        return None

    def _end(self, knots: list[Knot]) -> None:
        done = untangle(tree_of(self._now), knots, self._settings, self._progress)
        self._moves += done.proposals
        for knot, stuck in zip(knots, done.stuck, strict=True):
            rest = [len(each) for each in done.after.tangles(knot.kind) if each & knot.members]
            left = tuple(sorted(rest, reverse=True))
            end = CycleEnd(str(knot.kind), tuple(sorted(knot.members)), left, stuck)
            self._cycles.append(end)
        self._now = _resolved(self._now, done.after)

    def _follow(self) -> None:
        """Plan the edits that the moves have made room for."""
        again = plan_repair(self._now, self._wanted, self._progress)
        self._now = again.after
        edited = (*self._plan.edited, *again.plan.edited)
        self._plan = FixPlan(
            root=self._plan.root,
            edited=tuple(sorted(edited, key=lambda each: (each.path, each.line, each.column))),
            left=again.plan.left,
            changes=(),
            rounds=self._plan.rounds + again.plan.rounds,
            moved=(*self._plan.moved, *again.plan.moved),
        )


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
