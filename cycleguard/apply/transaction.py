"""Change a set of files all or nothing, even if the process, or the machine, dies on the way.

The new contents wait beside the files until all are on the disk; then they take their places. The
journal says at any moment how an interrupted change ends: as if it had not begun before all
contents were written, else as if it had not been interrupted.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from cycleguard.apply.disk import Disk
from cycleguard.apply.journal import Entry, Journal, Manifest, digest, digest_of, shown
from cycleguard.apply.lock import locked
from cycleguard.apply.permission import hard_links, permitted
from cycleguard.errors import ApplyError
from cycleguard.model.edits import FileChange

_TAKEN_BACK = "an interrupted change of files was taken back: all are as they were"


class Applied(Struct, frozen=True):
    """The files that were changed, and notes: what is not as one might expect."""

    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


def apply_changes(
    root: Path,
    changes: Iterable[FileChange],
    *,
    allow_dirty: bool = False,
    disk: Disk | None = None,
) -> Applied:
    """Write all `changes`, or none.

    Args:
        root: the project's root, absolute: paths are relative to it, and the journal is there.
        changes: the files.
        allow_dirty: whether files may have changes that git does not hold.
        disk: makes the steps.

    Raises:
        ApplyError: a file must not or cannot be changed; all are as they were.
    """
    wanted = [change for change in changes if change.before != change.after]
    if not wanted:
        return Applied(())
    journal = Journal(root, disk or Disk())
    try:
        with opened(journal):
            settle(journal)
            files = permitted(root, wanted, allow_dirty=allow_dirty)
            notes = [_about_links(path) for path in hard_links(files)]
            transact(journal, files)
    except OSError as error:
        raise not_written(error, journal) from error
    return Applied(tuple(sorted(change.path for change in wanted)), tuple(notes))


@contextmanager
def opened(journal: Journal) -> Iterator[None]:
    """Have the journal to oneself, and leave nothing behind that is of no use.

    Raises:
        ApplyError: another process has it.
        OSError: it cannot be made.
    """
    journal.prepare()
    with locked(journal.lock):
        try:
            yield
        finally:
            journal.tidy()


def transact(journal: Journal, files: Mapping[Path, FileChange], *, is_undo: bool = False) -> None:
    """Change files that may be changed; the lock is held.

    Raises:
        OSError: it did not work; all files are as they were, or the journal says what is to be
            done.
    """
    pairs = list(files.items())
    entries = tuple(_entry(journal.root, path, change) for path, change in pairs)
    disk = journal.disk
    try:
        journal.begin(Manifest(entries, is_undo), tuple(change.before for _, change in pairs))
        for entry, (path, change) in zip(entries, pairs, strict=True):
            if change.after is not None:
                like = path if change.before is not None else None
                disk.write(journal.temporary(entry), change.after, like)
        for folder in sorted({path.parent for path in files}):
            disk.sync_folder(folder)
        for entry, path in zip(entries, files, strict=True):
            if digest_of(path) != entry.before:
                raise ApplyError(f"{shown(path)} has just been changed; nothing was changed by us")
        journal.commit()
    except BaseException:
        _discard(journal)
        raise
    _put_in_place(journal, entries)


def settle(journal: Journal) -> str | None:
    """Bring an interrupted change to its end; the lock is held.

    Returns:
        What was done, in words; None if there was nothing to do.

    Raises:
        ApplyError: a file has been changed since, so that neither end can be reached.
    """
    if not journal.is_running:
        return None
    manifest = journal.manifest()
    if manifest is None:
        # It had not begun, or it was over.
        journal.forget()
        return None
    if not (journal.is_committed or journal.is_revoked):
        _discard(journal)
        return _TAKEN_BACK
    _check_untouched(journal, manifest)
    if journal.is_revoked:
        _take_back(journal, manifest.entries)
        return _TAKEN_BACK
    _rename_all(journal, manifest.entries)
    journal.finish()
    names = ", ".join(shown(journal.file(entry)) for entry in manifest.entries[:3])
    more = f" and {len(manifest.entries) - 3} more" if len(manifest.entries) > 3 else ""
    what = "undo" if manifest.is_undo else "fix"
    return f"an interrupted `{what}` was finished: {names}{more}"


def _put_in_place(journal: Journal, entries: tuple[Entry, ...]) -> None:
    try:
        _rename_all(journal, entries)
    except OSError:
        journal.revoke()
        _take_back(journal, entries)
        raise
    # All files are what they should be: if the record cannot be closed, the next command does it.
    with suppress(OSError):
        journal.finish()


def _rename_all(journal: Journal, entries: tuple[Entry, ...]) -> None:
    disk = journal.disk
    for entry in entries:
        path, temporary = journal.file(entry), journal.temporary(entry)
        if entry.after is None:
            disk.unlink(path)
        elif temporary.exists():
            disk.rename(temporary, path)
    for folder in sorted({journal.file(entry).parent for entry in entries}):
        disk.sync_folder(folder)


def _take_back(journal: Journal, entries: tuple[Entry, ...]) -> None:
    disk = journal.disk
    for number, entry in enumerate(entries):
        path, temporary = journal.file(entry), journal.temporary(entry)
        disk.unlink(temporary)
        if digest_of(path) == entry.before:
            continue
        if entry.before is None:
            disk.unlink(path)
        else:
            content = journal.old_content(number)
            disk.write(temporary, content, path if path.exists() else None)
            disk.rename(temporary, path)
        disk.sync_folder(path.parent)
    journal.forget()


def _discard(journal: Journal) -> None:
    """Nothing is in its place yet: the new contents go."""
    manifest = journal.manifest()
    for entry in manifest.entries if manifest else ():
        journal.disk.unlink(journal.temporary(entry))
    journal.forget()


def _check_untouched(journal: Journal, manifest: Manifest) -> None:
    for entry in manifest.entries:
        path = journal.file(entry)
        if digest_of(path) not in (entry.before, entry.after):
            raise ApplyError(
                f"an interrupted change of files cannot be finished: {shown(path)} has been "
                f"changed since; take that back, or delete {shown(journal.folder)} to keep all "
                "as it is"
            )


def _entry(root: Path, path: Path, change: FileChange) -> Entry:
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else os.fspath(path)
    return Entry(
        name,
        None if change.before is None else digest(change.before),
        None if change.after is None else digest(change.after),
        f".{path.name[:40]}.{os.getpid()}.cycleguard",
    )


def not_written(error: OSError, journal: Journal) -> ApplyError:
    """The error in words, with what has become of the files."""
    where = f" {shown(Path(error.filename))}" if error.filename else ""
    state = "nothing was changed"
    if journal.is_running:
        state = "the next command will bring the files into order"
    return ApplyError(f"cannot write{where}: {error.strerror or error}; {state}")


def _about_links(path: Path) -> str:
    return f"{shown(path)} has other hard links: they keep the old text"
