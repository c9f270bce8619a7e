"""Cycle mode: the cheapest changes after which modules no longer import each other in a circle.

In: a `Tree` and the modules of a component. Out: the changes in order, and the tree after them.

The search goes along a feedback arc set: the arcs to cut, cheap ones first. For each, names are
taken from where they are defined, or what is wanted moves below both ends. An arc that nothing can
cut becomes dear, and another set is looked for. The simulation judges every batch of changes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

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

Arc = tuple[str, str]
Progress = Callable[[str], None]

_DEAR = 1_000_000
_MOST_TRIES = 6


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
        self._dear: set[Arc] = set()
        self._accepted: list[Proposal] = []
        self._distrusted: set[str] = set()

    def run(self) -> Untangled:
        while True:
            tangle = self._tangle(self._tree)
            if not tangle:
                return Untangled(tuple(self._accepted), self._tree)
            weights = self._weights(self._tree, tangle)
            order = {name: number for number, name in enumerate(arrange(self._dearer(weights)))}
            cut = [arc for arc in weights if order[arc[0]] > order[arc[1]]]
            cut.sort(key=lambda arc: (weights[arc], arc))
            self._progress(f"{len(tangle)} modules, {len(cut)} imports to cut")
            if not self._batch([arc for arc in cut if arc not in self._dear], order):
                return Untangled(tuple(self._accepted), self._tree, tuple(sorted(self._dear)))

    def _batch(self, cut: list[Arc], order: Mapping[str, int]) -> bool:
        """Cut what can be cut; false if there is nothing new to know."""
        now, made = self._tree, list[tuple[Proposal, Arc]]()
        for arc in cut:
            found = self._cut(now, arc, order)
            if found is None:
                self._dear.add(arc)
            else:
                made.append((found[0], arc))
                now = found[1]
        if made and worse_outcome(self._tree, now):
            self._one_by_one([arc for _, arc in made], order)
        else:
            self._accepted += (proposal for proposal, _ in made)
            self._tree = now
        return bool(cut)

    def _one_by_one(self, arcs: Iterable[Arc], order: Mapping[str, int]) -> None:
        for arc in arcs:
            found = self._cut(self._tree, arc, order, is_simulated=True)
            if found is None:
                self._dear.add(arc)
            else:
                self._accepted.append(found[0])
                self._tree = found[1]

    def _cut(
        self, tree: Tree, arc: Arc, order: Mapping[str, int], *, is_simulated: bool = False
    ) -> tuple[Proposal, Tree] | None:
        """The cheapest change that cuts an arc and closes no other circle."""
        if arc not in self._weights(tree, self._tangle(tree)):
            return None
        for proposal in self._ways(tree, arc):
            if proposal.id in self._distrusted:
                continue
            after = tree.changed(proposal.files, proposal.created)
            if after is None or not self._is_progress(tree, after, arc, order):
                continue
            if worse_graph(tree, after, proposal.touched):
                continue
            if is_simulated and worse_outcome(tree, after):
                self._distrusted.add(proposal.id)
                continue
            return proposal, after
        return None

    def _ways(self, tree: Tree, arc: Arc) -> Iterator[Proposal]:
        """The changes that could cut an arc, the cheapest first."""
        edges = [edge for edge in tree.edges_from(arc[0]) if edge.imported == arc[1]]
        turned = redirection(tree, edges)
        if turned:
            yield turned
        wishes = {wish for edge in edges for wish in edge_wishes(tree, edge)}
        found = [choice for wish in wishes for choice in choices(tree, wish, self._settings)]
        found.sort(key=lambda choice: (choice.cost, choice.route.source, choice.route.target.name))
        for choice in found[:_MOST_TRIES]:
            proposal = move(tree, choice.route)
            if isinstance(proposal, Proposal):
                yield proposal

    def _is_progress(self, before: Tree, after: Tree, arc: Arc, order: Mapping[str, int]) -> bool:
        """Whether the arc is gone, and the imports against the order weigh less."""
        old = self._weights(before, self._tangle(before))
        new = self._weights(after, self._tangle(after))
        return arc not in new and _against(new, order) < _against(old, order)

    def _tangle(self, tree: Tree) -> frozenset[str]:
        """What of the component still hangs together."""
        found = frozenset[str]()
        for members in tree.tangles(self._kind):
            if members & self._members:
                found |= members
        return found

    def _weights(self, tree: Tree, members: frozenset[str]) -> dict[Arc, int]:
        timings = {timing for kind in self._kinds for timing in TIMINGS[kind]}
        weights: dict[Arc, int] = {}
        for name in sorted(members):
            for edge in tree.edges_from(name):
                if edge.timing in timings and _counts(edge) and edge.imported in members:
                    arc = (edge.importer, edge.imported)
                    weights[arc] = weights.get(arc, 0) + weight(edge)
        return weights

    def _dearer(self, weights: Mapping[Arc, int]) -> dict[Arc, int]:
        return {a: w * _DEAR if a in self._dear else w for a, w in weights.items() if a[0] != a[1]}


def _counts(edge: Edge) -> bool:
    return edge.origin not in (Origin.PARENT, Origin.DYNAMIC)


def _against(weights: Mapping[Arc, int], order: Mapping[str, int]) -> int:
    # A module that is new has no place: it is checked to be in no circle.
    return sum(w for (a, b), w in weights.items() if order.get(a, 0) >= order.get(b, -1))
