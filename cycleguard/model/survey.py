"""An analysis with the rest of what the gate asks about: a value that can be kept between runs."""

from msgspec import Struct

from cycleguard.model.analysis import Analysis, Cycle
from cycleguard.model.edges import Edge
from cycleguard.model.imports import Pragma


class PlacedPragma(Struct, frozen=True, order=True):
    """A comment that speaks to cycleguard, in the file of a module."""

    module: str
    path: str
    pragma: Pragma


class Unread(Struct, frozen=True, order=True):
    """A module whose file could not be read."""

    module: str
    path: str
    reason: str


class Survey(Struct, frozen=True):
    """What the gate judges.

    `modules` are the names of all modules, sorted; `targets` those that were asked for. `edges` are
    those of statements and of calls with a literal name, implicit parent packages left out.
    `cycles` are those that remain without the imports that a comment vouches for.
    """

    analysis: Analysis
    modules: tuple[str, ...]
    targets: frozenset[str]
    edges: tuple[Edge, ...]
    cycles: tuple[Cycle, ...]
    pragmas: tuple[PlacedPragma, ...]
    unread: tuple[Unread, ...]
