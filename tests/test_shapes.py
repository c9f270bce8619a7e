"""Every case in `fixtures/shapes` through the analysis: each import and each edge, and no other."""

import shutil
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from cycleguard.model.edges import Edge, Origin
from cycleguard.model.resolved import ResolvedImport
from cycleguard.pipeline import Resolved, resolve
from cycleguard.report.data import origin, target_names
from tests.shape_cases import Case, ExpectedEdge, ExpectedImport, each_case


@each_case
def test_imports_and_edges_are_those_of_the_case(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a copy, so that no case lies in a project of ours and takes its names from there
    shutil.copytree(case.before, tmp_path / "before")
    monkeypatch.chdir(tmp_path / "before")
    resolved = resolve([Path()])
    assert not [s for s in resolved.skipped if "already taken" not in s.reason]
    assert _listed(resolved) == Counter(case.file.entries)
    assert _edges(resolved) == Counter(case.file.edges)


def _listed(resolved: Resolved) -> Counter[ExpectedImport]:
    listed = (r for r in resolved.imports if r.statement.is_local or r.statement.is_dynamic)
    return Counter(_import(each) for each in listed)


def _import(resolved: ResolvedImport) -> ExpectedImport:
    statement = resolved.statement
    return msgspec.convert(
        {
            "path": resolved.path,
            "line": statement.line,
            "end_line": statement.end_line,
            "scope": statement.scope,
            "statement": statement.statement,
            "targets": target_names(resolved),
            "target_kind": resolved.kind.value,
            "timing": statement.timing.value,
            "origin": origin(resolved).value,
            "guards": [guard.kind.value for guard in statement.guards],
        },
        ExpectedImport,
    )


def _edges(resolved: Resolved) -> Counter[ExpectedEdge]:
    shown = (Origin.EXPLICIT, Origin.LITERAL, Origin.LAZY)
    return Counter(_edge(edge) for edge in resolved.edges if edge.origin in shown)


def _edge(edge: Edge) -> ExpectedEdge:
    return ExpectedEdge(edge.importer, edge.imported, edge.timing.value, edge.line)
