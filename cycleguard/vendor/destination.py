"""Where the vendored file goes: never over a file that `cycleguard vendor` did not write."""

from pathlib import Path

from cycleguard.errors import OutputError, TargetError
from cycleguard.files import decode, write_text
from cycleguard.vendor.assemble import is_ours, was_ours

FILE_NAME = "_cycleguard.py"


def vendored_path(destination: Path) -> Path:
    """The file for a folder or a file that was asked for.

    Raises:
        TargetError: there is no such folder, or the file could not be imported.
    """
    path = destination / FILE_NAME if destination.is_dir() else destination
    if path.suffix != ".py" or not path.stem.isidentifier():
        raise TargetError(f"{destination}: no folder, nor the name of a module (`name.py`)")
    if not path.parent.is_dir():
        raise TargetError(f"{path.parent}: no such folder")
    return path


def write_vendored(path: Path, text: str) -> bool:
    """Write the file; False if it was there, the same.

    Raises:
        OutputError: there is another file, or it has been edited, or cannot be read or written.
    """
    if path.exists() or path.is_symlink():
        before = _read(path)
        if before == text:
            return False
        if not was_ours(before):
            raise OutputError(f"{path}: not written by `cycleguard vendor`; name another file")
        if not is_ours(before):
            raise OutputError(f"{path}: edited since it was written; delete it to write it again")
    write_text(path, text)
    return True


def _read(path: Path) -> str:
    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise OutputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except SyntaxError:
        # It is not ours, whatever it is.
        return ""
