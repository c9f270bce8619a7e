"""One import to one finding: the rules in order, first match wins, the last one always matches."""

from collections.abc import Callable

from cycleguard.classify import names, placement, targets
from cycleguard.classify.context import Context
from cycleguard.classify.reasons import Reason
from cycleguard.model.catalogue import CATALOGUE
from cycleguard.model.findings import Applicability, Decision, Finding, Hoist, Outcome
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


# Moves that the simulation has followed from every entry; all others wait for the repair engine.
_PROVEN = {
    "no-eager-cycle": Applicability.SAFE,
    "stdlib-module": Applicability.SAFE,
    "declared-dependency": Applicability.SAFE,
    "order-allows": Applicability.UNSAFE,
}
_NOT_PROVEN = Applicability.DISPLAY_ONLY


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
        applicability=_applicability(reason, context.hoist(resolved)),
        code=reason.code,
        text=reason.text,
        evidence=reason.evidence,
        hoist=context.hoist(resolved),
        suppressed=placement.suppression(resolved) if entry.decision is Decision.LEAVE else None,
    )


def _applicability(reason: Reason, hoist: Hoist) -> Applicability:
    is_proven = hoist.outcome is Outcome.OK
    return _PROVEN.get(reason.code, _NOT_PROVEN) if is_proven else _NOT_PROVEN
