"""Changes of files as a unified diff, as `git apply` and `patch` read it."""

import difflib
from collections.abc import Iterable, Iterator

from cycleguard.files import decode_exactly
from cycleguard.model.edits import FileChange

_NO_NEWLINE = "\\ No newline at end of file\n"


def unified(changes: Iterable[FileChange]) -> Iterator[str]:
    """The lines of the diff, with their line ends."""
    for change in changes:
        old = _lines(change.before)
        new = _lines(change.after)
        source = f"a/{change.path}" if change.before is not None else "/dev/null"
        target = f"b/{change.path}" if change.after is not None else "/dev/null"
        for line in difflib.unified_diff(old, new, source, target):
            if line.endswith("\n"):
                yield line
            else:
                yield f"{line}\n"
                yield _NO_NEWLINE


def _lines(content: bytes | None) -> list[str]:
    if content is None:
        return []
    text = decode_exactly(content)
    # Not `splitlines`: a form feed ends no line of a file.
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
