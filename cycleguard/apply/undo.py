"""Take the last change of files back, and bring an interrupted one to its end.

In: a place in a project. Out: what was done, in values.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from cycleguard.apply.disk import Disk
from cycleguard.apply.journal import FOLDER, Journal, Manifest, digest, digest_of, shown
from cycleguard.apply.permission import permitted
from cycleguard.apply.transaction import Applied, not_written, opened, settle, transact
from cycleguard.discover.disk import is_folder
from cycleguard.errors import ApplyError
from cycleguard.model.edits import FileChange

_MARKS = (".git", "pyproject.toml")


def journal_root(folder: Path) -> Path:
    """Where the journal of the project around `folder` lies, so that any command finds it.

    The folder of the repository; without one, of the nearest pyproject.toml; else `folder` itself.
    """
    start = Path(os.path.realpath(folder))
    for mark in _MARKS:
        for parent in (start, *start.parents):
            if (parent / mark).exists():
                return parent
    return start


def undo(start: Path, *, disk: Disk | None = None) -> Applied:
    """Take back the last change of files in the project around `start`.

    Raises:
        ApplyError: there is none, or a file has been changed since; nothing was changed.
    """
    root = _root_with_journal(start)
    if root is None:
        raise ApplyError(f"nothing to undo: no change of files is on record in {shown(start)}")
    journal = Journal(root, disk or Disk())
    try:
        with opened(journal):
            settle(journal)
            manifest = journal.last()
            if manifest is None:
                raise ApplyError("nothing to undo: no change of files is on record")
            changes = tuple(_reversed(journal, manifest))
            transact(journal, permitted(root, changes, allow_dirty=True), is_undo=True)
    except OSError as error:
        raise not_written(error, journal) from error
    return Applied(tuple(sorted(change.path for change in changes)))


def recover(places: Iterable[Path], *, disk: Disk | None = None) -> list[str]:
    """Bring interrupted changes in the projects around some places to their end.

    Every command calls this first, so that no one sees half a change.

    Returns:
        What was done, in words.

    Raises:
        ApplyError: a file has been changed since, so that neither end can be reached.
    """
    roots = {root for place in places if (root := _root_with_journal(place))}
    done: list[str] = []
    for root in sorted(roots):
        journal = Journal(root, disk or Disk())
        if not journal.is_running:
            continue
        try:
            with opened(journal):
                message = settle(journal)
        except OSError as error:
            raise not_written(error, journal) from error
        done += [message] if message else []
    return done


def _root_with_journal(place: Path) -> Path | None:
    start = Path(os.path.realpath(place))
    return next((f for f in (start, *start.parents) if is_folder(f / FOLDER)), None)


def _reversed(journal: Journal, manifest: Manifest) -> Iterable[FileChange]:
    for number, entry in enumerate(manifest.entries):
        path = journal.file(entry)
        if digest_of(path) != entry.after:
            what = "is gone" if digest_of(path) is None else "has been changed"
            raise ApplyError(f"cannot undo: {shown(path)} {what} since; nothing was changed")
        before = journal.old_content(number, of_last=True) if entry.before else None
        if before is not None and digest(before) != entry.before:
            raise ApplyError(f"cannot undo: the record of {shown(path)} is damaged")
        after = path.read_bytes() if entry.after else None
        yield FileChange(entry.path, after, before)
