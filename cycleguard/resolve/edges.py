"""Resolved imports to edges of the graph, implicit parent packages apart."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from cycleguard.model.edges import Edge, Origin, TargetKind, Timing
from cycleguard.model.imports import MODULE_SCOPE, Form, ImportStatement
from cycleguard.model.names import is_within, packages_above
from cycleguard.model.resolved import ResolvedImport


def edges_of(imports: Iterable[ResolvedImport], others: Iterable[Edge] = ()) -> tuple[Edge, ...]:
    """Every edge between modules of the project, `others` among them, sorted and unique."""
    return tuple(sorted({*others, *(edge for each in imports for edge in _edges(each))}))


def _edges(resolved: ResolvedImport) -> Iterator[Edge]:
    statement = resolved.statement
    origin = statement.form.origin
    for target in resolved.targets:
        if target.kind is TargetKind.INTERNAL:
            own = Origin.ALIAS if target.alias else origin
            yield _edge(resolved, target.module, own, target.names)
        if target.kind in (TargetKind.INTERNAL, TargetKind.EXTENSION):
            above = [p for p in target.above if not is_within(resolved.importer, p)]
            for parent in (*new_parents(resolved.importer, target.module), *above):
                edge = _edge(resolved, parent, Origin.PARENT, ())
                yield replace(edge, timing=_timing_of_parents(statement))


def _timing_of_parents(statement: ImportStatement) -> Timing:
    """``find_spec("a.b")``, which the recipe of LazyLoader begins with, imports ``a`` at once."""
    if statement.form is Form.LAZY_LOADER:
        return Timing.EAGER if statement.scope == MODULE_SCOPE else Timing.DEFERRED
    return statement.timing


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


def new_parents(importer: str, imported: str) -> Iterator[str]:
    """Packages above `imported` that are not above `importer`: those are under way already."""
    return (parent for parent in packages_above(imported) if not is_within(importer, parent))
