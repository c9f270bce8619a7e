"""Imports without which modules no longer hang together: what is cut as a whole or not at all.

In: the weights of the arcs of a knot. Out: groups of arcs, the cheap ones first.
"""

from collections.abc import Collection, Iterable, Mapping

from cycleguard.graph.arcs import Arc
from cycleguard.graph.ordering import arrange

_DEAR = 1_000_000
_MOST_ARCS = 12


def groups_of(weights: Mapping[Arc, int], hard: Collection[Arc]) -> list[frozenset[Arc]]:
    """The arcs that cross a line in an order of the modules, and all arcs at one end of a module.

    The order is one that few and cheap arcs run against.

    Args:
        weights: what it costs to cut each arc.
        hard: arcs that nothing cuts: they are dear, and in no group.
    """
    dear = {a: w * _DEAR if a in hard else w for a, w in weights.items() if a[0] != a[1]}
    order = arrange(dear)
    place = {name: number for number, name in enumerate(order)}
    back = [arc for arc in dear if place[arc[0]] > place[arc[1]]]
    groups = {
        frozenset(arc for arc in back if place[arc[0]] >= line > place[arc[1]])
        for line in range(1, len(order))
    }
    for name in order:
        groups.add(frozenset(arc for arc in dear if arc[0] == name))
        groups.add(frozenset(arc for arc in dear if arc[1] == name))
    fine = [group for group in groups if group and group.isdisjoint(hard)]
    fine = [group for group in fine if len(group) <= _MOST_ARCS]
    return sorted(fine, key=lambda group: (sum(weights[arc] for arc in group), sorted(group)))


def crosses(arcs: Iterable[Arc], group: Collection[Arc]) -> bool:
    """Whether an import runs the way of those of a group that are to go."""
    starts, ends = {a for a, _ in group}, {b for _, b in group}
    return any(a in starts and b in ends for a, b in arcs)


def tied(tangles: Iterable[frozenset[str]]) -> int:
    """How many pairs of modules import each other in circles: what a cut group has to lower."""
    return sum(len(members) ** 2 for members in tangles)
