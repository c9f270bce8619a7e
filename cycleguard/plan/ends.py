"""What has become of cycles: their imports, and whether every module that is left of one imports.

In: the end of a cycle, and the project before and after all changes. Out: the end with the imports
that are gone and new, the modules that fail when they are imported first, and those of which nobody
knows.
"""

from msgspec.structs import replace

from cycleguard.model.cycles import CycleKind
from cycleguard.model.findings import Outcome
from cycleguard.model.modules import Project
from cycleguard.model.proposals import Crash, CycleEnd
from cycleguard.plan.settle import Failures
from cycleguard.relocate.tree import Tree
from cycleguard.simulate.run import entry_names

_FAILING = (Outcome.CRASH, Outcome.SILENT)


def with_entries(end: CycleEnd, project: Project, failures: Failures) -> CycleEnd:
    """The end of a cycle with what the simulation says of the modules that are left of it."""
    tested = frozenset(entry_names(project))
    crashes: list[Crash] = []
    unknown: list[str] = []
    for name in end.rest:
        result = failures.get(name)
        if result and result.outcome in _FAILING and result.error:
            error = result.error
            crashes.append(Crash(name, str(result.outcome), error.kind, error.message))
        elif name not in tested or (result and result.outcome is not Outcome.OK):
            unknown.append(name)
    return replace(end, crashes=tuple(crashes), unknown=tuple(unknown))


def with_imports(end: CycleEnd, before: Tree, after: Tree) -> CycleEnd:
    """The end of a cycle with the imports among its modules and those that are new."""
    members = frozenset(end.modules)
    near = members | (after.modules.keys() - before.modules.keys())
    old, new = (
        {
            (importer, imported)
            for importer in near
            for imported in tree.level(CycleKind(end.kind)).from_module(importer) & near
            if importer in members or imported in members
        }
        for tree in (before, after)
    )
    return replace(
        end,
        gone=tuple(sorted(old - new)),
        added=tuple(sorted(new - old)),
        kept=tuple(sorted(old & new)),
    )
