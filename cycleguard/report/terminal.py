"""An `Analysis` for people: grouped by file, then cycles, the summary and what to do next last."""

import shlex
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cycleguard.model.analysis import Analysis, Cycle, Entry
from cycleguard.model.catalogue import RUNTIME_CATALOGUE
from cycleguard.model.constructs import RuntimeFinding
from cycleguard.model.cycles import CutEdge
from cycleguard.model.edges import Edge, Timing
from cycleguard.model.findings import Decision, Finding, Outcome
from cycleguard.model.modules import Skipped
from cycleguard.report.console import print_blank, print_place, print_row
from cycleguard.report.wording import (
    ENTRY_WORDS,
    count,
    cycle_title,
    cycles_summary,
    entries_summary,
    imports_summary,
    other_lines,
    plan_words,
    short_statement,
)

DECISION_STYLES = {
    Decision.MOVE_TO_TOP: "green",
    Decision.LEAVE: "dim",
    Decision.RELOCATE: "yellow",
    Decision.SPLIT: "magenta",
}
_LARGEST_WITNESS = 12
_MOST_REMEDIES = 5
_MOST_ALIKE = 3
_MOST_ENTRIES = 4
_MOST_STEPS = 4
_NARROWEST_NUMBERS = 4

# The findings that are the same statement with the same reason: one row.
_Alike = tuple[Finding, ...]


def print_analysis(console: Console, analysis: Analysis) -> None:
    """Print the whole report."""
    if Path(analysis.root) != Path.cwd():
        print_row(console, Text(f"paths are relative to {analysis.root}", style="dim"))
        print_blank(console)
    by_path = groupby(analysis.findings, key=lambda finding: finding.resolved.path)
    for path, findings in by_path:
        _print_file(console, path, list(findings))
    _print_entries(console, analysis.entries)
    _print_cycles(console, analysis.cycles)
    _print_runtime(console, analysis.runtime)
    _print_skipped(console, analysis.skipped)
    _print_summary(console, analysis)


def _print_file(console: Console, path: str, findings: Iterable[Finding]) -> None:
    print_row(console, Text(path, style="bold"))
    rows = _merged(findings)
    digits = (len(str(alike[0].resolved.statement.line)) for alike in rows)
    width = max(_NARROWEST_NUMBERS, *digits)
    for _, group in groupby(rows, key=_verdict):
        same_verdict = list(group)
        for alike in same_verdict:
            _print_statement(console, alike, width)
        _print_verdict(console, same_verdict[0][0], width + 2)
    print_blank(console)


def _merged(findings: Iterable[Finding]) -> list[_Alike]:
    merged: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        statement = finding.resolved.statement.statement
        key = (statement, *_verdict((finding,)))
        merged.setdefault(key, []).append(finding)
    return [tuple(alike) for alike in merged.values()]


def _verdict(alike: _Alike) -> tuple[str, ...]:
    first = alike[0]
    plan = first.plan.story if first.plan else ()
    return (first.decision, first.code, first.text, *plan)


def _print_statement(console: Console, alike: _Alike, width: int) -> None:
    first, *others = (finding.resolved.statement for finding in alike)
    row = _code(first.statement)
    also = other_lines(others)
    if also:
        row.append(f"  ({also})", style="dim")
    lead = Text(f"{first.line:>{width}}  ", style="dim")
    print_row(console, row, 0, width + 6, lead=lead)


def _print_verdict(console: Console, finding: Finding, indent: int) -> None:
    style = DECISION_STYLES[finding.decision]
    row = Text.assemble((str(finding.decision), style), f": {finding.text} ")
    row.append(f"[{finding.code}]", style="dim")
    print_row(console, row, indent, indent + 2)
    if finding.plan:
        print_row(console, Text(f"plan: {plan_words(finding.plan)}"), indent, indent + 2)


def _print_entries(console: Console, entries: Iterable[Entry]) -> None:
    """What fails at import; modules that fail at the same place for the same cause together."""
    alike: dict[tuple[object, ...], list[Entry]] = {}
    for entry in entries:
        cause = (entry.outcome, entry.error, entry.message, entry.path, entry.line)
        alike.setdefault(cause, []).append(entry)
    for group in alike.values():
        names = [entry.module for entry in group]
        _print_failure(console, names, group[0])


def _print_failure(console: Console, names: list[str], entry: Entry) -> None:
    style = "bold red" if entry.outcome is Outcome.CRASH else "bold yellow"
    rest = len(names) - _MOST_ENTRIES
    also = f" (the same for {', '.join(names[1:_MOST_ENTRIES])}" if names[1:] else ""
    also += f" and {rest} more)" if rest > 0 else ")" if also else ""
    row = Text.assemble(
        (f"import {names[0]}", "bold"), "  ", (ENTRY_WORDS[entry.outcome], style), (also, "dim")
    )
    print_row(console, row, 0, 2)
    if entry.error:
        print_row(console, Text(f"{entry.error}: {entry.message or ''}".rstrip(": ")), 2, 4)
    hidden = len(entry.chain) - _MOST_STEPS
    if hidden > 0:
        print_row(console, Text(f"after {count(hidden, 'other import')}", style="dim"), 4)
    for step in entry.chain[-_MOST_STEPS:]:
        print_place(console, step.path, step.line, _code(step.text), 4)
    if not entry.chain:
        print_row(console, Text(f"at {entry.path}:{entry.line} in {entry.module_at}"), 4)
    print_blank(console)


