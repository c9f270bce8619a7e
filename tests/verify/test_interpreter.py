"""Which interpreter imports: the one named, the environment's, ours; and those that cannot."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Project, RunCli
from tests.verify.support import other_pythons
from tests.verify.test_command import CYCLE, QUIET, SHOP


@pytest.mark.parametrize("python", other_pythons(), ids=lambda path: path.parts[-3])
def test_another_interpreter(
    python: Path, run_cli: RunCli, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    version = python.parts[-3]
    project(
        {
            **QUIET,
            **CYCLE,
            "shop/version.py": f"import sys\nassert sys.version.startswith({version!r})\n",
            "shop/gone.py": "import cycleguard\n",
        }
    )
    result = run_cli("verify", "--format", "json", "--python", str(python))
    data = json.loads(result.stdout)
    assert data["python"] == version
    assert data["analysed_with"] != version
    verdicts = {module["module"]: module["verdict"] for module in data["modules"]}
    assert verdicts == {
        "shop": "agrees",
        "shop.a": "agrees",
        "shop.first": "agrees",
        "shop.second": "agrees",
        "shop.version": "agrees",
        "shop.gone": "untried",
    }
    assert result.exit_code == 1


@pytest.mark.skipif(not other_pythons(), reason="there is no other Python")
def test_a_disagreement_of_versions_says_so(run_cli: RunCli, project: Project) -> None:
    project(SHOP)
    text = run_cli("verify", "shop/hidden.py", "--python", str(other_pythons()[0])).stdout
    assert f"predicted for Python {sys.version_info[0]}.{sys.version_info[1]}." in text
    assert "conditions on the version" in text


def test_the_active_environment_is_the_default(
    run_cli: RunCli, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(QUIET)
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin" / "python"
    monkeypatch.setenv("VIRTUAL_ENV", str(environment))
    assert run_cli("verify").stderr.endswith(f"with {python}\n")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "gone"))
    assert run_cli("verify").stderr.endswith(f"with {sys.executable}\n")
    assert run_cli("verify", "--python", str(environment)).stderr.endswith(f"with {python}\n")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        pytest.param("#!/bin/sh\nexit 1\n", "does not start as CPython", id="ends"),
        pytest.param("#!/bin/sh\nyes\n", "does not start as CPython", id="talks on"),
        pytest.param("no program", "cannot run", id="no program"),
        pytest.param(
            "#!/bin/sh\necho \"{'implementation': 'pypy', 'version': [3, 11, 0], 'path': []}\"\n",
            "it is pypy, not CPython",
            id="another implementation",
        ),
        pytest.param(
            "#!/bin/sh\necho \"{'implementation': 'cpython', 'version': [3, 8, 1], 'path': []}\"\n",
            "it is Python 3.8.1, older than 3.9",
            id="too old",
        ),
    ],
)
def test_an_interpreter_that_is_none(
    script: str, words: str, run_cli: RunCli, project: Project, tmp_path: Path
) -> None:
    project(QUIET)
    python = tmp_path / "python"
    python.write_text(script)
    python.chmod(0o755)
    result = run_cli("verify", "--python", str(python))
    assert (result.exit_code, result.stdout) == (2, "")
    last = result.stderr.splitlines()[-1]
    assert last.startswith("error: ")
    assert words in last
    assert str(python) in last


def test_an_interpreter_that_is_not_there(run_cli: RunCli, project: Project) -> None:
    project(QUIET)
    result = run_cli("verify", "--python", "none/python")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: --python: nothing to run at 'none/python'")


def test_an_interpreter_that_prints_at_its_start(
    run_cli: RunCli, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(QUIET)
    (tmp_path / "sitecustomize.py").write_text("print('hello')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert run_cli("verify").exit_code == 0
