"""Lists the files of interest below a folder: ignore rules honoured, links followed, no loops.

In: where to start and what the user named. Out: one `Folder` per folder that was entered, sorted by
path, with the names of files that can back a module; `modules` turns them into dotted names.
A folder that cannot be listed, and a name that is not UTF-8, become `Skipped`, here with absolute
paths as the disk has them.
"""

import os
import stat
import sys
from pathlib import Path

from msgspec import Struct

from cycleguard.discover import disk
from cycleguard.discover.ignore import (
    Rules,
    is_excluded,
    is_ignored,
    rules_for_named,
    rules_within,
)
from cycleguard.model.modules import Skipped

SUFFIXES = (".py", ".pyi", ".pyx", ".so", ".pyd", ".proto")
NEVER_ENTERED = frozenset(
    (
        ".git", ".hg", ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache", ".svn", ".tox",
        "__pycache__", "node_modules",
    )
)  # fmt: skip


class Folder(Struct, frozen=True):
    """A folder with files of interest, sorted: its path as walked, and its path without links."""

    path: Path
    real: str
    files: tuple[str, ...]


class Found(Struct, frozen=True):
    """Everything below the starts, sorted."""

    folders: tuple[Folder, ...]
    skipped: tuple[Skipped, ...]


class Task(Struct, frozen=True):
    """A folder to enter; `on_the_way` if only what leads to a named path is wanted of it."""

    path: str
    rules: Rules
    on_the_way: bool = False


class _Walk(Struct):
    """What is known half-way; `links` wait until every real folder has been entered.

    `files` has the path as walked and the names for every real path; plain strings all, since
    this is what a scan of a big tree spends its time on.
    """

    named: frozenset[str]
    ways: frozenset[str]
    tasks: list[tuple[Task, str]] = []
    links: list[Task] = []
    closed: set[str] = set()
    files: dict[str, tuple[str, list[str]]] = {}
    linked_files: set[str] = set()
    skipped: list[Skipped] = []


def walk(start: Task, named: frozenset[Path]) -> Found:
    """List the files of interest below `start`.

    A folder or file that is reached twice is taken once: from its real place if that is below the
    start, else from the first link by sorted path. A link to a folder above it leads nowhere.

    Args:
        start: Where to begin.
        named: Paths that the user named; no ignore file leaves them out.
    """
    ways = frozenset(str(parent) for path in named for parent in path.parents)
    state = _Walk(frozenset(map(str, named)), ways)
    real = os.path.realpath(start.path)
    state.closed.update(map(str, Path(real).parents))
    if not is_excluded(start.path, True, start.rules):
        state.tasks.append((start, real))
    while state.tasks or state.links:
        while state.tasks:
            _enter(*state.tasks.pop(), state)
        if state.links:
            state.links.sort(key=lambda link: link.path, reverse=True)
            _follow(state.links.pop(), state)
    listed = ((Path(path), real, files) for real, (path, files) in state.files.items() if files)
    folders = [Folder(path, real, tuple(sorted(files))) for path, real, files in listed]
    folders.sort(key=lambda folder: folder.path)
    return Found(tuple(folders), tuple(sorted(state.skipped)))


def printable(path: str) -> str:
    """Return the path with every byte that is not UTF-8 on disk as a backslash escape."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _enter(task: Task, real: str, state: _Walk) -> None:
    if real in state.closed:
        return
    state.closed.add(real)
    try:
        with os.scandir(task.path) as listing:
            entries = {entry.name: entry for entry in listing}
    except OSError as error:
        reason = (error.strerror or "cannot be listed").lower()
        state.skipped.append(Skipped(task.path, reason))
        return
    on_the_way = task.on_the_way or ("pyvenv.cfg" in entries and task.path not in state.named)
    here = Task(task.path, rules_within(task.path, entries.keys(), task.rules), on_the_way)
    state.files[real] = (task.path, [])
    for name in sorted(entries):
        entry = entries[name]
        is_folder = _is_folder(entry)
        if is_folder or name.endswith(SUFFIXES):
            _look_at(entry, is_folder, here, real, state)


def _look_at(entry: os.DirEntry[str], is_folder: bool, here: Task, real: str, state: _Walk) -> None:
    name = entry.name
    wanted = _wanted(_join(here.path, name), name, is_folder, here, state)
    if wanted is None:
        return
    if not name.isascii() and printable(name) != name:
        state.skipped.append(Skipped(wanted.path, "the file name is not valid UTF-8"))
    elif _is_link(entry):
        state.links.append(wanted)
    elif is_folder:
        state.tasks.append((wanted, _join(real, name)))
    elif entry.is_file():
        state.files[real][1].append(name)


def _wanted(path: str, name: str, is_folder: bool, here: Task, state: _Walk) -> Task | None:
    """Return the task for an entry, or None if it is to be left out."""
    if path in state.named:
        rules = rules_for_named(path, is_folder, here.rules)
        return None if is_excluded(path, is_folder, rules) else Task(path, rules)
    never = is_folder and name in NEVER_ENTERED
    if not (here.on_the_way or never or is_ignored(path, is_folder, here.rules)):
        return Task(path, here.rules)
    if path in state.ways and not is_excluded(path, is_folder, here.rules):
        return Task(path, here.rules, on_the_way=True)
    return None


def _follow(link: Task, state: _Walk) -> None:
    real = Path(os.path.realpath(link.path))
    if disk.is_folder(real):
        state.tasks.append((link, str(real)))
    elif disk.is_file(real) and str(real) not in state.linked_files:
        _, files = state.files.get(str(real.parent), ("", []))
        if real.name not in files:
            path = Path(link.path)
            state.linked_files.add(str(real))
            state.files[os.path.realpath(path.parent)][1].append(path.name)


def _join(folder: str, name: str) -> str:
    return folder + name if folder.endswith(os.sep) else folder + os.sep + name


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to a place that must not be looked at
        return False


def _is_link(entry: os.DirEntry[str]) -> bool:
    if sys.platform == "win32":
        # A junction is a link too, but not a symbolic one.
        attributes = entry.stat(follow_symlinks=False).st_file_attributes
        return bool(attributes & stat.FILE_ATTRIBUTE_REPARSE_POINT)
    return entry.is_symlink()
