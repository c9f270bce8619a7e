"""Whether files may be changed at all: asked before the first byte is written.

In: the changes. Out: the real files behind them, or an `ApplyError` that names the file and what to
do. A symbolic link is followed: its target is changed, the link stays.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from cycleguard.apply.git import uncommitted
from cycleguard.apply.journal import digest, digest_of, shown
from cycleguard.errors import ApplyError
from cycleguard.model.edits import FileChange

_ANY_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def permitted(
    root: Path, changes: Iterable[FileChange], *, allow_dirty: bool
) -> dict[Path, FileChange]:
    """The changes by the real files that they change.

    Raises:
        ApplyError: a file has changed since it was read, is read-only, is meant twice, or has
            changes that are not committed; or its folder is read-only.
    """
    found: dict[Path, FileChange] = {}
    for change in changes:
        path = Path(os.path.realpath(root / change.path))
        if path in found:
            other = found[path].path
            raise ApplyError(f"{change.path} and {other} are the same file: fix only one of them")
        found[path] = change
        for problem in _problems(path, change):
            raise ApplyError(f"{problem}; nothing was changed")
    if not allow_dirty:
        _check_committed(found)
    return found


def hard_links(paths: Iterable[Path]) -> Iterator[Path]:
    """Files that have other names too: those will keep the old content."""
    for path in paths:
        if path.exists() and path.stat().st_nlink > 1:
            yield path


def _problems(path: Path, change: FileChange) -> Iterator[str]:
    name = shown(path)
    if not _is_writable(path.parent):
        yield f"cannot change {name}: its folder is read-only"
    try:
        now = digest_of(path)
    except OSError as error:
        yield f"cannot change {name}: {error.strerror or error}"
        return
    if now != (None if change.before is None else digest(change.before)):
        if change.before is None:
            yield f"cannot create {name}: it exists already"
        elif now is None:
            yield f"cannot change {name}: it is gone; run the command again"
        else:
            yield f"cannot change {name}: it has changed since it was read; run the command again"
    elif now is not None and not _is_writable(path):
        yield f"cannot change {name}: it is read-only"


def _is_writable(path: Path) -> bool:
    # The superuser may write anything; what is marked read-only is meant to be.
    try:
        return bool(path.stat().st_mode & _ANY_WRITE) and os.access(path, os.W_OK)
    except FileNotFoundError:
        return False


def _check_committed(files: dict[Path, FileChange]) -> None:
    dirty = uncommitted(path for path, change in files.items() if change.before is not None)
    if dirty:
        more = f" and {len(dirty) - 1} more" if len(dirty) > 1 else ""
        raise ApplyError(
            f"{shown(dirty[0])}{more}: not committed to git; commit or stash, "
            "or use --allow-dirty; nothing was changed"
        )
