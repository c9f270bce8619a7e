"""A near-minimal weighted feedback arc set: the imports to cut so that no cycle is left.

Takes the edges of a component, gives those to remove, cheap ones first. networkx has no such
function (3.6), igraph's is compiled and leaves ties open. Read next by `components`.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby

from cycleguard.graph.balance import Arc
from cycleguard.graph.ordering import arrange
from cycleguard.model.edges import Edge, Timing

STATEMENT_COST = {
    Timing.TYPING: 10,
    Timing.LAZY: 20,
    Timing.DEFERRED: 30,
    Timing.EAGER: 100,
}
STAR_NAMES = 20
PACKAGE_FACTOR = 1_000
"""A package that imports its own sub-module offers it: cut the many sub-modules that ask back."""


def feedback_arc_set(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Choose edges whose removal leaves no cycle, at a low total `weight`.

    Parallel edges fall or stay together, and self edges always fall. The cut is minimal: no arc of
    it can be put back. It is the cheapest there is where the knots left after opposite arcs are
    set off against each other have few modules, and near the cheapest elsewhere; see `ordering`.

    Args:
        edges: Edges of one component or of any graph, in any order.

    Returns:
        The cut, sorted; empty if there is no cycle.
    """
    parallel = _parallel_edges(edges)
    weights = {arc: sum(map(weight, group)) for arc, group in parallel.items()}
    cut = _against(arrange(weights), weights)
    return tuple(sorted(edge for arc in cut for edge in parallel[arc]))


def weight(edge: Edge) -> int:
    """Say what it costs to cut an edge: its timing first, then how many names must be rerouted.

    A typing import is the cheapest, an eager one costs more than three deferred ones. The names of
    an eager import count in full, those of the others only break ties; a star hides many names.
    What a package imports of its own is what it offers, and dearer than anything else.
    """
    names = STAR_NAMES if "*" in edge.names else len(edge.names)
    cost = STATEMENT_COST[edge.timing]
    cost += 10 * names if edge.timing is Timing.EAGER else min(names, 9)
    return cost * PACKAGE_FACTOR if is_offered(edge) else cost


def is_offered(edge: Edge) -> bool:
    """Whether a package imports its own sub-module while it is being imported, or lazily."""
    is_own = edge.imported.startswith(f"{edge.importer}.")
    return is_own and edge.timing in (Timing.EAGER, Timing.LAZY)


def _parallel_edges(edges: Iterable[Edge]) -> dict[Arc, tuple[Edge, ...]]:
    return {arc: tuple(group) for arc, group in groupby(sorted(set(edges)), key=_arc)}


def _arc(edge: Edge) -> Arc:
    return edge.importer, edge.imported


def _against(order: tuple[str, ...], weights: Mapping[Arc, int]) -> list[Arc]:
    position = {module: index for index, module in enumerate(order)}
    return [
        (importer, imported)
        for importer, imported in weights
        if position[importer] >= position[imported]
    ]
