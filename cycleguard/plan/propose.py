"""From findings to proposals: which edits an import may get, best first, or why it stays.

In: an analysis. Out: a `Proposal` or a `Dropped` for each function-local import of the targets.
Whether a proposal does harm is not asked here: that is `settle`.
"""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.model.edits import (
    ACTIONS,
    Definition,
    DeleteDuplicate,
    DeleteSelfImport,
    Edit,
    Guard,
    Hoist,
    Place,
    Qualify,
    Redirect,
)
from cycleguard.model.findings import Action, Decision, Finding, Outcome
from cycleguard.model.imports import Form
from cycleguard.model.plans import Proposal, Stay
from cycleguard.pipeline import Examined
from cycleguard.plan.dropped import EAGER_CYCLE, Dropped
from cycleguard.plan.hazards import Hazard, Hazards
from cycleguard.plan.settle import Failures
from cycleguard.resolve.reexports import Reexports

_DELETES: dict[Action, type[DeleteDuplicate] | type[DeleteSelfImport]] = {
    Action.DELETE_DUPLICATE: DeleteDuplicate,
    Action.DELETE_SELF_IMPORT: DeleteSelfImport,
}
_WORKING = (Outcome.OK, Outcome.SILENT)
# What is left in place because a cycle closes: another way to write it may still do.
_CYCLES = frozenset(
    ("cycle-small-definitions", "cycle-large-definitions", "cycle-needs-split", "no-eager-cycle")
)


class Proposed(Struct, frozen=True):
    """What may be tried, and what not, by place."""

    proposals: tuple[Proposal, ...]
    stays: dict[tuple[str, Place], Dropped]


