"""Questions to the file system that have an answer even where looking is not allowed.

`pathlib` raises `PermissionError` for a path in a folder that must not be entered. To the naming of
modules such a path is just not there, and `walk` reports the folder.
"""

import os
from pathlib import Path


def exists(path: Path) -> bool:
    """Tell whether there is a file or folder."""
    try:
        return path.exists()
    except OSError:
        return False


def is_file(path: Path) -> bool:
    """Tell whether there is a file."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Tell whether there is a folder."""
    try:
        return path.is_dir()
    except OSError:
        return False


def names_in(folder: Path) -> list[str]:
    """Return the names of a folder's entries, sorted; none if it cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries)
    except OSError:
        return []


def text_of(path: Path) -> str:
    """Return the text of a file, nothing if it cannot be read; bytes that are no UTF-8 survive."""
    try:
        return path.read_bytes().decode("utf-8-sig", "surrogateescape")
    except OSError:
        return ""
