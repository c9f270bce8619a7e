"""The changes that could cut an import between two modules, the cheapest first.

In: a `Tree` and an arc. Out: ways, each with a `Sketch`; only `proposal` touches text.
"""

from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.graph.arcs import Arc
from cycleguard.graph.build import TIMINGS
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edges import Edge, Origin
from cycleguard.model.proposals import Held, Hold, Impossible, Proposal, nearest
from cycleguard.relocate.moving import Route, move
from cycleguard.relocate.places import Settings
from cycleguard.relocate.reexported import origins_of, redirection
from cycleguard.relocate.routes import Choice, asked_places, edge_wishes, sorted_choices
from cycleguard.relocate.sketch import Sketch, sketch_of_move, sketch_of_redirection
from cycleguard.relocate.tree import Tree
from cycleguard.relocate.unfolding import unfolded

_MOST = 12


class Way(Struct, frozen=True):
    """One change: along a route, or without one a redirection.

    `unfolds`: the importer of `arc` uses the module as a whole, and imports its names before.
    `plain_cost` is what it costs if any place will do.
    """

    arc: Arc
    sketch: Sketch
    unfolds: bool = False
    route: Route | None = None
    names: frozenset[str] = frozenset()
    plain_cost: int = 0

    def proposal(self, tree: Tree) -> Proposal | Impossible:
        """The change carried out, if the files allow it."""
        importer, imported = self.arc
        base = unfolded(tree, *self.arc) if self.unfolds else tree
        if isinstance(base, Impossible):
            return base
        if self.route is None:
            edges = (edge for edge in base.edges_from(importer) if edge.imported == imported)
            redirected = redirection(base, [edge for edge in edges if edge.names])
            found = redirected or Impossible(f"{importer} cannot be edited")
        else:
            found = move(base, self.route)
        if isinstance(found, Impossible) or not self.unfolds:
            return found
        path = tree.modules[importer].path
        first = f"{importer} imports the names that it uses of {imported}, not the module"
        return replace(
            found,
            files={path: base.contents[path], **found.files},
            redirected=tuple(sorted({*found.redirected, importer})),
            story=(*found.story, first),
        )


class _Found(Struct, frozen=True):
    """The ways to cut an arc, and the modules whose files say that these are the ways.

    `held` is what speaks against others.
    """

    ways: tuple[Way, ...]
    modules: frozenset[str]
    held: Held | None = None


class Ways:
    """The ways to cut the arcs of one tree at the level of cycles `kind`."""

    def __init__(self, tree: Tree, kind: CycleKind, settings: Settings) -> None:
        self._tree = tree
        self._kind = kind
        kinds = tuple(CycleKind)[: tuple(CycleKind).index(kind) + 1]
        self._timings = {timing for each in kinds for timing in TIMINGS[each]}
        self._settings = settings
        self._known: dict[Arc, _Found] = {}

    def of(self, arc: Arc) -> tuple[Way, ...]:
        """The ways to cut one arc."""
        if arc not in self._known:
            self._known[arc] = self._found(arc)
        return self._known[arc].ways

    def held(self, arc: Arc) -> Held:
        """Why there are no more ways to cut an arc."""
        self.of(arc)
        return self._known[arc].held or Held(Hold.UNDEFINED, "no other module has its names")

    def after(self, tree: Tree, touched: Collection[str]) -> "Ways":
        """The ways in the next tree, in which the modules `touched` differ.

        What is far from these is kept. That the rest of the graph has changed may make a way of no
        use, which whoever takes it sees; and it may open one, which is seen by looking anew.
        """
        after = Ways(tree, self._kind, self._settings)
        after._known = {a: f for a, f in self._known.items() if f.modules.isdisjoint(touched)}
        return after

    def edges(self, tree: Tree, importer: str) -> list[Edge]:
        """The edges of a module that count at this level."""
        return [
            edge
            for edge in tree.edges_from(importer)
            if edge.timing in self._timings and edge.origin not in (Origin.PARENT, Origin.DYNAMIC)
        ]

    def _found(self, arc: Arc) -> _Found:
        importer, imported = arc
        edges = [edge for edge in self.edges(self._tree, importer) if edge.imported == imported]
        if not edges or any("*" in edge.names for edge in edges):
            star = Held(Hold.STAR, f"{importer} imports all names of {imported}")
            return _Found((), frozenset(arc), star)
        if all(edge.names for edge in edges):
            return self._by_name(self._tree, arc, edges)
        named = unfolded(self._tree, importer, imported)
        if isinstance(named, Impossible):
            return _Found((), frozenset(arc), Held(Hold.WHOLE, named.text))
        edges = [edge for edge in self.edges(named, importer) if edge.imported == imported]
        if all(edge.names for edge in edges):
            return self._by_name(named, arc, edges)
        whole = f"another import of {imported} asks for the module"
        return _Found((), frozenset(arc), Held(Hold.WHOLE, whole))

    def _by_name(self, tree: Tree, arc: Arc, edges: list[Edge]) -> _Found:
        unfolds = tree is not self._tree
        found: list[Way] = []
        origins = origins_of(tree, edges)
        if origins:
            # from . import module, where that is what the name stands for
            ends = {f"{m}.{n}" if f"{m}.{n}" in tree.modules else m for m, n in origins.values()}
            found.append(Way(arc, sketch_of_redirection(tree, *arc, ends), unfolds))
        wishes = {wish for edge in edges for wish in edge_wishes(tree, edge)}
        asked = [each for wish in wishes for each in asked_places(tree, wish, self._settings)]
        chosen = sorted_choices(each for each in asked if isinstance(each, Choice))
        for choice in chosen[:_MOST]:
            sketch = sketch_of_move(tree, choice.route, choice.load)
            cost = choice.cost - choice.oddness
            found.append(Way(arc, sketch, unfolds, choice.route, choice.load.names, cost))
        seen = {*arc, *(wish.source for wish in wishes)}
        for way in found:
            seen |= way.sketch.modules
        held = nearest(each for each in asked if isinstance(each, Held))
        return _Found(tuple(found), frozenset(seen), held)
