"""The public API: stable, typed values, described in docs/api.md.

Names and meanings stay within a major version; fields may be added. Inner types are not part of it.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from cycleguard import checking
from cycleguard.cache import default_cache_path
from cycleguard.model.analysis import Cycle as _Cycle
from cycleguard.model.analysis import Entry as _Entry
from cycleguard.model.edges import Edge as _Edge
from cycleguard.model.findings import Finding as _Finding
from cycleguard.model.issues import Issue as _Issue
from cycleguard.model.issues import Judgement
from cycleguard.options import Options
from cycleguard.report.issue_words import in_words


class Import(Struct, frozen=True):
    """An import in a function, or a call that imports. `reason` is one sentence."""

    path: str
    line: int
    module: str
    scope: str
    statement: str
    targets: tuple[str, ...]
    decision: str
    code: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.statement}: {self.decision}: {self.reason}"


class Edge(Struct, frozen=True):
    """One import of a module by another."""

    importer: str
    imported: str
    path: str
    line: int
    timing: str

    def __str__(self) -> str:
        return f"{self.importer} -> {self.imported} ({self.path}:{self.line})"


class Cycle(Struct, frozen=True):
    """Modules that import each other. `witness` is a shortest way round, `cut` ends all of it.

    `kind` is eager, deferred or typing; `verdict` is crash, silent, benign or unknown.
    """

    id: str
    kind: str
    verdict: str
    modules: tuple[str, ...]
    witness: tuple[Edge, ...]
    cut: tuple[Edge, ...]

    def __str__(self) -> str:
        way = "; ".join(map(str, self.witness))
        return f"{self.kind} cycle of {len(self.modules)} ({self.verdict}): {way}"


class Entry(Struct, frozen=True):
    """A module that does not import cleanly when it is imported first: crash, silent or unknown."""

    module: str
    outcome: str
    error: str | None
    message: str | None
    path: str
    line: int

    def __str__(self) -> str:
        error = f": {self.error}: {self.message}" if self.error else ""
        return f"import {self.module}: {self.outcome} at {self.path}:{self.line}{error}"


class Problem(Struct, frozen=True):
    """What `cycleguard check` fails on: `rule` is one of docs/check.md."""

    rule: str
    path: str
    line: int
    module: str
    message: str
    remedy: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


class Report(Struct, frozen=True):
    """What is known of a project; all tuples are sorted, paths relative to `root`.

    `problems` are what policy and baseline do not allow, as `cycleguard check` says it.
    """

    root: str
    imports: tuple[Import, ...]
    cycles: tuple[Cycle, ...]
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    skipped: tuple[tuple[str, str], ...]

    @property
    def crashes(self) -> tuple[Entry, ...]:
        """The modules that cannot be imported first."""
        return tuple(entry for entry in self.entries if entry.outcome == "crash")

    @property
    def eager_cycles(self) -> tuple[Cycle, ...]:
        """The cycles of imports that run while modules are being imported."""
        return tuple(cycle for cycle in self.cycles if cycle.kind == "eager")


def analyse(
    *paths: str | os.PathLike[str],
    jobs: int = 1,
    cache: bool = True,
    since: str | None = None,
) -> Report:
    """Analyse files and folders, by default the current folder; nothing of them is run.

    Args:
        paths: what to analyse; a folder in a package is judged in the context of the package.
        jobs: how many processes read files. The result does not depend on it.
        cache: whether to remember unchanged files in the user's cache folder.
        since: judge by what the merge base with this revision held, not by the baseline.

    Raises:
        cycleguard.errors.CycleguardError: the paths or the configuration cannot be used.
    """
    targets = tuple(Path(path) for path in paths)
    options = Options(jobs, default_cache_path() if cache else None)
    surveyed = checking.look(targets, options)
    judgement = (
        checking.check_since(surveyed, targets, since, options)
        if since
        else checking.check(surveyed)
    )
    analysis = surveyed.survey.analysis
    return Report(
        root=analysis.root,
        imports=tuple(map(_import, analysis.findings)),
        cycles=tuple(map(_cycle, analysis.cycles)),
        entries=tuple(map(_entry, analysis.entries)),
        problems=_problems(judgement),
        skipped=tuple((skipped.path, skipped.reason) for skipped in analysis.skipped),
    )


def _import(finding: _Finding) -> Import:
    resolved, statement = finding.resolved, finding.resolved.statement
    return Import(
        path=resolved.path,
        line=statement.line,
        module=resolved.importer,
        scope=statement.scope,
        statement=statement.statement,
        targets=tuple(sorted({target.module for target in resolved.targets if target.module})),
        decision=str(finding.decision),
        code=finding.code,
        reason=finding.text,
    )


def _cycle(cycle: _Cycle) -> Cycle:
    return Cycle(
        id=cycle.id,
        kind=str(cycle.component.kind),
        verdict=str(cycle.verdict),
        modules=cycle.component.modules,
        witness=_edges(cycle.component.witness),
        cut=_edges(cut.edge for cut in cycle.cut),
    )


def _edges(edges: Iterable[_Edge]) -> tuple[Edge, ...]:
    return tuple(Edge(e.importer, e.imported, e.path, e.line, str(e.timing)) for e in edges)


def _entry(entry: _Entry) -> Entry:
    return Entry(
        module=entry.module,
        outcome=str(entry.outcome),
        error=entry.error,
        message=entry.message,
        path=entry.path,
        line=entry.line,
    )


def _problems(judgement: Judgement) -> tuple[Problem, ...]:
    return tuple(map(_problem, judgement.issues))


def _problem(issue: _Issue) -> Problem:
    return Problem(
        rule=issue.rule,
        path=issue.path,
        line=issue.line,
        module=issue.module,
        message=issue.message,
        remedy=issue.remedy,
        text=in_words(issue),
    )
