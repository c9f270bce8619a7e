"""An `Analysis` for people: grouped by file, summary last. The only home of rich.

On a terminal, text wraps with its indentation; in a pipe every row is one line, whatever its
length, so that `grep` and `awk` see whole rows.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import IO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cycleguard.model.analysis import Analysis, Cycle, Entry
from cycleguard.model.catalogue import CATALOGUE
from cycleguard.model.edges import Edge
from cycleguard.model.findings import Decision, Finding, Outcome

_DECISION_STYLES = {
    Decision.MOVE_TO_TOP: "green",
    Decision.LEAVE: "dim",
    Decision.RELOCATE: "yellow",
    Decision.SPLIT: "magenta",
}
_MOST_CUT_ROWS = 12


def make_console(file: IO[str] | None = None, *, is_error: bool = False) -> Console:
    """A console that colours on terminals only; ``NO_COLOR`` is honoured by rich."""
    return Console(file=file, stderr=is_error, highlight=False, soft_wrap=False, markup=False)


def print_analysis(console: Console, analysis: Analysis) -> None:
    """Print the whole report."""
    printer = _Printer(console)
    printer.imports(analysis.findings)
    printer.entries(analysis.entries)
    printer.cycles(analysis.cycles)
    printer.skipped(analysis)
    printer.summary(analysis)


def print_finding(console: Console, finding: Finding) -> None:
    """Print one import with all its evidence: `cycleguard explain`."""
    printer = _Printer(console)
    printer.explained(finding)


class _Printer:
    def __init__(self, console: Console) -> None:
        self._console = console

    def imports(self, findings: Iterable[Finding]) -> None:
        by_path = groupby(findings, key=lambda finding: finding.resolved.path)
        for path, group in by_path:
            self._line(Text(path, style="bold"))
            for first, lines in _alike(group):
                self._finding(first, lines)
            self._line(Text())

    def entries(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            name = "crashes" if entry.outcome is Outcome.CRASH else str(entry.outcome)
            style = "bold red" if entry.outcome is Outcome.CRASH else "bold yellow"
            self._line(Text.assemble((f"import {entry.module}", "bold"), f"  {name}", style=style))
            self._line(Text(f"{entry.error}: {entry.message}"), 4)
            self._line(Text(f"at {entry.path}:{entry.line} in {entry.module_at}"), 4)
            self._line(Text())

    def cycles(self, cycles: Iterable[Cycle]) -> None:
        for cycle in cycles:
            component = cycle.component
            title = (
                f"{component.kind} cycle {cycle.id}: {_count(len(component.modules), 'module')}, "
                f"{cycle.verdict}"
            )
            self._line(Text(title, style="bold"))
            for edge in component.witness:
                self._line(_edge_text(edge), 4)
            self._cut(cycle)
            self._line(Text())

    def skipped(self, analysis: Analysis) -> None:
        if not analysis.skipped:
            return
        self._line(Text("not analysed", style="bold"))
        for skipped in analysis.skipped:
            self._line(Text.assemble((skipped.path, "yellow"), f"  {skipped.reason}"), 2)
        self._line(Text())

    def summary(self, analysis: Analysis) -> None:
        decisions = analysis.decisions
        total = sum(decisions.values())
        counts = ", ".join(f"{n} {name}" for name, n in decisions.items() if n)
        kinds = f"{analysis.local_imports} function-local and {analysis.dynamic_imports} dynamic"
        self._line(
            Text(
                f"{_count(analysis.files, 'file')} analysed, {kinds} "
                f"{'import' if total == 1 else 'imports'}{f': {counts}' if counts else ''}",
                style="bold",
            )
        )
        self._line(Text(_cycles_summary(analysis.cycles), style="bold"))

    def explained(self, finding: Finding) -> None:
        resolved, statement = finding.resolved, finding.resolved.statement
        entry = CATALOGUE[finding.code]
        self._line(Text(f"{resolved.path}:{statement.line}", style="bold"))
        self._line(Text(statement.statement, style="cyan"), 2)
        self._line(Text())
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for label, text in _rows(finding):
            table.add_row(label, text)
        self._console.print(Padding(table, (0, 0, 0, 2)))
        self._line(Text())
        self._line(Text(f"{entry.title}. {entry.why}"), 2)
        self._line(Text(f"Remedy: {entry.remedy}", style="green"), 2)

    def _finding(self, finding: Finding, lines: list[int]) -> None:
        statement = finding.resolved.statement
        style = _DECISION_STYLES[finding.decision]
        places = ", ".join(map(str, lines))
        self._line(Text.assemble((f"{places:>5}  ", "dim"), (statement.statement, "cyan")), 0, 7)
        verdict = Text.assemble((str(finding.decision), style), f"  {finding.text}")
        verdict.append(f"  [{finding.code}]", style="dim")
        self._line(verdict, 7)

    def _cut(self, cycle: Cycle) -> None:
        if not cycle.cut:
            return
        self._line(Text("cut here:", style="dim"), 2)
        for cut in cycle.cut[:_MOST_CUT_ROWS]:
            place = f"{cut.edge.path}:{cut.edge.line}"
            self._line(Text.assemble((place, "bold"), "  ", (cut.edge.statement, "cyan")), 4)
            self._line(Text(cut.remedy), 8)
        rest = len(cycle.cut) - _MOST_CUT_ROWS
        if rest > 0:
            self._line(Text(f"and {rest} more: --format json lists them all", style="dim"), 4)

    def _line(self, text: Text, indent: int = 0, hanging: int | None = None) -> None:
        if not self._console.is_terminal:
            self._console.print(Text(" " * indent) + text, soft_wrap=True)
            return
        hang = indent if hanging is None else hanging
        width = max(self._console.width - hang, 20)
        for number, row in enumerate(text.wrap(self._console, width)):
            self._console.print(Text(" " * (indent if number == 0 else hang)) + row)


def _alike(findings: Iterable[Finding]) -> Iterator[tuple[Finding, list[int]]]:
    """Neighbouring imports that are the same and are judged the same, with all their lines."""
    key = lambda f: (f.resolved.statement.statement, f.decision, f.code, f.text)  # noqa: E731
    for _, group in groupby(findings, key=key):
        alike = list(group)
        yield alike[0], [finding.resolved.statement.line for finding in alike]


def _edge_text(edge: Edge) -> Text:
    return Text.assemble(
        edge.importer,
        (" -> ", "dim"),
        edge.imported,
        (f"  {edge.path}:{edge.line} ({edge.timing})", "dim"),
    )


def _rows(finding: Finding) -> Iterator[tuple[str, str]]:
    resolved, statement = finding.resolved, finding.resolved.statement
    yield "in", f"{resolved.importer}, {statement.scope}"
    yield "runs", _runs(finding)
    for target in resolved.targets:
        names = f" ({', '.join(target.names)})" if target.names else ""
        yield "imports", f"{target.module or 'a computed name'}{names}: {target.kind}"
    for guard in statement.guards:
        yield "guard", f"line {guard.line}: {guard.kind} `{guard.test}`"
    for use in statement.function.uses if statement.function else ():
        yield "use", f"{use.name}: read {_count(use.loads, 'time')}{_use_detail(finding, use.name)}"
    for comment in statement.comments:
        yield "comment", comment
    yield "decision", f"{finding.decision} ({finding.action}, {finding.applicability})"
    yield "reason", f"{finding.text} [{finding.code}]"
    for line in finding.evidence:
        yield "evidence", line
    yield "if hoisted", _hoisted(finding)
    if finding.suppressed is not None:
        yield "vouched for", finding.suppressed or "without a reason"


def _runs(finding: Finding) -> str:
    timing = str(finding.resolved.statement.timing)
    return {
        "eager": "while the module is being imported",
        "deferred": "when the function is called",
        "typing": "never; type checkers read it",
        "lazy": "at first use",
    }[timing]


def _use_detail(finding: Finding, name: str) -> str:
    function = finding.resolved.statement.function
    use = next(u for u in function.uses if u.name == name) if function else None
    if use is None or not use.loads:
        return ""
    if use.annotation_loads == use.loads:
        return ", in annotations only"
    return ", as `name.x` only" if use.attribute_loads == use.loads else ""


def _hoisted(finding: Finding) -> str:
    hoist = finding.hoist
    if hoist.outcome is Outcome.UNKNOWN:
        return "unknown"
    where = f" when {hoist.entry} is imported first" if hoist.entry else ""
    what = f": {hoist.error}: {hoist.message}" if hoist.error else ""
    return f"{hoist.outcome}{where}{what}"


def _cycles_summary(cycles: Iterable[Cycle]) -> str:
    cycles = tuple(cycles)
    if not cycles:
        return "no import cycles"
    kinds: dict[str, int] = {}
    for cycle in cycles:
        kinds[str(cycle.component.kind)] = kinds.get(str(cycle.component.kind), 0) + 1
    counts = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return f"{_count(len(cycles), 'import cycle')}: {counts}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
