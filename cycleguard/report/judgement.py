"""A `Judgement` for people: what fails and why, in words that need no manual, the summary last."""

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cycleguard.model.issues import Issue, Judgement
from cycleguard.model.rules import Level
from cycleguard.report.console import print_blank, print_place, print_row
from cycleguard.report.wording import count, short_statement

_STYLES = {Level.ERROR: "bold red", Level.WARNING: "bold yellow", Level.NOTE: "bold"}
_MOST_STEPS = 8
_MOST_MODULES = 5
_CYCLES = ("eager-cycle", "deferred-cycle", "typing-cycle")
_ENTRIES = ("crash", "silent", "may-fail")


def print_judgement(console: Console, judgement: Judgement) -> None:
    """Print what fails, and the summary."""
    if judgement.issues and Path(judgement.root) != Path.cwd():
        print_row(console, Text(f"paths are relative to {judgement.root}", style="dim"))
        print_blank(console)
    for _, alike in groupby(enumerate(judgement.issues), lambda pair: _said(*pair)):
        _print_issues(console, [issue for _, issue in alike])
    for skipped in judgement.skipped:
        print_row(console, Text(f"not analysed: {skipped.path}: {skipped.reason}"), 0, 2)
    print_row(console, Text(verdict(judgement), style=_verdict_style(judgement)), 0, 2)
    for row in _next_steps(judgement):
        print_row(console, row, is_one_piece=True)


def verdict(judgement: Judgement) -> str:
    """The whole result in one sentence."""
    known = ""
    if judgement.known:
        known = f"; {judgement.known} known in {judgement.allowed_by}"
    is_any_new = any(issue.rule != "stale-baseline" for issue in judgement.issues)
    may_be_old = judgement.allowed_by and (is_any_new or not judgement.issues)
    new = "new finding" if may_be_old else "finding"
    result = "failed" if judgement.issues else "passed"
    return f"check {result}: {findings(judgement, new)}{known}"


def findings(judgement: Judgement, noun: str = "finding") -> str:
    """How many issues there are, by rule, and in how many files."""
    rules = Counter(issue.rule for issue in judgement.issues)
    listed = ", ".join(f"{n} {rule}" for rule, n in sorted(rules.items()))
    number = count(rules.total(), noun) if rules else f"no {noun}s"
    return f"{number} in {count(judgement.files, 'file')}{f' ({listed})' if rules else ''}"


def also(issue: Issue) -> str:
    """Which other modules an issue is about, in words; empty if none."""
    if issue.rule not in _ENTRIES or not issue.modules:
        return ""
    rest = len(issue.modules) - _MOST_MODULES
    shown = ", ".join(issue.modules[:_MOST_MODULES])
    number = count(len(issue.modules), "other module")
    fail = "fails" if len(issue.modules) == 1 else "fail"
    return f"{number} {fail} for the same reason: {shown}{', ...' if rest > 0 else ''}"


def steps_title(issue: Issue) -> str:
    """What the steps of an issue are."""
    return "the way round:" if issue.rule in _CYCLES else "what runs until then:"


def _said(number: int, issue: Issue) -> tuple[str | int, ...]:
    """What is said once for all that stand together in a file; a long story has its own number."""
    is_long = issue.details or issue.steps or issue.modules
    return (number,) if is_long else (issue.path, issue.rule, issue.message, issue.remedy)


def _print_issues(console: Console, alike: Sequence[Issue]) -> None:
    """Issues of which the same is said: their places, and that."""
    for each in alike:
        statement = Text(short_statement(each.statement), style="cyan")
        print_place(console, each.path, each.line, statement, 0)
    issue = alike[0]
    row = Text.assemble((f"{issue.rule}: ", _STYLES[issue.level]), issue.message)
    print_row(console, row, 2, 4)
    if also(issue):
        print_row(console, Text(also(issue)), 4, 6)
    for detail in issue.details:
        print_row(console, Text(detail), 4, 6)
    if len(issue.steps) > 1:
        _print_steps(console, issue)
    print_row(console, Text.assemble(("do: ", "bold"), issue.remedy), 2, 4)
    print_blank(console)


def _print_steps(console: Console, issue: Issue) -> None:
    print_row(console, Text(steps_title(issue), style="dim"), 4)
    hidden = len(issue.steps) - _MOST_STEPS
    # How a long chain ends matters for a crash, how it begins for a cycle.
    steps = issue.steps[:_MOST_STEPS] if issue.rule in _CYCLES else issue.steps[-_MOST_STEPS:]
    if hidden > 0 and issue.rule not in _CYCLES:
        print_row(console, Text(f"(after {count(hidden, 'other import')})", style="dim"), 6)
    for step in steps:
        text = Text(short_statement(step.text), style="cyan")
        print_place(console, step.path, step.line, text, 6)
    if hidden > 0 and issue.rule in _CYCLES:
        print_row(console, Text(f"(and {count(hidden, 'more step')})", style="dim"), 6)


def _verdict_style(judgement: Judgement) -> str:
    return "bold red" if judgement.issues else "bold green"


def _next_steps(judgement: Judgement) -> Iterator[Text]:
    """What to type next."""
    root = Path(judgement.root)
    explained = next((i for i in judgement.issues if i.steps and i.rule not in _ENTRIES), None)
    entry = next((i for i in judgement.issues if i.rule in _ENTRIES), None)
    if entry:
        yield Text(f"  moment by moment: cycleguard explain {entry.module}")
    elif explained:
        path = explained.path if root == Path.cwd() else str(root / explained.path)
        place = shlex.quote(f"{path}:{explained.line}")
        yield Text(f"  moment by moment: cycleguard explain {place}")
    if any(issue.action for issue in judgement.issues):
        yield Text("  repairs what is safe to repair: cycleguard fix")
    if any(issue.rule == "stale-baseline" for issue in judgement.issues):
        yield Text("  removes mended entries: cycleguard check --prune-baseline")
