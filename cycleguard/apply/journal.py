"""The record of a change of several files, from which it is finished or taken back.

It lies in `.cycleguard/` of the project: `apply/` while files are being changed, `last/` after
that, for `undo`. Both hold the manifest and the old content of every file.
"""

import hashlib
import os
from pathlib import Path

import msgspec
from msgspec import Struct

from cycleguard.apply.disk import Disk
from cycleguard.errors import ApplyError

FOLDER = ".cycleguard"
_RUNNING, _LAST, _LOCK = "apply", "last", "lock"
_MANIFEST = "manifest.json"
_COMMITTED, _REVOKED = "committed", "revoked"


class Entry(Struct, frozen=True):
    """One file: `path` is relative to the project's root where it is inside, else absolute.

    `before` and `after` are digests, None where there is no file. `temporary` is the name, in the
    same folder, of the new content while it waits.
    """

    path: str
    before: str | None
    after: str | None
    temporary: str


class Manifest(Struct, frozen=True):
    """All files of one change."""

    entries: tuple[Entry, ...]
    is_undo: bool = False


class Journal:
    """The journal of one project.

    Args:
        root: the folder that holds it.
        disk: makes the steps.
    """

    def __init__(self, root: Path, disk: Disk) -> None:
        self.root = root
        self.folder = root / FOLDER
        self.lock = self.folder / _LOCK
        self._running = self.folder / _RUNNING
        self._last = self.folder / _LAST
        self.disk = disk

    @property
    def is_running(self) -> bool:
        """Whether a change has begun and not ended."""
        return self._running.is_dir()

    def prepare(self) -> None:
        """Make the folder; git is told to ignore it."""
        if not self.folder.is_dir():
            self.disk.make_folder(self.folder)
        ignore = self.folder / ".gitignore"
        if not ignore.exists():
            ignore.write_bytes(b"*\n")

    def begin(self, manifest: Manifest, contents: tuple[bytes | None, ...]) -> None:
        """Record what is about to be changed, with the old contents."""
        self.disk.make_folder(self._running)
        for number, content in enumerate(contents):
            if content is not None:
                self.disk.write(self._running / f"{number}.old", content)
        draft = self._running / f"{_MANIFEST}.tmp"
        self.disk.write(draft, msgspec.json.format(msgspec.json.encode(manifest)))
        self.disk.rename(draft, self._running / _MANIFEST)
        self.disk.sync_folder(self._running)

    def manifest(self) -> Manifest | None:
        """What is being changed; None if that was not recorded yet, so that nothing is changed."""
        return _read(self._running / _MANIFEST)

    def last(self) -> Manifest | None:
        """What was changed last."""
        return _read(self._last / _MANIFEST)

    def commit(self) -> None:
        """From here on the change is finished rather than taken back."""
        self.disk.write(self._running / _COMMITTED, b"")
        self.disk.sync_folder(self._running)

    def revoke(self) -> None:
        """From here on it is taken back after all. Needs no room on the disk."""
        self.disk.rename(self._running / _COMMITTED, self._running / _REVOKED)
        self.disk.sync_folder(self._running)

    @property
    def is_committed(self) -> bool:
        """Whether all new contents were on the disk."""
        return (self._running / _COMMITTED).exists()

    @property
    def is_revoked(self) -> bool:
        """Whether a change that was half done is to be taken back."""
        return (self._running / _REVOKED).exists()

    def old_content(self, number: int, *, of_last: bool = False) -> bytes:
        """The recorded content of a file."""
        folder = self._last if of_last else self._running
        return (folder / f"{number}.old").read_bytes()

    def finish(self) -> None:
        """The change is done: it becomes the last one; one that undid it leaves none."""
        manifest = self.manifest()
        self.disk.remove_folder(self._last)
        if manifest and manifest.is_undo:
            self.forget()
        else:
            self.disk.rename(self._running, self._last)
            self.disk.sync_folder(self.folder)

    def forget(self) -> None:
        """Nothing has been changed."""
        # Without its manifest a change has not begun: that goes first.
        self.disk.unlink(self._running / _MANIFEST)
        self.disk.remove_folder(self._running)
        self.disk.sync_folder(self.folder)

    def tidy(self) -> None:
        """Leave no folder behind that holds nothing of use; the lock is held."""
        if self._running.exists() or self._last.exists():
            return
        try:
            for name in (".gitignore", _LOCK):
                (self.folder / name).unlink(missing_ok=True)
            self.folder.rmdir()
        except OSError:
            # Windows does not delete an open file; others may have put something in.
            return

    def file(self, entry: Entry) -> Path:
        """Where a file of the manifest is."""
        return self.root / entry.path

    def temporary(self, entry: Entry) -> Path:
        """Where its new content waits."""
        return self.file(entry).with_name(entry.temporary)


def digest(content: bytes) -> str:
    """A digest of a file's content."""
    return hashlib.sha256(content).hexdigest()


def digest_of(path: Path) -> str | None:
    """The digest of a file as it is now; None if there is none.

    Raises:
        OSError: it cannot be read.
    """
    try:
        return digest(path.read_bytes())
    except FileNotFoundError:
        return None


def shown(path: Path) -> str:
    """A path for a message: as seen from the current folder, if it is below it."""
    current = Path.cwd()
    return os.fspath(path.relative_to(current) if path.is_relative_to(current) else path)


def _read(path: Path) -> Manifest | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise ApplyError(
            f"{shown(path)}: not readable as a journal ({error}); if the files are as they should "
            f"be, delete {shown(path.parent)}"
        ) from error
