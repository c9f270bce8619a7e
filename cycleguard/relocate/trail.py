"""The steps of a search, each a project after some changes, and the simulation that judges them.

In: steps as they are made. Out: those that no entry suffers from. All steps are judged at once,
for a simulation costs as much as many steps; if an entry suffers, halving finds the step.
"""

from msgspec import Struct

from cycleguard.graph.arcs import Arc
from cycleguard.model.proposals import Proposal
from cycleguard.relocate.check import worse_outcome
from cycleguard.relocate.tree import Tree


class Step(Struct, frozen=True, eq=False):
    """Changes that belong together, and the project after them and all before them.

    `owner` is the number of the search that made the step, `purpose` the arcs that it cuts.
    """

    proposals: tuple[Proposal, ...]
    after: Tree
    owner: int = 0
    purpose: frozenset[Arc] = frozenset()


class Trail:
    """From a project to a better one."""

    def __init__(self, start: Tree) -> None:
        self._start = start
        self._steps: list[Step] = []
        self._judged = 0

    @property
    def tree(self) -> Tree:
        """The project after all steps."""
        return self._steps[-1].after if self._steps else self._start

    @property
    def proposals(self) -> tuple[Proposal, ...]:
        """The changes of all steps, in order."""
        return tuple(proposal for step in self._steps for proposal in step.proposals)

    def add(self, step: Step) -> None:
        """Go one step further."""
        self._steps.append(step)

    def judge(self) -> tuple[Step, ...]:
        """Simulate all entries; if one imports worse, go back to where none does.

        Returns:
            The steps that are taken back: the first is to blame, the others were built on it.
        """
        good, bad = self._judged, len(self._steps)
        if good == bad or not self._suffers(bad):
            self._judged = bad
            return ()
        while bad - good > 1:
            middle = (good + bad) // 2
            if self._suffers(middle):
                bad = middle
            else:
                good = middle
        taken_back = tuple(self._steps[bad - 1 :])
        del self._steps[bad - 1 :]
        self._judged = good
        return taken_back

    def _suffers(self, number: int) -> bool:
        before = self._steps[self._judged - 1].after if self._judged else self._start
        return bool(worse_outcome(before, self._steps[number - 1].after))
