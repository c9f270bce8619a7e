"""What `graph` says of the edges: strongly connected components with a witness and a cut.

Read next by `classify` and `report`.
"""

from enum import StrEnum

from msgspec import Struct

from cycleguard.model.edges import Edge


class CycleKind(StrEnum):
    """The strictest graph in which a component exists."""

    EAGER = "eager"
    DEFERRED = "deferred"
    TYPING = "typing"


class Verdict(StrEnum):
    """What CPython does with a component, over all its entries."""

    CRASH = "crash"
    SILENT = "silent"
    BENIGN = "benign"
    UNKNOWN = "unknown"


class CutEdge(Struct, frozen=True, order=True):
    """An edge whose removal, with the other cut edges, leaves the component without a cycle."""

    edge: Edge
    remedy: str


class Component(Struct, frozen=True):
    """A strongly connected component of two or more modules, or a module that imports itself.

    `witness` is a shortest cycle, in order, that needs an edge of the component's own kind.
    `edges` are all edges between members in the graph of that kind, sorted.
    `cut` is a near-minimal weighted feedback arc set of `edges`, sorted.
    """

    kind: CycleKind
    modules: tuple[str, ...]
    witness: tuple[Edge, ...]
    edges: tuple[Edge, ...]
    cut: tuple[Edge, ...]
