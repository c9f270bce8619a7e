"""What is left of cycles: whether every module of it imports, whichever is imported first.

In: the end of a cycle, and how the entries of the project end after all changes. Out: the end with
the modules that fail, and those of which nobody knows.
"""

from msgspec.structs import replace

from cycleguard.model.findings import Outcome
from cycleguard.model.modules import Project
from cycleguard.model.proposals import Crash, CycleEnd
from cycleguard.plan.settle import Failures
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
        elif result or name not in tested:
            unknown.append(name)
    return replace(end, crashes=tuple(crashes), unknown=tuple(unknown))
