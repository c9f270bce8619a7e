"""An `Analysis` as plain data: the JSON contract, schema version 1. Keys may be added."""

import json
from collections.abc import Iterable

import msgspec

from cycleguard.model.analysis import Analysis, Cycle, Entry
from cycleguard.model.catalogue import CATALOGUE, RUNTIME_CATALOGUE
from cycleguard.model.constructs import RuntimeFinding
from cycleguard.model.cycles import CutEdge
from cycleguard.model.edges import Edge, Origin, TargetKind
from cycleguard.model.findings import Finding, Hoist, Step
from cycleguard.model.imports import Guard
from cycleguard.model.moved import Moved, MovePlan
from cycleguard.model.resolved import ResolvedImport

SCHEMA_VERSION = 1
Json = dict[str, object]


def to_json(analysis: Analysis) -> str:
    """The analysis as JSON text in ASCII, which every terminal and pipe can carry, indented."""
    # json.dumps is ten times slower where it has to indent.
    return msgspec.json.format(json.dumps(to_data(analysis)), indent=2) + "\n"


def to_data(analysis: Analysis) -> Json:
    """The analysis as nested dicts and lists."""
    return {
        "schema_version": SCHEMA_VERSION,
        "root": ".",
        "summary": summary_data(analysis),
        "imports": [finding_data(finding) for finding in analysis.findings],
        "cycles": [cycle_data(cycle) for cycle in analysis.cycles],
        "entries": [_entry(entry) for entry in analysis.entries],
        "runtime": [runtime_data(finding) for finding in analysis.runtime],
        "skipped": [{"path": s.path, "reason": s.reason} for s in analysis.skipped],
    }


def summary_data(analysis: Analysis) -> Json:
    """The counts of an analysis."""
    return {
        "files": analysis.files,
        "modules": analysis.modules,
        "local_imports": analysis.local_imports,
        "dynamic_imports": analysis.dynamic_imports,
        "cycles": len(analysis.cycles),
        "decisions": analysis.decisions,
    }


def target_names(resolved: ResolvedImport) -> list[str]:
    """The modules that a statement imports; computed names are left out."""
    return sorted({target.module for target in resolved.targets if target.module})


def origin(resolved: ResolvedImport) -> Origin:
    """What makes the edge of this import."""
    form = resolved.statement.form
    is_computed = not form.is_statement and resolved.kind is TargetKind.DYNAMIC
    if any(target.alias for target in resolved.targets):
        return Origin.ALIAS
    return Origin.DYNAMIC if is_computed else form.origin


def finding_data(finding: Finding) -> Json:
    """One import, as `imports` has it."""
    resolved, statement = finding.resolved, finding.resolved.statement
    return {
        "path": resolved.path,
        "line": statement.line,
        "column": statement.column,
        "end_line": statement.end_line,
        "module": resolved.importer,
        "scope": statement.scope,
        "statement": statement.statement,
        "targets": target_names(resolved),
        "target_kind": str(resolved.kind),
        "timing": str(statement.timing),
        "origin": str(origin(resolved)),
        "guards": [_guard(guard) for guard in statement.guards],
        "decision": str(finding.decision),
        "action": str(finding.action),
        "applicability": str(finding.applicability),
        "reason": {"code": finding.code, "text": finding.text},
        "remedy": CATALOGUE[finding.code].remedy,
        "evidence": list(finding.evidence),
        "hoist": _hoist(finding.hoist),
        "suppressed": finding.suppressed,
        "plan": _plan(finding.plan) if finding.plan else None,
    }


def moved_data(moved: Moved) -> Json:
    """Names that go from one module to another."""
    return {
        "names": list(moved.names),
        "from": moved.source,
        "to": moved.target,
        "lines": moved.lines,
    }


def _plan(plan: MovePlan) -> Json:
    return {
        "moved": [moved_data(moved) for moved in plan.moved],
        "created": list(plan.created),
        "redirected": list(plan.redirected),
        "story": list(plan.story),
    }


def runtime_data(finding: RuntimeFinding) -> Json:
    """One finding about what acts at run time, as `runtime` has it."""
    return {
        "path": finding.path,
        "line": finding.at.line,
        "column": finding.at.column,
        "module": finding.module,
        "statement": finding.at.text,
        "reason": {"code": finding.code, "text": finding.text},
        "remedy": RUNTIME_CATALOGUE[finding.code].remedy,
        "evidence": list(finding.evidence),
    }


def _guard(guard: Guard) -> Json:
    return {"kind": str(guard.kind), "test": guard.test, "line": guard.line}


def _hoist(hoist: Hoist) -> Json:
    return {
        "outcome": str(hoist.outcome),
        "entry": hoist.entry,
        "error": hoist.error,
        "message": hoist.message,
        "chain": _chain(hoist.chain),
        "module": hoist.module,
        "name": hoist.name,
    }


def _chain(chain: Iterable[Step]) -> list[Json]:
    return [
        {"module": step.module, "path": step.path, "line": step.line, "text": step.text}
        for step in chain
    ]


def cycle_data(cycle: Cycle) -> Json:
    """One cycle, as `cycles` has it."""
    component = cycle.component
    return {
        "id": cycle.id,
        "modules": list(component.modules),
        "kind": str(component.kind),
        "verdict": str(cycle.verdict),
        "witness": [_edge(edge) for edge in component.witness],
        "edges": [_edge(edge) for edge in component.edges],
        "cut": [_cut(cut) for cut in cycle.cut],
    }


def _edge(edge: Edge) -> Json:
    return {
        "importer": edge.importer,
        "imported": edge.imported,
        "path": edge.path,
        "line": edge.line,
        "timing": str(edge.timing),
        "origin": str(edge.origin),
    }


def _cut(cut: CutEdge) -> Json:
    return {**_edge(cut.edge), "statement": cut.edge.statement, "remedy": cut.remedy}


def _entry(entry: Entry) -> Json:
    return {
        "module": entry.module,
        "outcome": str(entry.outcome),
        "error": entry.error,
        "message": entry.message,
        "name": entry.name,
        "at": {"module": entry.module_at, "path": entry.path, "line": entry.line},
        "chain": _chain(entry.chain),
    }
