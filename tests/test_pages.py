"""What docs/explain.md shows is what the tool prints."""

import re
import shlex

import pytest

from cycleguard.gate.baseline import format_baseline, parse_baseline
from cycleguard.model.rules import rules_page
from tests.conftest import REPOSITORY, Project, RunCli

PAGE = REPOSITORY / "docs" / "explain.md"
_RULES = re.compile(r"(?<=model/rules\.py -->\n).*(?=<!-- end of rules)", re.S)
_EXAMPLE = re.compile(r"```console\n\$ cycleguard (?P<command>[^\n]+)\n.*?```", re.S)


def test_the_examples_are_what_the_tool_prints(
    run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(REPOSITORY)

    def shown(example: re.Match[str]) -> str:
        output = run_cli(*shlex.split(example["command"])).stdout
        return f"```console\n$ cycleguard {example['command']}\n{output}```"

    text = PAGE.read_text(encoding="utf-8")
    assert len(_EXAMPLE.findall(text)) > 1
    expected = _EXAMPLE.sub(shown, text)
    if request.config.getoption("--update-golden"):
        PAGE.write_text(expected, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == expected, "if that is right: pytest --update-golden"


def test_the_rules_are_those_of_the_code(request: pytest.FixtureRequest) -> None:
    page = REPOSITORY / "docs" / "check.md"
    text = page.read_text(encoding="utf-8")
    expected = _RULES.sub(rules_page(), text)
    if request.config.getoption("--update-golden"):
        page.write_text(expected, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == expected, "if that is right: pytest --update-golden"


def test_the_configuration_of_the_gate_is_valid(project: Project, run_cli: RunCli) -> None:
    text = (REPOSITORY / "docs" / "check.md").read_text(encoding="utf-8")
    block = re.search(r"```toml\n(.*?)```", text, re.S)
    assert block is not None
    names = ("cli", "web", "core", "model")
    modules = {f"shop/{name}.py": "" for name in names}
    project({"pyproject.toml": block[1], "shop/__init__.py": "", **modules})
    assert run_cli("check").exit_code == 0


def test_an_unchanged_baseline_of_the_page_is_one() -> None:
    text = (REPOSITORY / "docs" / "check.md").read_text(encoding="utf-8")
    block = re.search(r"```json\n(.*?)```", text, re.S)
    assert block is not None
    counts = parse_baseline(block[1], "docs/check.md").counts
    assert format_baseline(counts) == block[1]
