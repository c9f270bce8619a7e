"""An `Analysis` as the table that people write by hand: file, import, decision, remark."""

from cycleguard.model.analysis import Analysis, Cycle
from cycleguard.model.findings import Finding


def to_markdown(analysis: Analysis) -> str:
    """The analysis as GitHub-flavoured Markdown."""
    parts = [_imports(analysis), _entries(analysis), _cycles(analysis), _skipped(analysis)]
    return "\n".join(["# Imports", "", *parts, _summary(analysis), ""])


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
        f"{finding.resolved.path}:{statement.line}",
        f"`{statement.scope}`",
        f"`{_cell(statement.statement)}`",
        f"{finding.decision}",
        _cell(finding.text),
    )
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _entries(analysis: Analysis) -> str:
    if not analysis.entries:
        return ""
    rows = ["## Modules that do not import cleanly when imported first", ""]
    for entry in analysis.entries:
        place = f"{entry.path}:{entry.line}"
        rows.append(f"- `{entry.module}`: {entry.outcome}, {entry.error or ''} at {place}")
    return "\n".join(rows) + "\n"


def _cycles(analysis: Analysis) -> str:
    if not analysis.cycles:
        return "No import cycles.\n"
    return "\n".join(["## Cycles", "", *(_cycle(cycle) for cycle in analysis.cycles)])


def _cycle(cycle: Cycle) -> str:
    component = cycle.component
    way = [edge.importer for edge in component.witness]
    path = " → ".join(f"`{name}`" for name in (*way, *way[:1]))
    size = f"{len(component.modules)} modules"
    lines = [f"### {cycle.id}: {component.kind}, {size}, {cycle.verdict}", "", path, ""]
    if cycle.cut:
        lines += ["| cut | statement | remedy |", "|---|---|---|"]
    for cut in cycle.cut:
        place = f"{cut.edge.path}:{cut.edge.line}"
        lines.append(f"| {place} | `{_cell(cut.edge.statement)}` | {_cell(cut.remedy)} |")
    return "\n".join([*lines, ""])


def _skipped(analysis: Analysis) -> str:
    if not analysis.skipped:
        return ""
    rows = [f"- `{skipped.path}`: {skipped.reason}" for skipped in analysis.skipped]
    return "\n".join(["## Not analysed", "", *rows, ""])


def _summary(analysis: Analysis) -> str:
    counts = ", ".join(f"{count} {name}" for name, count in analysis.decisions.items() if count)
    return (
        f"{analysis.files} files, {analysis.local_imports} function-local and "
        f"{analysis.dynamic_imports} dynamic imports{f' ({counts})' if counts else ''}, "
        f"{len(analysis.cycles)} cycles."
    )
