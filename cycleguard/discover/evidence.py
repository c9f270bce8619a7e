"""How a project's own files name a package: the evidence for a namespace package above it.

A folder without ``__init__.py`` can be a namespace package or just a folder on ``sys.path``; the
file system alone does not tell. `naming` asks here what the import lines say; nothing is parsed.
"""

import os
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path

MOST_FILES = 200
ENOUGH_VOTES = 3
IMPORT_LINE = re.compile(r"^[ \t]*(?:from|import)[ \t]+([\w.]+)", re.MULTILINE)


def import_depth(folder: Path, above: Sequence[str], names: Collection[str]) -> int | None:
    """Return how many of the folders `above` the files below `folder` put before `names`.

    With `above` of ``("google", "cloud")`` and `names` of ``{"storage"}``, a line ``from
    google.cloud.storage import x`` says 2, ``import storage`` says 0, none of them None. A longer
    name decides at once. A bare one needs votes, since it may mean a module of somebody else.
    """
    votes: Counter[int] = Counter()
    for path in islice(python_files(folder), MOST_FILES):
        depth = _depth_in(path, above, names)
        if depth:
            return depth
        votes[0] += depth == 0
        if votes[0] >= ENOUGH_VOTES:
            break
    return 0 if votes[0] else None


def python_files(folder: Path) -> Iterator[Path]:
    """Yield the Python files below a folder, in an order that does not depend on the disk."""
    for path, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__pycache__")))
        yield from (Path(path, name) for name in sorted(files) if name.endswith(".py"))


def _depth_in(path: Path, above: Sequence[str], names: Collection[str]) -> int | None:
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return None
    found = {tuple(name.split(".")) for name in IMPORT_LINE.findall(text)}
    depths = [depth for parts in found for depth in _depths(parts, above, names)]
    return max(depths, default=None)


def _depths(parts: tuple[str, ...], above: Sequence[str], names: Collection[str]) -> Iterator[int]:
    for depth in range(min(len(parts) - 1, len(above)), -1, -1):
        is_ours = depth > 0 or parts[0] not in sys.stdlib_module_names
        if (
            is_ours
            and parts[depth] in names
            and parts[:depth] == tuple(above[len(above) - depth :])
        ):
            yield depth
