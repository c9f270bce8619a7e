"""The cheapest part of a graph of needs that can go by itself: a minimum cut.

Takes what each member needs, what it costs to take it along, and what it costs to part two of them;
gives the members to take. Read next by `relocate`.

Source: Picard, "Maximal closure of a graph and applications to combinatorial problems", 1976.
"""

from collections.abc import Iterable, Mapping

import networkx as nx

_SOURCE, _SINK = "source", "sink"
Member = tuple[str, int]


def cheapest_closure(
    wanted: Iterable[int],
    needs: Mapping[int, frozenset[int]],
    cost: Mapping[int, int],
    ties: Mapping[tuple[int, int], int],
    barred: Iterable[int] = (),
) -> frozenset[int] | None:
    """Choose members so that every need of a chosen one is chosen.

    Args:
        wanted: members to choose in any case.
        needs: for every member, what it cannot go without.
        cost: for every member, what it costs to choose it.
        ties: what it costs to choose the first of a pair but not the second.
        barred: members that must not be chosen.

    Returns:
        The smallest of the cheapest choices; None if a barred member is needed.
    """
    wanted, barred = frozenset(wanted), frozenset(barred)
    if barred & closure(wanted, needs):
        return None
    graph: nx.DiGraph[Member] = nx.DiGraph()
    source, sink = (_SOURCE, 0), (_SINK, 0)
    graph.add_nodes_from([source, sink, *(("", each) for each in sorted(needs))])
    for member in sorted(needs):
        if member in wanted:
            graph.add_edge(source, ("", member))  # no capacity: without bound
        if member in barred:
            graph.add_edge(("", member), sink)
        else:
            graph.add_edge(("", member), sink, capacity=cost[member])
        for need in sorted(needs[member]):
            graph.add_edge(("", member), ("", need))
    for (chosen, left), price in sorted(ties.items()):
        if not graph.has_edge(("", chosen), ("", left)):
            graph.add_edge(("", chosen), ("", left), capacity=price)
    _, (taken, _) = nx.minimum_cut(graph, source, sink)
    return frozenset(member for kind, member in taken if kind == "")


def closure(wanted: Iterable[int], needs: Mapping[int, frozenset[int]]) -> frozenset[int]:
    """`wanted` and all that they need, whatever it costs."""
    found = set(wanted)
    pending = sorted(found)
    while pending:
        for need in needs[pending.pop()]:
            if need not in found:
                found.add(need)
                pending.append(need)
    return frozenset(found)
