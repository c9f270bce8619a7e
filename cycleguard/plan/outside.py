"""Tests beside the project: they are not part of it, and yet they replace names of it.

In: a project. Out: what its tests patch, and whether one watches what is imported. With
``src/shop`` as the target, ``tests/`` is no part of the analysis.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from cycleguard.collect.patches import may_patch, patched_names
from cycleguard.collect.syntax import parse
from cycleguard.discover.scope import is_marked
from cycleguard.discover.walk import NEVER_ENTERED
from cycleguard.files import decode
from cycleguard.model.modules import ModuleKind
from cycleguard.pipeline import Resolved

_TEST = re.compile(r"(test_.*|.*_test|conftest)\.py$")
_TEST_FOLDERS = frozenset(("test", "tests", "testing"))
# builtins.__import__ = tracking_import
_WATCHES = re.compile(r"\bbuiltins\.__import__[ \t]*=[^=]")


class Tests(Struct, frozen=True):
    """What tests do: `patched` are dotted names that they replace, as in `ModuleFacts`."""

    patched: frozenset[str]
    is_watched: bool


def tests_around(resolved: Resolved) -> Tests:
    """Look at the project's own files and at the tests beside it; unreadable ones say nothing."""
    patched = {name for facts in resolved.facts.values() for name in facts.patched}
    is_watched = False
    own = _own_files(resolved)
    for path in sorted({*own, *_tests_beside(resolved)}):
        try:
            text = decode(path.read_bytes())
            if path not in own and may_patch(text):
                patched.update(patched_names(parse(text).tree))
        except (OSError, SyntaxError, RecursionError):
            continue
        is_watched = is_watched or _WATCHES.search(text) is not None
    return Tests(frozenset(patched), is_watched)


def _own_files(resolved: Resolved) -> frozenset[Path]:
    root = Path(resolved.project.root)
    sources = (m for m in resolved.project.modules if m.kind is ModuleKind.SOURCE)
    return frozenset(root / module.path for module in sources)


def _tests_beside(resolved: Resolved) -> Iterator[Path]:
    """The tests in the project's folder: the nearest one that is marked as one."""
    targets = sorted(m.path for m in resolved.project.modules if m.name in resolved.project.targets)
    start = Path(resolved.project.root, targets[0]) if targets else Path(resolved.project.root)
    top = next((folder for folder in start.parents if is_marked(folder)), None)
    if top is None:
        return
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(
            name
            for name in folders
            if name not in NEVER_ENTERED
            and not name.startswith(".")
            and not Path(folder, name, "pyvenv.cfg").exists()
        )
        is_test = not _TEST_FOLDERS.isdisjoint(Path(folder).relative_to(top).parts)
        for name in files:
            if name.endswith(".py") and (is_test or _TEST.match(name)):
                yield Path(folder, name)
