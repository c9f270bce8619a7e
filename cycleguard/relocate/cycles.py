"""Cycle mode: the cheapest changes after which modules no longer import each other in a circle.

In: a `Tree` and knots of it. Out: the changes in order, and the tree after them.

The unit of the search is a group of imports without which the component falls apart. A group is cut
as a whole or not at all, so no change is made that does not pay. It is cut in a sketch first, which
costs little and refuses most; then in the text; the simulation judges all groups together. An
import that nothing can cut becomes dear, and other groups are looked for.
"""

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from cycleguard.graph.arcs import Arc
from cycleguard.graph.feedback import weight
from cycleguard.model.cycles import CycleKind
from cycleguard.model.proposals import Proposal
from cycleguard.relocate.check import worse_graph
from cycleguard.relocate.groups import groups_of
from cycleguard.relocate.places import Settings
from cycleguard.relocate.sketch import Outline
from cycleguard.relocate.trail import Step, Trail
from cycleguard.relocate.tree import Tree
from cycleguard.relocate.ways import Way, Ways

Progress = Callable[[str], None]

_MOST_WAYS = 4
_MOST_TRIES = 400
_MOST_LINES = 400


class Knot(Struct, frozen=True):
    """Modules that import each other in a circle at the level `kind`."""

    members: frozenset[str]
    kind: CycleKind


class Untangled(Struct, frozen=True):
    """What the search has come to: the changes in order, and the project after all of them.

    `stuck` are, for each knot, arcs of what is left of it that nothing can cut.
    """

    proposals: tuple[Proposal, ...]
    after: Tree
    stuck: tuple[tuple[Arc, ...], ...] = ()


def untangle(
    tree: Tree,
    knots: Sequence[Knot],
    settings: Settings,
    progress: Progress = lambda what: None,
) -> Untangled:
    """Cut the imports that close circles, one knot after the other."""
    trail = Trail(tree)
    searches = [_Search(trail, n, knot, settings, progress) for n, knot in enumerate(knots)]
    pending = searches
    while pending:
        for search in pending:
            search.run()
        progress("importing every module in the simulation")
        taken_back = trail.judge().taken_back
        for step in taken_back[1:]:
            searches[step.owner].allow(step.purpose)
        owners = sorted({step.owner for step in taken_back})
        pending = [searches[owner] for owner in owners]
    stuck = tuple(search.stuck() for search in searches)
    return Untangled(trail.proposals, trail.tree, stuck)


