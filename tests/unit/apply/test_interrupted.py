"""Killed at every step: after the next command the tree is entirely the old one or the new one."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cycleguard.apply.disk import Disk
from cycleguard.apply.transaction import apply_changes
from cycleguard.apply.undo import recover, undo
from cycleguard.errors import ApplyError
from tests.unit.apply.trees import CHANGES, NEW, OLD, Counter, found, killed_at, make

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")

Work = Callable[[Disk], object]


def apply_to(root: Path) -> Work:
    return lambda disk: apply_changes(root, CHANGES, disk=disk)


def steps_of(work: Work) -> int:
    counter = Counter()
    work(Disk(counter))
    return len(counter.steps)


def each_kill(folder: Path, template: Path, work: Callable[[Path], Work]) -> list[Path]:
    """A copy of the template for each step, in which the work was killed there."""
    copies: list[Path] = []
    for step in range(1, 500):
        root = folder / str(step)
        shutil.copytree(template, root)
        if not killed_at(step, work(root)):
            return copies
        copies.append(root)
    raise AssertionError("the work has no end")


def settled(root: Path) -> dict[str, bytes]:
    recover([root / "pkg"])
    tree = found(root)
    assert not list(root.rglob(".?*.cycleguard")), "a temporary file is left"
    assert not (root / ".cycleguard" / "apply").exists()
    return tree


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return make(tmp_path / "old")


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The new tree, with a record of the change."""
    root = make(tmp_path / "new")
    apply_changes(root, CHANGES)
    assert found(root) == NEW
    return root


def test_apply_killed_at_each_step(tmp_path: Path, old: Path) -> None:
    killed = each_kill(tmp_path / "copies", old, apply_to)
    trees = [settled(root) for root in killed]
    assert all(tree in (OLD, NEW) for tree in trees)
    # It is the old one up to some step, and the new one from there on.
    is_new = [tree == NEW for tree in trees]
    assert is_new == sorted(is_new)
    assert True in is_new
    assert False in is_new
    assert len(killed) > 30


def test_after_a_kill_the_change_can_be_made_again_and_undone(tmp_path: Path, old: Path) -> None:
    for root in each_kill(tmp_path / "copies", old, apply_to)[::4]:
        if settled(root) == OLD:
            apply_changes(root, CHANGES)
        assert found(root) == NEW
        undo(root)
        assert found(root) == OLD
        assert not (root / ".cycleguard").exists()


def test_undo_killed_at_each_step(tmp_path: Path, changed: Path) -> None:
    killed = each_kill(
        tmp_path / "copies", changed, lambda root: lambda disk: undo(root, disk=disk)
    )
    trees = [settled(root) for root in killed]
    assert all(tree in (OLD, NEW) for tree in trees)
    assert OLD in trees
    assert NEW in trees


def test_a_second_apply_killed_at_each_step_keeps_one_record(tmp_path: Path, changed: Path) -> None:
    back = tuple(type(c)(c.path, c.after, c.before) for c in CHANGES)

    def again(root: Path) -> Work:
        return lambda disk: apply_changes(root, back, disk=disk)

    for root in each_kill(tmp_path / "copies", changed, again):
        tree = settled(root)
        assert tree in (OLD, NEW)
        # Either the first change or the second is on record.
        undo(root)
        assert found(root) == (NEW if tree == OLD else OLD)


def test_recovery_killed_at_each_step(tmp_path: Path, old: Path) -> None:
    for root in each_kill(tmp_path / "first", old, apply_to)[::3]:
        second = tmp_path / "second" / root.name
        for again in each_kill(second, root, lambda r: lambda disk: recover([r], disk=disk)):
            assert settled(again) in (OLD, NEW)


def test_a_step_that_fails_at_any_time_leaves_the_old_tree(tmp_path: Path, old: Path) -> None:
    """A full disk, at every step: the process lives on and puts all back."""
    count = steps_of(apply_to(Path(shutil.copytree(old, tmp_path / "count"))))
    outcomes: list[bool] = []
    for step in range(1, count + 1):
        root = tmp_path / "copies" / str(step)
        shutil.copytree(old, root)
        disk = Disk(Counter(step, OSError(28, "No space left on device", "somewhere")))
        message = _message(root, disk)
        assert message is None or "No space left on device; nothing was changed" in message
        assert found(root) == (OLD if message else NEW)
        tree = settled(root)
        assert tree in (OLD, NEW)
        outcomes.append(tree == NEW)
    assert outcomes == sorted(outcomes)
    # What fails after the last file is in place is no reason to take it back.
    assert outcomes.count(True) < 12


def _message(root: Path, disk: Disk) -> str | None:
    """Why the change could not be made; None if it was."""
    try:
        apply_changes(root, CHANGES, disk=disk)
    except ApplyError as error:
        return str(error)
    return None
