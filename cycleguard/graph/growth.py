"""Which new eager imports fit in without a new or larger cycle of eager imports.

Takes the edges as they are and the arcs that each change would add; gives the changes that can be
made together. Read next by `plan`.
"""

from collections.abc import Iterable, Mapping

import networkx as nx

from cycleguard.graph.balance import Arc
from cycleguard.graph.build import ImportGraph, level_graph
from cycleguard.graph.ordering import arrange
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edges import Edge

_FIXED = 1_000_000
"""What an arc weighs that is there already: no order of the modules may go against it."""


def fitting(
    edges: Iterable[Edge], wanted: Mapping[str, frozenset[Arc]], taken: Iterable[Arc] = ()
) -> frozenset[str]:
    """Choose as many of the changes `wanted`, by their names, as go together.

    Every eager component stays as it is. The choice is maximal: no other change can be added. It
    is near the largest there is, as the order of `ordering` goes against few arcs.

    Args:
        edges: all edges as they are.
        wanted: the arcs, importer and imported, that each change adds.
        taken: arcs that other changes add in any case.
    """
    graph = level_graph(edges, CycleKind.EAGER)
    graph.add_edges_from(sorted(set(taken)))
    graph.add_nodes_from(sorted({module for arcs in wanted.values() for a in arcs for module in a}))
    condensed = nx.condensation(graph)
    place: Mapping[str, int] = condensed.graph["mapping"]
    new = {
        name: frozenset((place[a], place[b]) for a, b in arcs if place[a] != place[b])
        for name, arcs in wanted.items()
    }
    position = _positions(condensed, new)
    full: nx.DiGraph[int] = nx.DiGraph(condensed.edges)
    full.add_edges_from(arc for arcs in new.values() for arc in sorted(arcs))
    knot = {
        node: number
        for number, part in enumerate(nx.strongly_connected_components(full))
        for node in part
    }
    chosen: set[str] = set()
    for name in sorted(new, key=lambda n: (_against(new[n], position), n)):
        if _fits(condensed, new[name], knot):
            condensed.add_edges_from(new[name])
            chosen.add(name)
    return frozenset(chosen)


def grown(before: Iterable[Edge], after: Iterable[Edge]) -> tuple[frozenset[str], ...]:
    """The eager components of `after` that none of `before` holds, sorted."""
    old = [frozenset(c) for c in nx.strongly_connected_components(_eager(before))]
    component = {module: members for members in old for module in members}
    found = (
        frozenset(members)
        for members in nx.strongly_connected_components(_eager(after))
        if len(members) > 1
    )
    new = [c for c in found if not c <= component.get(min(c), frozenset())]
    return tuple(sorted(new, key=sorted))


def _eager(edges: Iterable[Edge]) -> ImportGraph:
    return level_graph(edges, CycleKind.EAGER)


def _positions(
    condensed: "nx.DiGraph[int]", new: Mapping[str, frozenset[tuple[int, int]]]
) -> dict[int, int]:
    weights: dict[Arc, int] = {}
    for arcs in new.values():
        for a, b in arcs:
            arc = (str(a), str(b))
            weights[arc] = weights.get(arc, 0) + 1
    weights.update({(str(a), str(b)): _FIXED for a, b in condensed.edges})
    return {int(node): number for number, node in enumerate(arrange(weights))}


def _against(arcs: frozenset[tuple[int, int]], position: Mapping[int, int]) -> int:
    """How many arcs go against the order."""
    return sum(position[a] >= position[b] for a, b in arcs)


def _fits(
    graph: "nx.DiGraph[int]", arcs: frozenset[tuple[int, int]], knot: Mapping[int, int]
) -> bool:
    added = [arc for arc in sorted(arcs) if not graph.has_edge(*arc)]
    for number, (importer, imported) in enumerate(added):
        # Only within one knot of all arcs together is there a way back.
        if knot[importer] == knot[imported] and _leads(graph, imported, importer, knot):
            for arc in added[:number]:
                graph.remove_edge(*arc)
            return False
        graph.add_edge(importer, imported)
    return True


def _leads(graph: "nx.DiGraph[int]", start: int, wanted: int, knot: Mapping[int, int]) -> bool:
    seen, pending = {start}, [start]
    while pending:
        node = pending.pop()
        if node == wanted:
            return True
        following = [n for n in graph.successors(node) if n not in seen and knot[n] == knot[wanted]]
        seen.update(following)
        pending += following
    return False
