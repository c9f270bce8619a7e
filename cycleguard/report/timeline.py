"""The answers of `cycleguard explain` for people: what happens, moment by moment."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cycleguard.model.findings import Outcome, Step
from cycleguard.model.timeline import (
    CycleStory,
    Deferred,
    EntryOutcome,
    Explanation,
    ImportStory,
    Kind,
    ModuleStory,
    Moment,
    Need,
    Timeline,
)
from cycleguard.report.console import print_blank, print_place, print_row
from cycleguard.report.explained import print_finding
from cycleguard.report.terminal import print_witness
from cycleguard.report.timeline_rows import folded, shortened
from cycleguard.report.timeline_words import (
    chain_words,
    cycle_words,
    deferred_words,
    failing_words,
    finished_words,
    moment_words,
    why,
)
from cycleguard.report.wording import ENTRY_WORDS, count, cycle_title, short_statement

_INDENT = 2
_LEAD = 5
_MOST_ALIKE = 3
_MOST_ENTRIES = 12
_MOST_NAMES = 4

_STYLES = {
    Outcome.OK: "green",
    Outcome.CRASH: "bold red",
    Outcome.SILENT: "bold yellow",
    Outcome.UNKNOWN: "bold yellow",
}


def print_explanation(console: Console, explanation: Explanation) -> None:
    """Print every story."""
    if Path(explanation.root) != Path.cwd():
        print_row(console, Text(f"paths are relative to {explanation.root}", style="dim"))
        print_blank(console)
    for number, story in enumerate(explanation.stories):
        if number:
            print_blank(console)
        if isinstance(story, ModuleStory):
            _print_entry(console, story.timeline)
        elif isinstance(story, ImportStory):
            _print_import(console, story)
        else:
            _print_cycle(console, story)


def _print_entry(console: Console, timeline: Timeline) -> None:
    row = Text.assemble((f"import {timeline.entry}", "bold"), "  ", _outcome(timeline.outcome))
    print_row(console, row, 0, 2)
    if timeline.error:
        print_row(console, Text(f"{timeline.error}: {timeline.message}"), 2, 4)
    _print_moments(console, timeline)


def _outcome(outcome: Outcome) -> tuple[str, str]:
    return ENTRY_WORDS.get(outcome, "imports"), _STYLES[outcome]


def _print_moments(console: Console, timeline: Timeline) -> None:
    if timeline.moments:
        print_blank(console)
    moments, left_out = shortened(timeline.moments)
    for row in folded(moments):
        _print_finished(console, row.ended, row.others)
        if len(row.moments) == 1:
            _print_moment(console, row.label, row.moments[0], timeline)
        else:
            lead = Text(f"{row.label} ", style="bold")
            words = Text(chain_words(row.moments))
            print_row(console, words, _INDENT, _INDENT + _LEAD, lead=lead)
    if timeline.moments:
        _print_finished(console, timeline.ended, timeline.others)
    if left_out:
        rest = f"not shown: {count(left_out, 'more request')} that are met (--format json)"
        print_row(console, Text(rest, style="dim"), _INDENT + _LEAD)
    if timeline.moments:
        print_blank(console)
    print_row(console, Text(why(timeline), style=_STYLES[timeline.outcome]), 2, 4)


def _print_finished(console: Console, ended: tuple[str, ...], others: int) -> None:
    if ended or others:
        print_row(console, Text(finished_words(ended, others), style="dim"), _INDENT + _LEAD)


def _print_moment(console: Console, label: str, moment: Moment, timeline: Timeline) -> None:
    lead = Text(f"{label:<{_LEAD}}", style="bold")
    words = Text(moment_words(moment, timeline))
    if moment.at is None:
        print_row(console, words, _INDENT, lead=lead)
        return
    indent = _INDENT + _LEAD
    code = _code(moment.at)
    if moment.is_hoisted:
        code.append("  (moved up)", style="bold")
    print_place(console, moment.at.path, moment.at.line, code, _INDENT, lead=lead)
    if moment.called_at is not None and moment.function:
        _print_call(console, moment.function, moment.called_at, indent)
    if words:
        print_row(console, words, indent, indent + 2)
    binding = moment.binding
    is_told = moment.kind is Kind.SWALLOW and moment.need is not Need.STAR
    if binding is not None and moment.kind in (Kind.RAISE, Kind.SWALLOW) and not is_told:
        print_place(console, binding.path, binding.line, _code(binding), indent + 2)
    if moment.kind is Kind.RAISE:
        error = Text(f"{moment.error}: {moment.message}", style="red")
        print_row(console, error, indent, indent + 2)
    if moment.alike:
        print_row(console, Text(_alike(moment.alike), style="dim"), indent, indent + 2)


def _code(step: Step) -> Text:
    return Text.assemble((short_statement(step.text), "cyan"))


def _print_call(console: Console, function: str, called_at: Step, indent: int) -> None:
    row = Text(f"in {function}, called at import time by {called_at.path}:{called_at.line}  ")
    print_row(console, row + _code(called_at), indent, indent + 2)


def _alike(alike: tuple[Step, ...]) -> str:
    shown = ", ".join(f"{step.path}:{step.line}" for step in alike[:_MOST_ALIKE])
    more = f" and {len(alike) - _MOST_ALIKE} more" if len(alike) > _MOST_ALIKE else ""
    return f"likewise {shown}{more}"


def _print_import(console: Console, story: ImportStory) -> None:
    if story.finding is not None:
        print_finding(console, story.finding, has_timeline=story.hoist is not None)
    else:
        print_row(console, Text(f"{story.place.path}:{story.place.line}", style="bold"))
        print_row(console, _code(story.place), 2, 6)
    if story.deferred is not None:
        _print_deferred(console, story.deferred)
    if story.hoist is not None and story.hoist.hoisted is not None:
        below = story.hoist.hoisted.below
        where = f"at the top of the file, below line {below}" if below else "at the very top"
        _print_section(console, f"if it stood {where}", story.hoist)
    if story.timeline is not None:
        _print_section(console, failing_words(story), story.timeline)
    elif story.finding is None:
        print_blank(console)
        print_row(console, Text("ok: it never runs, it is there for type checkers"), 2)


def _print_deferred(console: Console, deferred: Deferred) -> None:
    words = deferred_words(deferred)
    if deferred.timeline is None:
        print_blank(console)
        print_row(console, Text(words, style="bold"), 0, 2)
        return
    _print_section(console, words, deferred.timeline)
    if deferred.also:
        also = f"also with {_listed(deferred.also)} imported first"
        print_row(console, Text(also, style="dim"), 2, 4)


def _print_section(console: Console, title: str, timeline: Timeline) -> None:
    print_blank(console)
    print_row(console, Text(title, style="bold"), 0, 2)
    print_row(console, Text(f"with {timeline.entry} imported first", style="dim"), 2, 4)
    _print_moments(console, timeline)


def _print_cycle(console: Console, story: CycleStory) -> None:
    print_row(console, Text(cycle_title(story.cycle), style="bold"), 0, 2)
    print_witness(console, story.cycle.component.witness)
    print_blank(console)
    print_row(console, Text("each of its modules as the first import", style="bold"))
    _print_outcomes(console, story.entries)
    print_blank(console)
    _print_entry(console, story.timeline)
    print_row(console, Text(cycle_words(story), style="bold"), 2, 4)


def _print_outcomes(console: Console, entries: tuple[EntryOutcome, ...]) -> None:
    """One row for each; where they are many, one row for those that end alike."""
    alike: dict[tuple[object, ...], list[EntryOutcome]] = {}
    for entry in entries:
        name = entry.module if len(entries) <= _MOST_ENTRIES else ""
        alike.setdefault((entry.outcome, entry.error, entry.message, name), []).append(entry)
    for group in alike.values():
        names = _listed([entry.module for entry in group])
        outcome = _outcome(group[0].outcome)
        number = f" ({count(len(group), 'module')})" if len(group) > 1 else ""
        print_row(console, Text.assemble(names, "  ", outcome, number), 2, 6)
        if group[0].error:
            print_row(console, Text(f"{group[0].error}: {group[0].message}"), 4, 6)


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")
