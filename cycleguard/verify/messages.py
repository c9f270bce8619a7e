"""CPython's messages without what differs from machine to machine: its folders, and addresses.

Read by `compare`.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path

_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
# cannot import name 'a' from 'b' (/home/me/b.py)
_ORIGIN = re.compile(r"(?P<text>cannot import name .+) \([^()]*[\\/.][^()]*\)$", re.S)


class Cleaner:
    """Cleans messages.

    Args:
        root: the folder that the project's paths are relative to.
        folders: others on ``sys.path``, which Python puts before paths.
    """

    def __init__(self, root: str, folders: Iterable[str]) -> None:
        known = {f.rstrip(os.sep) for f in (root, *folders) if Path(f).is_absolute()}
        # The innermost first: an environment may be in the project.
        prefixes = sorted(known - {""}, key=lambda folder: (-len(folder), folder))
        self._prefixes = [folder + os.sep for folder in prefixes]

    def clean(self, message: str) -> str:
        """The message as it would be anywhere."""
        message = _ORIGIN.sub(r"\g<text>", message)
        for prefix in self._prefixes:
            message = message.replace(prefix, "")
        return _ADDRESS.sub("0x...", message).strip()
