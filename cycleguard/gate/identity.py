"""What a baseline calls a finding: by modules and scopes, so no edit of other lines changes it.

An identity is one line of text: ``<family>: <module>``, ``<family>: <importer> -> <imported>`` or
``<family>: <module>:<scope> -> <imported>``.
"""

import re

from cycleguard.model.analysis import Entry
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edges import Edge
from cycleguard.model.findings import Finding, Outcome

ENTRY_RULES = {
    Outcome.CRASH: "crash",
    Outcome.SILENT: "silent",
    Outcome.UNKNOWN: "may-fail",
}
_MODULE = re.compile(r"^[a-z-]+: (?P<module>[^:>]+?)(?::| -> |$)")


def of_module(family: str, module: str) -> str:
    """Trouble with a module as a whole."""
    return f"{family}: {module}"


def of_entry(entry: Entry) -> str:
    """A module that does not import cleanly."""
    return of_module(ENTRY_RULES[entry.outcome], entry.module)


def of_edge(family: str, edge: Edge) -> str:
    """An import of one module by another, however many statements make it."""
    return f"{family}: {edge.importer} -> {edge.imported}"


def cycle_family(kind: CycleKind) -> str:
    """The rule for cycles of a kind."""
    return f"{kind}-cycle"


def of_import(finding: Finding) -> tuple[str, ...]:
    """A function-local or dynamic import, one identity for each module that it imports."""
    resolved = finding.resolved
    family = "dynamic-import" if resolved.statement.is_dynamic else "local-import"
    scope = f"{family}: {resolved.importer}:{resolved.statement.scope}"
    targets = sorted({target.module for target in resolved.targets}) or [""]
    return tuple(f"{scope} -> {target or '?'}" for target in targets)


def module_of(identity: str) -> str | None:
    """The module whose file holds what an identity names; None if it is none."""
    match = _MODULE.match(identity)
    return match["module"] if match else None