def _print_cycles(console: Console, cycles: Iterable[Cycle]) -> None:
    shown: set[Edge] = set()
    for cycle in cycles:
        print_row(console, Text(cycle_title(cycle), style="bold"), 0, 2)
        print_witness(console, cycle.component.witness)
        _print_cut(console, cycle.cut, shown)
        print_blank(console)


def print_witness(console: Console, witness: tuple[Edge, ...]) -> None:
    """The way round, one step a row: which module is imported next, and where."""
    edges = witness[:_LARGEST_WITNESS]
    width = max(len(edge.imported) for edge in edges)
    widest = max(len(_place(edge)) for edge in edges)
    # Where name and place do not fit side by side, all places stand below their names.
    is_narrow = console.is_terminal and width + widest + 7 > console.width
    print_row(console, Text(edges[0].importer), 2)
    for edge in edges:
        if is_narrow:
            print_row(console, Text(f"-> {edge.imported}"), 2, 5)
            print_row(console, Text(_place(edge), style="dim"), 7, 7)
        else:
            row = Text.assemble(f"-> {edge.imported:<{width}}  ", (_place(edge), "dim"))
            print_row(console, row, 2, 5)
    rest = len(witness) - len(edges)
    if rest:
        print_row(console, Text(f"-> ... {count(rest, 'more step')}", style="dim"), 2)


def _place(edge: Edge) -> str:
    timing = "" if edge.timing is Timing.EAGER else f" ({edge.timing})"
    return f"{edge.path}:{edge.line}{timing}"


def _print_cut(console: Console, cut: tuple[CutEdge, ...], shown: set[Edge]) -> None:
    """The places to cut. What an earlier cycle listed is not listed again."""
    fresh = [each for each in cut if each.edge not in shown]
    shown.update(each.edge for each in cut)
    if not fresh:
        return
    known = len(cut) - len(fresh)
    above = f", besides {count(known, 'import')} of the cycles above" if known else ""
    print_row(console, Text(f"cut here{above}:", style="bold"), 2)
    by_remedy: dict[str, list[CutEdge]] = {}
    for each in fresh:
        by_remedy.setdefault(each.remedy, []).append(each)
    groups = list(by_remedy.values())
    for group in groups[:_MOST_REMEDIES]:
        _print_cut_group(console, group)
    rest = sum(len(group) for group in groups[_MOST_REMEDIES:])
    if rest:
        hint = f"and {count(rest, 'more import')}: --format json lists them all"
        print_row(console, Text(hint, style="dim"), 4)


def _print_cut_group(console: Console, group: list[CutEdge]) -> None:
    """Imports with one and the same remedy; a statement of several modules is several edges."""
    statements = {(each.edge.path, each.edge.line): each.edge for each in group}
    for edge in list(statements.values())[:_MOST_ALIKE]:
        print_place(console, edge.path, edge.line, _code(edge.statement), 4)
    rest = len(statements) - _MOST_ALIKE
    if rest > 0:
        print_row(console, Text(f"and {rest} more", style="dim"), 4)
    print_row(console, Text(group[0].remedy), 6)


def _code(statement: str) -> Text:
    return Text.assemble((short_statement(statement), "cyan"))


def _print_runtime(console: Console, findings: Iterable[RuntimeFinding]) -> None:
    for finding in findings:
        print_place(console, finding.path, finding.at.line, _code(finding.at.text), 0)
        row = Text(f"{finding.text} ", style="yellow")
        row.append(f"[{finding.code}]", style="dim")
        print_row(console, row, 2, 4)
        for line in finding.evidence[:_MOST_STEPS]:
            print_row(console, Text(line, style="dim"), 4, 6)
        print_row(console, Text(RUNTIME_CATALOGUE[finding.code].remedy), 4, 6)
        print_blank(console)


def _print_skipped(console: Console, skipped: tuple[Skipped, ...]) -> None:
    if not skipped:
        return
    print_row(console, Text("not analysed", style="bold yellow"))
    for each in skipped:
        print_row(console, Text(f"{each.path}: {each.reason}"), 2, 4)
    print_blank(console)


def _print_summary(console: Console, analysis: Analysis) -> None:
    print_row(console, Text(imports_summary(analysis), style="bold"), 0, 2)
    print_row(console, Text(cycles_summary(analysis.cycles), style="bold"), 0, 2)
    if analysis.entries:
        print_row(console, Text(entries_summary(analysis.entries), style="bold red"), 0, 2)
    if analysis.runtime:
        text = f"{count(len(analysis.runtime), 'finding')} about plugins, aliases and lazy imports"
        print_row(console, Text(text, style="bold"), 0, 2)
    if analysis.skipped:
        text = f"{count(len(analysis.skipped), 'file')} not analysed"
        print_row(console, Text(text, style="bold yellow"), 0, 2)
    place = next(_places_to_explain(analysis), None)
    if place:
        print_row(console, Text("more about one of them:"))
        print_row(console, Text(f"cycleguard explain {place}"), 2, is_one_piece=True)


def _places_to_explain(analysis: Analysis) -> Iterator[str]:
    """What `explain` can be asked next, as typed: first what may change, then the rest."""
    root = Path(analysis.root)
    for finding in sorted(analysis.findings, key=lambda f: f.decision is Decision.LEAVE):
        path = finding.resolved.path
        typed = path if root == Path.cwd() else str(root / path)
        yield shlex.quote(f"{typed}:{finding.resolved.statement.line}")
