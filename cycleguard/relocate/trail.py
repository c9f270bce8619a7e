"""The steps of a search, each a project after some changes, and the simulation that judges them.

In: steps as they are made. Out: those that no entry suffers from. All steps are judged at once,
for a simulation costs as much as many steps; if an entry suffers, halving finds the step.
"""

from msgspec import Struct

from cycleguard.model.proposals import Proposal
from cycleguard.relocate.check import worse_outcome
from cycleguard.relocate.tree import Tree


class Step(Struct, frozen=True, eq=False):
    """Changes that belong together, and the project after them and all before them."""

    proposals: tuple[Proposal, ...]
    after: Tree


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

    @property
    def unjudged(self) -> int:
        """How many steps the simulation has not seen yet."""
        return len(self._steps) - self._judged

    def add(self, step: Step) -> None:
        """Go one step further."""
        self._steps.append(step)

    def judge(self) -> Step | None:
        """Simulate all entries; if one imports worse, go back to where the first one does.

        Returns:
            The step from which on that is so. It is taken back with all that follow.
        """
        good, bad = self._judged, len(self._steps)
        if good == bad or not self._suffers(bad):
            self._judged = bad
            return None
        while bad - good > 1:
            middle = (good + bad) // 2
            if self._suffers(middle):
                bad = middle
            else:
                good = middle
        culprit = self._steps[bad - 1]
        del self._steps[bad - 1 :]
        self._judged = good
        return culprit

    def _suffers(self, number: int) -> bool:
        before = self._steps[self._judged - 1].after if self._judged else self._start
        return bool(worse_outcome(before, self._steps[number - 1].after))
