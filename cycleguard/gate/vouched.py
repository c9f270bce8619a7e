"""Comments that vouch for an import, ``# cycleguard: leave[reason]``: which do nothing."""

from collections.abc import Iterator, Sequence

from cycleguard.gate.identity import of_module
from cycleguard.gate.ledger import Ledger
from cycleguard.gate.policy import Policies
from cycleguard.model.issues import Issue
from cycleguard.model.pragmas import vouched_reason
from cycleguard.model.rules import RULES
from cycleguard.model.survey import PlacedPragma, Survey

Line = tuple[str, int]


def vouched_lines(survey: Survey) -> frozenset[Line]:
    """Path and line of each import that a comment vouches for."""
    return frozenset(
        (placed.path, line)
        for placed in survey.pragmas
        if vouched_reason(placed.pragma.text) is not None
        for line, _ in placed.pragma.imports
    )


def pragma_issues(
    survey: Survey, upward: Sequence[Line], policies: Policies, ledger: Ledger
) -> Iterator[Issue]:
    """Comments without effect or without reason; `upward` are lines that break the layers."""
    lines: set[Line] = set(upward)
    lines |= {(f.resolved.path, f.resolved.statement.line) for f in survey.analysis.findings}
    lines |= {(e.path, e.line) for c in survey.analysis.cycles for e in c.component.edges}
    for placed in survey.pragmas:
        rule, message = _wrong(placed, lines)
        if not rule or placed.module not in survey.targets:
            continue
        identity = of_module(rule, placed.module)
        if policies.fails(rule, placed.path) and not ledger.allows(identity):
            yield _issue(placed, rule, message, identity)


def _wrong(placed: PlacedPragma, lines: set[Line]) -> tuple[str, str]:
    pragma = placed.pragma
    reason = vouched_reason(pragma.text)
    if reason is None:
        return (
            "unused-suppression",
            f"`{pragma.text}` says nothing that cycleguard knows:"
            " write `# cycleguard: leave[reason]`",
        )
    if not pragma.imports:
        return "unused-suppression", "the comment belongs to no import"
    if not any((placed.path, line) in lines for line, _ in pragma.imports):
        return "unused-suppression", "the import is at the top of the file, and in no cycle"
    if not reason:
        return "missing-reason", "the comment keeps the import here, but does not say why"
    return "", ""


def _issue(placed: PlacedPragma, rule: str, message: str, identity: str) -> Issue:
    pragma = placed.pragma
    line = pragma.imports[0][0] if pragma.imports else pragma.line
    return Issue(
        rule=rule,
        level=RULES[rule].level,
        path=placed.path,
        line=line,
        column=pragma.imports[0][1] if pragma.imports else 1,
        end_line=max(line, pragma.line),
        module=placed.module,
        statement=pragma.text,
        message=message,
        remedy=RULES[rule].remedy,
        identities=(identity,),
    )
