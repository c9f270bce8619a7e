"""What docs/explain.md shows is what the tool prints."""

import re
import shlex

import pytest

from tests.conftest import REPOSITORY, RunCli

PAGE = REPOSITORY / "docs" / "explain.md"
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
