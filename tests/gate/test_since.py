"""`--since`: what the merge base held already is allowed, without a baseline."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Project, RunCli
from tests.gate.conftest import Checked
from tests.gate.support import BENIGN, CRASHING, MOVABLE, commit, git

Check = Callable[..., Checked]
BOTH = {**{f"c{p[4:]}": t.replace("shop", "c") for p, t in CRASHING.items()}, **MOVABLE}
ANOTHER = "def f():\n    import json\n    return json\n"


@pytest.fixture
def repository(project: Project) -> Path:
    root = project(BOTH)
    commit(root)
    return root


def test_nothing_is_new(repository: Path, check: Check) -> None:
    assert check("--since", "HEAD") == (0, [], 5)
    assert check("--since", "main").exit_code == 0
    assert check().exit_code == 1


def test_what_is_new_fails(repository: Path, check: Check) -> None:
    (repository / "shop/new.py").write_text(ANOTHER)
    (repository / "c/user.py").write_text("import c.cart\n")
    assert check("--since", "HEAD").found == [
        ("crash", "c/tax.py", 1),
        ("move-to-top", "shop/new.py", 2),
    ]
    commit(repository)
    assert check("--since", "HEAD").exit_code == 0
    assert check("--since", "HEAD~1").exit_code == 1


def test_the_merge_base_counts_not_the_tip(repository: Path, check: Check) -> None:
    """What main mended meanwhile is no fault of the branch."""
    git(repository, "checkout", "-q", "-b", "topic")
    (repository / "README").write_text("topic")
    commit(repository)
    git(repository, "checkout", "-q", "main")
    (repository / "shop/cart.py").write_text("from shop.tax import rate\n")
    commit(repository)
    git(repository, "checkout", "-q", "topic")
    assert check("--since", "main").exit_code == 0


def test_a_cycle_that_is_new(project: Project, check: Check) -> None:
    root = project({**BENIGN, "shop/tax.py": "rate = 1\n"})
    commit(root)
    (root / "shop/tax.py").write_text(BENIGN["shop/tax.py"])
    assert [rule for rule, _, _ in check("--since", "HEAD").found] == ["eager-cycle"]


def test_a_folder_of_the_repository(
    repository: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "shop/new.py").write_text(ANOTHER)
    assert check("c", "--since", "HEAD").exit_code == 0
    assert check("shop/new.py", "--since", "HEAD").exit_code == 1
    monkeypatch.chdir(repository / "shop")
    assert check("--since", "HEAD").found == [("move-to-top", "shop/new.py", 2)]
    monkeypatch.chdir(repository.parent)
    found = check("tree/shop", "--since", "HEAD").found
    assert [(rule, line) for rule, _, line in found] == [("move-to-top", 2)]


def test_everything_is_new(project: Project, check: Check) -> None:
    root = project({"README": ""})
    commit(root)
    project(MOVABLE)
    assert check("--since", "HEAD").exit_code == 1


def test_the_configuration_of_now_is_that_of_both(repository: Path, check: Check) -> None:
    (repository / "pyproject.toml").write_text(
        "[tool.cycleguard]\nsource-roots = ['lib']\nlayers = [['shop.cart'], ['shop.late']]\n"
    )
    (repository / "lib").mkdir()
    (repository / "lib/shop.py").write_text("")
    (repository / "shop/late.py").write_text("")
    assert check("shop", "--since", "HEAD").exit_code == 0


def test_the_repository_is_left_alone(repository: Path, check: Check) -> None:
    (repository / "shop/new.py").write_text(ANOTHER)
    git(repository, "add", "shop/new.py")
    before = {p: p.read_bytes() for p in sorted((repository / ".git").rglob("*")) if p.is_file()}
    check("--since", "HEAD")
    after = {p: p.read_bytes() for p in sorted((repository / ".git").rglob("*")) if p.is_file()}
    assert before == after


def test_in_a_hook_of_git(
    repository: Path, check: Check, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert check("--since", "HEAD").exit_code == 0
    assert not (tmp_path / "index").exists()


def test_line_ends_of_the_checkout_do_not_matter(repository: Path, check: Check) -> None:
    (repository / ".gitattributes").write_text("*.py text eol=crlf\n")
    commit(repository)
    assert check("--since", "HEAD~1").exit_code == 0
    assert check("--since", "HEAD").exit_code == 0


def test_no_git_no_repository_no_revision(
    project: Project, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(MOVABLE)
    message = run_cli("check", "--since", "HEAD").stderr
    assert message.startswith("error: ")
    assert "is in no git repository" in message
    commit(root)
    message = run_cli("check", "--since", "none").stderr
    assert message.startswith("error: there is no revision 'none': fetch it first")
    message = run_cli("check", "--since", "--output=x").stderr
    assert "there is no revision '--output=x'" in message
    git(root, "checkout", "-q", "--orphan", "alone")
    commit(root, "alone")
    message = run_cli("check", "--since", "main").stderr
    assert "have no common commit here: fetch the whole history first" in message
    monkeypatch.setenv("PATH", os.devnull)
    result = run_cli("check", "--since", "main")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: --since needs git, which cannot be run")
