"""Whether a project is better off after a change: no new cycle, no lost name, no new failure.

In: the `Tree` before and after. Out: None, or what speaks against it.
"""

from collections.abc import Iterable

from cycleguard.graph.arcs import Arc
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edges import Origin
from cycleguard.model.findings import Outcome
from cycleguard.model.imports import ModuleFacts
from cycleguard.model.names import is_within, packages_above
from cycleguard.relocate.outside import newly_needed
from cycleguard.relocate.tree import Tree
from cycleguard.simulate.entries import Result

_ORDER = (Outcome.OK, None, Outcome.UNKNOWN, Outcome.SILENT, Outcome.CRASH)


def worse_graph(before: Tree, after: Tree, touched: Iterable[str]) -> str | None:
    """What the graph alone says: new cycles, packages that lose a module, names that are gone.

    And modules that need more from outside the project than they did.
    """
    for kind in (CycleKind.EAGER, CycleKind.DEFERRED):
        known = before.tangles(kind)
        for members in after.tangles(kind):
            if not any(members <= each for each in known):
                new = members - before.modules.keys()
                return f"{min(new or members)} would be in a cycle"
    for name in sorted(touched):
        if name in before.facts:
            lost = _public(before.facts[name]) - _bound(after.facts[name])
            if lost:
                return f"{name} would lose {min(lost)}"
    return _no_longer_loaded(before, after) or newly_needed(before, after)


def _no_longer_loaded(before: Tree, after: Tree) -> str | None:
    """What of a package is not there any more once the package has been imported."""
    gone = before.loads.added(after.loads)
    ends = {name for arc in gone for name in arc}
    for package in sorted({package for name in ends for package in packages_above(name)}):
        lost = before.loads.reached(package) - after.loads.reached(package)
        own = [name for name in lost if is_within(name, package)]
        if own:
            return f"importing {package} would no longer load {min(own)}"
    return None


def _public(facts: ModuleFacts) -> frozenset[str]:
    """The names that a module defines or lists for others."""
    own = {b.name for b in facts.bindings if b.kind != "import" and not b.name.startswith("_")}
    listed = frozenset(facts.exports or ())
    return frozenset(own) | (listed & _bound(facts))


def _bound(facts: ModuleFacts) -> frozenset[str]:
    return frozenset(binding.name for binding in facts.bindings)


def finds_names(tree: Tree, importer: str, imported: str) -> bool:
    """Whether a module has all that another one imports of it, name by name."""
    facts = tree.facts.get(imported)
    bound = _bound(facts) if facts else frozenset[str]()
    return all(
        edge.names and all(n in bound or f"{imported}.{n}" in tree.modules for n in edge.names)
        for edge in tree.edges_from(importer)
        if edge.imported == imported and edge.origin is not Origin.PARENT
    )


def worse_outcome(before: Tree, after: Tree, names: Iterable[str] = ()) -> tuple[str, ...]:
    """The modules, or of `names` those, that import worse than before, when imported first."""
    outcomes = after.outcomes_of(names) if names else after.outcomes
    return tuple(
        name
        for name, result in sorted(outcomes.items())
        if is_worse(before.outcomes.get(name), result)
    )


def obstacle(result: Result) -> Arc | None:
    """Who asked which half-way module for a name, where an entry fails."""
    error = result.error
    if error and error.chain and error.module:
        return error.chain[-1].module, error.module
    return None


def is_worse(before: Result | None, after: Result) -> bool:
    """Whether an entry imports worse than it did; None stands for a new one, or one that imported.

    A new one may need what its package has always needed.
    """
    known = before.outcome if before else Outcome.OK
    if known is after.outcome is Outcome.OK:
        return before is not None and after.may_fail and not before.may_fail
    return _ORDER.index(after.outcome) > _ORDER.index(known)
