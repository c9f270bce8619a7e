"""The eager imports that edits add, and whether those of other variants fit in.

In: edits, and the edges of a project. Out: arcs, and the proposals whose turn closes a cycle.
"""

from collections.abc import Iterable, Mapping

from cycleguard.graph.growth import fitting
from cycleguard.model.edges import Edge
from cycleguard.model.edits import Hoist, Qualify, Redirect
from cycleguard.plan.batch import Turn

Arcs = frozenset[tuple[str, str]]


def arcs_of(turn: Turn) -> Arcs:
    """The eager imports that the edit of a turn adds."""
    edit, finding = turn.edit, turn.proposal.finding
    if finding is None or edit is None:
        return frozenset()
    importer = finding.resolved.importer
    if isinstance(edit, Redirect):
        return frozenset((importer, each.module) for each in edit.definitions)
    if isinstance(edit, (Hoist, Qualify)):
        return frozenset((importer, target.module) for target in finding.resolved.internal)
    return frozenset()


def closing_turns(
    edges: Iterable[Edge], before: Mapping[str, Turn], after: Mapping[str, Turn]
) -> frozenset[str]:
    """The proposals of `after` that have another turn than `before`, and close a cycle with it.

    Those that have the same turn are taken to fit, and so are the arcs of first variants.
    """
    turned = {
        name: arcs_of(turn)
        for name, turn in after.items()
        if before.get(name) != turn and not arcs_of(turn) <= arcs_of(Turn(turn.proposal))
    }
    if not turned:
        return frozenset()
    taken = (arc for name, turn in after.items() if name not in turned for arc in arcs_of(turn))
    return frozenset(turned) - fitting(edges, turned, taken)
