"""What an analysis gives as a whole: findings, cycles and entries of one project."""

from collections import Counter

from msgspec import Struct

from cycleguard.model.constructs import RuntimeFinding
from cycleguard.model.cycles import Component, CutEdge, Verdict
from cycleguard.model.findings import Decision, Finding, Outcome, Step
from cycleguard.model.modules import Skipped


class Cycle(Struct, frozen=True):
    """A component with what is said of it.

    `id` depends on the members and the kind alone, so it survives edits that keep both.
    """

    id: str
    component: Component
    verdict: Verdict
    cut: tuple[CutEdge, ...]


class Entry(Struct, frozen=True):
    """A module that does not import cleanly when it is imported first.

    `error` is CPython's exception class, `message` its text, `name` the name that was missing;
    `path` and `line` say where in `module_at` it was raised.
    """

    module: str
    outcome: Outcome
    error: str | None
    message: str | None
    name: str | None
    module_at: str
    path: str
    line: int
    chain: tuple[Step, ...] = ()


class Analysis(Struct, frozen=True):
    """Everything that `scan` reports. All tuples are sorted; paths are relative to `root`.

    `runtime` is about what acts at run time: plugins, aliases, lazy imports.

    `root` is an absolute folder, and so of no interest to reports for machines.
    """

    root: str
    files: int
    modules: int
    findings: tuple[Finding, ...]
    cycles: tuple[Cycle, ...]
    entries: tuple[Entry, ...]
    skipped: tuple[Skipped, ...]
    runtime: tuple[RuntimeFinding, ...] = ()

    @property
    def local_imports(self) -> int:
        """How many function-local import statements there are."""
        return sum(f.resolved.statement.is_local for f in self.findings)

    @property
    def dynamic_imports(self) -> int:
        """How many calls import something."""
        return sum(f.resolved.statement.is_dynamic for f in self.findings)

    @property
    def decisions(self) -> dict[str, int]:
        """How many findings got each decision; every decision is a key."""
        counted = Counter(str(finding.decision) for finding in self.findings)
        return {str(decision): counted[decision] for decision in Decision}
