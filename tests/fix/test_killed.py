"""`fix --apply` killed at every write: the next command brings the old tree, or the new one."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cycleguard.apply import transaction
from cycleguard.apply.disk import Disk
from cycleguard.cli import main
from tests.conftest import Project, RunCli
from tests.fix.test_command import TREE, contents
from tests.unit.apply.trees import killed_at

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")

# Two files to change: there is a moment when only one of them is new.
FILES = TREE | {"shop/stock.py": "def f():\n    from shop.tax import rate\n\n    return rate()\n"}
_MOST_STEPS = 500


def fix_in(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Disk], object]:
    """`fix --apply` on `root`, with its writes made by a given disk."""

    def work(disk: Disk) -> None:
        os.chdir(root)
        monkeypatch.setattr(transaction, "Disk", lambda: disk)
        main(["fix", "--apply", "--no-progress", "--no-cache"])

    return work


def test_fix_killed_at_each_write(
    project: Project, run_cli: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = project(FILES)
    old = contents(template)
    made = tmp_path / "made"
    shutil.copytree(template, made)
    monkeypatch.chdir(made)
    assert run_cli("fix", "--apply").exit_code == 0
    new = contents(made)
    assert len([path for path in old if old[path] != new[path]]) == 2
    is_new: list[bool] = []
    for step in range(1, _MOST_STEPS):
        root = tmp_path / str(step)
        shutil.copytree(template, root)
        if not killed_at(step, fix_in(root, monkeypatch)):
            break
        monkeypatch.chdir(root)
        # The next command, whichever it is, ends what was interrupted before it looks at anything.
        assert run_cli("fix").exit_code in (0, 1)
        tree = contents(root)
        assert tree in (old, new)
        is_new.append(tree == new)
        if tree == new:
            assert run_cli("undo").exit_code == 0
            assert contents(root) == old
    assert is_new == sorted(is_new)
    assert {True, False} == set(is_new)
    assert len(is_new) > 20
