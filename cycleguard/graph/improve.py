"""Local search: makes a good order of a knot better.

Takes the balance of a knot and an order of its modules, gives an order that costs no more. All
choices are by weight and then by name, the effort is counted in arcs and not in seconds: the same
knot gives the same order on every machine. Read next by `ordering`.
"""

from collections.abc import Mapping, Sequence, Set

import networkx as nx

from cycleguard.graph.balance import Arc, Balance, heavier_arcs

EFFORT = 20_000


def improve(knot: Balance, order: Sequence[str]) -> list[str]:
    """Lower the weight of the arcs against the order.

    After settling in a local optimum, each arc against the order is insisted on in turn, dear ones
    first: the search runs with that arc too heavy to cut, then without, and the outcome is taken
    if it is better. `EFFORT` arcs are looked at in all, so large knots get fewer attempts.

    Args:
        knot: The balance of strongly connected modules.
        order: All its modules.

    Returns:
        All its modules. Every arc against this order would close a cycle if it were kept.
    """
    best = _settle(knot, order, frozenset(knot))
    pending = _backward_arcs(knot, best)
    for _ in range(EFFORT // sum(1 for _ in heavier_arcs(knot))):
        if not pending:
            break
        arc = pending.pop(0)
        forced = _settle(_insisting_on(knot, arc), best, frozenset(arc))
        other = _settle(knot, forced, frozenset(arc))
        if _cost(knot, other) < _cost(knot, best):
            best = other
            untried = frozenset(pending)
            pending = sorted(_backward_arcs(knot, best), key=lambda arc: arc not in untried)
    return best


def _settle(knot: Balance, order: Sequence[str], stirred: Set[str]) -> list[str]:
    """Sift until nothing moves, then keep what does no harm; again if that opened new moves."""
    sifted = _sift(knot, order, stirred)
    settled = _keep_harmless(knot, sifted)
    while settled != sifted:
        sifted = _sift(knot, settled, frozenset(knot))
        settled = _keep_harmless(knot, sifted)
    return settled


def _sift(knot: Balance, order: Sequence[str], stirred: Set[str]) -> list[str]:
    """Move modules to their best place among the others until none has a better one.

    Only the neighbours of a module that moved can have got a better place, so only they are
    looked at again. Every move lowers the cost, so there is an end.
    """
    sifted = list(order)
    position = _positions(sifted)
    while stirred:
        moved = [
            module for module in sorted(stirred) if _move(knot[module], module, sifted, position)
        ]
        stirred = frozenset(other for module in moved for other in knot[module])
    return sifted


def _move(row: Mapping[str, int], module: str, order: list[str], position: dict[str, int]) -> bool:
    old = position[module]
    new = _best_place(row, position, old)
    if new != old:
        order.insert(new, order.pop(old))
        for index in range(min(old, new), max(old, new) + 1):
            position[order[index]] = index
    return new != old


def _best_place(row: Mapping[str, int], position: Mapping[str, int], old: int) -> int:
    """Walk a module past its neighbours: one it points to costs, one that points to it saves."""
    cost = least = stay = place = 0
    for index, net in sorted((position[other], net) for other, net in row.items()):
        cost += net
        if index < old:
            stay = cost
        if cost < least:
            least, place = cost, index + 1
    if least == stay:
        return old
    return place - 1 if place > old else place


def _keep_harmless(knot: Balance, order: Sequence[str]) -> list[str]:
    """Turn the order so that it keeps every arc against it that closes no cycle, dear ones first.

    Reachability is a bit mask per module, so that a thousand such arcs take no time.
    """
    position = _positions(order)
    reach = _reach_forward(knot, order, position)
    kept: list[Arc] = []
    for importer, imported in _backward_arcs(knot, order):
        start, gain = position[importer], reach[position[imported]]
        if not gain >> start & 1:
            kept.append((importer, imported))
            reach = [mask | gain if mask >> start & 1 else mask for mask in reach]
    return _turned(knot, order, kept) if kept else list(order)


def _reach_forward(knot: Balance, order: Sequence[str], position: Mapping[str, int]) -> list[int]:
    reach = [1 << index for index in range(len(order))]
    for index in reversed(range(len(order))):
        for other, net in knot[order[index]].items():
            if net > 0 and position[other] > index:
                reach[index] |= reach[position[other]]
    return reach


def _turned(knot: Balance, order: Sequence[str], kept: Sequence[Arc]) -> list[str]:
    position = _positions(order)
    forward = (arc for arc in heavier_arcs(knot) if position[arc[0]] < position[arc[1]])
    graph: nx.DiGraph[str] = nx.DiGraph([*forward, *kept])
    graph.add_nodes_from(knot)
    return list(nx.lexicographical_topological_sort(graph, key=position.__getitem__))


def _backward_arcs(knot: Balance, order: Sequence[str]) -> list[Arc]:
    position = _positions(order)
    backward = (arc for arc in heavier_arcs(knot) if position[arc[0]] > position[arc[1]])
    return sorted(backward, key=lambda arc: (-knot[arc[0]][arc[1]], arc))


def _insisting_on(knot: Balance, arc: Arc) -> Balance:
    importer, imported = arc
    huge = sum(abs(net) for end in arc for net in knot[end].values())
    return {
        **knot,
        importer: {**knot[importer], imported: huge},
        imported: {**knot[imported], importer: -huge},
    }


def _cost(knot: Balance, order: Sequence[str]) -> int:
    return sum(knot[importer][imported] for importer, imported in _backward_arcs(knot, order))


def _positions(order: Sequence[str]) -> dict[str, int]:
    return {module: index for index, module in enumerate(order)}
