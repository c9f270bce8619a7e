"""`docs/rules.md`: every rule of the machine has a case, every case a rule, every source a row."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

REPOSITORY = Path(__file__).parents[1]
PAGE = REPOSITORY / "docs" / "rules.md"
CASES = REPOSITORY / "fixtures" / "order"
MACHINE = sorted((REPOSITORY / "cycleguard" / "simulate").glob("*.py"))
# What "Source: ..." names: functions and instructions of CPython.
_SOURCE = re.compile(r"Source:(.*?)(?:\n\n|$)", re.DOTALL)
_NAME = re.compile(r"``(\w+)``|\b([A-Z]+(?:_[A-Z]+)+)\b")


class Rule(Struct, frozen=True):
    """A row of the page."""

    text: str
    source: str
    cases: tuple[str, ...]


def rules() -> Iterator[Rule]:
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and cells[0] != "rule":
            text, source, cases = cells
            yield Rule(text, source, tuple(re.findall(r"`([^`]+)`", cases)))


def cited() -> Iterator[tuple[str, str]]:
    """Functions of CPython that docstrings of the machine name as their source."""
    for path in MACHINE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)):
                for sentence in _SOURCE.findall(ast.get_docstring(node) or ""):
                    names = (a or b for a, b in _NAME.findall(sentence))
                    yield from ((path.name, n) for n in names if not n.startswith("__"))


@pytest.mark.parametrize("rule", tuple(rules()), ids=lambda rule: rule.text[:40])
def test_a_rule_has_cases(rule: Rule) -> None:
    assert rule.cases
    for case in rule.cases:
        place = REPOSITORY / case if case.startswith("tests/") else CASES / case / "case.toml"
        assert place.is_file(), case


def test_a_case_has_a_rule() -> None:
    told = {case for rule in rules() for case in rule.cases}
    assert {folder.name for folder in CASES.iterdir()} - told == set()


def test_the_machine_names_its_sources() -> None:
    assert len(set(cited())) > 20


@pytest.mark.parametrize(("file", "function"), sorted(set(cited())))
def test_a_source_has_a_rule(file: str, function: str) -> None:
    assert any(f"`{function}`" in rule.source for rule in rules()), file
