"""What a team goes through: the gate put up, a blocked commit, a shrinking baseline, a merge."""

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import Project, RunCli
from tests.gate.support import commit, git

FILE = "cycleguard-baseline.json"
NAMES = ("ape", "bee", "cat", "dog", "elk")


@pytest.fixture
def repository(project: Project) -> Path:
    """Five modules with a local import each that could move, and a base that they import."""
    files = {
        f"zoo/{name}.py": (
            f"def {name}():\n    from zoo.base import feed\n\n    return feed('{name}')\n"
        )
        for name in NAMES
    }
    base = "def feed(name):\n    return name\n"
    root = project({"zoo/__init__.py": "", "zoo/base.py": base, **files})
    commit(root, "as it was")
    return root


def mend(root: Path, name: str) -> None:
    source = f"from zoo.base import feed\n\n\ndef {name}():\n    return feed('{name}')\n"
    (root / f"zoo/{name}.py").write_text(source)


def entries(root: Path) -> list[str]:
    data = json.loads((root / FILE).read_text())
    del data["schema_version"]
    return [key.partition("zoo.")[2][:3] for key in data]


def test_the_whole_story(repository: Path, run_cli: RunCli) -> None:
    root = repository
    assert run_cli("init").exit_code == 0
    assert entries(root) == list(NAMES)
    commit(root, "the gate is up")
    assert run_cli("check").exit_code == 0

    # A commit that would make the package crash is blocked, in words.
    text = (root / "zoo/base.py").read_text()
    (root / "zoo/base.py").write_text(f"from zoo.keeper import keep\n\n\n{text}")
    (root / "zoo/keeper.py").write_text("from zoo.base import feed\n\n\ndef keep():\n    feed(1)\n")
    result = run_cli("check")
    assert result.exit_code == 1
    assert "`import zoo.base` fails: ImportError: cannot import name 'feed'" in result.stdout
    assert "zoo/keeper.py:1  from zoo.base import feed\n" in result.stdout
    assert "check failed: 2 new findings" in result.stdout
    assert run_cli("check", "--since", "HEAD").exit_code == 1

    # Mended, it passes.
    (root / "zoo/base.py").write_text(text)
    assert run_cli("check").exit_code == 0
    commit(root, "a keeper")

    # An old finding is mended: its entry has to go.
    mend(root, "ape")
    assert run_cli("check").exit_code == 1
    assert run_cli("check", "--prune-baseline").exit_code == 0
    assert run_cli("check").exit_code == 0
    assert entries(root) == ["bee", "cat", "dog", "elk"]
    commit(root, "ape is mended")


@pytest.mark.parametrize(("ours", "theirs"), [("bee", "elk"), ("ape", "cat")])
def test_two_branches_remove_an_entry_each(
    ours: str, theirs: str, repository: Path, run_cli: RunCli
) -> None:
    root = repository
    run_cli("init")
    commit(root)
    for branch, name in (("ours", ours), ("theirs", theirs)):
        git(root, "checkout", "-q", "-b", branch, "main")
        mend(root, name)
        run_cli("check", "--prune-baseline")
        commit(root)
    git(root, "merge", "-q", "ours", "-m", "both")
    assert entries(root) == sorted(set(NAMES) - {ours, theirs})
    assert run_cli("check").exit_code == 0


def test_neighbouring_entries_conflict_and_pruning_solves_it(
    repository: Path, run_cli: RunCli
) -> None:
    """Git merges no changes of lines that touch; what it leaves is understood."""
    root = repository
    run_cli("init")
    commit(root)
    for branch, name in (("ours", "bee"), ("theirs", "cat")):
        git(root, "checkout", "-q", "-b", branch, "main")
        mend(root, name)
        run_cli("check", "--prune-baseline")
        commit(root)
    with pytest.raises(AssertionError, match="CONFLICT"):
        git(root, "merge", "-q", "ours", "-m", "both")
    assert "<<<<<<<" in (root / FILE).read_text()
    assert run_cli("check").exit_code == 2
    assert run_cli("check", "--prune-baseline").exit_code == 0
    assert entries(root) == ["ape", "dog", "elk"]
    assert run_cli("check").exit_code == 0
    commit(root, "both")


def test_a_clone_elsewhere_says_the_same(
    repository: Path, run_cli: RunCli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_cli("init")
    shutil.copytree(repository, tmp_path / "clone")
    monkeypatch.chdir(tmp_path / "clone")
    assert run_cli("check").exit_code == 0
    before = (tmp_path / "clone" / FILE).read_bytes()
    assert run_cli("check", "--write-baseline").exit_code == 0
    assert (tmp_path / "clone" / FILE).read_bytes() == before
