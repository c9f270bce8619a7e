"""Import cycles: one issue for each component that holds an import which is not allowed in it.

What a baseline allows are the imports within components, one by one. A component that is new, has
grown, or has been joined with another has an import within it that none had before.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from cycleguard.gate.identity import cycle_family, of_edge
from cycleguard.gate.ledger import Ledger
from cycleguard.gate.policy import Policies
from cycleguard.model.analysis import Cycle
from cycleguard.model.cycles import CycleKind, Verdict
from cycleguard.model.edges import Edge
from cycleguard.model.findings import Step
from cycleguard.model.issues import Issue
from cycleguard.model.rules import RULES
from cycleguard.model.survey import Survey

_MOST_SHOWN = 5
_WHEN = {
    CycleKind.EAGER: "while they are being imported",
    CycleKind.DEFERRED: "through imports in functions",
    CycleKind.TYPING: "through imports for type checkers",
}
_VERDICTS = {
    Verdict.CRASH: "and that crashes",
    Verdict.SILENT: "and names get lost by that",
    Verdict.UNKNOWN: "and whether that works is not known",
    Verdict.BENIGN: "which works as long as the order of the imports stays as it is",
}


def cycle_issues(survey: Survey, policies: Policies, ledger: Ledger) -> Iterator[Issue]:
    """The components that policy and baseline do not allow."""
    for cycle in survey.cycles:
        fresh = [
            edge
            for edge in within(cycle, survey.targets)
            if _fails(cycle, edge, policies) and not ledger.allows(_identity(cycle, edge))
        ]
        if fresh:
            yield _issue(cycle, fresh)


def within(cycle: Cycle, targets: frozenset[str]) -> list[Edge]:
    """An edge for each two modules of a component of which the first is asked for, sorted."""
    edges = {(edge.importer, edge.imported): edge for edge in reversed(cycle.component.edges)}
    return [edges[pair] for pair in sorted(edges) if pair[0] in targets]


def _identity(cycle: Cycle, edge: Edge) -> str:
    return of_edge(cycle_family(cycle.component.kind), edge)


def _fails(cycle: Cycle, edge: Edge, policies: Policies) -> bool:
    policy = policies.of(edge.path)
    is_rule = cycle_family(cycle.component.kind) in policy.fail_on
    return is_rule and cycle.verdict in policy.cycle_verdicts


def _issue(cycle: Cycle, fresh: list[Edge]) -> Issue:
    component = cycle.component
    rule = RULES[cycle_family(component.kind)]
    remedies = {cut.edge: cut.remedy for cut in cycle.cut}
    place = next((edge for edge in remedies if edge in fresh), fresh[0])
    way = way_round(place, component.edges)
    return Issue(
        rule=rule.code,
        level=rule.level,
        path=place.path,
        line=place.line,
        column=1,
        end_line=place.line,
        module=place.importer,
        statement=place.statement,
        message=_message(cycle, fresh),
        remedy=_remedy(remedies.get(place), rule.remedy),
        details=tuple(_details(fresh, way)) if _is_known(cycle, fresh) else (),
        steps=tuple(Step(edge.importer, edge.path, edge.line, edge.statement) for edge in way),
        modules=component.modules,
        identities=tuple(_identity(cycle, edge) for edge in fresh),
    )


def _message(cycle: Cycle, fresh: list[Edge]) -> str:
    component = cycle.component
    count = len(component.modules)
    when, verdict = _WHEN[component.kind], _VERDICTS[cycle.verdict]
    verdict = f", {verdict}" if component.kind is CycleKind.EAGER else ""
    if _is_known(cycle, fresh):
        more = "one more import" if len(fresh) == 1 else f"{len(fresh)} more imports"
        return f"a known cycle of {count} modules has {more} within it"
    if count == 1:
        return f"{component.modules[0]} imports itself{verdict}"
    return f"{count} modules import each other {when}{verdict}"


def _is_known(cycle: Cycle, fresh: list[Edge]) -> bool:
    """Whether something of the cycle is allowed."""
    return len(fresh) < len({(edge.importer, edge.imported) for edge in cycle.component.edges})


def _details(fresh: Iterable[Edge], way: tuple[Edge, ...]) -> Iterator[str]:
    """What is new besides what is on the way round that is shown."""
    shown = {(edge.importer, edge.imported) for edge in way}
    others = [edge for edge in fresh if (edge.importer, edge.imported) not in shown]
    for edge in others[:_MOST_SHOWN]:
        yield f"also new in it: {edge}"
    if len(others) > _MOST_SHOWN:
        yield f"and {len(others) - _MOST_SHOWN} more"


def _remedy(remedy: str | None, otherwise: str) -> str:
    return remedy[:1].upper() + remedy[1:] if remedy else otherwise


def way_round(start: Edge, edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """A shortest cycle that begins with `start`, one edge after the other."""
    following: dict[str, list[Edge]] = {}
    for edge in sorted(edges):
        following.setdefault(edge.importer, []).append(edge)
    reached: dict[str, Edge] = {start.imported: start}
    waiting = deque([start.imported])
    while waiting and start.importer not in reached:
        for edge in following.get(waiting.popleft(), ()):
            if edge.imported not in reached:
                reached[edge.imported] = edge
                waiting.append(edge.imported)
    way: list[Edge] = []
    at = start.importer
    while at != start.imported and at in reached:
        way.append(reached[at])
        at = reached[at].importer
    return (start, *reversed(way))
