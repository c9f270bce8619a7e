"""The rules, one by one: for every reason a project that gets it, and near misses that must not."""

from pathlib import Path

import pytest

from cycleguard.classify.context import Context
from cycleguard.classify.decide import classify
from cycleguard.model.catalogue import CATALOGUE
from cycleguard.model.findings import Finding, Hoist
from cycleguard.pipeline import resolve
from tests.conftest import Project
from tests.unit.classify.cases import SHOP, Case, inside
from tests.unit.classify.cases_cycles import CYCLES
from tests.unit.classify.cases_guards import GUARDS
from tests.unit.classify.cases_names import NAMES

CASES = (*CYCLES, *GUARDS, *NAMES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}, {case.title}")
def test_a_rule(case: Case, project: Project) -> None:
    finding = _judge(case, project)
    assert finding.code == case.expected
    assert finding.decision is CATALOGUE[case.expected].decision
    assert finding.action is CATALOGUE[case.expected].action
    assert finding.text
    assert "\n" not in finding.text


def test_every_reason_has_a_near_miss() -> None:
    missed = {case.code for case in CASES if case.gets}
    # A call with a computed name, or with a string of code, is what it is.
    exempt = {"unknown", "dynamic-name", "code-string", "lazy-loader", "cycle-needs-split"}
    assert missed == CATALOGUE.keys() - exempt


def _judge(case: Case, project: Project) -> Finding:
    line = next(n for n, text in enumerate(case.cart.splitlines(), 1) if text.endswith("#!"))
    folder = project({**SHOP, **case.files, "shop/cart.py": case.cart.replace("  #!", "")})
    known = resolve([folder])
    resolved = next(
        each
        for each in known.imports
        if each.importer == "shop.cart" and each.statement.line == line
    )
    hoists = {("shop.cart", line, resolved.statement.column): Hoist(case.hoist)}
    dependencies = known.project.dependencies
    context = Context(known.facts, known.imports, known.edges, dependencies, hoists)
    return classify(resolved, context)


def test_a_project_without_metadata_declares_nothing(project: Project) -> None:
    """Nobody knows then what every installation has."""
    case = Case("undeclared-dependency", "", inside("import requests  #!", "requests"))
    folder = project({"pyproject.toml": ""})
    assert (folder / "pyproject.toml").exists()
    without = Case(case.code, "", case.cart, files={"pyproject.toml": "[tool.cycleguard]\n"})
    assert _judge(without, project).text == "no metadata says what the project requires"


def test_paths_in_reasons_are_none(project: Project) -> None:
    for case in CASES[:3]:
        assert str(Path.cwd()) not in _judge(case, project).text
