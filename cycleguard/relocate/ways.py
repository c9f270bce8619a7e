"""The changes that could cut an import between two modules, the cheapest first.

In: a `Tree` and an arc. Out: ways, each with a `Sketch`; only `proposal` touches text.
"""

from collections.abc import Collection

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.graph.arcs import Arc
from cycleguard.graph.build import TIMINGS
from cycleguard.graph.feedback import STATEMENT_COST, is_offered, weight
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edges import Edge, Origin, Timing
from cycleguard.model.proposals import Held, Hold, Impossible, Proposal, nearest
from cycleguard.relocate.guarding import Guarded, guarded, is_for_annotations
from cycleguard.relocate.moving import Route, move
from cycleguard.relocate.places import Settings
from cycleguard.relocate.reexported import origins_of, redirection
from cycleguard.relocate.routes import Choice, asked_places, edge_wishes, sorted_choices
from cycleguard.relocate.sketch import (
    Sketch,
    sketch_of_file,
    sketch_of_move,
    sketch_of_redirection,
)
from cycleguard.relocate.tree import Tree
from cycleguard.relocate.unfolding import unfolded

_MOST = 12


class Way(Struct, frozen=True):
    """One change: along a route, or without one a redirection.

    `unfolds`: the importer of `arc` uses the module as a whole, and imports its names before.
    `guards`: what only its annotations need is for type checkers before the rest is done;
    `is_enough` if there is no rest. `plain_cost` is what it costs if any place will do.
    """

    arc: Arc
    sketch: Sketch
    unfolds: bool = False
    guards: bool = False
    is_enough: bool = False
    route: Route | None = None
    names: frozenset[str] = frozenset()
    plain_cost: int = 0

    def proposal(self, tree: Tree) -> Proposal | Impossible:
        """The change carried out, if the files allow it."""
        importer, imported = self.arc
        base = unfolded(tree, *self.arc) if self.unfolds else tree
        if isinstance(base, Impossible):
            return base
        first = guarded(base, *self.arc) if self.guards else None
        if isinstance(first, Impossible):
            return first
        if first and self.is_enough:
            found: Proposal | Impossible = first.proposal()
        else:
            found = self._rest(first.tree if first else base)
        if isinstance(found, Impossible):
            return found
        if first and not self.is_enough:
            found = _after(first.proposal(), found)
        if self.unfolds:
            path = tree.modules[importer].path
            found = replace(
                found,
                files={path: base.contents[path], **found.files},
                redirected=tuple(sorted({*found.redirected, importer})),
                story=(
                    *found.story,
                    f"{importer} imports the names that it uses of {imported}, not the module",
                ),
            )
        return found

    def _rest(self, tree: Tree) -> Proposal | Impossible:
        """The redirection or the move."""
        if self.route is not None:
            return move(tree, self.route)
        importer, imported = self.arc
        edges = (edge for edge in tree.edges_from(importer) if edge.imported == imported)
        redirected = redirection(tree, [edge for edge in edges if edge.names])
        return redirected or Impossible(f"{importer} cannot be edited")


def _after(first: Proposal, rest: Proposal) -> Proposal:
    """One change that comes after another, as one."""
    return replace(
        rest,
        files={**first.files, **rest.files},
        redirected=tuple(sorted({*first.redirected, *rest.redirected})),
        story=(*rest.story, *first.story),
        remarks=(*rest.remarks, *first.remarks),
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

    def weight(self, edge: Edge) -> int:
        """What it costs to cut an edge: little if only annotations need it."""
        is_spared = not is_offered(edge) and is_for_annotations(self._tree, edge)
        return STATEMENT_COST[Timing.TYPING] if is_spared else weight(edge)

    def _edges_to(self, tree: Tree, arc: Arc) -> list[Edge]:
        return [edge for edge in self.edges(tree, arc[0]) if edge.imported == arc[1]]

    def _found(self, arc: Arc) -> _Found:
        tree = self._tree
        edges = self._edges_to(tree, arc)
        if not edges or any("*" in edge.names for edge in edges):
            star = Held(Hold.STAR, f"{arc[0]} imports all names of {arc[1]}")
            return _Found((), frozenset(arc), star)
        first = guarded(tree, *arc)
        if isinstance(first, Guarded) and not self._edges_to(first.tree, arc):
            sketch = sketch_of_file(tree, first.tree, arc[0])
            return _Found((Way(arc, sketch, guards=True, is_enough=True),), frozenset(arc))
        if all(edge.names for edge in edges):
            return self._by_name(tree, arc, edges, first)
        named = unfolded(tree, *arc)
        if isinstance(named, Impossible):
            return _Found((), frozenset(arc), Held(Hold.WHOLE, named.text))
        edges = self._edges_to(named, arc)
        if all(edge.names for edge in edges):
            return self._by_name(named, arc, edges, guarded(named, *arc))
        whole = f"another import of {arc[1]} asks for the module"
        return _Found((), frozenset(arc), Held(Hold.WHOLE, whole))

    def _by_name(
        self, tree: Tree, arc: Arc, edges: list[Edge], first: Guarded | Impossible
    ) -> _Found:
        """The ways to take names from elsewhere; if there is none, those without annotations."""
        found = self._elsewhere(tree, arc, edges)
        if found.ways or isinstance(first, Impossible):
            return found
        rest = self._edges_to(first.tree, arc)
        return self._elsewhere(first.tree, arc, rest, guards=True) if rest else found

    def _elsewhere(
        self, tree: Tree, arc: Arc, edges: list[Edge], *, guards: bool = False
    ) -> _Found:
        unfolds = any(not edge.names for edge in self._edges_to(self._tree, arc))
        found: list[Way] = []
        origins = origins_of(tree, edges)
        if origins:
            # from . import module, where that is what the name stands for
            ends = {f"{m}.{n}" if f"{m}.{n}" in tree.modules else m for m, n in origins.values()}
            sketch = sketch_of_redirection(tree, *arc, ends)
            found.append(Way(arc, sketch, unfolds, guards))
        wishes = {wish for edge in edges for wish in edge_wishes(tree, edge)}
        asked = [each for wish in wishes for each in asked_places(tree, wish, self._settings)]
        chosen = sorted_choices(each for each in asked if isinstance(each, Choice))
        for choice in chosen[:_MOST]:
            route, load = choice.route, choice.load
            sketch = sketch_of_move(tree, route, load)
            cost = choice.cost - choice.oddness
            way = Way(arc, sketch, unfolds, guards, False, route, load.names, cost)
            found.append(way)
        seen = {*arc, *(wish.source for wish in wishes)}
        for way in found:
            seen |= way.sketch.modules
        held = nearest(each for each in asked if isinstance(each, Held))
        return _Found(tuple(found), frozenset(seen), held)
