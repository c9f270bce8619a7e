"""Input that is wrong, odd or vanishing: a clear line, the right exit code, never a traceback."""

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import libcst as cst
import pytest
from click.testing import Result

from cycleguard.cache import FactsCache, default_cache_path
from cycleguard.collect import project as collect_project
from cycleguard.files import read_bytes
from cycleguard.model.modules import Skipped
from tests.conftest import Project, RunCli

GOOD = "def f():\n    import json\n\n    return json\n"


def skipped(result: Result) -> dict[str, str]:
    return {each["path"]: each["reason"] for each in json.loads(result.stdout)["skipped"]}


def scan(run_cli: RunCli, *arguments: str) -> Result:
    return run_cli("scan", "--format", "json", *arguments)


# What a file holds, and why it cannot be analysed.
UNREADABLE: dict[str, tuple[bytes, str]] = {
    "a syntax error": (b"x = 1\ndef f(:\n", "syntax error at line 2"),
    "Python 2": (b"print 'hello'\n", "syntax error at line 1"),
    "a null byte": (b"x = 1\n\0\n", "source code cannot contain null bytes"),
    "latin-1 without a cookie": (b"x = 1\n# caf\xe9\n", "syntax error at line 2"),
    "a cookie that lies": (b"# coding: ascii\nx = '\xc3\xa9'\n", "is not ascii"),
    "an unknown cookie": (b"# coding: klingon\nx = 1\n", "unknown encoding: klingon"),
    "a cookie against the BOM": (b"\xef\xbb\xbf# coding: latin-1\n", "encoding problem"),
    "a cookie that is no text encoding": (
        b"# coding: rot13\nvzcbeg bf\n",
        "unknown encoding: rot13",
    ),
    "UTF-16": ("import os\n".encode("utf-16"), "null bytes"),
    "deep nesting": (b"x = " + b"(" * 500 + b")" * 500 + b"\n", "too many nested parentheses"),
    "a deep expression": (b"x = " + b"-" * 100_000 + b"1\n", "nested too deeply"),
    "a long sum": (b"x = " + b"1 + " * 20_000 + b"1\n", "nested too deeply"),
    "a long chain of calls": (b"x = a" + b".b()" * 20_000 + b"\n", "nested too deeply"),
    "an unfinished string": (b"x = '''\n", "syntax error at line 1"),
}
READABLE: dict[str, bytes] = {
    "an empty file": b"",
    "half a surrogate pair": b"import importlib\nimportlib.import_module('\\ud800')\n",
    "only a BOM": b"\xef\xbb\xbf",
    "a BOM": b"\xef\xbb\xbf" + GOOD.encode(),
    "a latin-1 cookie": b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + GOOD.encode(),
    "a cookie in line 2": b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n# \x80\n",
    "CRLF": GOOD.replace("\n", "\r\n").encode(),
    "CR": GOOD.replace("\n", "\r").encode(),
    "no newline at its end": GOOD.rstrip().encode(),
    "a form feed": b"\x0c" + GOOD.encode(),
    "form feeds in a class": b"class A:\n\x0c\n\x0c    def f(self):\n\x0c        import json\n",
    "control characters in a comment": b"# \x1b\x07\x1c\n" + GOOD.encode(),
}


