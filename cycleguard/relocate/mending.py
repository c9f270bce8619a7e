"""Modules of a cycle that nothing can end, and that still fail as the first import.

In: the steps so far and the modules of a cycle. Out: more steps, after which such modules import:
who asks a half-way module for a name looks it up when it is used. The cycle stays.
"""

from collections.abc import Collection, Iterable

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
    is_new = bool(inside)
    while is_new:
        is_new, blamed = False, set[str]()
        # What did not help before the last steps may do so now.
        while made := _round(trail, inside, blamed, owner):
            taken_back = trail.judge().taken_back
            is_new = is_new or len(taken_back) < len(made)
            blamed |= {made[step] for step in taken_back[:1]}


def _round(
    trail: Trail, inside: frozenset[str], blamed: Collection[str], owner: int
) -> dict[Step, str]:
    """One step for each entry that one is found for; `blamed` are left alone."""
    made: dict[Step, str] = {}
    for entry in _failing(trail.tree, inside):
        step = None if entry in blamed else _mended(trail.tree, entry, inside, owner)
        if step:
            trail.add(step)
            made[step] = entry
    return made


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
