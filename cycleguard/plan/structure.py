"""The repairs that move definitions: for single imports, and to end whole cycles.

In: a plan of edits. Out: the plan with moves, and with the edits that these have made room for.
"""

from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.errors import TargetError
from cycleguard.graph.components import components
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edits import FileChange
from cycleguard.model.findings import Outcome
from cycleguard.model.plans import FixPlan
from cycleguard.model.proposals import CycleEnd, Proposal
from cycleguard.pipeline import Resolved, cycle_id
from cycleguard.plan.check import check_moves
from cycleguard.plan.ends import with_entries, with_imports
from cycleguard.plan.origins import found_in
from cycleguard.plan.preview import tree_of
from cycleguard.plan.relocating import Relocating
from cycleguard.plan.rounds import Planned
from cycleguard.plan.settle import Failures
from cycleguard.plan.tree import content_of
from cycleguard.relocate.cycles import Knot, untangle
from cycleguard.relocate.places import Settings
from cycleguard.relocate.tree import Tree

ALL = "all"

Progress = Callable[[str], None]
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
        self._relocating = Relocating(self._settings, progress)

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
        trail = self._relocating.moves(tree_of(self._now, self._simulated), self._plan.left)
        self._moves += trail.proposals
        self._now = _resolved(self._now, trail.tree)
        return trail.tree if trail.proposals else None

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


def _failing(tree: Tree) -> Failures:
    return {
        name: result
        for name, result in tree.outcomes.items()
        if result.outcome is not Outcome.OK or result.may_fail
    }


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
