"""What modules need from outside the project to be imported at all.

In: a `Tree` before and after a change. Out: a module that would need more, with what. A driver or a
plugin need not be installed: who did without it has to go on without.
"""

from collections.abc import Iterable

from cycleguard.model.edges import TargetKind, Timing
from cycleguard.model.names import with_packages
from cycleguard.relocate.tree import Tree


def newly_needed(before: Tree, after: Tree) -> str | None:
    """A module that comes to need one from outside, as a clause."""
    grown = {importer for importer, _ in after.loads.added(before.loads)}
    for importer in sorted(grown & before.modules.keys()):
        had = _loaded(before, importer)
        new = _outside(after, _loaded(after, importer) - had) - _outside(before, had)
        if new:
            return f"importing {importer} would need {min(new)}"
    return None


def _loaded(tree: Tree, module: str) -> frozenset[str]:
    """All of the project that is loaded with a module: the packages above it are."""
    return frozenset[str]().union(*map(tree.loads.reached, with_packages(module)))


def _outside(tree: Tree, modules: Iterable[str]) -> frozenset[str]:
    """The packages from outside that some modules import whatever happens."""
    return frozenset(
        target.module.partition(".")[0]
        for name in modules
        for resolved in tree.by_importer.get(name, ())
        if resolved.statement.timing is Timing.EAGER and not resolved.statement.guards
        for target in resolved.targets
        if target.kind is TargetKind.THIRD_PARTY
    )
