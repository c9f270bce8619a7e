"""An `Analysis` as the table that people write by hand: file, import, decision, remark."""

import re

from cycleguard.model.analysis import Analysis, Cycle
from cycleguard.model.findings import Finding
from cycleguard.report.wording import (
    cycle_title,
    cycles_summary,
    imports_summary,
    plan_words,
    short_statement,
)


def to_markdown(analysis: Analysis) -> str:
    """The analysis as GitHub-flavoured Markdown."""
    parts = [_imports(analysis), _entries(analysis), _cycles(analysis), _skipped(analysis)]
    return "\n".join(["# Imports", "", *(part for part in parts if part), _summary(analysis), ""])


def _imports(analysis: Analysis) -> str:
    if not analysis.findings:
        return "No function-local and no dynamic imports.\n"
    rows = [
        "| file | in | import | decision | remark |",
        "|---|---|---|---|---|",
        *(_row(finding) for finding in analysis.findings),
    ]
    return "\n".join(rows) + "\n"


def _row(finding: Finding) -> str:
    statement = finding.resolved.statement
    cells = (
        as_words(f"{finding.resolved.path}:{statement.line}"),
        as_code(statement.scope),
        as_code(statement.statement),
        f"{finding.decision}",
        as_words(finding.text + _plan(finding)),
    )
    return f"| {' | '.join(cells)} |"


def _plan(finding: Finding) -> str:
    return f"; plan: {plan_words(finding.plan)}" if finding.plan else ""


def as_code(text: str) -> str:
    """Text as code, in a table's cell too; its own backticks need a longer fence."""
    runs = [len(run) for run in re.findall("`+", text)]
    fence = "`" * (max(runs, default=0) + 1)
    space = " " if runs else ""
    return f"{fence}{space}{_line(text)}{space}{fence}"


def as_words(text: str) -> str:
    """Text as it is: `__init__` is no bold word, and what stands in backticks stays code."""
    parts = re.split("(`[^`]*`)", _line(text))
    return "".join(
        part if part.startswith("`") else re.sub(r"([\\*_<\[\]])", r"\\\1", part) for part in parts
    )


def _line(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _entries(analysis: Analysis) -> str:
    if not analysis.entries:
        return ""
    rows = ["## Modules that do not import cleanly when imported first", ""]
    for entry in analysis.entries:
        error = as_words(f": {entry.error}: {entry.message}") if entry.error else ""
        place = as_words(f"{entry.path}:{entry.line}")
        rows.append(f"- `{entry.module}`: {entry.outcome}, at {place}{error}")
    return "\n".join(rows) + "\n"


def _cycles(analysis: Analysis) -> str:
    if not analysis.cycles:
        return ""
    return "\n".join(["## Cycles", "", *(_cycle(cycle) for cycle in analysis.cycles)])


def _cycle(cycle: Cycle) -> str:
    way = [edge.importer for edge in cycle.component.witness]
    path = " → ".join(f"`{name}`" for name in (*way, *way[:1]))
    title = cycle_title(cycle)
    lines = [f"### {title[:1].upper()}{title[1:]}", "", path, ""]
    if cycle.cut:
        lines += ["| cut | statement | remedy |", "|---|---|---|"]
    for cut in cycle.cut:
        place = as_words(f"{cut.edge.path}:{cut.edge.line}")
        statement = as_code(short_statement(cut.edge.statement))
        lines.append(f"| {place} | {statement} | {as_words(cut.remedy)} |")
    return "\n".join([*lines, ""])


def _skipped(analysis: Analysis) -> str:
    if not analysis.skipped:
        return ""
    rows = [
        f"- {as_words(skipped.path)}: {as_words(skipped.reason)}" for skipped in analysis.skipped
    ]
    return "\n".join(["## Not analysed", "", *rows, ""])


def _summary(analysis: Analysis) -> str:
    return f"{imports_summary(analysis)}; {cycles_summary(analysis.cycles)}."
