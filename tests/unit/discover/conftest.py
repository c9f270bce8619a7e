"""A tree of files from a few words, and `discover` on it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest

from cycleguard.config import load_config
from cycleguard.discover.project import discover
from cycleguard.model.modules import Project


class Tree(Protocol):
    def __call__(self, paths: str = "", texts: Mapping[str, str] | None = None) -> Path: ...


class Discover(Protocol):
    def __call__(self, *targets: str, cwd: str = ".") -> Project: ...


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Make empty files (a path that ends in a slash is a folder), and files with a text."""

    def make(paths: str = "", texts: Mapping[str, str] | None = None) -> Path:
        for path, text in {**dict.fromkeys(paths.split(), ""), **(texts or {})}.items():
            file = tmp_path / path
            if path.endswith("/"):
                file.mkdir(parents=True, exist_ok=True)
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
        return tmp_path

    return make


@pytest.fixture
def run(tmp_path: Path) -> Discover:
    """Run discover as the command line does, from the top of the tree."""

    def discover_targets(*targets: str, cwd: str = ".") -> Project:
        folder = Path(tmp_path, cwd)
        paths = [Path(target) for target in targets or (".",)]
        return discover(paths, load_config(paths, folder), folder)

    return discover_targets


def names(project: Project) -> list[str]:
    return [module.name for module in project.modules]


def paths(project: Project) -> dict[str, str]:
    return {module.name: module.path for module in project.modules}


def kinds(project: Project) -> dict[str, str]:
    return {module.name: module.kind.value for module in project.modules}
