"""An order of the modules that few and cheap arcs run against.

Takes weighted arcs, gives the modules in an order; the arcs against it are a feedback arc set.
The best order is NP-hard to find (Karp 1972): small knots are solved exactly, large ones by the
greedy of Eades, Lin and Smyth and a local search. Ties go by name. Read next by `feedback`.
"""

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush

import networkx as nx

from cycleguard.graph.balance import Arc, Balance, balance, heavier_arcs, knots
from cycleguard.graph.improve import improve

EXACT_LIMIT = 12


def arrange(weights: Mapping[Arc, int]) -> tuple[str, ...]:
    """Order the ends of the arcs so that the arcs running backwards weigh little.

    Args:
        weights: The weight of each arc, positive. Self arcs are of no matter to an order.

    Returns:
        All modules. Every arc against this order would close a cycle if it were kept.
    """
    rows = balance(weights)
    acyclic: nx.DiGraph[str] = nx.DiGraph(heavier_arcs(rows))
    acyclic.add_nodes_from(rows)
    for knot in knots(rows):
        acyclic.remove_edges_from(heavier_arcs(knot))
        nx.add_path(acyclic, _arrange_knot(knot))
    return tuple(nx.lexicographical_topological_sort(acyclic))


def _arrange_knot(knot: Balance) -> list[str]:
    return _exact(knot) if len(knot) <= EXACT_LIMIT else improve(knot, _greedy(knot))


def _exact(knot: Balance) -> list[str]:
    """Find the cheapest order by dynamic programming over the sets of modules placed first.

    A set is a bit mask; the last module placed pays for its arcs back into the set.
    """
    modules = list(knot)
    back = [_costs_into(knot, modules, index) for index in range(len(modules))]
    least, last = [0], [0]
    for placed in range(1, 1 << len(modules)):
        cost, index = min(
            (least[placed ^ 1 << index] + back[index][placed], -index)
            for index in range(len(modules))
            if placed >> index & 1
        )
        least.append(cost)
        last.append(-index)
    return _unwind(modules, last)


def _costs_into(knot: Balance, modules: Sequence[str], index: int) -> list[int]:
    """Give, for every set of modules as a bit mask, the weight of the arcs from one into it."""
    costs = [0]
    for other in modules:
        weight = max(0, knot[modules[index]].get(other, 0))
        costs += [cost + weight for cost in costs]
    return costs


def _unwind(modules: Sequence[str], last: Sequence[int]) -> list[str]:
    order = []
    placed = len(last) - 1
    while placed:
        order.append(modules[last[placed]])
        placed ^= 1 << last[placed]
    return order[::-1]


def _greedy(knot: Balance) -> list[str]:
    """Order with the heuristic of Eades, Lin and Smyth, weights in the place of degrees.

    Sinks go to the end, sources to the beginning; when there are neither, the module whose
    outgoing weight exceeds its incoming weight the most goes to the beginning.

    Source: "A fast and effective heuristic for the feedback arc set problem", 1993.
    """
    outgoing = {module: sum(net for net in row.values() if net > 0) for module, row in knot.items()}
    incoming = {module: outgoing[module] - sum(row.values()) for module, row in knot.items()}
    queue = [_rank(module, outgoing, incoming) for module in knot]
    heapify(queue)
    beginning: dict[str, None] = {}
    end: dict[str, None] = {}
    while queue:
        rank = heappop(queue)
        module = rank[-1]
        if module in beginning or module in end or rank != _rank(module, outgoing, incoming):
            continue  # placed already, or ranked anew since
        (beginning if outgoing[module] else end)[module] = None
        for other, net in knot[module].items():
            incoming[other] -= max(net, 0)
            outgoing[other] -= max(-net, 0)
            heappush(queue, _rank(other, outgoing, incoming))
    return [*beginning, *reversed(end)]


def _rank(
    module: str, outgoing: Mapping[str, int], incoming: Mapping[str, int]
) -> tuple[int, int, str]:
    if not outgoing[module]:
        return 0, 0, module
    if not incoming[module]:
        return 1, 0, module
    return 2, incoming[module] - outgoing[module], module
