"""`cycleguard init`: configuration, baseline, and what to do next."""

import tomllib
from pathlib import Path

import pytest

from tests.conftest import Project, RunCli
from tests.gate.support import MOVABLE

FILE = "cycleguard-baseline.json"


def test_a_code_base_with_findings(project: Project, run_cli: RunCli) -> None:
    root = project({**MOVABLE, "pyproject.toml": "[project]\nname = 'shop'  # ours\n"})
    result = run_cli("init")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "found now: 1 finding in 3 files (1 move-to-top)\n"
        "pyproject.toml: [tool.cycleguard] added\n"
        f"{FILE}: 1 entry, one for each import or module concerned\n"
        "\nThree steps from here:\n"
        "  1. Commit these files: what is there now may stay, what is new may not.\n"
        f"       git add pyproject.toml {FILE}\n"
        "  2. Have it run before each commit and in CI. With pre-commit, the hook is\n"
        "     cycleguard-check; anywhere else:\n"
        "       cycleguard check\n"
        "  3. Mend what you like, in any order, and keep it mended:\n"
        "       cycleguard scan\n"
        "       cycleguard check --prune-baseline\n"
    )
    text = (root / "pyproject.toml").read_text()
    assert text.startswith("[project]\nname = 'shop'  # ours\n\n[tool.cycleguard]\n")
    assert "crash" in tomllib.loads(text)["tool"]["cycleguard"]["fail-on"]
    assert run_cli("check").exit_code == 0
    (root / "shop/new.py").write_text(MOVABLE["shop/cart.py"])
    assert run_cli("check").exit_code == 1


def test_a_code_base_without(project: Project, run_cli: RunCli) -> None:
    root = project({"m.py": "import json\n"})
    result = run_cli("init")
    assert "found now: no findings in 1 file\n" in result.stdout
    assert sorted(path.name for path in root.iterdir()) == ["m.py", "pyproject.toml"]
    assert run_cli("check").exit_code == 0


def test_again(project: Project, run_cli: RunCli) -> None:
    root = project(MOVABLE)
    run_cli("init")
    before = {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
    result = run_cli("init")
    assert result.exit_code == 0
    assert "pyproject.toml: has [tool.cycleguard] already, and keeps it\n" in result.stdout
    assert before == {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    ("before", "start"),
    [
        (b"[project]\r\nname = 'x'\r\n", b"[project]\r\nname = 'x'\r\n\r\n[tool.cycleguard]\r\n"),
        (b"a = 1", b"a = 1\n\n[tool.cycleguard]\n"),
        (b"\xef\xbb\xbfa = 1\n", b"\xef\xbb\xbfa = 1\n\n[tool.cycleguard]\n"),
        (b"", b"[tool.cycleguard]\n"),
        (b"[tool]\nruff = {}\n", b"[tool]\nruff = {}\n\n[tool.cycleguard]\n"),
    ],
    ids=["CRLF", "no newline at the end", "BOM", "empty", "tool"],
)
def test_the_rest_of_the_file_stays(
    before: bytes, start: bytes, project: Project, run_cli: RunCli
) -> None:
    root = project({**MOVABLE, "pyproject.toml": before})
    assert run_cli("init").exit_code == 0
    after = (root / "pyproject.toml").read_bytes()
    assert after.startswith(start)
    assert b"\r\n" not in after or after.count(b"\n") == after.count(b"\r\n")
    assert run_cli("check").exit_code == 0


def test_a_file_that_takes_no_table(project: Project, run_cli: RunCli) -> None:
    before = b"tool = { other = 1 }\n"
    root = project({**MOVABLE, "pyproject.toml": before})
    result = run_cli("init")
    assert result.exit_code == 2
    assert "pyproject.toml: [tool.cycleguard] cannot be added at its end" in result.stderr
    assert (root / "pyproject.toml").read_bytes() == before
    assert not (root / FILE).exists()


def test_in_a_folder_of_a_project(
    project: Project, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearest pyproject.toml is that of the project above."""
    root: Path = project({**MOVABLE, "pyproject.toml": "", ".git/HEAD": ""})
    monkeypatch.chdir(root / "shop")
    assert run_cli("init").exit_code == 0
    assert (root / FILE).exists()
    assert run_cli("check").exit_code == 0
    monkeypatch.chdir(root)
    assert run_cli("check").exit_code == 0
