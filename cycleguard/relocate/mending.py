"""Modules of a cycle that nothing can end, and that still fail as the first import.

In: the steps so far and the modules of a cycle. Out: more steps, after which such modules import:
who asks a half-way module for a name looks it up when it is used. The cycle stays.
"""

from collections.abc import Iterable

from cycleguard.model.findings import Outcome
from cycleguard.model.proposals import Impossible, Proposal
from cycleguard.relocate.check import obstacle, worse_graph
from cycleguard.relocate.qualifying import qualified
from cycleguard.relocate.trail import Step, Trail
from cycleguard.relocate.tree import Tree

_MOST = 6


def mend(trail: Trail, members: Iterable[str], owner: int) -> None:
    """Let modules import that fail because one of `members` asks another one half-way.

    A step is made for one entry, and kept if that imports after it and no other is worse.
    """
    inside = frozenset(members)
    if not inside:
        return
    barred: set[str] = set()
    failing = _failing(trail.tree, inside)
    while failing:
        made: dict[Step, str] = {}
        for entry in failing:
            step = _mended(trail.tree, entry, inside, owner)
            if step:
                trail.add(step)
                made[step] = entry
        barred |= set(failing) - set(made.values())
        taken_back = trail.judge().taken_back
        if taken_back:
            barred |= {made[step] for step in taken_back[:1]}
        failing = [name for name in _failing(trail.tree, inside) if name not in barred]


def _failing(tree: Tree, inside: frozenset[str]) -> list[str]:
    """The entries that crash between these modules."""
    found: list[str] = []
    for name, result in sorted(tree.outcomes.items()):
        arc = obstacle(result) if result.outcome is Outcome.CRASH else None
        if arc and inside.issuperset(arc):
            found.append(name)
    return found


def _mended(tree: Tree, entry: str, inside: frozenset[str], owner: int) -> Step | None:
    """The changes after which one entry imports; None if there are none, or none are needed."""
    now, made = tree, list[Proposal]()
    for _ in range(_MOST):
        result = now.outcomes_of([entry])[entry]
        if result.outcome is Outcome.OK:
            return Step(tuple(made), now, owner) if made else None
        arc = obstacle(result)
        if arc is None or not inside.issuperset(arc):
            return None
        proposal = qualified(now, *arc)
        if isinstance(proposal, Impossible):
            return None
        after = now.changed(proposal.files)
        if after is None or worse_graph(now, after, proposal.touched):
            return None
        made.append(proposal)
        now = after
    return None