@pytest.mark.parametrize(("content", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_analysed(
    content: bytes, reason: str, run_cli: RunCli, project: Project
) -> None:
    project({"p/__init__.py": "", "p/good.py": GOOD, "p/bad.py": content})
    within = scan(run_cli, "p")
    assert (within.exit_code, within.stderr) == (0, "")
    assert list(skipped(within)) == ["p/bad.py"]
    assert reason in skipped(within)["p/bad.py"]
    assert json.loads(within.stdout)["summary"]["local_imports"] == 1

    text = run_cli("scan", "p").stdout
    assert f"not analysed\n  p/bad.py: {skipped(within)['p/bad.py']}\n" in text
    assert "1 file not analysed\n" in text

    named = scan(run_cli, "p/good.py", "p/bad.py")
    message = f"error: cannot analyse p/bad.py: {skipped(within)['p/bad.py']}\n"
    assert (named.exit_code, named.stderr) == (2, message)
    assert json.loads(named.stdout)["summary"]["local_imports"] == 1

    explained = run_cli("explain", "p/bad.py:1")
    assert (explained.exit_code, explained.stdout, explained.stderr) == (2, "", message)


@pytest.mark.parametrize("content", READABLE.values(), ids=READABLE)
def test_a_file_that_can_be_analysed(content: bytes, run_cli: RunCli, project: Project) -> None:
    project({"m.py": content})
    result = scan(run_cli, "m.py")
    assert (result.exit_code, result.stderr, skipped(result)) == (0, "", {})
    data = json.loads(result.stdout)
    assert data["summary"]["files"] == 1
    assert data["summary"]["local_imports"] == content.count(b"import json")


def test_newlines_do_not_move_lines(run_cli: RunCli, project: Project) -> None:
    project({f"{n}.py": GOOD.replace("\n", end) for n, end in (("a", "\r\n"), ("b", "\r"))})
    lines = [each["line"] for each in json.loads(scan(run_cli).stdout)["imports"]]
    assert lines == [2, 2]


def test_targets_that_are_none(run_cli: RunCli, project: Project) -> None:
    project({"notes.txt": "", "empty/notes.txt": "", "m.py": ""})
    messages = {
        "none.py": "no such file or folder: none.py",
        "none/m.py": "no such file or folder: none/m.py",
        "m.py/x": "no such file or folder: m.py/x",
        "notes.txt": "not a Python file: notes.txt (give folders, or files that end in .py)",
        "empty": "no Python file in empty"
        " (not counting what .gitignore or the option 'exclude' leaves out)",
    }
    for target, message in messages.items():
        result = run_cli("scan", "m.py", target)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == f"error: {message}\n"


def test_a_name_too_long_for_the_disk(run_cli: RunCli, project: Project) -> None:
    project({"m.py": ""})
    for command in (["scan", "x" * 5000], ["explain", f"{'x' * 5000}.py:1"]):
        result = run_cli(*command)
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1


def test_an_unreadable_file(
    run_cli: RunCli, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root one may read everything, so the refusal is simulated."""
    project({"p/__init__.py": "", "p/good.py": GOOD, "p/secret.py": GOOD})
    refuse(monkeypatch, "p/secret.py", PermissionError(13, "Permission denied"))
    assert skipped(scan(run_cli)) == {"p/secret.py": "cannot be read: Permission denied"}
    result = run_cli("scan", "p/secret.py")
    assert result.exit_code == 2
    assert result.stderr == "error: cannot analyse p/secret.py: cannot be read: Permission denied\n"


def test_a_file_that_vanishes(
    run_cli: RunCli, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project({"p/__init__.py": "", "p/good.py": GOOD, "p/gone.py": GOOD})

    def read(root: Path, path: str) -> bytes | Skipped:
        (root / "p/gone.py").unlink(missing_ok=True)
        return read_bytes(root, path)

    monkeypatch.setattr(collect_project, "read_bytes", read)
    result = scan(run_cli)
    assert result.exit_code == 0
    assert skipped(result) == {"p/gone.py": "cannot be read: No such file or directory"}


def refuse(monkeypatch: pytest.MonkeyPatch, name: str, error: OSError) -> None:
    original = Path.read_bytes

    def read(path: Path) -> bytes:
        if path.as_posix().endswith(name):
            raise error
        return original(path)

    monkeypatch.setattr(Path, "read_bytes", read)


def test_syntax_that_libcst_does_not_know(
    run_cli: RunCli, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parse(text: str) -> cst.Module:
        raise cst.ParserSyntaxError("new", lines=[text], raw_line=1, raw_column=0)

    monkeypatch.setattr(cst, "parse_module", parse)
    project({"m.py": "x = 1\n" + GOOD})
    reason = skipped(scan(run_cli))["m.py"]
    assert reason.startswith("syntax error at line 3")
    assert reason.endswith("LibCST cannot read this import, although Python can")


def test_a_folder_called_like_a_file(run_cli: RunCli, project: Project) -> None:
    project({"p/__init__.py": "", "p/x.py/inner.py": GOOD, "p/good.py": GOOD})
    assert scan(run_cli).exit_code == 0
    assert scan(run_cli, "p/x.py").exit_code == 0
    result = run_cli("explain", "p/x.py:2")
    assert (
        result.stderr == "error: 'p/x.py' is a folder: give a file and a line, as in path.py:LINE\n"
    )


def test_links_that_loop(run_cli: RunCli, project: Project) -> None:
    folder = project({"p/__init__.py": "", "p/good.py": GOOD})
    (folder / "p" / "again").symlink_to(folder / "p")
    (folder / "p" / "up").symlink_to(folder)
    (folder / "p" / "self.py").symlink_to(folder / "p" / "self.py")
    (folder / "p" / "dangling.py").symlink_to(folder / "nowhere.py")
    result = scan(run_cli)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["summary"]["local_imports"] == 1
    assert run_cli("scan", "p/self.py").exit_code == 2
    assert run_cli("scan", "p/dangling.py").exit_code == 2


def test_two_roots_with_the_same_module(run_cli: RunCli, project: Project) -> None:
    config = "[tool.cycleguard]\nsource-roots = ['a', 'b']\n"
    project({"pyproject.toml": config, "a/m.py": GOOD, "b/m.py": GOOD})
    reason = "module name 'm' is already taken by a/m.py (two source roots)"
    result = scan(run_cli)
    assert (result.exit_code, skipped(result)) == (0, {"b/m.py": reason})
    named = scan(run_cli, "b/m.py")
    assert (named.exit_code, skipped(named)) == (0, {})
    assert [each["path"] for each in json.loads(named.stdout)["imports"]] == ["b/m.py"]
    both = run_cli("scan", "a/m.py", "b/m.py")
    assert both.exit_code == 2
    assert both.stderr == f"error: cannot analyse b/m.py: {reason}\n"


def test_a_broken_configuration(run_cli: RunCli, project: Project) -> None:
    folder = project({"m.py": ""})
    valid = "allow-local, baseline, cycle-verdicts, dependency-modules, exclude, fail-on, generated"
    for table, message in {
        "[tool.cycleguard\n": "pyproject.toml: not valid TOML: ",
        "[tool.cycleguard]\nexlude = []\n": "pyproject.toml: [tool.cycleguard] has no key 'exlude':"
        f" did you mean 'exclude'? valid keys: {valid}",
        "[tool.cycleguard]\nexclude = 1\n": "pyproject.toml: [tool.cycleguard] exclude: expected",
    }.items():
        (folder / "pyproject.toml").write_text(table)
        for command in (["scan"], ["explain", "m.py:1"]):
            result = run_cli(*command)
            assert (result.exit_code, result.stdout) == (2, "")
            assert result.stderr.startswith(f"error: {message}")
            assert len(result.stderr.splitlines()) == 1


def cache_path() -> Path:
    path = default_cache_path()
    assert path is not None
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def spoil_text(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def spoil_middle(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :: 7] = b"\xff" * len(content[len(content) // 2 :: 7])
    path.write_bytes(content)


def spoil_values(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE facts SET value = substr(value, 1, 20) || x'00'")


def spoil_types(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE facts SET value = 'text'")


def spoil_schema(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE facts (other INTEGER)")


def spoil_with_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def spoil_with_emptiness(path: Path) -> None:
    path.write_bytes(b"")


SPOILED = (
    spoil_text,
    spoil_middle,
    spoil_values,
    spoil_types,
    spoil_schema,
    spoil_with_a_folder,
    spoil_with_emptiness,
)


@pytest.mark.parametrize("spoil", SPOILED, ids=lambda spoil: spoil.__name__)
def test_a_spoiled_cache_costs_no_result(
    spoil: Callable[[Path], None], run_cli: RunCli, project: Project
) -> None:
    project({f"p/m{n}.py": GOOD for n in range(30)})
    expected = scan(run_cli, "--no-cache").stdout
    path = cache_path()
    assert scan(run_cli).stdout == expected
    spoil(path)
    for _ in range(3):
        result = scan(run_cli)
        assert (result.exit_code, result.stdout, result.stderr) == (0, expected, "")


def test_a_damaged_cache_is_begun_anew(run_cli: RunCli, project: Project) -> None:
    project({"m.py": GOOD})
    path = cache_path()
    spoil_text(path)
    scan(run_cli)
    scan(run_cli)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM facts").fetchone() == (1,)


def test_a_locked_cache_costs_no_result(
    run_cli: RunCli, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cycleguard.cache._SECONDS_FOR_LOCK", 0)
    project({"m.py": GOOD})
    expected = scan(run_cli).stdout
    with closing(sqlite3.connect(cache_path())) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert scan(run_cli).stdout == expected


def test_a_cache_folder_that_is_a_file(
    run_cli: RunCli, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project({"m.py": GOOD})
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert scan(run_cli).exit_code == 0


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_a_read_only_cache_is_still_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root one may write everything, so the refusal is simulated."""
    path = tmp_path / "facts.sqlite"
    FactsCache(path).store({b"\x01": b"value"})
    connect = sqlite3.connect

    def read_only(path: Path, timeout: float) -> sqlite3.Connection:
        return connect(f"file:{path}?mode=ro", uri=True, timeout=timeout)

    monkeypatch.setattr(sqlite3, "connect", read_only)
    cache = FactsCache(path)
    cache.store({b"\x02": b"other"})
    assert cache.load([b"\x01", b"\x02"]) == {b"\x01": b"value"}


def test_a_user_without_a_home_gets_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: Path("~/.cache/x"))
    assert default_cache_path() is None
