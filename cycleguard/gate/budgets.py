"""Upper limits of the configuration: issues at the configuration itself."""

from collections.abc import Iterator

from msgspec.structs import fields

from cycleguard.gate.policy import Policies
from cycleguard.model.cycles import CycleKind
from cycleguard.model.issues import Issue
from cycleguard.model.policy import Budgets
from cycleguard.model.rules import RULES
from cycleguard.model.survey import Survey

_RULE = RULES["budget"]


def budget_issues(survey: Survey, policies: Policies, path: str) -> Iterator[Issue]:
    """What is over its limit; `path` is that of the configuration."""
    counted = _counted(survey)
    for field in fields(Budgets):
        limit: int | None = getattr(policies.config.max, field.name)
        number = counted[field.name]
        if limit is not None and number > limit and policies.fails(_RULE.code, path):
            yield Issue(
                rule=_RULE.code,
                level=_RULE.level,
                path=path,
                line=1,
                column=1,
                end_line=1,
                module="",
                statement=f"max.{field.encode_name} = {limit}",
                message=f"there are {number}, and {limit} are allowed: {field.encode_name}",
                remedy=_RULE.remedy,
            )


def _counted(survey: Survey) -> dict[str, int]:
    kinds = [cycle.component.kind for cycle in survey.cycles]
    eager = (c for c in survey.cycles if c.component.kind is CycleKind.EAGER)
    return {
        **{f"{kind}_cycles": kinds.count(kind) for kind in CycleKind},
        "cycle_modules": max((len(c.component.modules) for c in eager), default=0),
        "local_imports": survey.analysis.local_imports,
        "dynamic_imports": survey.analysis.dynamic_imports,
    }
