"""From a survey, a policy and what is allowed already to what fails the check."""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from cycleguard.gate.budgets import budget_issues
from cycleguard.gate.constructs import construct_issues
from cycleguard.gate.cycles import cycle_issues
from cycleguard.gate.entries import entry_issues, unreadable_issues
from cycleguard.gate.imports import import_issues, reason_issues, to_remember, without_reason
from cycleguard.gate.layers import layer_issues, upward
from cycleguard.gate.ledger import Ledger
from cycleguard.gate.policy import Everything, Policies
from cycleguard.gate.vouched import pragma_issues
from cycleguard.model.issues import Issue, Judgement
from cycleguard.model.survey import Survey


def judge(
    survey: Survey, policies: Policies, allowed: Mapping[str, int] | None = None, by: str = ""
) -> Judgement:
    """What fails.

    Args:
        survey: what is there.
        policies: which of it matters.
        allowed: how often each identity may be there.
        by: who allows that, in words for the report.

    Raises:
        ConfigError: a layer names no module.
    """
    ledger = Ledger(allowed)
    found = sorted(_issues(survey, policies, ledger), key=place_of)
    unread = {each.path for each in survey.unread}
    return Judgement(
        root=survey.analysis.root,
        files=survey.analysis.files,
        issues=tuple(found),
        known=ledger.known,
        allowed_by=by,
        skipped=tuple(s for s in survey.analysis.skipped if s.path not in unread),
    )


def holding(survey: Survey, policies: Policies) -> Counter[str]:
    """Everything that an entry of a baseline can stand for, as often as it is there."""
    everything = Everything(policies.config, survey.analysis.root)
    issues = _issues(survey, everything, Ledger())
    local = Counter(without_reason(survey))
    others = Counter(i for issue in issues for i in issue.identities if i not in local)
    return local + others


def to_allow(survey: Survey, policies: Policies) -> Counter[str]:
    """What a new baseline holds."""
    failing = {i for issue in _issues(survey, policies, Ledger()) for i in issue.identities}
    wanted = failing.union(to_remember(survey, policies))
    return Counter({i: n for i, n in holding(survey, policies).items() if i in wanted})


def place_of(issue: Issue) -> tuple[str, int, int, str, str]:
    """What issues are sorted by."""
    return issue.path, issue.line, issue.column, issue.rule, issue.message


def _issues(survey: Survey, policies: Policies, ledger: Ledger) -> Iterator[Issue]:
    yield from entry_issues(survey, policies, ledger)
    yield from cycle_issues(survey, policies, ledger)
    yield from import_issues(survey, policies, ledger)
    yield from reason_issues(survey, policies, ledger)
    yield from construct_issues(survey, policies, ledger)
    yield from layer_issues(survey, policies, ledger)
    lines = [(edge.path, edge.line) for edge, _, _ in upward(survey, policies.config.layers)]
    yield from pragma_issues(survey, lines, policies, ledger)
    yield from unreadable_issues(survey, policies, ledger)
    yield from budget_issues(survey, policies, _configuration(survey, policies))


def _configuration(survey: Survey, policies: Policies) -> str:
    path = os.path.relpath(
        Path(policies.config.folder or survey.analysis.root, "pyproject.toml"),
        survey.analysis.root,
    )
    return path.replace(os.sep, "/")
