"""Cycle mode: the cheapest changes after which modules no longer import each other in a circle.

In: a `Tree` and the modules of a component. Out: the changes in order, and the tree after them.

The unit of the search is a group of imports without which the component falls apart: all that run
from one side of a line to the other, in an order of the modules that few imports run against. A
group is cut as a whole or not at all, so no change is made that does not pay. An import that
nothing can cut becomes dear, and other groups are looked for. The simulation judges every group.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.graph.build import TIMINGS
from cycleguard.graph.feedback import weight
from cycleguard.graph.ordering import arrange
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edges import Edge, Origin
from cycleguard.model.proposals import Proposal
from cycleguard.relocate.check import worse_graph, worse_outcome
from cycleguard.relocate.moving import move
from cycleguard.relocate.places import Settings
from cycleguard.relocate.reexported import redirection
from cycleguard.relocate.routes import choices, edge_wishes
from cycleguard.relocate.tree import Tree
from cycleguard.relocate.unfolding import unfolded

Arc = tuple[str, str]
Progress = Callable[[str], None]

_DEAR = 1_000_000
_MOST_WAYS = 5
_MOST_TRIES = 150
_MOST_ARCS = 12
_MOST_LINES = 400


class Untangled(Struct, frozen=True):
    """What the search has come to: the changes in order, and the project after all of them.

    `stuck` are arcs of the rest of the cycle that nothing can cut.
    """

    proposals: tuple[Proposal, ...]
    after: Tree
    stuck: tuple[Arc, ...] = ()


def untangle(
    tree: Tree,
    members: frozenset[str],
    kind: CycleKind,
    settings: Settings,
    progress: Progress = lambda what: None,
) -> Untangled:
    """Cut the imports among `members` that close circles at the level `kind`."""
    return _Search(tree, members, kind, settings, progress).run()


class _Search:
    def __init__(
        self,
        tree: Tree,
        members: frozenset[str],
        kind: CycleKind,
        settings: Settings,
        progress: Progress,
    ) -> None:
        self._tree = tree
        self._members = members
        self._kinds = tuple(CycleKind)[: tuple(CycleKind).index(kind) + 1]
        self._kind = kind
        self._settings = settings
        self._progress = progress
        self._hard: set[Arc] = set()
        self._accepted: list[Proposal] = []
        self._tries = 0

    def run(self) -> Untangled:
        while self._step():
            pass
        stuck = sorted(self._hard & self._weights(self._tree, self._tangle(self._tree)).keys())
        return Untangled(tuple(self._accepted), self._tree, tuple(stuck))

    def _step(self) -> bool:
        """Cut one group of imports; false if there is none that can be cut."""
        for members in self._tangles(self._tree):
            weights = self._weights(self._tree, members)
            known = -1
            while known < len(self._hard) and self._tries < _MOST_TRIES:
                known = len(self._hard)
                self._progress(f"{len(members)} modules import each other in a circle")
                for group in _groups(weights, self._hard):
                    if not self._hard & group and self._cut_all(group, members):
                        return True
        return False

    def _cut_all(self, group: frozenset[Arc], members: frozenset[str]) -> bool:
        now, made, lines = self._tree, list[Proposal](), 0
        arcs = set(group)
        while arcs:
            here = self._weights(now, self._tangle(now))
            arcs &= here.keys()
            if not arcs:
                break
            arc = min(arcs, key=lambda arc: (here[arc], arc))
            arcs.discard(arc)
            found = self._cut(now, arc, group, made)
            if found is None:
                self._hard.add(arc)
                return False
            made.append(found[0])
            now = found[1]
            lines += found[0].lines
            if lines > _MOST_LINES:
                self._hard.add(arc)
                return False
        if any(members <= each for each in self._tangles(now)):
            return False
        if worse_outcome(self._tree, now):
            self._hard.add(max(group))
            return False
        self._accepted += made
        self._tree = now
        self._hard.clear()
        return True

    def _cut(
        self, tree: Tree, arc: Arc, group: frozenset[Arc], made: list[Proposal]
    ) -> tuple[Proposal, Tree] | None:
        """The cheapest change that cuts an import and makes no other circle."""
        old = self._weights(tree, self._tangle(tree))
        moved = {name for p in (*self._accepted, *made) for m in p.moved for name in m.names}
        for proposal in self._ways(tree, arc):
            self._tries += 1
            # What goes to and fro ends no circle.
            if any(moved & set(each.names) for each in proposal.moved):
                continue
            after = tree.changed(proposal.files, proposal.created)
            if after is None:
                continue
            new = self._weights(after, self._tangle(after))
            # The new arcs must not cross the line that the group is to draw.
            if arc in new or worse_graph(tree, after, proposal.touched):
                continue
            if not self._crosses(new.keys() - old.keys(), group):
                return proposal, after
        return None

    def _crosses(self, new: Iterable[Arc], group: frozenset[Arc]) -> bool:
        """Whether a new import runs the way of those that are to go."""
        starts, ends = {a for a, _ in group}, {b for _, b in group}
        return any(a in starts and b in ends for a, b in new)

    def _ways(self, tree: Tree, arc: Arc) -> Iterator[Proposal]:
        """The changes that could cut an arc, the cheapest first."""
        edges = [edge for edge in self._edges(tree, arc[0]) if edge.imported == arc[1]]
        if any("*" in edge.names for edge in edges):
            return
        if not all(edge.names for edge in edges):
            yield from self._ways_by_name(tree, arc)
            return
        turned = redirection(tree, edges)
        if turned:
            yield turned
        wishes = {wish for edge in edges for wish in edge_wishes(tree, edge)}
        found = [choice for wish in wishes for choice in choices(tree, wish, self._settings)]
        found.sort(key=lambda choice: (choice.cost, choice.route.source, choice.route.target.name))
        for choice in found[:_MOST_WAYS]:
            proposal = move(tree, choice.route)
            if isinstance(proposal, Proposal):
                yield proposal

    def _ways_by_name(self, tree: Tree, arc: Arc) -> Iterator[Proposal]:
        """The same where a module is used as a whole: its names are imported first."""
        importer, imported = arc
        named = unfolded(tree, importer, imported)
        if named is None or any(
            not edge.names for edge in self._edges(named, importer) if edge.imported == imported
        ):
            return
        path = tree.modules[importer].path
        for proposal in self._ways(named, arc):
            first = f"{importer} imports the names that it uses of {imported}, not the module"
            yield replace(
                proposal,
                files={path: named.contents[path], **proposal.files},
                redirected=tuple(sorted({*proposal.redirected, importer})),
                story=(*proposal.story, first),
            )

    def _tangles(self, tree: Tree) -> list[frozenset[str]]:
        """What of the component still hangs together, the small parts first."""
        found = [each for each in tree.tangles(self._kind) if each & self._members]
        return sorted(found, key=lambda each: (len(each), sorted(each)))

    def _tangle(self, tree: Tree) -> frozenset[str]:
        return frozenset[str]().union(*self._tangles(tree))

    def _edges(self, tree: Tree, importer: str) -> list[Edge]:
        timings = {timing for kind in self._kinds for timing in TIMINGS[kind]}
        return [e for e in tree.edges_from(importer) if e.timing in timings and _counts(e)]

    def _weights(self, tree: Tree, members: frozenset[str]) -> dict[Arc, int]:
        weights: dict[Arc, int] = {}
        for name in sorted(members):
            for edge in self._edges(tree, name):
                if edge.imported in members:
                    arc = (edge.importer, edge.imported)
                    weights[arc] = weights.get(arc, 0) + weight(edge)
        return weights


def _groups(weights: Mapping[Arc, int], hard: set[Arc]) -> list[frozenset[Arc]]:
    """Imports without which the modules no longer hang together, the cheap groups first."""
    dear = {a: w * _DEAR if a in hard else w for a, w in weights.items() if a[0] != a[1]}
    order = arrange(dear)
    place = {name: number for number, name in enumerate(order)}
    back = [arc for arc in dear if place[arc[0]] > place[arc[1]]]
    groups = {
        frozenset(arc for arc in back if place[arc[0]] >= line > place[arc[1]])
        for line in range(1, len(order))
    }
    for name in order:
        groups.add(frozenset(arc for arc in dear if arc[0] == name))
        groups.add(frozenset(arc for arc in dear if arc[1] == name))
    fine = [group for group in groups if group and not group & hard]
    fine = [group for group in fine if len(group) <= _MOST_ARCS]
    return sorted(fine, key=lambda group: (sum(weights[arc] for arc in group), sorted(group)))


def _counts(edge: Edge) -> bool:
    return edge.origin not in (Origin.PARENT, Origin.DYNAMIC)
