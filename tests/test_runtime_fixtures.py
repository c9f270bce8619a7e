"""The packages that show the systems of the runtime: each runs, as it is and with a vendored copy.

`fixtures/runtime_*` are run by every interpreter of this machine for which the runtime is.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from cycleguard.cli import main
from tests.conftest import REPOSITORY
from tests.support.interpreters import interpreter

PROGRAMS = {
    "lazy": ["-m", "shop"],
    "plugins": ["train.py"],
    "materialise": ["letters.py"],
    "aliases": ["run.py"],
    "backend": ["serve.py"],
}
VERSIONS = ["3.9", "3.10", "3.11", "3.12", "3.13"]
PATIENCE = 60


def run(version: str, folder: Path, program: list[str], path: str) -> str:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} on this machine")
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    end = subprocess.run(
        [python, "-S", *program],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=environment,
        timeout=PATIENCE,
    )
    assert end.returncode == 0, end.stderr
    assert not end.stderr
    return end.stdout


@pytest.mark.parametrize("system", PROGRAMS)
@pytest.mark.parametrize("version", VERSIONS)
def test_it_runs_as_it_is(system: str, version: str) -> None:
    folder = REPOSITORY / "fixtures" / f"runtime_{system}"
    path = os.pathsep.join([str(folder), str(REPOSITORY)])
    printed = run(version, folder, PROGRAMS[system], path)
    assert printed == (folder / "expected.txt").read_text("utf-8")


@pytest.mark.parametrize("system", PROGRAMS)
@pytest.mark.parametrize("version", VERSIONS)
def test_it_runs_with_the_vendored_parts_and_without_cycleguard(
    system: str, version: str, tmp_path: Path
) -> None:
    folder = tmp_path / "tree"
    shutil.copytree(REPOSITORY / "fixtures" / f"runtime_{system}", folder)
    end = CliRunner().invoke(main, ["vendor", str(folder / "vendored.py")])
    assert end.exit_code == 0, end.output
    for file in folder.rglob("*.py"):
        if file.name != "vendored.py":
            text = re.sub(r"from cycleguard\.runtime ", "from vendored ", file.read_text("utf-8"))
            file.write_text(text, "utf-8")
    printed = run(version, folder, ["-I", "-c", _isolated(folder, PROGRAMS[system])], "")
    assert printed == (folder / "expected.txt").read_text("utf-8")


def _isolated(folder: Path, program: list[str]) -> str:
    """Code that runs a program with nothing but its folder on the path."""
    name = program[-1].removesuffix(".py")
    return (
        f"import sys; sys.path.insert(0, {str(folder)!r}); import runpy; "
        f"runpy.run_module({name!r}, run_name='__main__', alter_sys=True); "
        "assert not any(m.startswith('cycleguard') for m in sys.modules)"
    )
