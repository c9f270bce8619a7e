"""The catalogue of reasons: documented, with examples that parse, and none unused."""

import ast
import re

import pytest

from cycleguard.model.catalogue import CATALOGUE, findings_page
from cycleguard.model.findings import Action, Decision
from tests.conftest import REPOSITORY
from tests.unit.classify.test_rules import CASES

PAGE = REPOSITORY / "docs" / "findings.md"


def test_the_page_is_up_to_date() -> None:
    hint = "python -m cycleguard.model.catalogue > docs/findings.md"
    assert PAGE.read_text(encoding="utf-8") == findings_page(), hint


@pytest.mark.parametrize("code", CATALOGUE)
def test_an_entry_is_complete(code: str) -> None:
    entry = CATALOGUE[code]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", entry.code)
    assert not entry.title.endswith(".")
    assert entry.why.endswith(".")
    assert entry.remedy.endswith(".")
    assert isinstance(entry.decision, Decision)
    assert isinstance(entry.action, Action)


@pytest.mark.parametrize("code", CATALOGUE)
def test_an_example_parses(code: str) -> None:
    example = CATALOGUE[code].example
    # What follows `return` outside of a function is a fragment of one.
    indented = "".join(f"    {line}\n" for line in example.splitlines())
    try:
        ast.parse(example)
    except SyntaxError:
        ast.parse(f"def fragment():\n{indented}")


def test_every_reason_has_a_case() -> None:
    assert {case.code for case in CASES} >= CATALOGUE.keys() - {"unknown"}
