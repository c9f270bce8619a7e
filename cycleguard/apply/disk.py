"""The few things that are done to a disk while files are changed, each a step that may be the last.

Whatever is written is on the disk, not only handed to the system, when a step is over.
"""

import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path

Observer = Callable[[str], None]

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class Disk:
    """Makes the steps; all raise `OSError`.

    Args:
        observer: told of each step before it is made, and in the middle of each file.
    """

    def __init__(self, observer: Observer | None = None) -> None:
        self._observe = observer or _nothing

    def make_folder(self, path: Path) -> None:
        """Make a folder in a folder that is there."""
        self._observe(f"make {path.name}")
        path.mkdir(exist_ok=True)
        self.sync_folder(path.parent)

    def write(self, path: Path, data: bytes, like: Path | None = None) -> None:
        """Write a new file, with mode, owner and attributes as those of the file `like`."""
        self._observe(f"create {path.name}")
        descriptor = os.open(path, _NEW_FILE, 0o600 if like else 0o666)
        with os.fdopen(descriptor, "wb") as file:
            middle = len(data) // 2
            file.write(data[:middle])
            file.flush()
            self._observe(f"write {path.name}")
            file.write(data[middle:])
            file.flush()
            self._observe(f"sync {path.name}")
            os.fsync(file.fileno())
        if like:
            self._observe(f"status {path.name}")
            _copy_status(like, path)

    def rename(self, source: Path, target: Path) -> None:
        """Put a file or folder in the place of another, in one step."""
        self._observe(f"rename {source.name}")
        source.replace(target)

    def unlink(self, path: Path) -> None:
        """Delete a file; it may be gone already."""
        self._observe(f"unlink {path.name}")
        path.unlink(missing_ok=True)

    def remove_folder(self, path: Path) -> None:
        """Delete a folder of files, if it is there."""
        if not path.is_dir():
            return
        for file in sorted(path.iterdir()):
            self.unlink(file)
        self._observe(f"remove {path.name}")
        path.rmdir()

    def sync_folder(self, path: Path) -> None:
        """See to it that the names in a folder are on the disk."""
        self._observe(f"sync {path.name}/")
        # A folder cannot be opened on Windows, which writes names through.
        if sys.platform != "win32":
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _nothing(step: str) -> None:
    """Nobody is told."""


def _copy_status(source: Path, target: Path) -> None:
    known = source.stat()
    if sys.platform != "win32" and (known.st_uid, known.st_gid) != _owner(target):
        os.chown(target, known.st_uid, known.st_gid)
    shutil.copystat(source, target)
    # With the old time of change, a compiled file of the old text would count as current.
    os.utime(target)
    target.chmod(stat.S_IMODE(known.st_mode))


def _owner(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_uid, found.st_gid
