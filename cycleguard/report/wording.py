"""Phrases that several reports share."""

from collections import Counter
from collections.abc import Iterable

from cycleguard.model.analysis import Analysis, Cycle, Entry
from cycleguard.model.cycles import CycleKind, Verdict
from cycleguard.model.findings import Outcome
from cycleguard.model.imports import ImportStatement
from cycleguard.model.moved import MovePlan

_LONGEST_STATEMENT = 120
_NAMES_SHOWN = 3

_KINDS = {
    CycleKind.EAGER: "at import time",
    CycleKind.DEFERRED: "through imports inside functions",
    CycleKind.TYPING: "through imports for type checkers",
}

_VERDICTS = {
    Verdict.CRASH: "; crash: imports fail because of it",
    Verdict.SILENT: "; silent: names are lost because of it, without an error",
    Verdict.BENIGN: "; benign: no import fails because of it",
    Verdict.UNKNOWN: "",
}
ENTRY_WORDS = {
    Outcome.CRASH: "crashes",
    Outcome.SILENT: "imports, but a name is lost: the error is caught",
    Outcome.UNKNOWN: "may fail: it depends on a condition",
}
_ENTRY_COUNTS = {
    Outcome.CRASH: ("crashes", "crash"),
    Outcome.SILENT: ("loses a name", "lose a name"),
    Outcome.UNKNOWN: ("may fail", "may fail"),
}


def count(number: int, noun: str, plural: str | None = None) -> str:
    """``1 cycle``, ``2 cycles``."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or f'{noun}s'}"


def imports_summary(analysis: Analysis) -> str:
    """How many files were read, and what was decided of their imports."""
    counts = {"function-local": analysis.local_imports, "dynamic": analysis.dynamic_imports}
    found = " and ".join(count(n, f"{kind} import") for kind, n in counts.items() if n)
    decided = ", ".join(f"{n} {name}" for name, n in analysis.decisions.items() if n)
    files = f"{count(analysis.files, 'file')} read"
    if not found:
        return f"{files}, no function-local and no dynamic imports"
    return f"{files}, {found}: {decided}"


def cycles_summary(cycles: Iterable[Cycle]) -> str:
    """How many cycles there are, by kind."""
    kinds = Counter(str(cycle.component.kind) for cycle in cycles)
    if not kinds:
        return "no import cycles"
    counts = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    return f"{count(kinds.total(), 'import cycle')}: {counts}"


def entries_summary(entries: Iterable[Entry]) -> str:
    """How many modules do not import cleanly, by what happens."""
    outcomes = Counter(entry.outcome for entry in entries)
    parts = [f"{count(n, 'module')} {_ENTRY_COUNTS[o][n > 1]}" for o, n in outcomes.items()]
    return f"imported first, {', '.join(parts)}"


def cycle_title(cycle: Cycle) -> str:
    """The size, kind and verdict of a cycle."""
    component = cycle.component
    kind = f"{component.kind} ({_KINDS[component.kind]})"
    verdict = _VERDICTS[cycle.verdict]
    return f"cycle {cycle.id}: {count(len(component.modules), 'module')}, {kind}{verdict}"


def short_statement(statement: str) -> str:
    """A statement that fits a row: of very many names only the first are shown."""
    if len(statement) <= _LONGEST_STATEMENT:
        return statement
    names = statement.split(", ")
    if len(names) <= _NAMES_SHOWN:
        return f"{statement[: _LONGEST_STATEMENT - 3]}..."
    shown = ", ".join(names[:_NAMES_SHOWN])
    return f"{shown}, ... ({len(names) - _NAMES_SHOWN} more)"


def plan_words(plan: MovePlan) -> str:
    """What would move for an import, on one row."""
    if not plan.story:
        return "no move was found after which every module imports as before"
    also = f"; {count(len(plan.redirected), 'module')} redirected" if plan.redirected else ""
    return f"{plan.story[0]}{also}"


def other_lines(statements: Iterable[ImportStatement]) -> str:
    """``also at line 5``, for what a merged row stands for besides its first statement."""
    lines = [str(statement.line) for statement in statements]
    if not lines:
        return ""
    return f"also at {'line' if len(lines) == 1 else 'lines'} {', '.join(lines)}"
