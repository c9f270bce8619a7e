"""The changes that could cut an import between two modules, the cheapest first.

In: a `Tree` and an arc. Out: ways, each with a `Sketch`; only `proposal` touches text.
"""

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.graph.arcs import Arc
from cycleguard.graph.build import TIMINGS
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edges import Edge, Origin
from cycleguard.model.proposals import Proposal
from cycleguard.relocate.moving import Route, move
from cycleguard.relocate.places import Settings
from cycleguard.relocate.reexported import origins_of, redirection
from cycleguard.relocate.routes import choices, edge_wishes
from cycleguard.relocate.sketch import Sketch, sketch_of_move, sketch_of_redirection
from cycleguard.relocate.tree import Tree
from cycleguard.relocate.unfolding import unfolded

_MOST = 12


class Way(Struct, frozen=True):
    """One change: along a route, or without one a redirection.

    `base` is the tree that it starts from: the importer of `arc` imports names there, even if it
    used the module as a whole before. `plain_cost` is what it costs if any place will do.
    """

    arc: Arc
    sketch: Sketch
    base: Tree
    route: Route | None = None
    names: frozenset[str] = frozenset()
    plain_cost: int = 0

    def proposal(self, tree: Tree) -> Proposal | None:
        """The change carried out; None if the files forbid it."""
        importer, imported = self.arc
        if self.route is None:
            edges = (e for e in self.base.edges_from(importer) if e.imported == imported)
            found = redirection(self.base, [edge for edge in edges if edge.names])
        else:
            moved = move(self.base, self.route)
            found = moved if isinstance(moved, Proposal) else None
        if found is None or self.base is tree:
            return found
        path = tree.modules[importer].path
        first = f"{importer} imports the names that it uses of {imported}, not the module"
        return replace(
            found,
            files={path: self.base.contents[path], **found.files},
            redirected=tuple(sorted({*found.redirected, importer})),
            story=(*found.story, first),
        )


class Ways:
    """The ways to cut the arcs of one tree at the level of cycles `kind`."""

    def __init__(self, tree: Tree, kind: CycleKind, settings: Settings) -> None:
        self._tree = tree
        kinds = tuple(CycleKind)[: tuple(CycleKind).index(kind) + 1]
        self._timings = {timing for each in kinds for timing in TIMINGS[each]}
        self._settings = settings
        self._known: dict[Arc, tuple[Way, ...]] = {}

    def of(self, arc: Arc) -> tuple[Way, ...]:
        """The ways to cut one arc."""
        if arc not in self._known:
            self._known[arc] = self._found(arc)
        return self._known[arc]

    def edges(self, tree: Tree, importer: str) -> list[Edge]:
        """The edges of a module that count at this level."""
        return [
            edge
            for edge in tree.edges_from(importer)
            if edge.timing in self._timings and edge.origin not in (Origin.PARENT, Origin.DYNAMIC)
        ]

    def _found(self, arc: Arc) -> tuple[Way, ...]:
        importer, imported = arc
        edges = [edge for edge in self.edges(self._tree, importer) if edge.imported == imported]
        if not edges or any("*" in edge.names for edge in edges):
            return ()
        if all(edge.names for edge in edges):
            return self._by_name(self._tree, arc, edges)
        named = unfolded(self._tree, importer, imported)
        if named is None:
            return ()
        edges = [edge for edge in self.edges(named, importer) if edge.imported == imported]
        return self._by_name(named, arc, edges) if all(edge.names for edge in edges) else ()

    def _by_name(self, tree: Tree, arc: Arc, edges: list[Edge]) -> tuple[Way, ...]:
        found: list[Way] = []
        origins = origins_of(tree, edges)
        if origins:
            # from . import module, where that is what the name stands for
            ends = {f"{m}.{n}" if f"{m}.{n}" in tree.modules else m for m, n in origins.values()}
            found.append(Way(arc, sketch_of_redirection(tree, *arc, ends), tree))
        wishes = {wish for edge in edges for wish in edge_wishes(tree, edge)}
        chosen = [choice for wish in wishes for choice in choices(tree, wish, self._settings)]
        chosen.sort(key=lambda each: (each.cost, each.route.source, each.route.target.name))
        for choice in chosen[:_MOST]:
            sketch = sketch_of_move(tree, choice.route, choice.load)
            cost = choice.cost - choice.oddness
            found.append(Way(arc, sketch, tree, choice.route, choice.load.names, cost))
        return tuple(found)
