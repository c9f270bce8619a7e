"""The README tells the truth: its excerpt is what the tool prints, its links and options exist."""

import re
import tomllib
from pathlib import Path

import pytest

from cycleguard.cli import main
from cycleguard.config import Config
from tests.conftest import REPOSITORY, Project, RunCli
from tests.gate.support import CRASHING

README = REPOSITORY / "README.md"
SCANNED = "fixtures/paddle_jit/paddle/jit"
SHOWN = ("api.py", "dy2static/convert_call_func.py", "dy2static/utils.py")
_EXCERPT = re.compile(
    r"(?<=<!-- excerpt: written by tests/test_readme\.py -->\n).*(?=<!-- end of excerpt)", re.S
)
_GATE = re.compile(
    r"(?<=<!-- gate: written by tests/test_readme\.py -->\n).*(?=<!-- end of g)", re.S
)
_MOST_ROWS = 13
_OMITTED = "[...]"


def test_the_excerpt_is_what_the_tool_prints(
    run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(REPOSITORY)
    expected = _excerpt(run_cli("scan", SCANNED).stdout)
    text = README.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden"):
        README.write_text(_EXCERPT.sub(lambda _: expected, text), encoding="utf-8")
    found = _EXCERPT.search(README.read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] == expected, "if that is right: pytest --update-golden"


def test_the_gate_shown_is_the_gate(
    run_cli: RunCli, project: Project, request: pytest.FixtureRequest
) -> None:
    project(CRASHING)
    expected = f"```console\n$ cycleguard check\n{run_cli('check').stdout}```\n"
    text = README.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden"):
        README.write_text(_GATE.sub(lambda _: expected, text), encoding="utf-8")
    found = _GATE.search(README.read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] == expected, "if that is right: pytest --update-golden"


def _excerpt(report: str) -> str:
    """Some files, the first cycle and the summary of a report."""
    blocks = report.rstrip("\n").split("\n\n")
    wanted = {f"{SCANNED}/{name}" for name in SHOWN}
    first_cycle = next(n for n, block in enumerate(blocks) if block.startswith("cycle "))
    kept: list[str] = []
    for number, block in enumerate(blocks):
        is_shown = block.partition("\n")[0] in wanted or number in (first_cycle, len(blocks) - 1)
        if is_shown:
            kept.append(_shortened(block))
        elif kept[-1] != _OMITTED:
            kept.append(_OMITTED)
    return f"```console\n$ cycleguard scan {SCANNED}\n" + "\n\n".join(kept) + "\n```\n"


def _shortened(block: str) -> str:
    rows = block.split("\n")
    return "\n".join([*rows[:_MOST_ROWS], *([_OMITTED] if len(rows) > _MOST_ROWS else [])])


def test_links_lead_somewhere() -> None:
    pages = [README, *(REPOSITORY / "docs").rglob("*.md"), REPOSITORY / "CHANGELOG.md"]
    for page in pages:
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert link.startswith("https://") or (page.parent / link).exists(), f"{page}: {link}"


def test_the_configuration_shown_is_valid() -> None:
    block = re.search(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    assert block is not None
    table = tomllib.loads(block[1])["tool"]["cycleguard"]
    known = {name.replace("_", "-") for name in Config.__struct_fields__} - {"folder"}
    assert set(table) == known


def test_commands_and_options_shown_exist() -> None:
    text = README.read_text(encoding="utf-8")
    options = {name for c in main.commands.values() for p in c.params for name in p.opts}
    options |= {name for c in main.commands.values() for p in c.params for name in p.secondary_opts}
    shown = set(re.findall(r"`(--[a-z-]+)", text))
    assert shown <= options
    assert set(re.findall(r"`cycleguard ([a-z]+)", text)) == set(main.commands)


def test_hooks_run_commands_that_exist() -> None:
    hooks = Path(REPOSITORY, ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"entry: cycleguard (\w+)", hooks)
    assert entries
    assert set(entries) <= {*main.commands, "fix"}
