"""A local import that cannot stand at the top as it is: which moves would let it.

In: a `Tree` and the import. Out: proposals, the cheapest first, each checked.

The cycle that the import would close has two ends that a move can open: what it wants can go
below its module, or what the other side wants of its module can.
"""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.model.edges import Edge
from cycleguard.model.findings import Action
from cycleguard.model.proposals import Impossible, Proposal
from cycleguard.model.resolved import ResolvedImport
from cycleguard.model.symbols import ModuleSymbols, Part
from cycleguard.relocate.check import worse_graph, worse_outcome
from cycleguard.relocate.closing import closed_set, split_set
from cycleguard.relocate.moving import Route, move
from cycleguard.relocate.places import Settings, Spot, spots
from cycleguard.relocate.tree import Tree
from cycleguard.symbols.meddling import held_names

SPLIT_LINES = 60


class Wish(Struct, frozen=True):
    """`consumer` is to have `names` of `source` without importing it."""

    consumer: str
    source: str
    names: frozenset[str]


def proposals_for(
    tree: Tree, blocked: ResolvedImport, settings: Settings, most: int = 8
) -> Iterator[tuple[Proposal, Tree]]:
    """The moves after which `blocked` stands at the top and every entry imports as before.

    Args:
        tree: the project.
        blocked: a function-local import of modules of the project.
        settings: how new modules are called.
        most: how many moves to try.
    """
    found: list[tuple[Proposal, Tree]] = []
    for wish in wishes_for(tree, blocked):
        for proposal in candidates(tree, wish, settings, blocked):
            after = tree.changed(proposal.files, proposal.created)
            touched = {
                module for moved in proposal.moved for module in (moved.source, moved.target)
            }
            if after and not worse_graph(tree, after, touched | set(proposal.redirected)):
                found.append((proposal, after))
    found.sort(key=lambda each: each[0].cost)
    for proposal, after in found[:most]:
        if not worse_outcome(tree, after):
            yield proposal, after


def wishes_for(tree: Tree, blocked: ResolvedImport) -> Iterator[Wish]:
    """What would have to be elsewhere for `blocked` to move."""
    consumer = blocked.importer
    for target in blocked.internal:
        if not target.names or target.module == consumer:
            continue
        for source, names in definitions(tree, target.module, target.names).items():
            if source != consumer:
                yield Wish(consumer, source, names)
            seen: set[tuple[str, str]] = set()
            path = tree.reach.path(source, consumer)
            for edge in path[-1:]:
                if edge.names and (edge.importer, edge.imported) not in seen:
                    seen.add((edge.importer, edge.imported))
                    yield from edge_wishes(tree, edge)


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


def candidates(
    tree: Tree, wish: Wish, settings: Settings, hoisted: ResolvedImport | None = None
) -> Iterator[Proposal]:
    """The moves that fulfil a wish, carried out but not checked."""
    symbols = tree.symbols(wish.source)
    if symbols is None or wish.consumer not in tree.facts:
        return
    if tree.facts[wish.source].is_generated or tree.facts[wish.consumer].is_generated:
        return
    held = held_by_others(tree, symbols)
    chosen = closed_set(symbols, wish.names, held)
    if isinstance(chosen, Impossible):
        return
    lines = sum(symbols.parts[number].lines for number in chosen)
    for spot in spots(tree, wish.source, wish.consumer, _parts(symbols, chosen), settings):
        if _is_out_of_reach(tree, wish, spot):
            continue
        action = Action.RELOCATE
        numbers = chosen
        if spot.is_new and lines > SPLIT_LINES:
            action = Action.SPLIT
            larger = split_set(symbols, wish.names, held)
            numbers = chosen if isinstance(larger, Impossible) else larger
        route = Route(wish.source, numbers, spot.module, spot.is_new, action, hoisted)
        proposal = move(tree, route)
        if isinstance(proposal, Proposal):
            yield proposal
            if any(tree.is_tangled(importer, wish.source) for importer in proposal.kept):
                thorough = move(tree, replace(route, redirects_all=True))
                if isinstance(thorough, Proposal):
                    yield thorough


def held_by_others(tree: Tree, symbols: ModuleSymbols) -> dict[str, str]:
    """The names of a module that other modules set or replace."""
    names = {name for part in symbols.parts for name in part.names}
    names |= {each.name for each in symbols.imports}
    near = {
        resolved.importer
        for resolved in tree.by_imported.get(symbols.module, ())
        if resolved.importer != symbols.module
    }
    return held_names(symbols.module, frozenset(names), tree.facts, tree.read, near)


def _parts(symbols: ModuleSymbols, chosen: frozenset[int]) -> list[Part]:
    return [part for part in symbols.parts if part.number in chosen]


def _is_out_of_reach(tree: Tree, wish: Wish, spot: Spot) -> bool:
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
