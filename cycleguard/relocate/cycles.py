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
from cycleguard.model.cycles import CycleKind
from cycleguard.model.proposals import (
    UNREADABLE,
    CycleEnd,
    Held,
    Hold,
    Impossible,
    Proposal,
    Stuck,
    nearest,
)
from cycleguard.relocate.check import worse_graph
from cycleguard.relocate.groups import crosses, groups_of, tied
from cycleguard.relocate.mending import mend
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

    `ends` say what is left of each knot, and what holds that.
    """

    proposals: tuple[Proposal, ...]
    after: Tree
    ends: tuple[CycleEnd, ...] = ()


def untangle(
    tree: Tree,
    knots: Sequence[Knot],
    settings: Settings,
    progress: Progress = lambda what: None,
) -> Untangled:
    """Cut the imports that close circles, one knot after the other."""
    trail = Trail(tree)
    searches = [_Search(trail, n, knot, settings, progress) for n, knot in enumerate(knots)]
    asked = set(range(len(searches)))
    while asked:
        for number in sorted(asked):
            searches[number].run()
        asked = set()
        progress("importing every module in the simulation")
        while taken_back := trail.judge().taken_back:
            # The first is to blame; what was built on it is made once more without it.
            asked |= {step.owner for step in taken_back}
            for step in taken_back[1:]:
                searches[step.owner].again(step.purpose)
    for search in searches:
        search.mend()
    return Untangled(trail.proposals, trail.tree, tuple(search.end() for search in searches))


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
        self._hard: dict[Arc, Held] = {}
        self._barred: set[frozenset[Arc]] = set()
        self._ways = self._ways_in(trail.tree)
        self._tries = 0

    def run(self) -> None:
        """Take steps until there is none left to take."""
        is_new = True
        while is_new:
            # What was hard before the last steps may be so no longer.
            self._ways = self._ways_in(self._trail.tree)
            self._hard.clear()
            is_new = False
            pending = self._tangles()
            while pending:
                members = pending.pop(0)
                if self._untie(members):
                    is_new = True
                    pending = [each for each in self._tangles() if each <= members] + pending

    def again(self, group: frozenset[Arc]) -> None:
        """Cut a group that was cut before, if that is still possible."""
        self._ways = self._ways_in(self._trail.tree)
        self._hard.clear()
        self._barred.discard(group)
        self._try(group)

    def mend(self) -> None:
        """Let modules import that what is left of the cycle keeps from it."""
        rest = frozenset[str]().union(*self._tangles())
        mend(self._trail, rest, self._number)

    def end(self) -> CycleEnd:
        """What is left of the cycle, and what nothing can cut of that."""
        rest = self._tangles()
        inside = {arc for arc in self._weights() if any({*arc} <= each for each in rest)}
        fails = Held(Hold.ENTRY, "without it, a module does not import in the simulation")
        held = {arc: fails for group in self._barred for arc in group} | self._hard
        return CycleEnd(
            kind=str(self._kind),
            modules=tuple(sorted(self._members)),
            left=tuple(sorted(map(len, rest), reverse=True)),
            stuck=tuple(Stuck(*arc, held[arc]) for arc in sorted(inside & held.keys(), key=_rank)),
            is_cut_short=bool(rest) and self._tries >= _MOST_TRIES,
            rest=tuple(sorted(frozenset[str]().union(*rest))),
        )

    def _untie(self, members: frozenset[str]) -> bool:
        """Cut groups of imports among `members`; false if there is none that can be cut."""
        is_cut, known = False, -1
        while not is_cut and known < len(self._hard):
            known = len(self._hard)
            self._progress(f"{len(members)} modules import each other in a circle")
            for group in groups_of(self._weights(members), self._hard):
                if self._tries < _MOST_TRIES and group.isdisjoint(self._hard):
                    is_cut = self._try(group) or is_cut
        return is_cut

    def _try(self, group: frozenset[Arc]) -> bool:
        """Cut one group, as a whole or not at all."""
        if group in self._barred:
            return False
        # In fitting places; if that does not do, in any.
        step = self._cut_all(group)
        if step is None and group not in self._barred:
            step = self._cut_all(group, is_plain=True)
        if step is None:
            return False
        # Never twice: either it stays cut, or the simulation refuses it.
        self._barred.add(group)
        self._trail.add(step)
        self._ways = self._ways.after(step.after, step.touched)
        self._hard = {a: held for a, held in self._hard.items() if step.touched.isdisjoint(a)}
        return True

    def _cut_all(self, group: frozenset[Arc], *, is_plain: bool = False) -> Step | None:
        if not self._can_be_cut(group, is_plain):
            return None
        start = now = self._trail.tree
        ways, made = self._ways, list[Proposal]()
        for arc in sorted(group):
            if not self._ties(now, arc):
                continue
            found = self._cut(now, ways, arc, group, made, is_plain)
            if isinstance(found, Held):
                if is_plain:
                    self._hard[arc] = found
                return None
            made.append(found[0])
            now, ways = found[1], ways.after(found[1], found[0].touched)
            if sum(proposal.lines for proposal in made) > _MOST_LINES:
                return None
        if tied(now.tangles(self._kind)) >= tied(start.tangles(self._kind)):
            return None
        step = Step(tuple(made), now, self._number, group)
        if not self._trail.glance(step.touched, now).is_fine:
            self._barred.add(group)
            return None
        return step

    def _can_be_cut(self, group: frozenset[Arc], is_plain: bool) -> bool:
        """Whether it works out in a sketch; an import that nothing cuts becomes hard."""
        tree = self._trail.tree
        outline = Outline(tree)
        for arc in sorted(group):
            if arc not in outline.level(self._kind):
                continue
            ways = self._fitting(outline, self._ways, arc, group, (), is_plain)
            if not ways:
                self._hard[arc] = self._held(arc)
                return False
            outline = outline.changed(ways[0].sketch)
        return tied(outline.level(self._kind).tangles()) < tied(tree.tangles(self._kind))

    def _cut(
        self,
        tree: Tree,
        ways: Ways,
        arc: Arc,
        group: frozenset[Arc],
        made: list[Proposal],
        is_plain: bool,
    ) -> tuple[Proposal, Tree] | Held:
        """The cheapest change that cuts an import and makes no other circle, or why none does."""
        fitting = self._fitting(Outline(tree), ways, arc, group, made, is_plain)
        refused = [] if fitting else [self._held(arc)]
        for way in fitting[:_MOST_WAYS]:
            self._tries += 1
            proposal = way.proposal(tree)
            after = None
            if isinstance(proposal, Proposal):
                after = tree.changed(proposal.files, proposal.created)
            if isinstance(proposal, Impossible) or after is None:
                text = proposal.text if isinstance(proposal, Impossible) else UNREADABLE
                refused.append(Held(Hold.FILE, text))
                continue
            problem = worse_graph(tree, after, proposal.touched)
            if problem:
                refused.append(Held(Hold.HARM, problem))
            elif self._ties(after, arc):
                refused.append(Held(Hold.CIRCLE, "the import would stay in another form"))
            elif crosses(after.level(self._kind).added(tree.level(self._kind)), group):
                refused.append(Held(Hold.CIRCLE, "another import would take its place"))
            else:
                return proposal, after
        return nearest(refused) or self._held(arc)

    def _held(self, arc: Arc) -> Held:
        """Why there is no way that does not do harm."""
        if not self._ways.of(arc):
            return self._ways.held(arc)
        return Held(Hold.CIRCLE, "what moves would close another circle")

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
            if not crosses(adds, group) and not after.ties(way.sketch):
                found.append(way)
        return sorted(found, key=lambda way: way.plain_cost) if is_plain else found

    def _ways_in(self, tree: Tree) -> Ways:
        return Ways(tree, self._kind, self._settings)

    def _ties(self, tree: Tree, arc: Arc) -> bool:
        """Whether an import is there and of a circle."""
        return arc in tree.level(self._kind) and tree.is_tangled(*arc, self._kind)

    def _tangles(self) -> list[frozenset[str]]:
        """What of the component still hangs together, the small parts first."""
        found = [each for each in self._trail.tree.tangles(self._kind) if each & self._members]
        return sorted(found, key=lambda each: (len(each), sorted(each)))

    def _weights(self, members: frozenset[str] = frozenset()) -> dict[Arc, int]:
        """What it costs to cut each import among `members`, or among all that hang together."""
        members = members or frozenset[str]().union(*self._tangles())
        weights: dict[Arc, int] = {}
        for name in sorted(members):
            for edge in self._ways.edges(self._trail.tree, name):
                if edge.imported in members:
                    arc = (edge.importer, edge.imported)
                    weights[arc] = weights.get(arc, 0) + self._ways.weight(edge)
        return weights


def _rank(arc: Arc) -> tuple[bool, Arc]:
    """By name; what a package imports of its own, which it is there for, comes last."""
    return arc[1].startswith(f"{arc[0]}."), arc