class _Search:
    def __init__(
        self, trail: Trail, number: int, knot: Knot, settings: Settings, progress: Progress
    ) -> None:
        self._trail = trail
        self._number = number
        self._members = knot.members
        self._kind = knot.kind
        self._settings = settings
        self._progress = progress
        self._hard: set[Arc] = set()
        self._is_stale = False
        self._barred: set[frozenset[Arc]] = set()
        self._ways = self._ways_in(trail.tree)
        self._tries = 0

    def run(self) -> None:
        """Take steps until there is none left to take."""
        self._ways = self._ways_in(self._trail.tree)
        self._hard.clear()
        while self._step():
            pass
        # What was hard before the last changes may be so no longer.
        while self._is_stale:
            self._is_stale = False
            self._hard.clear()
            while self._step():
                pass

    def allow(self, group: frozenset[Arc]) -> None:
        """Cut a group again: that it was taken back was the fault of another one."""
        self._barred.discard(group)

    def stuck(self) -> tuple[Arc, ...]:
        """What of the cycle is left that nothing can cut."""
        return tuple(sorted(self._hard & self._weights(self._trail.tree).keys()))

    def _step(self) -> bool:
        """Cut one group of imports; false if there is none that can be cut."""
        for members in self._tangles(self._trail.tree):
            weights = self._weights(self._trail.tree, members)
            known = -1
            while known < len(self._hard) and self._tries < _MOST_TRIES:
                known = len(self._hard)
                self._progress(f"{len(members)} modules import each other in a circle")
                for group in groups_of(weights, self._hard):
                    if self._hard.isdisjoint(group) and group not in self._barred:
                        # In fitting places; if that does not do, in any.
                        step = self._cut_all(group, members) or self._cut_all(
                            group, members, is_plain=True
                        )
                        if step:
                            self._accept(step)
                            return True
        return False

    def _accept(self, step: Step) -> None:
        # Never twice: either it stays cut, or the simulation refuses it.
        self._barred.add(step.purpose)
        self._trail.add(step)
        self._ways = self._ways_in(step.after)
        touched = {name for proposal in step.proposals for name in proposal.touched}
        self._hard = {arc for arc in self._hard if touched.isdisjoint(arc)}
        self._is_stale = bool(self._hard)

    def _cut_all(
        self, group: frozenset[Arc], members: frozenset[str], *, is_plain: bool = False
    ) -> Step | None:
        if not self._hard.isdisjoint(group) or not self._can_be_cut(group, members, is_plain):
            return None
        now, ways, made = self._trail.tree, self._ways, list[Proposal]()
        arcs = set(group)
        while arcs:
            here = self._weights(now)
            arcs &= here.keys()
            if not arcs:
                break
            arc = min(arcs, key=lambda arc: (here[arc], arc))
            arcs.discard(arc)
            found = self._cut(now, ways, arc, group, made, is_plain)
            if found is None:
                if is_plain:
                    self._hard.add(arc)
                return None
            made.append(found[0])
            now, ways = found[1], self._ways_in(found[1])
            if sum(proposal.lines for proposal in made) > _MOST_LINES:
                return None
        is_apart = not any(members <= each for each in self._tangles(now))
        return Step(tuple(made), now, self._number, group) if is_apart else None

    def _can_be_cut(self, group: frozenset[Arc], members: frozenset[str], is_plain: bool) -> bool:
        """Whether it works out in a sketch; an import that nothing cuts becomes hard."""
        tree = self._trail.tree
        weights = self._weights(tree)
        outline = Outline(tree)
        for arc in sorted(group, key=lambda arc: (weights[arc], arc)):
            if arc not in outline.level(self._kind):
                continue
            ways = self._fitting(outline, self._ways, arc, group, (), is_plain)
            if not ways:
                self._hard.add(arc)
                return False
            outline = outline.changed(ways[0].sketch)
        return not any(members <= each for each in outline.level(self._kind).tangles())

    def _cut(
        self,
        tree: Tree,
        ways: Ways,
        arc: Arc,
        group: frozenset[Arc],
        made: list[Proposal],
        is_plain: bool,
    ) -> tuple[Proposal, Tree] | None:
        """The cheapest change that cuts an import and makes no other circle."""
        old = self._weights(tree)
        fitting = self._fitting(Outline(tree), ways, arc, group, made, is_plain)
        for way in fitting[:_MOST_WAYS]:
            self._tries += 1
            proposal = way.proposal(tree)
            after = tree.changed(proposal.files, proposal.created) if proposal else None
            if proposal is None or after is None:
                continue
            new = self._weights(after)
            if arc in new or worse_graph(tree, after, proposal.touched):
                continue
            if not _crosses(new.keys() - old.keys(), group):
                return proposal, after
        return None

    def _fitting(
        self,
        outline: Outline,
        ways: Ways,
        arc: Arc,
        group: frozenset[Arc],
        made: Iterable[Proposal],
        is_plain: bool,
    ) -> list[Way]:
        """The ways that cut an import and do no harm as far as the graph tells."""
        # What goes to and fro ends no circle: a name moves once.
        moved = {n for p in (*self._trail.proposals, *made) for m in p.moved for n in m.names}
        found: list[Way] = []
        for way in ways.of(arc):
            after = outline.changed(way.sketch)
            adds = way.sketch.adds[self._kind]
            if arc in after.level(self._kind) or not moved.isdisjoint(way.names):
                continue
            # New imports must not cross the line that the group is to draw.
            if not _crosses(adds, group) and not after.ties(way.sketch):
                found.append(way)
        return sorted(found, key=lambda way: way.plain_cost) if is_plain else found

    def _ways_in(self, tree: Tree) -> Ways:
        return Ways(tree, self._kind, self._settings)

    def _tangles(self, tree: Tree) -> list[frozenset[str]]:
        """What of the component still hangs together, the small parts first."""
        found = [each for each in tree.tangles(self._kind) if each & self._members]
        return sorted(found, key=lambda each: (len(each), sorted(each)))

    def _weights(self, tree: Tree, members: frozenset[str] = frozenset()) -> dict[Arc, int]:
        """What it costs to cut each import among `members`, or among all that hang together."""
        members = members or frozenset[str]().union(*self._tangles(tree))
        weights: dict[Arc, int] = {}
        for name in sorted(members):
            for edge in self._ways.edges(tree, name):
                if edge.imported in members:
                    arc = (edge.importer, edge.imported)
                    weights[arc] = weights.get(arc, 0) + weight(edge)
        return weights


def _crosses(arcs: Iterable[Arc], group: frozenset[Arc]) -> bool:
    """Whether an import runs the way of those that are to go."""
    starts, ends = {a for a, _ in group}, {b for _, b in group}
    return any(a in starts and b in ends for a, b in arcs)
