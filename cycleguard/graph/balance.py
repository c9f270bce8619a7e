"""Weighted arcs with opposite arcs set off against each other, and the knots they form.

Takes the weight of each arc, gives what an order of the modules can still win or lose: two
opposite arcs cost the lighter one in any order, so only their difference matters.
Read next by `ordering` and `improve`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import networkx as nx

Arc: TypeAlias = tuple[str, str]
Balance: TypeAlias = Mapping[str, Mapping[str, int]]


def balance(weights: Mapping[Arc, int]) -> Balance:
    """Set opposite arcs off against each other.

    Args:
        weights: The weight of each arc, positive. Self arcs are of no matter.

    Returns:
        Per module and neighbour the weight of the arc to it minus that of the arc from it, in
        sorted order. Neighbours that weigh the same both ways are left out.
    """
    modules = sorted({module for arc in weights for module in arc})
    rows: dict[str, dict[str, int]] = {module: {} for module in modules}
    for (importer, imported), weight in sorted(weights.items()):
        net = weight - weights.get((imported, importer), 0)
        if net:
            rows[importer][imported] = net
            rows[imported][importer] = -net
    return rows


def heavier_arcs(rows: Balance) -> Iterator[Arc]:
    """Give the arcs that outweigh their opposite."""
    for importer, row in rows.items():
        for imported, net in row.items():
            if net > 0:
                yield importer, imported


def knots(rows: Balance) -> Iterator[Balance]:
    """Give the parts that can be ordered apart from each other, for no cycle runs through two.

    They are the biconnected parts of the strongly connected components.
    """
    graph: nx.DiGraph[str] = nx.DiGraph(heavier_arcs(rows))
    for component in nx.strongly_connected_components(graph):
        if len(component) > 1:
            links = graph.subgraph(component).to_undirected(as_view=True)
            for part in nx.biconnected_component_edges(links):
                yield _within(rows, sorted({module for link in part for module in link}))


def _within(rows: Balance, members: Sequence[str]) -> Balance:
    inside = frozenset(members)
    return {
        module: {other: net for other, net in rows[module].items() if other in inside}
        for module in members
    }
