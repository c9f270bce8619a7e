"""One import to one finding: the rules in order, first match wins, the last one always matches."""

from collections.abc import Callable

from cycleguard.classify import names, placement, targets
from cycleguard.classify.context import Context
from cycleguard.classify.reasons import Reason
from cycleguard.model.catalogue import CATALOGUE
from cycleguard.model.findings import Applicability, Decision, Finding
from cycleguard.model.resolved import ResolvedImport

Rule = Callable[[ResolvedImport, Context], Reason | None]

RULES: tuple[Rule, ...] = (
    placement.call,
    placement.vouched_for,
    placement.linter_pragma,
    placement.generated_file,
    placement.never_runs,
    placement.reimport,
    targets.self_import,
    targets.duplicate,
    placement.guarded_by_try,
    placement.branch,
    targets.fixed_kind,
    targets.undeclared,
    targets.platform_module,
    placement.unused,
    names.names,
    placement.patched,
    targets.feature_branch,
    targets.outside,
    targets.internal,
)


def classify(resolved: ResolvedImport, context: Context) -> Finding:
    """Decide what to do with one function-local or dynamic import."""
    reason = next(
        (reason for rule in RULES if (reason := rule(resolved, context))),
        Reason("unknown", "no rule applies"),
    )
    entry = CATALOGUE[reason.code]
    return Finding(
        resolved=resolved,
        decision=entry.decision,
        action=entry.action,
        applicability=Applicability.DISPLAY_ONLY,
        code=reason.code,
        text=reason.text,
        evidence=reason.evidence,
        hoist=context.hoist(resolved),
        suppressed=placement.suppression(resolved) if entry.decision is Decision.LEAVE else None,
    )
