"""The shortest cycle that shows why a component exists.

Takes the graph of one component, gives a cycle as edges in walking order. One breadth-first search
per imported module, cut off at the best length so far; elementary cycles are never enumerated.
Read next by `components`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import TypeAlias

from cycleguard.graph.build import TIMINGS, ImportGraph, arcs, strictest_edge
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edges import Edge

Successors: TypeAlias = Mapping[str, Collection[str]]


def shortest_cycle(
    component: ImportGraph, kind: CycleKind, near: frozenset[str] = frozenset()
) -> tuple[Edge, ...]:
    """Give a shortest cycle that uses an arc which only exists from `kind` on.

    A cycle through a module of `near` is preferred to a shorter one elsewhere. A simple cycle
    through a given module and a given arc is NP-hard to find (Fortune, Hopcroft, Wyllie 1980), so
    the preference looks at the shortest closed walk of each arc and drops it if a module repeats;
    for eager components, where every arc will do, that is exact.

    Args:
        component: A strongly connected graph that is not strongly connected in a stricter level;
            or one module with an edge to itself.
        kind: The level of the component.
        near: Modules that the reader asked about; empty for no preference.

    Returns:
        The edges in order, from the importer whose name is first. Self edges count only if the
        component is a single module.
    """
    if len(component) == 1:
        (module,) = component
        return (strictest_edge(component, module, module),)
    importers = _importers_by_imported(component, kind)
    successors = {importer: sorted(component.adj[importer]) for importer in component}
    everywhere = frozenset(component)
    preferred = _search(successors, importers, near & everywhere) if near & everywhere else ()
    return _as_edges(component, preferred or _search(successors, importers, everywhere))


def _importers_by_imported(component: ImportGraph, kind: CycleKind) -> dict[str, frozenset[str]]:
    importers = defaultdict(set)
    for importer, imported in arcs(component):
        if strictest_edge(component, importer, imported).timing in TIMINGS[kind]:
            importers[imported].add(importer)
    return {imported: frozenset(importers[imported]) for imported in sorted(importers)}


def _search(
    successors: Successors, importers: Mapping[str, frozenset[str]], near: frozenset[str]
) -> tuple[str, ...]:
    """Give the first shortest cycle (imported, ..., importer) through `near`, or nothing."""
    best: tuple[str, ...] = ()
    for imported, wanted in importers.items():
        shorter = islice(_levels(successors, imported, near), len(best) - 1 if best else None)
        for level in shorter:
            walks = (_walk(successors, imported, end, near) for end in sorted(wanted & level))
            cycle = next((walk for walk in walks if len(set(walk)) == len(walk)), ())
            if cycle:
                best = cycle
                break
    return best


def _levels(successors: Successors, start: str, near: frozenset[str]) -> Iterator[frozenset[str]]:
    """Give, per distance, the modules first reached there by a walk that has touched `near`."""
    before, after = frozenset({start}) - near, frozenset({start}) & near
    seen_before, seen_after = set(before), set(after)
    while before or after:
        yield after
        reached = frozenset().union(*(successors[module] for module in before))
        after = frozenset().union(*(successors[module] for module in after))
        after = (after | (reached & near)) - seen_after
        before = reached - near - seen_before
        seen_before |= before
        seen_after |= after


def _walk(successors: Successors, start: str, end: str, near: frozenset[str]) -> tuple[str, ...]:
    """Give the walk that `_levels` promised, the first by name of the shortest."""
    origin = (start, start in near)
    came_from = {origin: origin}
    queue = [origin]
    for place in queue:  # grows while it is read: breadth first
        if place == (end, True):
            break
        for module in successors[place[0]]:
            following = (module, place[1] or module in near)
            if following not in came_from:
                came_from[following] = place
                queue.append(following)
    return _trace(came_from, (end, True))


def _trace(
    came_from: Mapping[tuple[str, bool], tuple[str, bool]], place: tuple[str, bool]
) -> tuple[str, ...]:
    walk = [place[0]]
    while came_from[place] != place:
        place = came_from[place]
        walk.append(place[0])
    return tuple(reversed(walk))


def _as_edges(component: ImportGraph, cycle: tuple[str, ...]) -> tuple[Edge, ...]:
    first = cycle.index(min(cycle))
    turned = cycle[first:] + cycle[:first]
    following = turned[1:] + turned[:1]
    return tuple(strictest_edge(component, a, b) for a, b in zip(turned, following, strict=True))
