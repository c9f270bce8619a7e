"""Words for each edge of a cut: what a person would change there to end the cycle."""

from cycleguard.classify.context import Context
from cycleguard.model.edges import Edge, TargetKind, Timing
from cycleguard.model.resolved import Target

_FEW_LINES = 60


def remedy(edge: Edge, context: Context) -> str:
    """One sentence for one cut edge."""
    if edge.importer == edge.imported:
        return "delete it: the module imports itself"
    redirected = _redirect(edge, context)
    if redirected:
        return redirected
    if edge.timing is Timing.TYPING:
        return "types only: move the type to a module below both, or accept the cycle"
    wanted = ", ".join(edge.names)
    lines = _definition_lines(edge, context)
    below = f"a module below {edge.importer} and {edge.imported}"
    if lines is not None and lines <= _FEW_LINES:
        return f"move {wanted} ({lines} line{'s' if lines > 1 else ''}) to {below}"
    if edge.timing is Timing.EAGER:
        what = wanted or f"what is used of {edge.imported}"
        return f"import it where it is called, or split {edge.imported}: {what} goes below"
    return f"split {edge.imported}: move {wanted or 'what is used of it'} to {below}"


def _redirect(edge: Edge, context: Context) -> str | None:
    """Names that `edge.imported` only passes on come from elsewhere."""
    homes = set[str]()
    for name in edge.names:
        definition = context.reexports.definition(edge.imported, name)
        if definition is None or not definition.via:
            return None
        homes.add(definition.module)
    if not homes or edge.importer in homes:
        return None
    return f"import {', '.join(edge.names)} from {', '.join(sorted(homes))}, where it is defined"


def _definition_lines(edge: Edge, context: Context) -> int | None:
    if not edge.names or "*" in edge.names:
        return None
    return context.definition_lines(Target(TargetKind.INTERNAL, edge.imported, edge.names))
