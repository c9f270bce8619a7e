"""Findings about plugins, aliases and lazy imports: issues."""

from collections.abc import Iterator

from cycleguard.gate.identity import of_module
from cycleguard.gate.ledger import Ledger
from cycleguard.gate.policy import Policies
from cycleguard.model.issues import Issue
from cycleguard.model.rules import RULES
from cycleguard.model.survey import Survey


def construct_issues(survey: Survey, policies: Policies, ledger: Ledger) -> Iterator[Issue]:
    """One issue for each finding that fails."""
    for finding in survey.analysis.runtime:
        rule = RULES[finding.code]
        identity = of_module(rule.code, finding.module)
        if policies.fails(rule.code, finding.path) and not ledger.allows(identity):
            yield Issue(
                rule=rule.code,
                level=rule.level,
                path=finding.path,
                line=finding.at.line,
                column=finding.at.column,
                end_line=finding.at.line,
                module=finding.module,
                statement=finding.at.text,
                message=finding.text,
                remedy=rule.remedy,
                details=finding.evidence,
                identities=(identity,),
            )
