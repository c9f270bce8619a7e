"""One import with all that is known of it: `cycleguard explain`."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from cycleguard.model.catalogue import CATALOGUE
from cycleguard.model.edges import TargetKind
from cycleguard.model.findings import Finding, Outcome
from cycleguard.model.imports import NameUse
from cycleguard.model.resolved import Target
from cycleguard.report.console import print_blank, print_place, print_row
from cycleguard.report.terminal import DECISION_STYLES
from cycleguard.report.wording import count, plan_words

_LABELS = 12

_RUNS = {
    "eager": "while the module is being imported",
    "deferred": "when the function is called",
    "typing": "never: it is for type checkers",
    "lazy": "at first use",
}
_KINDS = {
    TargetKind.INTERNAL: "a module of this project",
    TargetKind.STDLIB: "standard library",
    TargetKind.THIRD_PARTY: "third party",
    TargetKind.EXTENSION: "a compiled module of this project",
    TargetKind.GENERATED: "made by the build",
    TargetKind.DYNAMIC: "not known before it runs",
    TargetKind.MISSING: "no such file in this project",
}


def print_finding(console: Console, finding: Finding, *, has_timeline: bool = False) -> None:
    """Print the statement, the decision, the facts it rests on and what to do.

    A timeline of the hoist that follows says more than the chain of its statements.
    """
    resolved, statement = finding.resolved, finding.resolved.statement
    entry = CATALOGUE[finding.code]
    place = Text(f"{resolved.path}:{statement.line}", style="bold")
    place.append(f"  in {statement.scope}", style="dim")
    print_row(console, place, 0, 2)
    print_row(console, Text(statement.statement, style="cyan"), 2, 6)
    print_blank(console)
    style = DECISION_STYLES[finding.decision]
    _print_labelled(console, "decision", Text(_decision(finding), style=style))
    for label, text in (("reason", finding.text), *_facts(finding)):
        _print_labelled(console, label, Text(text))
    for line in finding.plan.story or (plan_words(finding.plan),) if finding.plan else ():
        _print_labelled(console, "plan", Text(line))
    for step in () if has_timeline else finding.hoist.chain:
        print_place(console, step.path, step.line, Text.assemble((step.text, "cyan")), 4)
    print_blank(console)
    print_row(console, Text(f"{entry.title}. {entry.why} [{entry.code}]"), 2)
    print_row(console, Text(f"What to do: {entry.remedy}", style=style), 2)


def _decision(finding: Finding) -> str:
    known = (finding.decision, "hoist", "keep", "relocate", "split")
    how = "" if finding.action in known else f", by {finding.action}"
    return f"{finding.decision}{how}"


def _print_labelled(console: Console, label: str, text: Text) -> None:
    print_row(console, text, 2, lead=Text(f"{label:<{_LABELS}}", style="dim"))


def _facts(finding: Finding) -> Iterator[tuple[str, str]]:
    statement = finding.resolved.statement
    for line in finding.evidence:
        yield "because", line
    for target in finding.resolved.targets:
        yield "imports", _target(target)
    yield "runs", _RUNS[statement.timing]
    for guard in statement.guards:
        yield "guard", f"line {guard.line}: {guard.kind} `{guard.test}`"
    for use in statement.function.uses if statement.function else ():
        yield "use", _use(use)
    for comment in statement.comments:
        yield "comment", comment
    if finding.suppressed is not None:
        yield "vouched for", finding.suppressed or "without a reason"
    if finding.hoist.outcome is not Outcome.UNKNOWN:
        yield "if hoisted", _hoisted(finding)


def _target(target: Target) -> str:
    if target.kind is TargetKind.DYNAMIC:
        return "a module whose name is computed"
    names = f"{', '.join(target.names)} of " if target.names else ""
    return f"{names}{target.module} ({_KINDS[target.kind]})"


def _use(use: NameUse) -> str:
    if not use.loads:
        return f"{use.name}: never read by the function"
    detail = ""
    if use.annotation_loads == use.loads:
        detail = ", in annotations only"
    elif use.attribute_loads == use.loads:
        detail = f", as `{use.name}.x` only"
    return f"{use.name}: read {count(use.loads, 'time')}{detail}"


def _hoisted(finding: Finding) -> str:
    hoist = finding.hoist
    where = f" when {hoist.entry} is imported first" if hoist.entry else ""
    is_told = any(hoist.message and hoist.message in line for line in finding.evidence)
    what = f": {hoist.error}: {hoist.message}" if hoist.error and not is_told else ""
    return f"{hoist.outcome}{where}{what}"
