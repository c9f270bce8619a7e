"""Words for each edge of a cut: what a person would change there to end the cycle."""

from collections.abc import Sequence

from cycleguard.classify.context import Context
from cycleguard.model.edges import Edge, TargetKind, Timing
from cycleguard.model.resolved import Target

_FEW_LINES = 60
_FEW_NAMES = 4
_BELOW = "to a module that both can import"


def remedy(edge: Edge, context: Context) -> str:
    """One sentence for one cut edge."""
    if edge.importer == edge.imported:
        return "delete it: the module imports itself"
    redirected = _redirect(edge, context)
    if redirected:
        return redirected
    if edge.timing is Timing.TYPING:
        return f"types only: move the type {_BELOW}, or accept the cycle"
    names = [name for name in edge.names if name != "*"]
    wanted = _some(names)
    lines = _definition_lines(edge, context)
    if lines is not None and lines <= _FEW_LINES:
        return f"move {wanted} ({lines} line{'s' if lines > 1 else ''}) {_BELOW}"
    return f"split it: move {wanted or 'what is used of it'} {_BELOW}"


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
    what = _some(edge.names)
    if len(homes) > 1:
        return f"import {what} from the modules that define them: {_some(sorted(homes))}"
    is_or_are = "it is" if len(edge.names) == 1 else "they are"
    return f"import {what} from {homes.pop()}, where {is_or_are} defined"


def _definition_lines(edge: Edge, context: Context) -> int | None:
    if not edge.names or "*" in edge.names:
        return None
    return context.definition_lines(Target(TargetKind.INTERNAL, edge.imported, edge.names))


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:_FEW_NAMES], *(["..."] if len(names) > _FEW_NAMES else [])])
