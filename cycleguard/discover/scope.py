"""From the paths on the command line to the part of the file system that is to be read.

In: targets as typed. Out: `Target`s, and one `Scope` per target: what to walk, and how to name it.
Only the folders on the way to the targets are looked at. Read next by `project`.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from cycleguard.config import Config
from cycleguard.discover.disk import exists, is_folder
from cycleguard.discover.naming import (
    Layout,
    is_package,
    is_project,
    is_site_packages,
    place_of,
)
from cycleguard.errors import TargetError


class Target(Struct, frozen=True):
    """A path that the user named: as typed, absolute, and without links."""

    typed: str
    path: Path
    real: Path

    def covers(self, path: str, real: str) -> bool:
        """Tell whether a file or folder, with and without links, is at or below the target."""
        return _is_at_or_below(path, str(self.path)) or _is_at_or_below(real, str(self.real))


class Scope(Struct, frozen=True):
    """What is read for a target.

    `top` is walked: the whole source root in a project; else, where the folder may hold everything
    that was ever installed, only the top-level package (`anchor`) of the target.
    """

    top: Path
    anchor: Path
    root: Path
    layout: Layout


def find_targets(targets: Sequence[Path], cwd: Path) -> tuple[Target, ...]:
    """Check the paths and make them absolute.

    Raises:
        TargetError: A path does not exist, or is a file but no Python file.
    """
    return tuple(_target(path, cwd) for path in targets)


def find_scopes(targets: Sequence[Target], config: Config) -> tuple[Scope, ...]:
    """Return the scope of each target, in their order."""
    configured = [Path(os.path.normpath(Path(config.folder, r))) for r in config.source_roots]
    return tuple(_scope(target.path, configured, config) for target in targets)


def outermost(scopes: Sequence[Scope]) -> tuple[Scope, ...]:
    """Return the scopes to walk so that none is below another, sorted."""
    tops = {scope.top for scope in scopes}
    unique = {scope.top: scope for scope in scopes if tops.isdisjoint(scope.top.parents)}
    return tuple(unique[top] for top in sorted(unique))


def _target(path: Path, cwd: Path) -> Target:
    # ".." after a link leads elsewhere than the text says; only then links are resolved.
    resolve = os.path.realpath if ".." in path.parts else os.path.normpath
    absolute = Path(resolve(cwd / path))
    if not exists(absolute):
        raise TargetError(f"no such file or folder: {path}")
    if not is_folder(absolute) and path.suffix != ".py":
        raise TargetError(f"not a Python file: {path} (give folders, or files that end in .py)")
    return Target(str(path), absolute, Path(os.path.realpath(absolute)))


def _scope(path: Path, configured: Sequence[Path], config: Config) -> Scope:
    folder = path if is_folder(path) else path.parent
    base = _base(folder, configured)
    layout = Layout(base, tuple(configured), frozenset(config.namespace_packages))
    on_the_way = [step for step in (folder, *folder.parents) if step.is_relative_to(base)]
    in_package = [step for step in on_the_way if place_of(step, layout).in_package]
    anchor = in_package[-1] if in_package else path
    root = place_of(folder, layout).root
    whole = base in configured or (is_marked(base) and not is_site_packages(base))
    return Scope(root if whole else anchor, anchor, root, layout)


def _base(folder: Path, configured: Sequence[Path]) -> Path:
    """Return the folder that names start from: a configured root, the project, or a stand-in."""
    chain = (folder, *folder.parents)
    for step in chain:
        if step in configured:
            return step
    for step in chain:
        if (is_marked(step) or is_site_packages(step)) and not is_package(step):
            return step
    package = next((step for step in chain if is_package(step)), None)
    while package is not None and is_package(package):
        package = package.parent
    return package or folder


def is_marked(folder: Path) -> bool:
    """Tell whether a folder is the top of a project or of a repository."""
    return is_project(folder) or exists(folder / ".git")


def _is_at_or_below(path: str, folder: str) -> bool:
    return path.startswith(folder) and path[len(folder) : len(folder) + 1] in ("", os.sep)
