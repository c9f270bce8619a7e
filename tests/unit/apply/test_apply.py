"""Writing files all or nothing: what is kept of them, what is refused, and taking it back."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from cycleguard.apply.disk import Disk
from cycleguard.apply.journal import FOLDER
from cycleguard.apply.lock import locked
from cycleguard.apply.transaction import Applied, apply_changes
from cycleguard.apply.undo import journal_root, recover, undo
from cycleguard.errors import ApplyError
from cycleguard.model.edits import FileChange
from tests.conftest import RunCli
from tests.unit.apply.trees import CHANGES, NEW, OLD, Counter, found, make

ONE = FileChange("pkg/a.py", OLD["pkg/a.py"], b"new\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path / "root")


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", root, *identity, *arguments], check=True, capture_output=True)


def refused(root: Path, *changes: FileChange, allow_dirty: bool = False) -> str:
    """The message of a refusal, after which nothing is different."""
    before = found(root)
    with pytest.raises(ApplyError) as caught:
        apply_changes(root, changes, allow_dirty=allow_dirty)
    assert found(root) == before
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_all_files_are_written_and_others_left_alone(root: Path) -> None:
    applied = apply_changes(root, CHANGES)
    assert applied == Applied(("pkg/a.py", "pkg/gone.py", "pkg/sub/b.py", "pkg/sub/fresh.py"))
    assert found(root) == NEW


def test_undo_gives_every_byte_back_and_leaves_nothing_behind(root: Path) -> None:
    apply_changes(root, CHANGES)
    undone = undo(root / "pkg")
    assert undone.files == ("pkg/a.py", "pkg/gone.py", "pkg/sub/b.py", "pkg/sub/fresh.py")
    assert found(root) == OLD
    assert not (root / FOLDER).exists()


def test_nothing_to_do_leaves_no_trace(root: Path) -> None:
    assert apply_changes(root, [FileChange("pkg/a.py", b"x", b"x")]) == Applied(())
    assert not (root / FOLDER).exists()


def test_a_file_keeps_its_mode_and_gets_a_new_time(root: Path) -> None:
    path = root / "pkg/a.py"
    path.chmod(0o751)
    os.utime(path, (1, 1))
    apply_changes(root, [ONE])
    assert stat.S_IMODE(path.stat().st_mode) == 0o751
    assert path.stat().st_mtime > 1
    undo(root)
    assert stat.S_IMODE(path.stat().st_mode) == 0o751


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="asks Linux for open files")
def test_all_is_on_the_disk_before_the_first_file_is_replaced(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def fsync(descriptor: int) -> None:
        made.append(f"synced {Path(f'/proc/self/fd/{descriptor}').readlink().name}")

    monkeypatch.setattr(os, "fsync", fsync)
    apply_changes(root, CHANGES, disk=Disk(made.append))
    first = next(n for n, s in enumerate(made) if s.startswith("rename .") and "cycleguard" in s)
    before = {step.removeprefix("synced ") for step in made[:first] if step.startswith("synced")}
    written = {step.removeprefix("write ") for step in made if step.startswith("write ")}
    assert written
    assert written <= before
    assert {"pkg", "sub", "apply"} <= before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs to be root")
def test_a_file_keeps_its_owner(root: Path) -> None:
    path = root / "pkg/a.py"
    os.chown(path, 1234, 2345)
    apply_changes(root, [ONE])
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)


def test_a_symbolic_link_stays_one_and_its_target_is_changed(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_bytes(b"old\n")
    (root / "pkg/link.py").symlink_to(outside)
    apply_changes(root, [FileChange("pkg/link.py", b"old\n", b"new\n")])
    assert (root / "pkg/link.py").is_symlink()
    assert outside.read_bytes() == b"new\n"
    undo(root)
    assert outside.read_bytes() == b"old\n"


def test_a_file_and_a_link_to_it_are_not_both_changed(root: Path) -> None:
    (root / "pkg/link.py").symlink_to("a.py")
    message = refused(root, ONE, FileChange("pkg/link.py", OLD["pkg/a.py"], b"other\n"))
    assert "pkg/link.py and pkg/a.py are the same file" in message


def test_hard_links_are_noted(root: Path) -> None:
    os.link(root / "pkg/a.py", root / "twin.py")
    (note,) = apply_changes(root, [ONE]).notes
    assert "a.py has other hard links" in note
    assert (root / "twin.py").read_bytes() == OLD["pkg/a.py"]


def test_a_file_that_has_changed_since_it_was_read(root: Path) -> None:
    (root / "pkg/a.py").write_bytes(b"somebody else\n")
    assert "a.py: it has changed since it was read; run the command again" in refused(root, ONE)


def test_a_file_that_is_gone(root: Path) -> None:
    (root / "pkg/a.py").unlink()
    assert "a.py: it is gone" in refused(root, ONE)


def test_a_new_file_that_exists_already(root: Path) -> None:
    change = FileChange("pkg/a.py", None, b"new\n")
    assert "cannot create" in refused(root, change)


def test_a_read_only_file(root: Path) -> None:
    (root / "pkg/a.py").chmod(0o444)
    assert "a.py: it is read-only; nothing was changed" in refused(root, ONE)


def test_a_read_only_folder(root: Path) -> None:
    (root / "pkg").chmod(0o555)
    try:
        assert "a.py: its folder is read-only" in refused(root, ONE)
    finally:
        (root / "pkg").chmod(0o755)


def test_one_bad_file_keeps_all_others_unchanged(root: Path) -> None:
    (root / "pkg/sub/b.py").write_bytes(b"somebody else\n")
    refused(root, *CHANGES)


def test_files_that_git_does_not_hold(root: Path) -> None:
    git(root, "init", "-q")
    assert "a.py: not committed to git; commit or stash, or use --allow-dirty" in refused(root, ONE)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")
    (root / "other.txt").write_bytes(b"dirty, but not in question\n")
    apply_changes(root, [ONE])
    again = FileChange("pkg/a.py", b"new\n", b"newer\n")
    assert "not committed" in refused(root, again)
    apply_changes(root, [again], allow_dirty=True)
    # The journal does not make the tree any dirtier.
    status = subprocess.run(
        ["git", "-C", root, "status", "--porcelain"], capture_output=True, text=True, check=True
    )
    assert sorted(status.stdout.splitlines()) == [" M other.txt", " M pkg/a.py"]


def test_git_that_cannot_say(root: Path) -> None:
    (root / ".git").write_text("gitdir: nowhere\n")
    assert "git cannot say whether the files are committed" in refused(root, ONE)
    apply_changes(root, [ONE], allow_dirty=True)


def test_names_that_git_would_quote_or_match(root: Path) -> None:
    git(root, "init", "-q")
    change = FileChange("pkg/[ä] *.py", None, b"x\n")
    apply_changes(root, [change])
    message = refused(root, FileChange("pkg/[ä] *.py", b"x\n", b"y\n"))
    assert "[ä] *.py: not committed" in message


def test_undo_of_a_file_that_has_changed_since(root: Path) -> None:
    apply_changes(root, CHANGES)
    (root / "pkg/sub/fresh.py").write_bytes(b"edited\n")
    before = found(root)
    with pytest.raises(ApplyError, match=r"fresh\.py has been changed since; nothing was changed"):
        undo(root)
    assert found(root) == before


def test_undo_without_a_record(root: Path) -> None:
    with pytest.raises(ApplyError, match="nothing to undo"):
        undo(root)


def test_undo_of_a_damaged_record(root: Path) -> None:
    apply_changes(root, [ONE])
    (root / FOLDER / "last" / "0.old").write_bytes(b"damaged\n")
    with pytest.raises(ApplyError, match=r"the record of .*a\.py is damaged"):
        undo(root)
    (root / FOLDER / "last" / "manifest.json").write_bytes(b"{")
    with pytest.raises(ApplyError, match="not readable as a journal"):
        undo(root)


def test_a_change_that_cannot_be_finished_says_what_to_do(root: Path) -> None:
    steps = Counter()
    apply_changes(root, CHANGES, disk=Disk(steps))
    undo(root)
    # Interrupted when the second file is to be put in its place.
    renames = [n for n, step in enumerate(steps.steps) if step.endswith(".cycleguard")]
    last = [n for n in renames if steps.steps[n].startswith("rename")][1] + 1
    with pytest.raises(KeyboardInterrupt):
        apply_changes(root, CHANGES, disk=Disk(Counter(last, KeyboardInterrupt())))
    untouched = (root / "pkg/sub/b.py").read_bytes()
    (root / "pkg/sub/b.py").write_bytes(b"edited meanwhile\n")
    with pytest.raises(ApplyError, match=r"b\.py has been changed since; take that back, or"):
        recover([root])
    assert (root / "pkg/sub/b.py").read_bytes() == b"edited meanwhile\n"
    (root / "pkg/sub/b.py").write_bytes(untouched)
    (message,) = recover([root])
    assert message.startswith("an interrupted `fix` was finished: ")
    assert found(root) == NEW


def test_two_processes_do_not_change_files_at_once(root: Path) -> None:
    apply_changes(root, [ONE])
    with locked(root / FOLDER / "lock"):
        assert "another cycleguard" in refused(root, FileChange("pkg/a.py", b"new\n", b"x\n"))


def test_the_journal_is_where_any_command_finds_it(tmp_path: Path) -> None:
    inner = tmp_path / "repo" / "part" / "pkg"
    inner.mkdir(parents=True)
    (tmp_path / "repo" / "part" / "pyproject.toml").write_text("")
    assert journal_root(inner) == tmp_path / "repo" / "part"
    (tmp_path / "repo" / ".git").mkdir()
    assert journal_root(inner) == tmp_path / "repo"


def test_the_command(root: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    apply_changes(root, [ONE])
    result = run_cli("undo")
    assert (result.exit_code, result.stdout) == (0, "pkg/a.py\n")
    assert "1 file taken back" in result.stderr
    assert found(root) == OLD
    result = run_cli("undo", "pkg")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: nothing to undo: ")


def test_any_command_ends_an_interrupted_change(
    root: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    steps = Counter()
    apply_changes(root, CHANGES, disk=Disk(steps))
    undo(root)
    last = max(n for n, step in enumerate(steps.steps, 1) if step == "create committed")
    with pytest.raises(KeyboardInterrupt):
        apply_changes(root, CHANGES, disk=Disk(Counter(last + 5, KeyboardInterrupt())))
    result = run_cli("scan", "pkg")
    assert "an interrupted `fix` was finished" in result.stderr
    assert found(root) == NEW
