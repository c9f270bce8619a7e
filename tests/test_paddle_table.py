"""The main job on `fixtures/paddle_jit`: all 34 rows of the table that a person wrote by hand.

`rows.toml` holds what CPython does with each import if it is hoisted alone (test_paddle_fixture.py
holds that against CPython) and what Paddle's people decided.
"""

import tomllib
from pathlib import Path

import msgspec
import pytest

from cycleguard.model.analysis import Analysis
from cycleguard.model.findings import Action, Decision, Finding, Outcome
from cycleguard.pipeline import analyse

FIXTURE = Path(__file__).parents[1] / "fixtures" / "paddle_jit"


class Row(msgspec.Struct, frozen=True):
    """One row of the ground truth."""

    n: int
    path: str
    scope: str
    statement: str
    order: str
    rfc: str
    upstream: str


ROWS = msgspec.convert(tomllib.loads((FIXTURE / "rows.toml").read_text())["row"], list[Row])
OUTCOMES = {"ok": Outcome.OK, "crash": Outcome.CRASH, "optional": Outcome.UNKNOWN}


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return analyse([FIXTURE / "paddle" / "jit"])


@pytest.fixture(scope="module")
def findings(analysis: Analysis) -> dict[int, Finding]:
    """The finding of each row; rows of the same text in one scope come in source order."""
    pool: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in analysis.findings:
        statement = finding.resolved.statement
        path = Path(analysis.root, finding.resolved.path).relative_to(FIXTURE).as_posix()
        pool.setdefault((path, statement.scope, statement.statement), []).append(finding)
    found = {row.n: pool[row.path, row.scope, row.statement].pop(0) for row in ROWS}
    assert not any(pool.values())
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"row {row.n}")
def test_the_hoist_comes_out_as_in_cpython(row: Row, findings: dict[int, Finding]) -> None:
    assert findings[row.n].hoist.outcome is OUTCOMES[row.order]


@pytest.mark.parametrize("row", [r for r in ROWS if r.rfc in list(Decision)], ids=lambda r: r.n)
def test_the_decision_is_the_one_that_people_came_to(
    row: Row, findings: dict[int, Finding]
) -> None:
    decision = findings[row.n].decision
    # Row 3 was relocated by taste: upstream moved a function that could have stayed.
    if row.rfc == Decision.RELOCATE and row.order == "ok":
        assert decision is Decision.MOVE_TO_TOP
    # Rows 31, 32: in the fixture the parts are small enough to carry over.
    elif row.rfc == Decision.SPLIT:
        assert decision in (Decision.SPLIT, Decision.RELOCATE)
    else:
        assert decision == row.rfc


def test_no_import_that_crashes_is_said_to_be_movable(findings: dict[int, Finding]) -> None:
    movable = {n for n, f in findings.items() if f.action is Action.HOIST}
    crashing = {row.n for row in ROWS if row.order != "ok"}
    assert not movable & crashing


def test_the_self_import_goes(findings: dict[int, Finding]) -> None:
    assert findings[19].action is Action.DELETE_SELF_IMPORT
    assert {findings[n].action for n in (21, 28)} == {Action.DELETE_DUPLICATE}


def test_every_module_imports_and_so_every_cycle_is_benign(analysis: Analysis) -> None:
    assert analysis.entries == ()
    assert {str(cycle.verdict) for cycle in analysis.cycles} == {"benign"}
