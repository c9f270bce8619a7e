"""What is read for a target, what is asked for, and what paths are relative to."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from cycleguard.errors import TargetError
from tests.unit.discover.conftest import Discover, Tree, names, paths

WHEEL = (
    "w/pkg-1.dist-info/METADATA w/other/__init__.py"
    " w/pkg/__init__.py w/pkg/jit/__init__.py w/pkg/jit/a.py"
)


def test_a_sub_folder_of_an_unpacked_wheel_has_its_package_as_context(
    tree: Tree, run: Discover
) -> None:
    tree(f"{WHEEL} w/pkg/core.py")
    project = run("w/pkg/jit")
    assert names(project) == ["pkg", "pkg.core", "pkg.jit", "pkg.jit.a"]
    assert project.targets == {"pkg.jit", "pkg.jit.a"}


def test_installed_packages_in_a_project_are_not_the_project(tree: Tree, run: Discover) -> None:
    site = "venv/lib/site-packages"
    tree(f"pyproject.toml app/__init__.py {site}/pkg/__init__.py {site}/other/__init__.py")
    assert names(run(f"{site}/pkg")) == ["pkg"]


def test_the_packages_of_a_project_are_context_for_each_other(tree: Tree, run: Discover) -> None:
    tree("setup.py pkg/__init__.py tests/__init__.py tests/test_a.py other/a.py my-script.py")
    project = run("pkg")
    assert names(project) == [
        "other", "other.a", "pkg", "setup", "tests", "tests.test_a",
    ]  # fmt: skip
    assert project.targets == {"pkg"}


def test_other_source_roots_are_no_context(tree: Tree, run: Discover) -> None:
    tree(".git/HEAD a/pyproject.toml a/one/__init__.py b/pyproject.toml b/two/__init__.py")
    assert names(run("a")) == ["one"]
    assert names(run("a", "b")) == ["one", "two"]
    project = run(".", "a/one")
    assert names(project) == ["one", "two"]
    assert project.targets == {"one", "two"}


def test_outside_a_project_only_the_package_of_the_target_is_read(
    tree: Tree, run: Discover
) -> None:
    tree("pkg/__init__.py pkg/sub/__init__.py other/__init__.py loose.py")
    project = run("pkg/sub")
    assert names(project) == ["pkg", "pkg.sub"]
    assert project.targets == {"pkg.sub"}
    assert names(run("loose.py")) == ["loose"]
    assert names(run("pkg/sub", "loose.py")) == ["loose", "pkg", "pkg.sub"]


def test_a_loose_file_below_a_package_outside_a_project(tree: Tree, run: Discover) -> None:
    tree("pkg/__init__.py pkg/data/run.py")
    assert names(run("pkg/data/run.py")) == ["pkg", "pkg.data", "pkg.data.run"]


def test_a_file_as_target(tree: Tree, run: Discover) -> None:
    tree("setup.py pkg/__init__.py pkg/a.py pkg/ab.py")
    assert run("pkg/a.py").targets == {"pkg.a"}
    assert run("pkg/__init__.py").targets == {"pkg"}


def test_a_target_ends_at_a_folder_not_within_its_name(tree: Tree, run: Discover) -> None:
    tree("setup.py pkg/__init__.py pkg_b/__init__.py")
    assert run("pkg").targets == {"pkg"}


def test_a_namespace_folder_is_a_target_if_it_is_below_one(tree: Tree, run: Discover) -> None:
    tree("setup.py tools/a/run.py tools/b/run.py")
    project = run("tools/a")
    assert project.targets == {"tools.a", "tools.a.run"}


@pytest.mark.parametrize(
    ("cwd", "target", "top", "path"),
    [
        (".", "repo/pkg", ".", "repo/pkg/a.py"),
        ("repo", "pkg", "repo", "pkg/a.py"),
        ("repo/pkg", ".", "repo", "pkg/a.py"),
        ("elsewhere", "../repo/pkg", "repo", "pkg/a.py"),
    ],
    ids=[
        "the current folder above the project",
        "the current folder is the project",
        "the current folder is within the source root: its paths would start with dots",
        "the current folder is beside the project",
    ],
)
def test_what_paths_are_relative_to(
    tree: Tree, run: Discover, cwd: str, target: str, top: str, path: str
) -> None:
    base = tree("repo/pyproject.toml repo/pkg/__init__.py repo/pkg/a.py elsewhere/")
    project = run(target, cwd=cwd)
    assert Path(project.root) == base / top
    assert paths(project)["pkg.a"] == path


def test_two_projects_seen_from_beside_them(tree: Tree, run: Discover) -> None:
    base = tree("r/a/setup.py r/a/one/__init__.py r/b/setup.py r/b/two/__init__.py elsewhere/")
    project = run("../r/a/one", "../r/b/two", cwd="elsewhere")
    assert Path(project.root) == base / "r"
    assert paths(project)["two"] == "b/two/__init__.py"


WRONG = {
    "a path that does not exist": ("no/such", "no such file or folder: no/such"),
    "a file that is not Python": ("notes.txt", "not a Python file: notes.txt"),
    "a stub": ("pkg/a.pyi", "not a Python file: pkg/a.pyi"),
    "a folder without Python": ("docs", "no Python file in docs"),
    "a folder of ignored Python": ("cache", "no Python file in cache"),
    "a file that the configuration excludes": ("pkg/old.py", "no Python file in pkg/old.py"),
}


@pytest.mark.parametrize(("target", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_target(tree: Tree, run: Discover, target: str, message: str) -> None:
    tree(
        "notes.txt pkg/__init__.py pkg/a.pyi pkg/old.py docs/index.md cache/x.py",
        {"pyproject.toml": "[tool.cycleguard]\nexclude = ['cache', 'old.py']"},
    )
    with pytest.raises(TargetError, match=message.replace(".", r"\.")):
        run("pkg", target)


def test_the_result_does_not_depend_on_the_order_of_the_disk(
    tree: Tree, run: Discover, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree("setup.py src/a/__init__.py src/b.py a/__init__.py a/x.py tools/t.py")
    before = run(".", "a")
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: Backwards(scandir(path)))
    assert run("a", ".") == before


class Backwards:
    """A listing of a folder in the opposite order."""

    def __init__(self, listing: Iterator[os.DirEntry[str]]) -> None:
        self.entries = iter(list(listing)[::-1])

    def __iter__(self) -> Iterator[os.DirEntry[str]]:
        return self.entries

    def __next__(self) -> os.DirEntry[str]:
        return next(self.entries)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass
