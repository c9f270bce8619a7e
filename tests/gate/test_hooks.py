"""The hooks, run by the real pre-commit: it installs this very repository with pip."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.conftest import REPOSITORY
from tests.gate.support import CRASHING, MOVABLE, commit, git

pytestmark = pytest.mark.hooks
Attempt = Callable[..., subprocess.CompletedProcess[bytes]]
HARMLESS = {**CRASHING, "shop/tax.py": "def rate():\n    return 1\n"}
_PARTS = ("cycleguard", "README.md", "LICENSE", "pyproject.toml", ".pre-commit-hooks.yaml")


@pytest.fixture(scope="session")
def hook_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository as it is on the disk, committed, for `repo:` to name."""
    folder = tmp_path_factory.mktemp("hooks") / "cycleguard"
    folder.mkdir()
    for part in _PARTS:
        source = REPOSITORY / part
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / part, ignore=ignore)
        else:
            shutil.copy(source, folder / part)
    commit(folder)
    return folder


@pytest.fixture(scope="session")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One home for all tests: the hook is installed once."""
    home = tmp_path_factory.mktemp("home")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "PYTHONPATH"))}
    return {
        **kept,
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "PRE_COMMIT_COLOR": "never",
    }


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "user"
    root.mkdir()
    return root


@pytest.fixture
def attempt(repository: Path, hook_repository: Path, surroundings: dict[str, str]) -> Attempt:
    """Try to commit what is staged; the hook runs as git runs it."""
    revision = git(hook_repository, "rev-parse", "HEAD").strip()
    config = {"repos": [{"repo": str(hook_repository), "rev": revision, "hooks": [{"id": "hook"}]}]}

    def run(hook: str = "cycleguard-check") -> subprocess.CompletedProcess[bytes]:
        config["repos"][0]["hooks"] = [{"id": hook}]
        (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
        git(repository, "add", ".pre-commit-config.yaml")
        install = [sys.executable, "-m", "pre_commit", "install"]
        subprocess.run(install, cwd=repository, env=surroundings, capture_output=True, check=True)
        identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.autocrlf=false")
        return subprocess.run(
            ["git", *identity, "commit", "-m", "x"],
            cwd=repository,
            env=surroundings,
            capture_output=True,
            check=False,
        )

    return run


def write(root: Path, files: dict[str, str], newline: str = "\n") -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.replace("\n", newline).encode())


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_a_crashing_cycle_is_blocked(repository: Path, attempt: Attempt, newline: str) -> None:
    write(repository, HARMLESS, newline)
    commit(repository)
    write(repository, CRASHING, newline)
    git(repository, "add", "-A")
    blocked = attempt()
    said = (blocked.stdout + blocked.stderr).decode()
    assert blocked.returncode == 1, said
    assert "`import shop.cart` fails: ImportError: cannot import name 'total'" in said
    assert "shop/tax.py:1  from shop.cart import total" in said
    assert git(repository, "log", "--oneline").count("\n") == 1
    write(repository, {"shop/tax.py": "def rate():\n    return 2\n"}, newline)
    git(repository, "add", "-A")
    passed = attempt()
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert git(repository, "log", "--oneline").count("\n") == 2
    assert (repository / "shop/cart.py").read_bytes().count(newline.encode()) > 1


def test_only_what_is_staged_counts(repository: Path, attempt: Attempt) -> None:
    """The cycle is in the working tree alone; pre-commit puts it aside for the while."""
    write(repository, HARMLESS)
    commit(repository)
    write(repository, {"shop/cart.py": HARMLESS["shop/cart.py"] + "\n\nX = 1\n"})
    git(repository, "add", "-A")
    write(repository, {"shop/tax.py": CRASHING["shop/tax.py"]})
    passed = attempt()
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert (repository / "shop/tax.py").read_text() == CRASHING["shop/tax.py"]
    git(repository, "add", "-A")
    write(repository, {"shop/tax.py": HARMLESS["shop/tax.py"]})
    assert attempt().returncode == 1


def test_a_commit_without_python_asks_nothing(repository: Path, attempt: Attempt) -> None:
    write(repository, CRASHING)
    commit(repository)
    write(repository, {"notes.md": "x"})
    git(repository, "add", "-A")
    passed = attempt()
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert b"Skipped" in passed.stdout + passed.stderr


MOVED = "from shop.tax import rate\n\n\ndef total():\n    return rate()\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_the_repair(repository: Path, attempt: Attempt, newline: str) -> None:
    """Without a pyproject.toml: pre-commit stops the commit, as a file has changed."""
    write(repository, MOVABLE, newline)
    commit(repository)
    write(repository, {"shop/tax.py": "def rate():\n    return 2\n"}, newline)
    git(repository, "add", "-A")
    stopped = attempt("cycleguard-fix")
    said = (stopped.stdout + stopped.stderr).decode()
    assert stopped.returncode == 1, said
    assert "files were modified by this hook" in said
    assert (repository / "shop/cart.py").read_bytes() == MOVED.replace("\n", newline).encode()
    assert git(repository, "status", "--porcelain", "-uall") == (
        "A  .pre-commit-config.yaml\n M shop/cart.py\nM  shop/tax.py\n"
    )
    git(repository, "add", "-A")
    passed = attempt("cycleguard-fix")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert git(repository, "status", "--porcelain") == ""


def test_the_repair_leaves_what_is_not_staged(repository: Path, attempt: Attempt) -> None:
    """Elsewhere it stays beside the repair; in the same lines, pre-commit takes the repair back."""
    write(repository, MOVABLE)
    commit(repository)
    write(repository, {"shop/new.py": "X = 1\n"})
    git(repository, "add", "-A")
    later = "def rate():\n    return 3\n"
    write(repository, {"shop/tax.py": later})
    assert attempt("cycleguard-fix").returncode == 1
    assert (repository / "shop/cart.py").read_text() == MOVED
    assert (repository / "shop/tax.py").read_text() == later
    git(repository, "checkout", "shop/cart.py")
    mine = MOVABLE["shop/cart.py"].replace("return rate()", "return 2 * rate()")
    write(repository, {"shop/cart.py": mine})
    stopped = attempt("cycleguard-fix")
    said = (stopped.stdout + stopped.stderr).decode()
    assert stopped.returncode == 1, said
    assert "Rolling back fixes" in said
    assert (repository / "shop/cart.py").read_text() == mine
    assert (repository / "shop/tax.py").read_text() == later
