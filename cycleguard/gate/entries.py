"""Modules that do not import cleanly when they are imported first: issues."""

from collections.abc import Iterator

from cycleguard.gate.identity import ENTRY_RULES, of_entry, of_module
from cycleguard.gate.ledger import Ledger
from cycleguard.gate.policy import Policies
from cycleguard.model.analysis import Entry
from cycleguard.model.findings import Outcome, Step
from cycleguard.model.issues import Issue
from cycleguard.model.rules import RULES
from cycleguard.model.survey import Survey

_HAPPENS = {
    Outcome.CRASH: "fails",
    Outcome.SILENT: "loses a name; the error is caught",
    Outcome.UNKNOWN: "may fail",
}


def entry_issues(survey: Survey, policies: Policies, ledger: Ledger) -> Iterator[Issue]:
    """One issue for each cause; the modules that fail for the same cause are in it together."""
    alike: dict[tuple[object, ...], list[Entry]] = {}
    for entry in survey.analysis.entries:
        rule = ENTRY_RULES[entry.outcome]
        if policies.fails(rule, _place(entry).path) and not ledger.allows(of_entry(entry)):
            cause = (entry.outcome, entry.error, entry.message, entry.path, entry.line)
            alike.setdefault(cause, []).append(entry)
    for entries in alike.values():
        yield _issue(entries, survey)


def unreadable_issues(survey: Survey, policies: Policies, ledger: Ledger) -> Iterator[Issue]:
    """Modules of which nothing is known."""
    rule = RULES["unreadable"]
    for unread in survey.unread:
        identity = of_module(rule.code, unread.module)
        is_asked = unread.module in survey.targets and policies.fails(rule.code, unread.path)
        if is_asked and not ledger.allows(identity):
            yield Issue(
                rule=rule.code,
                level=rule.level,
                path=unread.path,
                line=1,
                column=1,
                end_line=1,
                module=unread.module,
                statement="",
                message=f"cannot be analysed: {unread.reason}",
                remedy=rule.remedy,
                identities=(identity,),
            )


def _issue(entries: list[Entry], survey: Survey) -> Issue:
    first = min(entries, key=lambda entry: (len(entry.chain), entry.module))
    rule = RULES[ENTRY_RULES[first.outcome]]
    place = _place(first)
    error = f": {first.error}: {first.message}" if first.error else ""
    return Issue(
        rule=rule.code,
        level=rule.level,
        path=place.path,
        line=place.line,
        column=1,
        end_line=place.line,
        module=first.module,
        statement=place.text,
        message=f"`import {first.module}` {_HAPPENS[first.outcome]}{error}".rstrip(": "),
        remedy=_remedy(first, survey) or rule.remedy,
        steps=tuple(_told(step, first) for step in first.chain),
        modules=tuple(sorted(entry.module for entry in entries if entry is not first)),
        identities=tuple(sorted(map(of_entry, entries))),
    )


def _remedy(entry: Entry, survey: Survey) -> str:
    """Where to cut the smallest cycle that the failing imports are in, and how."""
    running = {(step.path, step.line) for step in entry.chain}
    cycles = [
        cycle
        for cycle in survey.cycles
        if cycle.cut and any((e.path, e.line) in running for e in cycle.component.edges)
    ]
    if not cycles:
        return ""
    cuts = min(cycles, key=lambda cycle: len(cycle.component.modules)).cut
    cut = next((cut for cut in cuts if (cut.edge.path, cut.edge.line) in running), cuts[0])
    return f"Break the cycle at {cut.edge.path}:{cut.edge.line}: {cut.remedy}"


def _told(step: Step, entry: Entry) -> Step:
    """A step that is no import uses the name that is missing."""
    if step.text or not entry.name:
        return step
    return Step(step.module, step.path, step.line, f"# needs {entry.name}")


def _place(entry: Entry) -> Step:
    """The import that was under way; what fails may be a name that is used further down."""
    imports = [step for step in entry.chain if step.text]
    return imports[-1] if imports else Step(entry.module_at, entry.path, entry.line, "")
