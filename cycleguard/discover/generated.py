"""Modules that have no file yet: a build writes or compiles them, as the metadata says.

In: the metadata of a source root. Out: `Candidate`s that lose against any file of the same name.
`resolve` needs them: a module that is only built later is not missing.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from cycleguard.discover.disk import is_folder
from cycleguard.discover.metadata import Metadata
from cycleguard.discover.modules import Candidate
from cycleguard.discover.naming import Layout, place_of
from cycleguard.model.modules import ModuleKind

RANK = 9


def find_generated(metadata: Metadata, root: Path, layout: Layout) -> Iterator[Candidate]:
    """Yield version files and extension modules that are declared to be in `root`."""
    for file in metadata.files:
        path = Path(os.path.normpath(metadata.folder / file))
        if path.suffix == ".py" and path.is_relative_to(layout.base):
            place = place_of(path.parent, layout)
            parts = (*place.parts, path.stem)
            if place.root == root:
                yield Candidate(root, parts, str(path), str(path), ModuleKind.GENERATED, rank=RANK)
    for name in metadata.extensions:
        parts = tuple(name.split("."))
        path = root.joinpath(*parts)
        if len(parts) == 1 or is_folder(root / parts[0]):
            yield Candidate(root, parts, str(path), str(path), ModuleKind.EXTENSION, rank=RANK)
