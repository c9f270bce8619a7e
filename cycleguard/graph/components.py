"""The strongly connected components of the import graph, at every level of strictness.

Takes the edges of `resolve`, gives `Component`s, each with a witness cycle and a cut.
Read next by `simulate`, `classify` and `report`.
"""

from collections.abc import Iterable, Iterator

import networkx as nx

from cycleguard.graph.build import ImportGraph, level_graph, parallel_edges
from cycleguard.graph.feedback import feedback_arc_set
from cycleguard.graph.witness import shortest_cycle
from cycleguard.model.cycles import Component, CycleKind
from cycleguard.model.edges import Edge


def components(edges: Iterable[Edge], near: frozenset[str] = frozenset()) -> tuple[Component, ...]:
    """Find all strongly connected components, each reported at the strictest level that has it.

    The levels are nested: eager edges; with deferred and lazy ones; with typing ones. Parent and
    dynamic edges take no part (DESIGN section 5).

    Args:
        edges: All edges of the project, in any order.
        near: If not empty, only components that hold one of these modules are given, and their
            witness passes through one of them where it can.

    Returns:
        Components of two or more modules, and modules that import themselves, sorted by kind
        (eager, deferred, typing) and then by modules.
    """
    known = tuple(edges)
    found: dict[frozenset[str], Component] = {}
    for kind in CycleKind:
        graph = level_graph(known, kind)
        for members in _cyclic(graph):
            if members not in found and (not near or members & near):
                found[members] = _component(graph.subgraph(members).copy(), kind, near)
    kinds = tuple(CycleKind)
    return tuple(sorted(found.values(), key=lambda c: (kinds.index(c.kind), c.modules)))


def cyclic_sets(edges: Iterable[Edge], kind: CycleKind) -> tuple[frozenset[str], ...]:
    """The modules that import each other in a circle at a level, without a witness or a cut."""
    return tuple(sorted(_cyclic(level_graph(edges, kind)), key=sorted))


def _cyclic(graph: ImportGraph) -> Iterator[frozenset[str]]:
    for members in nx.strongly_connected_components(graph):
        if len(members) > 1 or any(graph.has_edge(module, module) for module in members):
            yield frozenset(members)


def _component(graph: ImportGraph, kind: CycleKind, near: frozenset[str]) -> Component:
    edges = tuple(sorted(edge for a, b in graph.edges for edge in parallel_edges(graph, a, b)))
    return Component(
        kind=kind,
        modules=tuple(sorted(graph)),
        witness=shortest_cycle(graph, kind, near),
        edges=edges,
        cut=feedback_arc_set(edges),
    )
