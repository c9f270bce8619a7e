"""Which parts of a module could go where, so that another module does without it.

In: a `Tree` and a `Wish`. Out: routes, the cheapest first; only those that the graph allows.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.model.cycles import CycleKind
from cycleguard.model.edges import Edge
from cycleguard.model.findings import Action
from cycleguard.model.modules import Module
from cycleguard.model.proposals import Held, Hold, Impossible
from cycleguard.model.resolved import ResolvedImport
from cycleguard.model.symbols import ModuleSymbols, Part, PartKind
from cycleguard.relocate.closing import closed_set, split_set
from cycleguard.relocate.importers import importers_of
from cycleguard.relocate.load import Load, load_for
from cycleguard.relocate.moving import Route
from cycleguard.relocate.places import SHARED, Settings, Spot, spots, suits
from cycleguard.relocate.tree import Tree
from cycleguard.symbols.meddling import held_names

SPLIT_LINES = 60
MOST_LINES = 400
_ODD = 30
_LEVELS = (CycleKind.EAGER, CycleKind.DEFERRED)


class Wish(Struct, frozen=True):
    """`consumer` is to have `names` of `source` without importing it."""

    consumer: str
    source: str
    names: frozenset[str]


class Choice(Struct, frozen=True):
    """A route, what it is taken to cost, and what moves on it.

    `oddness` is what of the cost is for a place where nobody looks.
    """

    cost: int
    route: Route
    load: Load
    oddness: int = 0


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
    asked = asked_places(tree, wish, settings, hoisted)
    return sorted_choices(each for each in asked if isinstance(each, Choice))


def sorted_choices(found: Iterable[Choice]) -> list[Choice]:
    """Choices, the cheapest first."""
    return sorted(found, key=lambda each: (each.cost, each.route.source, each.route.target.name))


def asked_places(
    tree: Tree, wish: Wish, settings: Settings, hoisted: ResolvedImport | None = None
) -> Iterator[Choice | Held]:
    """For each place the routes there, or what speaks against it."""
    symbols = tree.symbols(wish.source)
    for name in (wish.source, wish.consumer):
        if tree.symbols(name) is None or tree.facts[name].is_generated:
            yield Held(Hold.FILE, f"{name} is generated, or cannot be read")
            return
    assert symbols is not None, "it has just been asked"
    held = held_by_others(tree, symbols)
    chosen = closed_set(symbols, wish.names, held)
    if isinstance(chosen, Impossible):
        yield Held(Hold.STAYS, chosen.text)
        return
    graph = _Graph(tree, wish)
    for spot in spots(tree, wish.source, wish.consumer, _parts(symbols, chosen), settings):
        if _is_out_of_reach(tree, spot):
            yield Held(Hold.PLACE, f"nothing may be added to {spot.module.name}")
            continue
        numbers, action = chosen, Action.RELOCATE
        if spot.is_new and _lines(symbols, chosen) > SPLIT_LINES:
            action = Action.SPLIT
            larger = split_set(symbols, wish.names, held, graph.upper(symbols))
            numbers = chosen if isinstance(larger, Impossible) else larger
        target = None if spot.is_new else tree.symbols(spot.module.name)
        load = load_for(symbols, numbers, target, spot.module.name)
        if isinstance(load, Impossible):
            yield Held(Hold.PLACE, load.text)
            continue
        is_odd = not spot.is_new and load.lines > SPLIT_LINES and _is_shown(load)
        if load.lines > MOST_LINES or is_odd:
            yield Held(Hold.LARGE, f"{load.lines} lines would go to {spot.module.name}")
            continue
        if graph.closes(load, spot):
            yield Held(Hold.BACK, f"in {spot.module.name} it would close another circle")
            continue
        importers = importers_of(tree, wish.source, load.names).keys() - {spot.module.name}
        oddness = 0 if spot.is_new else _oddness(load, spot.module, len(importers))
        cost = load.lines + 3 * (2 + len(importers)) + 12 * spot.is_new + oddness
        if load.lines > SPLIT_LINES and not spot.is_new:
            # So much would make another module of the one that takes it.
            cost += load.lines
        route = Route(wish.source, numbers, spot.module, spot.is_new, action, hoisted)
        yield Choice(cost, route, load, oddness)
        if any(tree.is_tangled(importer, wish.source) for importer in importers):
            yield Choice(cost + 1, replace(route, redirects_all=True), load, oddness)


class _Graph:
    """What a move would do to the graph, before any text is touched."""

    def __init__(self, tree: Tree, wish: Wish) -> None:
        self._tree = tree
        self._wish = wish
        self._gone = (wish.consumer, wish.source)

    def closes(self, load: Load, spot: Spot) -> bool:
        """Whether what moves would bring a new cycle with it."""
        tree, wish, name = self._tree, self._wish, spot.module.name
        imported = {
            self._module(each.module, each.original) for each in load.imports if not each.is_typing
        }
        imported = {each for each in imported if each in tree.modules and each != name}
        for kind in _LEVELS:
            leads_back = {x for x in imported if self._reaches(kind, x, wish.source)}
            if spot.is_new:
                if leads_back or any(self._reaches(kind, x, wish.consumer) for x in imported):
                    return True
            elif leads_back and not tree.is_tangled(name, wish.source, kind):
                return True
            elif name != wish.consumer and self._reaches(kind, name, wish.source):
                if not tree.is_tangled(name, wish.source, kind):
                    return True
        return False

    def upper(self, symbols: ModuleSymbols) -> frozenset[int]:
        """The parts that use what leads back to one of the two modules."""
        ends = (self._wish.source, self._wish.consumer)
        back = {
            each.name
            for each in symbols.imports
            for end in ends
            if self._reaches(_LEVELS[-1], self._module(each.module, each.original), end)
        }
        return frozenset(part.number for part in symbols.parts if part.needs & back)

    def _module(self, module: str, original: str) -> str:
        child = f"{module}.{original}"
        return child if child in self._tree.modules else module

    def _reaches(self, kind: CycleKind, start: str, end: str) -> bool:
        return self._tree.level(kind).reaches(start, end, self._gone)


def _oddness(load: Load, target: Module, others: int) -> int:
    """What it costs that nobody looks for it in an existing module.

    That is so of classes and of what is raised; of what was in a module that is made for sharing;
    of what several `others` import as well; and of any definition in a package.
    """
    if suits(target.name, load.parts):
        return 0
    if any(part.is_exception for part in load.parts):
        return 3 * _ODD
    is_shared = any(SHARED.match(part) for part in load.source.module.split("."))
    if any(part.kind is not PartKind.VALUE for part in load.parts):
        return _ODD if _is_shown(load) or is_shared or target.is_package or others > 1 else 0
    return _ODD if others > 1 else 0


def _is_shown(load: Load) -> bool:
    """Whether others meet what moves by its full name: in ``repr``, in documentation."""
    classes = (part for part in load.parts if part.kind is PartKind.CLASS)
    return any(not name.startswith("_") for part in classes for name in part.names)


def _lines(symbols: ModuleSymbols, numbers: frozenset[int]) -> int:
    return sum(symbols.parts[number].lines for number in numbers)


def held_by_others(tree: Tree, symbols: ModuleSymbols) -> dict[str, str]:
    """The names of a module that other modules set or replace."""
    if symbols.module not in tree.held:
        tree.held[symbols.module] = _held_by_others(tree, symbols)
    return tree.held[symbols.module]


def _held_by_others(tree: Tree, symbols: ModuleSymbols) -> dict[str, str]:
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
