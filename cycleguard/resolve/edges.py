"""Resolved imports to edges of the graph, implicit parent packages apart."""

from collections.abc import Iterable, Iterator

from cycleguard.model.edges import Edge, Origin, TargetKind
from cycleguard.model.resolved import ResolvedImport


def edges_of(imports: Iterable[ResolvedImport]) -> tuple[Edge, ...]:
    """Every edge between modules of the project, sorted and unique."""
    return tuple(sorted({edge for resolved in imports for edge in _edges(resolved)}))


def _edges(resolved: ResolvedImport) -> Iterator[Edge]:
    statement = resolved.statement
    origin = statement.form.origin
    for target in resolved.targets:
        if target.kind is TargetKind.INTERNAL:
            yield _edge(resolved, target.module, origin, target.names)
        if target.kind in (TargetKind.INTERNAL, TargetKind.EXTENSION):
            for parent in _new_parents(resolved.importer, target.module):
                yield _edge(resolved, parent, Origin.PARENT, ())


def _edge(resolved: ResolvedImport, imported: str, origin: Origin, names: tuple[str, ...]) -> Edge:
    return Edge(
        importer=resolved.importer,
        imported=imported,
        path=resolved.path,
        line=resolved.statement.line,
        timing=resolved.statement.timing,
        origin=origin,
        statement=resolved.statement.statement,
        names=names,
    )


def _new_parents(importer: str, imported: str) -> Iterator[str]:
    """Packages above `imported` that are not above `importer`: those are under way already."""
    parent = imported.rpartition(".")[0]
    while parent and not f"{importer}.".startswith(f"{parent}."):
        yield parent
        parent = parent.rpartition(".")[0]
