"""Function-local and dynamic imports: issues, and which reasons beside them are not true."""

import re
from collections.abc import Iterator

from cycleguard.gate.identity import of_import, of_module
from cycleguard.gate.ledger import Ledger
from cycleguard.gate.policy import Policies, is_allowed_local
from cycleguard.model.catalogue import CATALOGUE
from cycleguard.model.findings import Action, Applicability, Decision, Finding
from cycleguard.model.issues import Issue
from cycleguard.model.rules import RULES
from cycleguard.model.survey import Survey

_CYCLE_WORDS = re.compile(
    r"\bcircular|\bcycl(e|es|ic|ical)\b|\brecursive import|\bimport loop", re.IGNORECASE
)
_NOT_SEEN_BY_READERS = frozenset({"dynamic-name", "dynamic-literal", "code-string"})
_MAY_MOVE = "this import can stand at the top of the file"
_MOVES = {
    Action.DELETE_DUPLICATE: "this import is not needed",
    Action.DELETE_SELF_IMPORT: "this import is not needed",
    Action.REDIRECT: f"{_MAY_MOVE}, if it is taken from where it is defined",
    Action.GUARD: f"{_MAY_MOVE}, under `if TYPE_CHECKING`",
}
# What the file itself says without a comment, whatever the rest of the project looks like.
_SAID_BY_THE_CODE = frozenset(
    (
        "environment-probe", "lazy-loader", "main-guard", "module-getattr", "optional-dependency",
        "platform-branch", "type-checking-block", "version-branch",
    )
)  # fmt: skip
# What stays only because of the other modules: an edit elsewhere can make it movable.
_LEFT_BY_OTHERS = frozenset({"cycle-needs-split", "unknown", "unloaded-submodule"})


def import_issues(survey: Survey, policies: Policies, ledger: Ledger) -> Iterator[Issue]:
    """What may move, and the calls that import."""
    for finding in survey.analysis.findings:
        rule = _rule(finding)
        if rule is None or not _is_judged(finding, rule, policies):
            continue
        if not ledger.allows_all(of_import(finding)):
            yield _import_issue(finding, rule)


def reason_issues(survey: Survey, policies: Policies, ledger: Ledger) -> Iterator[Issue]:
    """Comments that keep an import where it is although what they say is not, or no longer, so."""
    for finding in survey.analysis.findings:
        rule, message = _false_reason(finding)
        if not rule or not policies.fails(rule, finding.resolved.path):
            continue
        identity = of_module(rule, finding.resolved.importer)
        if not ledger.allows(identity):
            yield _issue(finding, rule, message, RULES[rule].remedy, (identity,))


def to_remember(survey: Survey, policies: Policies) -> Iterator[str]:
    """What a baseline holds besides issues: local imports that an edit elsewhere can make movable.

    Without them, whoever mends a cycle would be held up by old imports that have become movable.
    """
    for finding in survey.analysis.findings:
        is_old = finding.decision is not Decision.LEAVE or finding.code in _LEFT_BY_OTHERS
        if is_old and finding.resolved.statement.is_local:
            if _is_judged(finding, "move-to-top", policies):
                yield from of_import(finding)


def without_reason(survey: Survey) -> Iterator[str]:
    """Every import that no comment speaks for: what entries of a baseline may stand for."""
    for finding in survey.analysis.findings:
        if finding.suppressed is None:
            yield from of_import(finding)


def _rule(finding: Finding) -> str | None:
    if finding.resolved.statement.is_dynamic:
        return "dynamic-import" if finding.code in _NOT_SEEN_BY_READERS else None
    return None if finding.decision is Decision.LEAVE else str(finding.decision)


def _is_judged(finding: Finding, rule: str, policies: Policies) -> bool:
    policy = policies.of(finding.resolved.path)
    modules = [target.module for target in finding.resolved.targets if target.module]
    is_allowed = bool(modules) and is_allowed_local(modules, policy.allow_local)
    return rule in policy.fail_on and not is_allowed


def _import_issue(finding: Finding, rule: str) -> Issue:
    entry = CATALOGUE[finding.code]
    details = [f"its comment speaks of a cycle: {claim}" for claim in _claims(finding)]
    if rule == Decision.MOVE_TO_TOP:
        message = f"{_MOVES.get(finding.action, _MAY_MOVE)}: {finding.text}"
    elif rule == "dynamic-import":
        message = f"a call imports: {finding.text}"
    else:
        message = f"an import in a function hides a knot: {finding.text}"
        details += finding.evidence
    return _issue(finding, rule, message, entry.remedy, of_import(finding), tuple(details))


def _false_reason(finding: Finding) -> tuple[str, str]:
    otherwise = finding.otherwise
    if otherwise is None:
        return "", ""
    claims = _claims(finding)
    if claims and otherwise.applicability is Applicability.SAFE:
        return "stale-reason", f"`{claims[0]}` is not so: {otherwise.text}"
    is_ours = bool(finding.suppressed)
    is_guarded = bool(finding.resolved.statement.guards) or otherwise.code == "lazy-loader"
    if is_ours and is_guarded and otherwise.code in _SAID_BY_THE_CODE:
        return "unused-suppression", f"the import would stay without the comment: {otherwise.text}"
    return "", ""


def _claims(finding: Finding) -> list[str]:
    """What comments beside an import say of cycles."""
    said = [finding.suppressed] if finding.suppressed else finding.resolved.statement.comments
    return [text for text in said if _CYCLE_WORDS.search(text)]


def _issue(
    finding: Finding,
    rule: str,
    message: str,
    remedy: str,
    identities: tuple[str, ...],
    details: tuple[str, ...] = (),
) -> Issue:
    resolved, statement = finding.resolved, finding.resolved.statement
    is_movable = rule == Decision.MOVE_TO_TOP and finding.applicability is Applicability.SAFE
    return Issue(
        rule=rule,
        level=RULES[rule].level,
        path=resolved.path,
        line=statement.line,
        column=statement.column,
        end_line=statement.end_line,
        module=resolved.importer,
        statement=statement.statement,
        message=message,
        remedy=remedy,
        details=details,
        action=finding.action if is_movable else None,
        identities=identities,
    )
