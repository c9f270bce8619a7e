"""The command line as a user sees it: exit codes, streams, formats, interrupts, pipes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from cycleguard import __version__
from cycleguard.cli import main
from tests.conftest import REPOSITORY, Project, RunCli, RunProcess

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9]m")

SHOP = {
    "pyproject.toml": "[project]\nname = 'shop'\nversion = '0'\ndependencies = []\n",
    "shop/__init__.py": "",
    "shop/cart.py": (
        "from shop import tax\n\n\nclass Item:\n    price = 1\n\n\n"
        "def total(name):\n"
        "    from shop.tax import (\n        rate,\n        names,\n    )\n"
        "    import json\n\n"
        "    return json.dumps(rate() + len(names))\n\n\n"
        "def load(name):\n"
        "    import importlib\n\n"
        "    return importlib.import_module(f'shop.{name}')\n"
    ),
    "shop/tax.py": (
        "names = []\n\n\ndef rate():\n    from shop.cart import Item\n\n    return Item.price\n"
    ),
}
FIXTURE = REPOSITORY / "fixtures" / "paddle_jit" / "paddle" / "jit"


@pytest.fixture
def shop(project: Project) -> Path:
    return project(SHOP)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_text_report_on_a_terminal(
    width: int, run_pty: Callable[..., str], shop: Path, golden: Callable[[str, str], None]
) -> None:
    text = _STYLE.sub("", run_pty("scan", "--no-progress", columns=width))
    assert max(map(len, text.splitlines())) <= width
    golden(f"shop-{width}.txt", text)


def test_the_text_report_in_a_pipe(
    run_cli: RunCli, shop: Path, golden: Callable[[str, str], None]
) -> None:
    result = run_cli("scan")
    assert result.exit_code == 0
    assert result.stderr == ""
    golden("shop-pipe.txt", result.stdout)


@pytest.mark.parametrize("output_format", ["text", "json", "markdown"])
def test_output_is_what_standard_output_would_be(
    output_format: str, run_cli: RunCli, shop: Path, golden: Callable[[str, str], None]
) -> None:
    shown = run_cli("scan", "--format", output_format)
    written = run_cli("scan", "--format", output_format, "--output", "../report")
    assert (written.exit_code, written.stdout, written.stderr) == (0, "", "")
    assert Path("../report").read_text(encoding="utf-8") == shown.stdout
    assert shown.stdout.endswith("\n")
    if output_format != "text":
        golden(f"shop.{output_format}", shown.stdout)


def test_modules_that_do_not_import(
    run_cli: RunCli, project: Project, golden: Callable[[str, str], None]
) -> None:
    """Two crash; two catch the error, and one of those drops a module that had begun to load."""
    project(
        {
            "p/__init__.py": "",
            "p/a.py": "from p.b import g\n\n\ndef f():\n    return g\n",
            "p/b.py": "from p.a import f\n\n\ndef g():\n    return f\n",
            "p/c.py": "try:\n    from p.d import x\nexcept ImportError:\n    x = None\ny = 1\n",
            "p/d.py": "from p.c import y\n\nx = 1\n",
            "p/user.py": "import p.a\n",
        }
    )
    result = run_cli("scan")
    assert result.exit_code == 0
    golden("entries.txt", result.stdout)
    golden("entries.markdown", run_cli("scan", "--format", "markdown").stdout)


def test_a_report_for_paths_elsewhere_says_where(
    run_cli: RunCli, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    result = run_cli("scan", str(shop / "shop"))
    assert result.stdout.startswith(f"paths are relative to {shop}\n\nshop/cart.py\n")
    hint = result.stdout.splitlines()[-1].split()
    assert hint[:2] == ["cycleguard", "explain"]
    assert run_cli("explain", hint[2]).exit_code == 0


def test_an_unwritable_output_is_one_line(run_cli: RunCli, shop: Path) -> None:
    for path in ("none/report.json", "shop"):
        result = run_cli("scan", "--format", "json", "-o", path)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert path in result.stderr.splitlines()[-1]
    result = run_cli("scan", "-o", "none/report.json")
    assert result.stderr == "error: cannot write none/report.json: No such file or directory\n"


def test_a_report_that_cannot_be_finished_leaves_the_old_one(
    run_cli: RunCli, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = shop / "report.txt"
    report.write_text("old")

    def fail(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    result = run_cli("scan", "-o", "report.txt")
    assert result.exit_code == 2
    assert result.stderr == "error: cannot write report.txt: No space left on device\n"
    assert report.read_text() == "old"
    assert not list(shop.glob(".report*"))


def test_a_report_into_a_device_leaves_the_device(run_cli: RunCli, shop: Path) -> None:
    assert run_cli("scan", "-o", os.devnull).exit_code == 0
    assert not Path(os.devnull).is_file()


def test_jobs_cache_and_hashes_change_nothing(run_process: RunProcess, tmp_path: Path) -> None:
    base = ("scan", "--format", "json", str(FIXTURE))
    cache = {"XDG_CACHE_HOME": str(tmp_path / "fresh")}
    runs = {
        "one job": run_process(*base, "--jobs", "1", "--no-cache", env={"PYTHONHASHSEED": "0"}),
        "two jobs": run_process(*base, "--jobs", "2", "--no-cache", env={"PYTHONHASHSEED": "1"}),
        "cold": run_process(*base, env={**cache, "PYTHONHASHSEED": "2"}),
        "warm": run_process(*base, env={**cache, "PYTHONHASHSEED": "3"}),
    }
    assert {name: run.returncode for name, run in runs.items()} == dict.fromkeys(runs, 0)
    assert {run.stderr for run in runs.values()} == {b""}
    assert len({run.stdout for run in runs.values()}) == 1
    assert list((tmp_path / "fresh").rglob("*.sqlite"))


def test_processes_agree_with_one(run_cli: RunCli, project: Project) -> None:
    """Enough text for the pool, which small projects do without."""
    padding = "# " + "x" * 78 + "\n"
    files = {f"big/m{n}.py": SHOP["shop/cart.py"] + padding * 2000 for n in range(4)}
    project({"big/__init__.py": "", **files, "big/broken.py": "def"})
    alone = run_cli("scan", "--no-cache", "--jobs", "1", "--format", "json")
    together = run_cli("scan", "--no-cache", "--jobs", "3", "--format", "json")
    assert json.loads(alone.stdout)["summary"]["local_imports"] == 12
    assert alone.stdout == together.stdout


def test_json_is_sorted_ascii_and_relative(run_cli: RunCli, shop: Path) -> None:
    text = run_cli("scan", "--format", "json").stdout
    data = json.loads(text)
    assert text.isascii()
    assert str(shop) not in text
    assert data["schema_version"] == 1
    assert data["root"] == "."
    assert [(i["path"], i["line"]) for i in data["imports"]] == [
        ("shop/cart.py", 9),
        ("shop/cart.py", 13),
        ("shop/cart.py", 19),
        ("shop/cart.py", 21),
        ("shop/tax.py", 5),
    ]
    assert data["summary"]["dynamic_imports"] == 1


def test_nothing_is_coloured_in_a_pipe(run_process: RunProcess, shop: Path) -> None:
    result = run_process("scan")
    assert result.stderr == b""
    assert b"\x1b" not in result.stdout


def test_colour_and_progress_on_a_terminal(run_pty: Callable[..., str], shop: Path) -> None:
    shown = run_pty("scan", columns=80)
    assert _COLOUR.search(shown)
    assert "following imports" in shown
    shown = run_pty("scan", "--no-progress", columns=80, env={"NO_COLOR": "1"})
    assert not _COLOUR.search(shown)
    assert "following imports" not in shown


@pytest.mark.parametrize(
    ("encoding", "output_format"),
    [("ascii", "text"), ("ascii", "json"), ("ascii", "markdown"), ("cp1252", "text")],
)
def test_names_that_the_terminal_cannot_show(
    encoding: str, output_format: str, run_process: RunProcess, project: Project
) -> None:
    project(
        {
            "päket/__init__.py": "",
            "päket/größe.py": "def f():\n    import päket.größe as 名\n    return 名\n",
        }
    )
    result = run_process("scan", "--format", output_format, env={"PYTHONIOENCODING": encoding})
    assert (result.returncode, result.stderr) == (0, b"")
    text = result.stdout.decode(encoding)
    if output_format == "json":
        assert json.loads(text)["imports"][0]["path"] == "päket/größe.py"
    elif encoding == "ascii":
        assert "gr\\xf6\\xdfe.py" in text
    else:
        assert "größe.py" in text


def test_escape_sequences_in_the_code_stay_text(run_cli: RunCli, project: Project) -> None:
    project({"m.py": "import importlib\nimportlib.import_module(x + '\x1b[31m')\n"})
    assert "\x1b" not in run_cli("scan").stdout
    assert r"'\x1b[31m'" in run_cli("scan").stdout


def test_a_reader_that_leaves_early_is_no_error(shop: Path) -> None:
    """``cycleguard scan | head -0``"""
    command = [sys.executable, "-m", "cycleguard", "scan"]
    reading, writing = os.pipe()
    os.close(reading)
    result = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.parametrize("delay", [0.4, 1.5])
def test_an_interrupt_prints_no_traceback(delay: float, project: Project) -> None:
    """Ctrl-C goes to all processes, while libraries load, workers start or files are read."""
    lines = "def f():\n    import json\n    return json\n" * 200
    # More than is read before the signal comes, on any machine.
    project({f"p/m{n}.py": lines for n in range(500)})
    command = [sys.executable, "-m", "cycleguard", "scan", "--no-cache", "--jobs", "2"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    # On a slow machine Python itself may still be starting, and has its own way to end.
    is_ours = b"cycleguard/" in stderr or b"Traceback" not in stderr
    assert process.returncode in (130, -signal.SIGINT) or not is_ours
    assert b"Traceback" not in stderr or not is_ours


def test_version(run_process: RunProcess) -> None:
    result = run_process("--version")
    assert result.stdout.decode() == f"cycleguard, version {__version__}\n"


@pytest.mark.parametrize("command", ["", *sorted(main.commands)])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_fits_a_terminal(command: str, option: str, run_cli: RunCli) -> None:
    result = run_cli(*command.split(), option)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: cycleguard {command}".rstrip())
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_every_option_says_what_it_does() -> None:
    for command in main.commands.values():
        options = [p for p in command.params if isinstance(p, click.Option)]
        assert all(option.help for option in options)


@pytest.mark.parametrize(
    "arguments",
    [
        ["scan", "--format", "xml"],
        ["scan", "--jobs", "0"],
        ["scan", "--nope"],
        ["nope"],
        ["explain"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(arguments: list[str], run_cli: RunCli, shop: Path) -> None:
    result = run_cli(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr


@pytest.mark.parametrize("line", [9, 10, 11, 12])
def test_explain_any_line_of_a_statement(line: int, run_cli: RunCli, shop: Path) -> None:
    result = run_cli("explain", f"shop/cart.py:{line}")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(
        "shop/cart.py:9  in total\n  from shop.tax import rate, names\n"
    )


def test_explain_takes_a_column_too(run_cli: RunCli, shop: Path) -> None:
    assert run_cli("explain", "shop/cart.py:9:5").stdout.startswith("shop/cart.py:9 ")


def test_explain_shows_every_import_of_a_line(run_cli: RunCli, project: Project) -> None:
    project({"m.py": "def f():\n    import json; import csv\n    return json, csv\n"})
    result = run_cli("explain", "m.py:2")
    assert "import json" in result.stdout
    assert "import csv" in result.stdout


def test_explained(run_cli: RunCli, shop: Path, golden: Callable[[str, str], None]) -> None:
    places = ["shop/tax.py:5", "shop/cart.py:21"]
    golden("explained.txt", "\n".join(run_cli("explain", place).stdout for place in places))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            "shop/cart.py:2",
            "shop/cart.py:2: no import there; they are at lines 1, 9, 13, 19, 21",
        ),
        ("shop/tax.py:99", "shop/tax.py:99: no import there; it is at line 5"),
        ("shop/__init__.py:1", "shop/__init__.py: there is no import in this file"),
        ("shop/cart.py:x", "no such file or folder: shop/cart.py:x"),
        (
            "9",
            "'9' is no module, line or cycle: give a module (pkg.mod or its path),"
            " an import (path.py:LINE) or a cycle's id",
        ),
        ("shop:9", "'shop' is a folder: give a file and a line, as in path.py:LINE"),
        ("shop/none.py:9", "no such file or folder: shop/none.py"),
    ],
)
def test_explain_says_what_is_wrong(target: str, message: str, run_cli: RunCli, shop: Path) -> None:
    result = run_cli("explain", target)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"error: {message}\n")


def test_explain_names_the_nearest_lines_of_many(run_cli: RunCli, project: Project) -> None:
    project({"m.py": "def f():\n" + "    import json\n\n" * 40})
    message = run_cli("explain", "m.py:41").stderr
    assert (
        "of 40, the nearest are at lines 30, 32, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52" in message
    )
