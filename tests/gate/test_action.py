"""action.yml: its last step, run by bash with the variables that GitHub sets."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import REPOSITORY, Project
from tests.gate.support import CRASHING, MOVABLE, commit

ACTION = yaml.safe_load((REPOSITORY / "action.yml").read_text(encoding="utf-8"))


def run_check(tmp_path: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    tool = tmp_path / "cycleguard/bin/cycleguard"
    tool.parent.mkdir(parents=True, exist_ok=True)
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cycleguard "$@"\n')
    tool.chmod(0o755)
    step = ACTION["runs"]["steps"][-1]
    given = {name.upper(): inputs.get(name, spec["default"]) for name, spec in _inputs().items()}
    environment = {
        **os.environ,
        **{name: given[name] for name in step["env"]},
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    # As GitHub runs `shell: bash`.
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _inputs() -> dict[str, dict[str, str]]:
    inputs: dict[str, dict[str, str]] = ACTION["inputs"]
    return inputs


pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


def test_findings_become_annotations(project: Project, tmp_path: Path) -> None:
    project(CRASHING)
    answer = run_check(tmp_path, sarif=str(tmp_path / "report.sarif"))
    assert answer.returncode == 1, answer.stderr
    assert answer.stdout.startswith("::error file=shop/tax.py,line=1,")
    assert "check failed: 2 findings" in (tmp_path / "summary.md").read_text()
    assert '"version": "2.1.0"' in (tmp_path / "report.sarif").read_text()


def test_nothing_new(project: Project, tmp_path: Path) -> None:
    commit(project(MOVABLE))
    answer = run_check(tmp_path, since="HEAD", paths="shop/cart.py shop/tax.py")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    assert "check passed" in (tmp_path / "summary.md").read_text()


def test_an_error_is_no_finding(project: Project, tmp_path: Path) -> None:
    project(MOVABLE)
    answer = run_check(tmp_path, paths="no")
    assert answer.returncode == 2
    assert answer.stderr == "error: no such file or folder: no\n"


def test_every_input_says_what_it_is() -> None:
    assert all(spec["description"] and "default" in spec for spec in _inputs().values())
