"""One import to one finding: the rules in order, first match wins, the last one always matches."""

from collections.abc import Callable, Sequence

from cycleguard.classify import names, placement, targets
from cycleguard.classify.context import Context
from cycleguard.classify.reasons import Reason
from cycleguard.model.catalogue import CATALOGUE
from cycleguard.model.findings import Applicability, Decision, Finding, Hoist, Otherwise, Outcome
from cycleguard.model.resolved import ResolvedImport

Rule = Callable[[ResolvedImport, Context], Reason | None]

# What somebody has written beside the import comes before what is in it.
COMMENTS: tuple[Rule, ...] = (placement.vouched_for, placement.linter_pragma)
RULES: tuple[Rule, ...] = (
    *COMMENTS,
    placement.call,
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
    targets.undeclared_below,
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
_BY_COMMENT = frozenset({"vouched-for", "linter-pragma"})


def classify(resolved: ResolvedImport, context: Context) -> Finding:
    """Decide what to do with one function-local or dynamic import."""
    reason = _reason(resolved, context, RULES)
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
        otherwise=_otherwise(resolved, context) if reason.code in _BY_COMMENT else None,
    )


def _reason(resolved: ResolvedImport, context: Context, rules: Sequence[Rule]) -> Reason:
    found = (reason for rule in rules if (reason := rule(resolved, context)))
    return next(found, Reason("unknown", "no rule applies"))


def _otherwise(resolved: ResolvedImport, context: Context) -> Otherwise:
    """The decision if there were no comment beside the import."""
    reason = _reason(resolved, context, RULES[len(COMMENTS) :])
    decision = CATALOGUE[reason.code].decision
    applicability = _applicability(reason, context.hoist(resolved))
    return Otherwise(decision, applicability, reason.code, reason.text)


def _applicability(reason: Reason, hoist: Hoist) -> Applicability:
    is_proven = hoist.outcome is Outcome.OK
    return _PROVEN.get(reason.code, _NOT_PROVEN) if is_proven else _NOT_PROVEN
