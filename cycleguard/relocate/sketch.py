"""What a change would do to the graph, before any text is touched.

In: a `Tree` and a change that is thought of. Out: a `Sketch`, the arcs that come and go; an
`Outline` is the graph with such sketches in it. Where the text decides whether an arc goes, it is
taken to go: a sketch says no where the change would not do, and its yes has to be tried.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from msgspec import Struct

from cycleguard.graph.arcs import Arc, Arcs
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edges import Edge, Origin, Timing
from cycleguard.model.symbols import ImportedName
from cycleguard.relocate.importers import importers_of, redirectable
from cycleguard.relocate.load import Load
from cycleguard.relocate.moving import Route
from cycleguard.relocate.origin import leaves_with
from cycleguard.relocate.tree import Tree

LEVELS = (CycleKind.EAGER, CycleKind.DEFERRED)
_BY_TIMING = {
    Timing.EAGER: LEVELS,
    Timing.DEFERRED: LEVELS[1:],
    Timing.LAZY: LEVELS[1:],
    Timing.TYPING: (),
}


class Sketch(Struct, frozen=True):
    """The arcs that come and go, by the level of cycles at which they count."""

    adds: dict[CycleKind, frozenset[Arc]]
    removes: dict[CycleKind, frozenset[Arc]]

    @property
    def modules(self) -> frozenset[str]:
        """The modules at the ends of these arcs."""
        arcs = chain(*self.adds.values(), *self.removes.values())
        return frozenset(chain.from_iterable(arcs))


class Outline:
    """The graph of a tree with changes that are not made yet."""

    def __init__(self, tree: Tree, levels: Mapping[CycleKind, Arcs] | None = None) -> None:
        self._tree = tree
        self._levels = levels or {kind: tree.level(kind) for kind in LEVELS}

    def level(self, kind: CycleKind) -> Arcs:
        """The arcs of one level."""
        return self._levels[kind]

    def changed(self, sketch: Sketch) -> "Outline":
        """The same with one more change."""
        levels = {
            kind: arcs.changed(sketch.adds[kind], sketch.removes[kind])
            for kind, arcs in self._levels.items()
        }
        return Outline(self._tree, levels)

    def ties(self, sketch: Sketch) -> bool:
        """Whether what `sketch`, which is in here, adds makes a cycle that was not there."""
        return any(
            self._levels[kind].reaches(imported, importer)
            and not self._tree.is_tangled(importer, imported, kind)
            for kind in LEVELS
            for importer, imported in sketch.adds[kind]
        )


def sketch_of_move(tree: Tree, route: Route, load: Load) -> Sketch:
    """What comes and goes with a move."""
    source, target = route.source, route.target.name
    importers = importers_of(tree, source, load.names)
    importers.pop(target, None)
    leaving = frozenset(importers)
    if not route.redirects_all:
        leaving = redirectable(tree, source, importers, load.names)
    after = {
        source: list(_edges_of_source(tree, load, target)),
        target: list(_edges_of_target(tree, load, target)),
    }
    for importer in leaving:
        after[importer] = list(_redirected(tree.edges_from(importer), source, load.names, target))
    return _sketch(tree, after)


def sketch_of_redirection(tree: Tree, importer: str, imported: str, origins: set[str]) -> Sketch:
    """What comes and goes where `importer` asks the modules `origins` instead of `imported`."""
    edges: list[_Arrow] = []
    for edge in tree.edges_from(importer):
        ends = origins if edge.imported == imported and edge.names else {edge.imported}
        edges += (_Arrow(end, edge.timing) for end in ends if _counts(edge))
    return _sketch(tree, {importer: edges})


def sketch_of_file(tree: Tree, after: Tree, importer: str) -> Sketch:
    """What comes and goes where the file of `importer` is as it is in `after`."""
    edges = after.edges_from(importer)
    arrows = [_Arrow(edge.imported, edge.timing) for edge in edges if _counts(edge)]
    return _sketch(tree, {importer: arrows})


class _Arrow(Struct, frozen=True):
    imported: str
    timing: Timing


def _sketch(tree: Tree, after: Mapping[str, list[_Arrow]]) -> Sketch:
    adds: dict[CycleKind, frozenset[Arc]] = {}
    removes: dict[CycleKind, frozenset[Arc]] = {}
    for kind in LEVELS:
        old = {
            (name, imported) for name in after for imported in tree.level(kind).from_module(name)
        }
        new = {
            (name, each.imported)
            for name, edges in after.items()
            for each in edges
            if kind in _BY_TIMING[each.timing] and each.imported != name
        }
        adds[kind], removes[kind] = frozenset(new - old), frozenset(old - new)
    return Sketch(adds, removes)


def _edges_of_source(tree: Tree, load: Load, target: str) -> Iterator[_Arrow]:
    """The old module imports the names back, and does without what only they needed."""
    source = load.source
    moving = _lines(load)
    spent: dict[int, set[str]] = {}
    kept: dict[int, set[str]] = {}
    is_package = tree.modules[source.module].is_package
    exports = tree.facts[source.module].exports
    staying = [part for part in source.parts if part not in load.parts]
    read = frozenset(name for part in staying for name in part.needs | part.unbound)
    for each in source.imports:
        goes = not is_package and leaves_with(each, load, read, exports, tree.modules.__contains__)
        (spent if goes else kept).setdefault(each.line, set()).add(_module(tree, each))
    for edge in tree.edges_from(source.module):
        is_spent = edge.imported in spent.get(edge.line, ())
        is_spent = is_spent and edge.imported not in kept.get(edge.line, ())
        if _counts(edge) and edge.line not in moving and not is_spent:
            yield _Arrow(edge.imported, edge.timing)
    yield _Arrow(target, Timing.EAGER)


def _edges_of_target(tree: Tree, load: Load, target: str) -> Iterator[_Arrow]:
    source = load.source.module
    yield from _redirected(tree.edges_from(target), source, load.names, target)
    for each in load.imports:
        if not each.is_typing and _module(tree, each) in tree.modules:
            yield _Arrow(_module(tree, each), Timing.EAGER)
    moving = _lines(load)
    for edge in tree.edges_from(source):
        if _counts(edge) and edge.line in moving:
            yield _Arrow(edge.imported, edge.timing)


def _redirected(
    edges: Iterable[Edge], source: str, names: frozenset[str], target: str
) -> Iterator[_Arrow]:
    for edge in edges:
        if not _counts(edge):
            continue
        is_concerned = edge.imported == source and bool(names.intersection(edge.names))
        if not is_concerned or not names.issuperset(edge.names):
            yield _Arrow(edge.imported, edge.timing)
        if is_concerned:
            yield _Arrow(target, edge.timing)


def _counts(edge: Edge) -> bool:
    return edge.origin not in (Origin.PARENT, Origin.DYNAMIC)


def _lines(load: Load) -> frozenset[int]:
    """The lines that move."""
    spans = (span for part in load.parts for span in part.spans)
    return frozenset(line for span in spans for line in range(span.first, span.last + 1))


def _module(tree: Tree, imported: ImportedName) -> str:
    child = f"{imported.module}.{imported.original}"
    return child if child in tree.modules else imported.module
