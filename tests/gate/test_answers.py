"""Answers that are kept: never another one than that of a fresh analysis."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cycleguard import answers
from tests.conftest import Project, RunCli
from tests.gate.conftest import Checked
from tests.gate.support import BENIGN, MOVABLE

Check = Callable[..., Checked]
Edit = Callable[[Path], object]


def _same_size_and_time(root: Path) -> None:
    """What tools that compare time stamps and sizes do not see."""
    path = root / "shop/cart.py"
    before = path.stat()
    text = path.read_text()
    path.write_text(text.replace("rate", "fare"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


EDITS: dict[str, Edit] = {
    "a file, same size and time": _same_size_and_time,
    "a new file": lambda root: (root / "shop/new.py").write_text("def f():\n    import json\n"),
    "a new script": lambda root: (root / "new.py").write_text("import shop.cart\n"),
    "a file goes": lambda root: (root / "shop/tax.py").unlink(),
    "a file moves": lambda root: (root / "shop/tax.py").rename(root / "shop/fee.py"),
    "the package marker goes": lambda root: (root / "shop/__init__.py").unlink(),
    "ignored": lambda root: (root / ".gitignore").write_text("cart.py\n"),
    "configured": lambda root: (root / "pyproject.toml").write_text(
        "[tool.cycleguard]\nexclude = ['cart.py']\n"
    ),
    "declared": lambda root: (root / "pyproject.toml").write_text(
        "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['yaml']\n"
    ),
    "broken": lambda root: (root / "shop/tax.py").write_text("def"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_every_edit_is_seen(edit: Edit, project: Project, run_cli: RunCli) -> None:
    third = "def f():\n    import yaml\n    return yaml\n"
    root = project({**MOVABLE, "shop/third.py": third})
    arguments = ("scan", "--format", "json")
    first = run_cli(*arguments).stdout
    assert run_cli(*arguments).stdout == first
    edit(root)
    now = run_cli(*arguments).stdout
    assert now == run_cli(*arguments, "--no-cache").stdout
    assert now != first


def test_a_module_becomes_a_package(project: Project, check: Check) -> None:
    root = project({**MOVABLE, "shop/tax.py": "from . import cart\n"})
    assert check().exit_code == 0
    (root / "shop/tax").mkdir()
    (root / "shop/tax.py").rename(root / "shop/tax/__init__.py")
    assert check().exit_code == 1


def test_the_second_run_analyses_nothing(
    project: Project, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(BENIGN)
    first = check()

    def refuse(*arguments: object) -> None:
        raise AssertionError("analysed again")

    monkeypatch.setattr(answers, "_survey", refuse)
    assert check() == first
    with pytest.raises(AssertionError, match="analysed again"):
        check("--no-cache")


def test_policy_and_baseline_are_no_part_of_the_answer(
    project: Project, check: Check, run_cli: RunCli
) -> None:
    project(MOVABLE)
    assert check().exit_code == 1
    run_cli("check", "--write-baseline")
    assert check().exit_code == 0
    project({"cycleguard-baseline.json": '{\n  "schema_version": 1\n}\n'})
    assert check().exit_code == 1


def test_the_same_files_elsewhere(
    project: Project, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project(MOVABLE)
    first = check()
    other = tmp_path / "other"
    (tmp_path / "tree").rename(other)
    monkeypatch.chdir(other)
    assert check() == first


def test_a_file_that_changes_meanwhile_is_not_remembered(
    project: Project, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(MOVABLE)
    text = (root / "shop/cart.py").read_text()
    survey = answers._survey

    def meanwhile(*arguments: object) -> object:
        (root / "shop/cart.py").write_text("")
        return survey(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(answers, "_survey", meanwhile)
    assert check().exit_code == 0
    monkeypatch.undo()
    monkeypatch.chdir(root)
    (root / "shop/cart.py").write_text(text)
    assert check().exit_code == 1


def test_names_that_cannot_be_encoded(project: Project, check: Check) -> None:
    project({**MOVABLE, "odd.py": "import importlib\nimportlib.import_module('\\ud800')\n"})
    assert check() == check()


def test_a_damaged_cache_is_no_answer(project: Project, check: Check) -> None:
    project(MOVABLE)
    first = check()
    folder = Path(os.environ["XDG_CACHE_HOME"])
    for path in folder.rglob("answers-*.sqlite*"):
        path.write_bytes(b"x" * 4096)
    assert check() == first