class Proposer:
    """Proposes edits for the imports of one analysis.

    Args:
        examined: the analysis.
        failures: how its entries end.
        hazards: what the graph does not show.
        only: the actions that are wanted.
        unsafe: whether an import may move although somebody explains why it is where it is.
        together: whether to try imports that fail alone: with others, they may not.
    """

    def __init__(
        self,
        examined: Examined,
        failures: Failures,
        hazards: Hazards,
        only: frozenset[Action],
        *,
        unsafe: bool = False,
        together: bool = False,
    ) -> None:
        self._examined = examined
        self._failures = failures
        self._hazards = hazards
        self._only = only
        self._unsafe = unsafe
        self._together = together
        resolved = examined.resolved
        self._reexports = Reexports(resolved.facts, resolved.imports)

    def propose(self, declined: Mapping[tuple[str, Place], str]) -> Proposed:
        """Proposals for all function-local imports but those `declined`."""
        proposals: list[Proposal] = []
        stays: dict[tuple[str, Place], Dropped] = {}
        for finding in self._examined.analysis.findings:
            if not finding.resolved.statement.is_local:
                continue
            place = place_of(finding)
            if place in declined:
                stays[place] = Dropped(Stay.USER, "declined", declined[place])
                continue
            found = self._one(finding)
            if isinstance(found, Proposal):
                proposals.append(found)
            else:
                stays[place] = found
        return Proposed(tuple(proposals), stays)

    def _one(self, finding: Finding) -> Proposal | Dropped:
        for_strings = _is_for_strings(finding)
        would_move = for_strings and finding.hoist.outcome is Outcome.OK
        rule = Dropped(Stay.RULE, finding.code, finding.text, needs_unsafe=would_move)
        is_asked = finding.code in _CYCLES or (for_strings and self._unsafe)
        if finding.decision is Decision.LEAVE and not is_asked:
            return rule
        if finding.resolved.internal and not self._is_proven(finding):
            text = f"importing {finding.resolved.importer} first could not be followed to its end"
            return Dropped(Stay.SIMULATION, "untested", text)
        variants, problem, overruled = self._variants(finding)
        wanted = tuple(edit for edit in variants if _action(edit) in self._only)
        if variants and not wanted:
            return Dropped(Stay.USER, "not-asked-for", "--only does not name its action")
        if not wanted:
            return problem or rule
        path, place = place_of(finding)
        return Proposal(
            id=f"{path}:{place.line:07}:{place.column:04}",
            module=finding.resolved.importer,
            path=path,
            code=overruled.code if overruled else finding.code,
            text=overruled.text if overruled else finding.text,
            variants=wanted,
            finding=finding,
        )

    def _is_proven(self, finding: Finding) -> bool:
        failure = self._failures.get(finding.resolved.importer)
        if finding.action in _DELETES or finding.action is Action.GUARD:
            return True
        is_entry = finding.resolved.importer.rpartition(".")[2] != "__main__"
        return is_entry and (failure is None or failure.outcome in _WORKING)

    def _variants(self, finding: Finding) -> tuple[tuple[Edit, ...], Dropped | None, Hazard | None]:
        """The edits, why there is none, and the reason to stay that ``--unsafe`` overrules."""
        place = place_of(finding)[1]
        delete = _DELETES.get(finding.action)
        if delete:
            return (delete(place),), None, None
        hazard, overruled = self._hazards.of(finding), None
        if hazard and hazard.is_taste and self._unsafe:
            hazard, overruled = None, hazard
        if hazard and hazard.is_final:
            why = Dropped(Stay.RULE, hazard.code, hazard.text, needs_unsafe=hazard.is_taste)
            return (), why, None
        found: list[Edit] = []
        outcome = finding.hoist.outcome
        if finding.action is Action.GUARD:
            found.append(Guard(place))
        for_strings = _is_for_strings(finding)
        is_hoist = (finding.action is Action.HOIST or for_strings) and outcome is Outcome.OK
        if (is_hoist or self._may_be_rescued(finding)) and not hazard:
            found.append(Hoist(place, for_strings=for_strings))
        if not (finding.action is Action.HOIST and outcome is Outcome.UNTESTED):
            found += self._other_ways(finding, place, is_late=hazard is not None)
        problem = Dropped(Stay.RULE, hazard.code, hazard.text) if hazard else None
        if not found and finding.action is Action.HOIST and not problem:
            problem = _not_followed(finding)
        return tuple(found), problem, overruled

    def _may_be_rescued(self, finding: Finding) -> bool:
        is_failing = finding.hoist.outcome in (Outcome.CRASH, Outcome.SILENT)
        return self._together and is_failing and finding.code in _CYCLES

    def _other_ways(self, finding: Finding, place: Place, *, is_late: bool) -> list[Edit]:
        """Redirect and qualify; only the second where the name must be looked up late."""
        resolved = finding.resolved
        statement = resolved.statement
        targets = resolved.internal
        is_plain = statement.form is Form.FROM and len(resolved.targets) == len(targets) == 1
        if not is_plain or not targets[0].names or "*" in targets[0].names:
            return []
        if targets[0].module == resolved.importer:
            return []
        found: list[Edit] = []
        definitions, for_strings = self._definitions(finding), _is_for_strings(finding)
        if definitions and not is_late:
            found.append(Redirect(place, definitions, for_strings=for_strings))
        if for_strings:
            return found
        if statement.module and self._hazards.is_reached_by_name(targets[0].module):
            found.append(Qualify(place))
        return found

    def _definitions(self, finding: Finding) -> tuple[Definition, ...]:
        """Where the names come from; empty where none is only passed on."""
        target = finding.resolved.internal[0]
        found: list[Definition] = []
        is_passed_on = False
        for alias in finding.resolved.statement.names:
            definition = self._reexports.definition(target.module, alias.name)
            if definition is None or not definition.name:
                return ()
            if definition.module == finding.resolved.importer:
                return ()
            is_passed_on |= bool(definition.via)
            bound = alias.asname or alias.name
            found.append(Definition(bound, definition.module, definition.name))
        return tuple(found) if is_passed_on else ()


def closing(proposal: Proposal) -> Proposal:
    """The proposal with the remark that it closes a cycle, beside the reason that it overrules."""
    finding, text = proposal.finding, EAGER_CYCLE.text
    if finding and (proposal.code != finding.code or _is_for_strings(finding)):
        text = f"{proposal.text}; {text}"
    return replace(proposal, code=EAGER_CYCLE.code, text=text)


def _is_for_strings(finding: Finding) -> bool:
    """Whether only ``eval(text)`` can use the names; at the top other such strings see them too."""
    function = finding.resolved.statement.function
    is_bare = function is not None and not function.exec_with_globals
    return finding.code == "eval-only-name" and is_bare


def place_of(finding: Finding) -> tuple[str, Place]:
    """The path and the place of an import."""
    statement = finding.resolved.statement
    return finding.resolved.path, Place(statement.line, statement.column)


def _action(edit: Edit) -> Action:
    return ACTIONS[type(edit)]


def _not_followed(finding: Finding) -> Dropped:
    hoist = finding.hoist
    if hoist.outcome is Outcome.UNTESTED:
        return Dropped(Stay.SIMULATION, "untested", "no entry leads to it: nothing is known of it")
    said = f"{hoist.error}: {hoist.message}" if hoist.error else hoist.message or hoist.outcome
    first = f", if {hoist.entry} is imported first" if hoist.entry else ""
    text = f"at the top of the file: {said}{first}"
    return Dropped(Stay.SIMULATION, "breaks-an-entry", text, hoist.chain)
