"""What the metadata of a project folder declares: requirements, and modules that a build makes.

In: a project's folder, or a ``*.dist-info`` folder. Out: `Metadata`, read by `dependencies` and
`project`. What is broken or computed declares nothing: metadata only refines the analysis.
"""

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from msgspec import Struct
from packaging.metadata import parse_email

from cycleguard.discover.disk import names_in
from cycleguard.discover.naming import is_site_packages
from cycleguard.discover.pyproject import read_pyproject
from cycleguard.discover.setup_files import read_requirements, read_setup_cfg, read_setup_py


class Metadata(Struct, frozen=True):
    """The declarations of one project or distribution, see `Declared`; `known` if it has any."""

    folder: Path
    known: bool
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    python: str = ""
    files: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()


def read_declarations(root: Path, base: Path, files: Collection[str]) -> Iterator[Metadata]:
    """Yield the metadata that speaks for a source root.

    Args:
        root: The source root.
        base: The folder of the project, at or above `root`.
        files: The Python files in question, POSIX and relative to `root`; where distributions are
            installed or unpacked, only those count that own one of them.
    """
    if is_site_packages(root):
        for name in names_in(root):
            if name.endswith(".dist-info") and _owns(root / name, files):
                yield read_dist_info(root / name)
        return
    for folder in (root, *root.parents):
        metadata = read_metadata(folder)
        yield metadata
        if metadata.known or folder == base:
            return


def read_metadata(folder: Path) -> Metadata:
    """Read pyproject.toml, setup.cfg, setup.py; requirements.txt if they say nothing of it."""
    parts = [
        *read_pyproject(folder),
        read_setup_cfg(folder),
        read_setup_py(folder),
    ]
    if not any(part.required is not None for part in parts):
        parts.append(read_requirements(folder))
    return Metadata(
        folder,
        known=any(part.required is not None for part in parts),
        required=tuple(line for part in parts for line in part.required or ()),
        optional=tuple(line for part in parts for line in part.optional),
        python=next((part.python for part in parts if part.python), ""),
        files=tuple(file for part in parts for file in part.files if file),
        extensions=tuple(name for part in parts for name in part.extensions if name),
    )


def read_dist_info(folder: Path) -> Metadata:
    """Read the METADATA of an installed or unpacked distribution."""
    try:
        raw, _ = parse_email((folder / "METADATA").read_bytes())
    except OSError:
        return Metadata(folder, known=False)
    required = tuple(raw.get("requires_dist", ()))
    return Metadata(folder, known=True, required=required, python=raw.get("requires_python", ""))


def _owns(dist_info: Path, files: Collection[str]) -> bool:
    try:
        with (dist_info / "RECORD").open(encoding="utf-8", errors="replace", newline="") as record:
            return any(row and row[0] in files for row in csv.reader(record))
    except (OSError, csv.Error):
        return False
