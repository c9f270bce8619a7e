"""What would move for each import that cannot go to the top as it is: findings with a plan.

In: an analysis. Out: the same, with the cheapest move that was found and checked. Nothing is
written. It takes seconds for an import of a large package, for every move is simulated.
"""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from cycleguard.model.findings import Decision, Finding
from cycleguard.model.proposals import preview
from cycleguard.pipeline import Resolved
from cycleguard.relocate.blocked import proposals_for
from cycleguard.relocate.places import Settings
from cycleguard.relocate.tree import Tree
from cycleguard.simulate.run import Simulated

MOVING = (Decision.RELOCATE, Decision.SPLIT)


def with_plans(
    resolved: Resolved,
    findings: Iterable[Finding],
    progress: Callable[[str], None] = lambda what: None,
) -> tuple[Finding, ...]:
    """The findings; those whose decision is a move say which."""
    tree = tree_of(resolved)
    found: list[Finding] = []
    for finding in findings:
        if finding.decision in MOVING and finding.resolved.statement.is_local:
            statement = finding.resolved.statement
            progress(f"planning for {finding.resolved.path}:{statement.line}")
            best = next(proposals_for(tree, finding.resolved, Settings()), None)
            found.append(replace(finding, plan=preview(best[0] if best else ())))
        else:
            found.append(finding)
    return tuple(found)


def tree_of(resolved: Resolved, simulated: Simulated | None = None) -> Tree:
    """The project as the planning of moves looks at it, with what is known of it already."""
    return Tree(
        resolved.project,
        resolved.facts,
        resolved.imports,
        resolved.contents,
        resolved.generated,
        simulated,
    )
