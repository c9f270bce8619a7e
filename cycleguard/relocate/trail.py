"""The steps of a search, each a project after some changes, and the simulation that judges them.

In: steps as they are made. Out: those that no entry suffers from. All steps are judged at once,
for a simulation costs as much as many steps; if an entry suffers, halving finds the step, for which
a few of the entries that suffer are enough.
"""

from itertools import product

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.graph.arcs import Arc
from cycleguard.model.findings import Outcome
from cycleguard.model.proposals import Proposal
from cycleguard.relocate.check import finds_names, obstacle, worse_graph, worse_outcome
from cycleguard.relocate.tree import Tree

_FEW = 4


class Step(Struct, frozen=True, eq=False):
    """Changes that belong together, and the project after them and all before them.

    `owner` is the number of the search that made the step, `purpose` the arcs that it cuts.
    """

    proposals: tuple[Proposal, ...]
    after: Tree
    owner: int = 0
    purpose: frozenset[Arc] = frozenset()

    @property
    def touched(self) -> frozenset[str]:
        """The modules that give, take or are redirected."""
        return frozenset(name for proposal in self.proposals for name in proposal.touched)

    @property
    def files(self) -> dict[str, bytes]:
        """New contents by path."""
        return {path: new for proposal in self.proposals for path, new in proposal.files.items()}

    @property
    def modules(self) -> frozenset[str]:
        """The modules whose files differ."""
        files = self.files
        return frozenset(each.name for each in self.after.project.modules if each.path in files)


class Verdict(Struct, frozen=True):
    """Whether changes do; if not, who asked which half-way module for a name, if that is why."""

    is_fine: bool = True
    obstacle: Arc | None = None


class Judged(Struct, frozen=True):
    """What the simulation came to.

    `taken_back` are the steps that are gone: the first is to blame, the others were built on it.
    `obstacle`: who asked which half-way module for a name, after the first.
    """

    taken_back: tuple[Step, ...] = ()
    obstacle: Arc | None = None


class Trail:
    """From a project, `start`, to a better one."""

    def __init__(self, start: Tree) -> None:
        self.start = start
        self._steps: list[Step] = []
        self._judged = 0

    @property
    def tree(self) -> Tree:
        """The project after all steps."""
        return self._steps[-1].after if self._steps else self.start

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps, in order."""
        return tuple(self._steps)

    @property
    def proposals(self) -> tuple[Proposal, ...]:
        """The changes of all steps, in order."""
        return tuple(proposal for step in self._steps for proposal in step.proposals)

    def add(self, step: Step) -> None:
        """Go one step further."""
        self._steps.append(step)

    def glance(self, touched: frozenset[str], after: Tree) -> Verdict:
        """What one look says of a next step: whether it has a half-way module asked too early.

        That can only be where a new import closes a circle of what is loaded, parent packages
        included. There the modules that differ are imported first under one policy; `judge` asks
        for all modules and all policies.
        """
        added = after.loads.added(self.tree.loads)
        if not any(after.loads.reaches(imported, importer) for importer, imported in added):
            return Verdict()
        for name, result in after.crashes(touched).items():
            if self._start_works_for(name):
                return Verdict(is_fine=False, obstacle=obstacle(result))
        return Verdict()

    def _start_works_for(self, name: str) -> bool:
        known = self.start.outcomes.get(name)
        return known is None or known.outcome is Outcome.OK

    def repeat(self, step: Step, gone: frozenset[str]) -> bool:
        """Take a step once more that was taken back with others, whose modules are `gone`.

        Its files are as they would be made again if none of them is of those modules, and if all
        of these still find the names that they ask each other for. False where that is not so.
        """
        before = self.tree
        if not step.modules.isdisjoint(gone):
            return False
        created = tuple(module for proposal in step.proposals for module in proposal.created)
        after = before.changed(step.files, created)
        if after is None or worse_graph(before, after, step.touched):
            return False
        pairs = [*product(step.modules, gone), *product(gone, step.modules)]
        if not all(finds_names(after, one, other) for one, other in pairs):
            return False
        self._steps.append(replace(step, after=after))
        return True

    def judge(self) -> Judged:
        """Simulate all entries; if one imports worse, go back to where that one does not.

        What is left has to be judged again: another entry may be worse there.
        """
        good, bad = self._judged, len(self._steps)
        suffering = worse_outcome(self._at(good), self._at(bad)) if good < bad else ()
        if not suffering:
            self._judged = bad
            return Judged()
        few, before = suffering[:_FEW], self._at(good)
        while bad - good > 1:
            middle = (good + bad) // 2
            if worse_outcome(before, self._at(middle), few):
                bad = middle
            else:
                good = middle
        after = self._at(bad)
        worse = worse_outcome(before, after, few)[:1]
        found = obstacle(after.outcomes_of(worse)[worse[0]])
        taken_back = tuple(self._steps[bad - 1 :])
        del self._steps[bad - 1 :]
        return Judged(taken_back, found)

    def _at(self, number: int) -> Tree:
        """The project after some steps."""
        return self._steps[number - 1].after if number else self.start
