"""Modules that do not import cleanly when they are imported first: issues."""

from collections.abc import Iterator

from cycleguard.gate.identity import ENTRY_RULES, of_entry, of_module
from cycleguard.gate.ledger import Ledger
from cycleguard.gate.policy import Policies
from cycleguard.model.analysis import Entry
from cycleguard.model.cycles import CutEdge, CycleKind
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
    """One issue for each place to cut; all modules that fail for want of that cut are in it."""
    alike: dict[tuple[Outcome, Step], list[Entry]] = {}
    cuts: dict[tuple[Outcome, Step], CutEdge | None] = {}
    for entry in survey.analysis.entries:
        cut = _cut(entry, survey)
        place = _place_to_cut(cut) if cut else _place(entry)
        rule = ENTRY_RULES[entry.outcome]
        if policies.fails(rule, place.path) and not ledger.allows(of_entry(entry)):
            alike.setdefault((entry.outcome, place), []).append(entry)
            cuts[entry.outcome, place] = cut
    for key, entries in alike.items():
        yield _issue(entries, key[1], cuts[key])


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


def _issue(entries: list[Entry], place: Step, cut: CutEdge | None) -> Issue:
    first = min(entries, key=lambda entry: (len(entry.chain), entry.module))
    rule = RULES[ENTRY_RULES[first.outcome]]
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
        remedy=f"{cut.remedy[:1].upper()}{cut.remedy[1:]}" if cut else rule.remedy,
        steps=tuple(_told(step, first) for step in first.chain),
        modules=tuple(sorted(entry.module for entry in entries if entry is not first)),
        identities=tuple(sorted(map(of_entry, entries))),
    )


def _cut(entry: Entry, survey: Survey) -> CutEdge | None:
    """Where to cut the cycle that the failing module is in, at an import that was under way."""
    running = {(step.path, step.line) for step in entry.chain}
    cuts = [
        cut
        for cycle in survey.cycles
        if cycle.component.kind is CycleKind.EAGER and entry.module_at in cycle.component.modules
        for cut in cycle.cut
    ]
    only = cuts[0] if len(cuts) == 1 else None
    return next((cut for cut in cuts if (cut.edge.path, cut.edge.line) in running), only)


def _place_to_cut(cut: CutEdge) -> Step:
    edge = cut.edge
    return Step(edge.importer, edge.path, edge.line, edge.statement)


def _told(step: Step, entry: Entry) -> Step:
    """A step that is no import uses the name that is missing."""
    if step.text or not entry.name:
        return step
    return Step(step.module, step.path, step.line, f"# needs {entry.name}")


def _place(entry: Entry) -> Step:
    """The import that was under way; what fails may be a name that is used further down."""
    imports = [step for step in entry.chain if step.text]
    return imports[-1] if imports else Step(entry.module_at, entry.path, entry.line, "")
