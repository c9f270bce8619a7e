"""`cycleguard verify` as a user sees it: streams, exit codes, reports, interrupts, no traces."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Project, RunCli, RunProcess
from tests.verify.support import are_gone, wait_for_text

PYPROJECT = "[project]\nname = 'shop'\nversion = '0'\ndependencies = ['numpyx', 'tillx']\n"
CYCLE = {
    "shop/first.py": "from shop.second import b\na = 1\n",
    "shop/second.py": "from shop.first import a\nb = 1\n",
}
SHOP = {
    "pyproject.toml": PYPROJECT,
    "shop/__init__.py": "",
    "shop/__main__.py": "raise SystemExit\n",
    "shop/2020-report.py": "raise SystemExit\n",
    "shop/fast.pyx": "",
    **CYCLE,
    # A string given to exec is beyond the analysis: CPython says something else.
    "shop/hidden.py": "exec('import shop.late')\na = 1\n",
    "shop/late.py": "from shop.hidden import a\n",
    "shop/maybe.py": "import os\nif 'NOT_SET' in os.environ:\n    from shop.odd import b\na = 1\n",
    "shop/odd.py": "from shop.maybe import a\nb = 1\n",
    "shop/stock.py": "import numpyx\n",
    "shop/prices.py": "from numpyx import array\n",
    "shop/till.py": "import tillx.drawer\n",
    "shop/settings.py": "import os\nos.environ['SHOP_SETTINGS']\n",
    "shop/slow.py": "import time\ntime.sleep(600)\n",
    "shop/order.py": "import os\nopen(os.path.join(os.path.dirname(__file__), 'no.txt'))\n",
}
QUIET = {"pyproject.toml": PYPROJECT, "shop/__init__.py": "", "shop/a.py": "import shop\n"}
_VERSIONS = re.compile(r"(?<=CPython )[\d.]+|(?<=cycleguard )[\d.]+(?=,)")
_STYLE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def shown(text: str) -> str:
    """A report as it is for every version."""
    return _VERSIONS.sub("X", text)


def test_the_text_report(
    run_cli: RunCli, project: Project, golden: Callable[[str, str], None]
) -> None:
    project(SHOP)
    result = run_cli("verify", "--timeout", "2")
    assert result.exit_code == 1
    golden("verified.txt", shown(result.stdout))


def test_the_text_report_on_a_terminal(
    run_pty: Callable[..., str], project: Project, golden: Callable[[str, str], None]
) -> None:
    project(SHOP)
    lines = _STYLE.sub("", run_pty("verify", "--timeout", "2", "--no-progress", columns=80))
    # What comes before is for standard error; the rest wraps as long as the version is.
    text = lines[lines.index("cycleguard was wrong") : lines.index("13 modules")]
    assert max(map(len, text.splitlines())) <= 80
    golden("verified-80.txt", shown(text))


def test_the_json_report(
    run_cli: RunCli, project: Project, golden: Callable[[str, str], None]
) -> None:
    folder = project(SHOP)
    result = run_cli("verify", "--timeout", "2", "--format", "json")
    assert result.exit_code == 1
    assert result.stdout.isascii()
    assert str(folder) not in result.stdout
    data = json.loads(result.stdout)
    ours = ".".join(map(str, sys.version_info[:3]))
    assert (data["python"], data["analysed_with"]) == (ours, ours)
    golden("verified.json", result.stdout.replace(f'"{ours}"', '"X"'))


def test_jobs_change_nothing(run_cli: RunCli, project: Project) -> None:
    project(SHOP)
    base = ("verify", "--timeout", "2", "--format", "json", "--jobs")
    assert run_cli(*base, "1").stdout == run_cli(*base, "3").stdout


def test_it_says_that_it_runs_the_code(run_cli: RunCli, project: Project) -> None:
    project(QUIET)
    result = run_cli("verify", "--python", sys.executable)
    assert result.stderr == (
        f"verify runs the scanned code: it imports each module with {sys.executable}\n"
    )
    assert result.exit_code == 0
    assert "RUNS THE SCANNED CODE" in run_cli("verify", "--help").stdout
    assert "verify" in run_cli("--help").stdout


def test_paths_choose_the_modules(run_cli: RunCli, project: Project) -> None:
    project(SHOP)
    result = run_cli("verify", "shop/maybe.py", "shop/__main__.py", "--format", "json")
    data = json.loads(result.stdout)
    assert [module["module"] for module in data["modules"]] == ["shop.maybe"]
    assert data["summary"]["left_out"] == {"main": 1, "unnameable": 0, "compiled": 0}


@pytest.mark.parametrize(
    ("name", "exit_code"),
    [("first", 1), ("hidden", 1), ("maybe", 0), ("settings", 0), ("till", 2), ("slow", 2)],
)
def test_exit_codes(name: str, exit_code: int, run_cli: RunCli, project: Project) -> None:
    project(SHOP)
    assert run_cli("verify", f"shop/{name}.py", "--timeout", "2").exit_code == exit_code


def test_modules_of_several_roots(run_cli: RunCli, project: Project) -> None:
    """A ``src`` goes before the folder of the project, as discovery has it."""
    project(
        {
            "pyproject.toml": PYPROJECT,
            "src/shop/__init__.py": "",
            "src/shop/a.py": "from shop import b\nimport tool\nassert tool.x == 1\n",
            "src/shop/b.py": "",
            "tool.py": "x = 1\n",
            "tests/test_a.py": "import shop.a\n",
        }
    )
    data = json.loads(run_cli("verify", "--format", "json").stdout)
    verdicts = {module["module"]: module["verdict"] for module in data["modules"]}
    assert verdicts["shop.a"] == verdicts["tool"] == "agrees"
    assert "disagrees" not in verdicts.values()


def test_relative_folders_of_pythonpath_are_meant_from_here(
    run_cli: RunCli, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project({**QUIET, "shop/b.py": "import helper\n", "../libs/helper.py": ""})
    monkeypatch.setenv("PYTHONPATH", "../libs")
    assert run_cli("verify").exit_code == 0


def test_nothing_is_written_next_to_the_code(
    run_process: RunProcess, project: Project, tmp_path: Path
) -> None:
    folder = project(
        {
            **SHOP,
            "shop/writes.py": (
                "import os, subprocess, sys, tempfile\nopen('rubbish', 'w').close()\n"
                "tempfile.mkstemp()\nos.environ['PYTHONPATH'] = os.pathsep.join(sys.path)\n"
                "subprocess.run([sys.executable, '-c', 'import shop.order'])\n"
            ),
        }
    )
    before = _content(folder)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    run = run_process(
        "verify",
        "--timeout",
        "2",
        env={"TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": ""},
    )
    assert run.returncode == 1, run.stderr
    assert _content(folder) == before
    assert list(temporary.iterdir()) == []


def _content(folder: Path) -> dict[str, bytes | None]:
    return {str(p): p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


def test_progress_on_a_terminal(run_pty: Callable[..., str], project: Project) -> None:
    project(QUIET)
    assert "importing" in run_pty("verify", columns=80)
    assert "importing" not in run_pty("verify", "--no-progress", columns=80)


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupt_leaves_no_process(
    number: signal.Signals, project: Project, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    project(
        {
            **QUIET,
            "shop/slow.py": (
                "import os, signal, subprocess, sys, time\n"
                "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
                "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
                "pids = f'{os.getppid()} {os.getpid()} {child.pid}'\n"
                f"open({str(pids)!r}, 'w').write(pids)\n"
                "time.sleep(600)\n"
            ),
        }
    )
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-m", "cycleguard", "verify", "--jobs", "2"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    started = [int(pid) for pid in wait_for_text(pids).split()]
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert are_gone(started)
    assert stdout == b""
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert stderr.decode().splitlines()[1:] == ["interrupted"]
        assert list(temporary.iterdir()) == []
