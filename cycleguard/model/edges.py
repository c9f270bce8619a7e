"""What `resolve` gives: one edge per importer, imported module and place.

Read next by `graph`. Words: docs/how-it-works.md.
"""

from enum import StrEnum

from msgspec import Struct


class Timing(StrEnum):
    """When the import runs, seen from the importer's own import."""

    EAGER = "eager"
    DEFERRED = "deferred"
    TYPING = "typing"
    LAZY = "lazy"


class Origin(StrEnum):
    """What makes the edge.

    A statement, an implicit parent package, a call with a string or a computed name; and what acts
    at run time: a lazy import that a call declares, a plugin, the alias of a module, a native
    backend.
    """

    EXPLICIT = "explicit"
    PARENT = "parent"
    LITERAL = "literal"
    DYNAMIC = "dynamic"
    LAZY = "lazy"
    PLUGIN = "plugin"
    ALIAS = "alias"
    BACKEND = "backend"


class TargetKind(StrEnum):
    """Where a target lives; everything but `INTERNAL` is outside the graph."""

    INTERNAL = "internal"
    STDLIB = "stdlib"
    THIRD_PARTY = "third-party"
    EXTENSION = "extension"
    GENERATED = "generated"
    DYNAMIC = "dynamic"
    MISSING = "missing"


class Edge(Struct, frozen=True, order=True):
    """`importer` imports `imported` by the statement at `path`:`line`.

    `names` are the names taken from the imported module (empty for ``import m``).
    """

    importer: str
    imported: str
    path: str
    line: int
    timing: Timing
    origin: Origin
    statement: str
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.importer} -> {self.imported} ({self.path}:{self.line})"
