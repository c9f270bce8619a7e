"""Edges become directed graphs, one per level of strictness.

Takes the edges of `resolve` in any order, gives a networkx graph of modules whose arcs carry their
parallel edges. Nodes and arcs are added in sorted order, so that nothing downstream depends on the
order of the input. Read next by `components` and `reach`.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TypeAlias

import networkx as nx

from cycleguard.model.cycles import CycleKind
from cycleguard.model.edges import Edge, Origin, Timing

ImportGraph: TypeAlias = "nx.DiGraph[str]"

STRICTNESS = (Timing.EAGER, Timing.DEFERRED, Timing.LAZY, Timing.TYPING)

TIMINGS = {
    CycleKind.EAGER: frozenset({Timing.EAGER}),
    CycleKind.DEFERRED: frozenset({Timing.DEFERRED, Timing.LAZY}),
    CycleKind.TYPING: frozenset({Timing.TYPING}),
}
"""The timings that a kind adds to the stricter kinds before it."""


def level_graph(edges: Iterable[Edge], kind: CycleKind) -> ImportGraph:
    """Build the graph in which components of one kind are looked for.

    Parent and dynamic edges take no part: the first would make a cycle of every package whose
    ``__init__`` imports a child, the second are guesses (DESIGN section 5).

    Args:
        edges: All edges of the project, in any order.
        kind: The level: its own timings and those of all stricter kinds.

    Returns:
        The modules and their arcs; `parallel_edges` and `strictest_edge` read an arc.
    """
    kinds = tuple(CycleKind)
    timings = frozenset[Timing]().union(*(TIMINGS[k] for k in kinds[: kinds.index(kind) + 1]))
    return _assemble(
        edge
        for edge in edges
        if edge.timing in timings and edge.origin not in (Origin.PARENT, Origin.DYNAMIC)
    )


def eager_graph(edges: Iterable[Edge]) -> ImportGraph:
    """Build the graph of all that runs while a module is being imported, parents included.

    Args:
        edges: All edges of the project, in any order; those that are not eager are left out.

    Returns:
        The modules and their arcs. Dynamic edges stay: one too many only keeps an import in place.
    """
    return _assemble(edge for edge in edges if edge.timing is Timing.EAGER)


def parallel_edges(graph: ImportGraph, importer: str, imported: str) -> tuple[Edge, ...]:
    """Give all edges of one arc, the strictest timing and lowest line first.

    Raises:
        KeyError: There is no such arc.
    """
    edges: tuple[Edge, ...] = graph[importer][imported]["edges"]
    return edges


def strictest_edge(graph: ImportGraph, importer: str, imported: str) -> Edge:
    """Give the edge that stands for an arc: strictest timing, written out, lowest line.

    Raises:
        KeyError: There is no such arc.
    """
    return parallel_edges(graph, importer, imported)[0]


def arcs(graph: ImportGraph) -> Iterator[tuple[str, str]]:
    """Give the arcs between two different modules, in the sorted order of the graph."""
    return ((importer, imported) for importer, imported in graph.edges if importer != imported)


def _assemble(edges: Iterable[Edge]) -> ImportGraph:
    ordered = sorted(set(edges), key=_by_arc_and_strictness)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(sorted({module for edge in ordered for module in _ends(edge)}))
    graph.add_edges_from(
        (importer, imported, {"edges": tuple(parallel)})
        for (importer, imported), parallel in groupby(ordered, key=_ends)
    )
    return graph


def _by_arc_and_strictness(edge: Edge) -> tuple[tuple[str, str], int, bool, int, Edge]:
    rank = STRICTNESS.index(edge.timing)
    return _ends(edge), rank, edge.origin is Origin.PARENT, edge.line, edge


def _ends(edge: Edge) -> tuple[str, str]:
    return edge.importer, edge.imported
