"""What `discover` gives: the modules of a project as its files name them, nothing imported.

Read next by `collect` (which opens the source modules) and `resolve` (which looks names up).
"""

from enum import StrEnum

from msgspec import Struct


class ModuleKind(StrEnum):
    """What a dotted name is backed by on disk."""

    SOURCE = "source"
    NAMESPACE = "namespace"
    EXTENSION = "extension"
    GENERATED = "generated"


class Module(Struct, frozen=True, order=True):
    """One importable module.

    `path` is POSIX and relative to `Project.root`; for a namespace package it is the folder.
    `is_package` is true for a module with sub-modules: an ``__init__.py`` or a namespace folder.
    """

    name: str
    path: str
    kind: ModuleKind
    is_package: bool


class Skipped(Struct, frozen=True, order=True):
    """A file that could not be analysed, and why, in words for the report."""

    path: str
    reason: str


class Dependencies(Struct, frozen=True):
    """What the project declares that it needs at run time.

    `known` is false where no metadata was found. `required` and `optional` hold import names in
    their normalised form (lower case, ``-`` and ``.`` as ``_``): `required` are unconditional
    dependencies; `optional` are extras and those behind an environment marker.
    """

    known: bool
    required: frozenset[str]
    optional: frozenset[str]


class Project(Struct, frozen=True):
    """The files of one analysis.

    `root` is the absolute folder that all paths are relative to. `modules` is sorted by name and
    unique; `targets` names the modules whose findings are asked for; the others are context.
    `roots` are the source roots as they stand on ``sys.path``, relative to `root`.
    """

    root: str
    modules: tuple[Module, ...]
    targets: frozenset[str]
    skipped: tuple[Skipped, ...]
    dependencies: Dependencies
    roots: tuple[str, ...] = ()
