"""Which parts of a module could go where, so that another module does without it.

In: a `Tree` and a `Wish`. Out: routes, the cheapest first; only those that the graph allows.
"""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.graph.reach import EagerReach
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edges import Edge, Origin, Timing
from cycleguard.model.findings import Action
from cycleguard.model.proposals import Impossible
from cycleguard.model.resolved import ResolvedImport
from cycleguard.model.symbols import ModuleSymbols, Part
from cycleguard.relocate.closing import closed_set, split_set
from cycleguard.relocate.importers import importers_of
from cycleguard.relocate.load import Load, load_for
from cycleguard.relocate.moving import Route
from cycleguard.relocate.places import Settings, Spot, spots
from cycleguard.relocate.tree import Tree
from cycleguard.symbols.meddling import held_names

SPLIT_LINES = 60
MOST_LINES = 400
_LEVELS = (
    frozenset((Timing.EAGER,)),
    frozenset((Timing.EAGER, Timing.DEFERRED, Timing.LAZY)),
)


class Wish(Struct, frozen=True):
    """`consumer` is to have `names` of `source` without importing it."""

    consumer: str
    source: str
    names: frozenset[str]


class Choice(Struct, frozen=True):
    """A route and what it is taken to cost."""

    cost: int
    route: Route


def edge_wishes(tree: Tree, edge: Edge) -> Iterator[Wish]:
    """What would have to be elsewhere for an edge to go."""
    names = {
        name
        for other in tree.edges_from(edge.importer)
        if other.imported == edge.imported
        for name in other.names
    }
    if names and "*" not in names:
        for source, wanted in definitions(tree, edge.imported, tuple(sorted(names))).items():
            if source == edge.imported:
                yield Wish(edge.importer, source, wanted)


def definitions(tree: Tree, module: str, names: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Where names are defined, by module; those that are modules themselves are left out."""
    found: dict[str, set[str]] = {}
    for name in names:
        definition = tree.reexports.definition(module, name)
        if definition and definition.name:
            found.setdefault(definition.module, set()).add(definition.name)
    return {source: frozenset(wanted) for source, wanted in sorted(found.items())}


def choices(
    tree: Tree, wish: Wish, settings: Settings, hoisted: ResolvedImport | None = None
) -> list[Choice]:
    """The routes that fulfil a wish, the cheapest first; nothing is carried out."""
    symbols = tree.symbols(wish.source)
    if symbols is None or wish.consumer not in tree.facts:
        return []
    if tree.facts[wish.source].is_generated or tree.facts[wish.consumer].is_generated:
        return []
    held = held_by_others(tree, symbols)
    chosen = closed_set(symbols, wish.names, held)
    if isinstance(chosen, Impossible):
        return []
    found: list[Choice] = []
    graph = _Graph(tree, wish)
    for spot in spots(tree, wish.source, wish.consumer, _parts(symbols, chosen), settings):
        if _is_out_of_reach(tree, spot):
            continue
        numbers, action = chosen, Action.RELOCATE
        if spot.is_new and _lines(symbols, chosen) > SPLIT_LINES:
            action = Action.SPLIT
            larger = split_set(symbols, wish.names, held, graph.upper(symbols))
            numbers = chosen if isinstance(larger, Impossible) else larger
        target = None if spot.is_new else tree.symbols(spot.module.name)
        load = load_for(symbols, numbers, target, spot.module.name)
        if isinstance(load, Impossible) or load.lines > MOST_LINES or graph.closes(load, spot):
            continue
        importers = importers_of(tree, wish.source, load.names).keys() - {spot.module.name}
        cost = load.lines + 3 * (2 + len(importers)) + 12 * spot.is_new
        if load.lines > SPLIT_LINES and not spot.is_new:
            # So much would make another module of the one that takes it.
            cost += load.lines
        route = Route(wish.source, numbers, spot.module, spot.is_new, action, hoisted)
        found.append(Choice(cost, route))
        if any(tree.is_tangled(importer, wish.source) for importer in importers):
            found.append(Choice(cost + 1, replace(route, redirects_all=True)))
    return sorted(found, key=lambda choice: (choice.cost, choice.route.target.name))


class _Graph:
    """What a move would do to the graph, before any text is touched."""

    def __init__(self, tree: Tree, wish: Wish) -> None:
        self._tree = tree
        self._wish = wish
        self._reach: dict[int, EagerReach] = {}

    def closes(self, load: Load, spot: Spot) -> bool:
        """Whether what moves would bring a new cycle with it."""
        tree, wish, name = self._tree, self._wish, spot.module.name
        imported = {self._module(each.module, each.original) for each in load.imports}
        imported = {each for each in imported if each in tree.modules and each != name}
        for level in range(len(_LEVELS)):
            reach = self._without_the_import(level)
            leads_back = {x for x in imported if reach.reaches(x, wish.source)}
            if spot.is_new:
                if leads_back or any(reach.reaches(x, wish.consumer) for x in imported):
                    return True
            elif leads_back and not self._is_tangled(level, name, wish.source):
                return True
            elif name != wish.consumer and reach.reaches(name, wish.source):
                if not self._is_tangled(level, name, wish.source):
                    return True
        return False

    def upper(self, symbols: ModuleSymbols) -> frozenset[int]:
        """The parts that use what leads back to one of the two modules."""
        reach = self._without_the_import(len(_LEVELS) - 1)
        ends = (self._wish.source, self._wish.consumer)
        back = {
            each.name
            for each in symbols.imports
            if any(reach.reaches(self._module(each.module, each.original), end) for end in ends)
        }
        return frozenset(part.number for part in symbols.parts if part.needs & back)

    def _module(self, module: str, original: str) -> str:
        child = f"{module}.{original}"
        return child if child in self._tree.modules else module

    def _is_tangled(self, level: int, one: str, other: str) -> bool:
        kind = (CycleKind.EAGER, CycleKind.DEFERRED)[level]
        return any(one in each and other in each for each in self._tree.tangles(kind))

    def _without_the_import(self, level: int) -> EagerReach:
        if level not in self._reach:
            gone = (self._wish.consumer, self._wish.source)
            self._reach[level] = EagerReach(
                replace(edge, timing=Timing.EAGER)
                for edge in self._tree.edges
                if edge.timing in _LEVELS[level]
                and edge.origin not in (Origin.PARENT, Origin.DYNAMIC)
                and (edge.importer, edge.imported) != gone
            )
        return self._reach[level]


def _lines(symbols: ModuleSymbols, numbers: frozenset[int]) -> int:
    return sum(symbols.parts[number].lines for number in numbers)


def held_by_others(tree: Tree, symbols: ModuleSymbols) -> dict[str, str]:
    """The names of a module that other modules set or replace."""
    names = {name for part in symbols.parts for name in part.names}
    names |= {each.name for each in symbols.imports}
    near = {
        resolved.importer
        for resolved in tree.by_imported.get(symbols.module, ())
        if resolved.importer != symbols.module
    }
    return held_names(symbols.module, frozenset(names), tree.facts, tree.meddling, near)


def _parts(symbols: ModuleSymbols, chosen: frozenset[int]) -> list[Part]:
    return [part for part in symbols.parts if part.number in chosen]


def _is_out_of_reach(tree: Tree, spot: Spot) -> bool:
    """Whether nothing may be added to a place."""
    name = spot.module.name
    if spot.is_new:
        return False
    facts = tree.facts.get(name)
    if facts is None or facts.is_generated:
        return True
    # What is star-imported gives each new name on to others.
    is_starred = any(each.statement.is_star for each in tree.by_imported.get(name, ()))
    return is_starred and facts.exports is None
