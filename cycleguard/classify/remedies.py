"""Words for each edge of a cut: what a person would change there to end the cycle."""

from collections.abc import Iterable, Sequence

from cycleguard.classify.context import Context
from cycleguard.model.cycles import Component
from cycleguard.model.edges import Edge, Origin, TargetKind, Timing
from cycleguard.model.imports import ImportStatement
from cycleguard.model.resolved import Target

_FEW_LINES = 60
_FEW_NAMES = 4
_BELOW = "to a module that both can import"


class Remedies:
    """Remedies for the cut of one component, each true once all the others are carried out."""

    def __init__(self, component: Component, context: Context) -> None:
        self._context = context
        cut = frozenset(component.cut)
        self._imported: dict[str, set[str]] = {}
        for edge in component.edges:
            if edge not in cut:
                self._imported.setdefault(edge.importer, set()).add(edge.imported)

    def remedy(self, edge: Edge) -> str:
        """One sentence for one cut edge."""
        if edge.importer == edge.imported:
            return "delete it: the module imports itself"
        if edge.origin is Origin.PLUGIN:
            return "nothing, if the plugin may need its core: it is imported at the first call"
        if edge.names:
            return self._for_names(edge)
        return self._for_module(edge)

    def _for_names(self, edge: Edge) -> str:
        redirected = self._redirect(edge, edge.names)
        if redirected:
            return redirected
        if edge.timing is Timing.TYPING:
            return f"types only: move the type {_BELOW}, or accept the cycle"
        names = [name for name in edge.names if name != "*"]
        extent = None
        if names == [*edge.names]:
            extent = self._context.extent(Target(TargetKind.INTERNAL, edge.imported, edge.names))
        if extent and extent.lines <= _FEW_LINES:
            return f"move {_some(names)} ({extent}) {_BELOW}"
        if names and edge.timing is Timing.EAGER and not self._read_at_import(edge):
            pronoun = "it" if len(names) == 1 else "them"
            return f"import {pronoun} in the functions that use {pronoun}: no other code does"
        return f"split it: move {_some(names) or 'what is used of it'} {_BELOW}"

    def _for_module(self, edge: Edge) -> str:
        """``import shop`` and ``from shop import cart``: the module itself is wanted."""
        if edge.timing is Timing.TYPING:
            return f"types only: move the type {_BELOW}, or accept the cycle"
        if edge.timing is not Timing.EAGER:
            return f"split it: move what is used of it {_BELOW}"
        used = self._read_at_import(edge)
        if not used:
            return "import it in the functions that use it: no other code does"
        if "" in used:
            return f"split it: move what is used of it {_BELOW}"
        listed = _some(sorted(used))
        redirected = self._redirect(edge, sorted(used))
        if redirected:
            return f"{redirected}, and the module in the functions that use more of it"
        return f"split it: move {listed}, needed while this module is imported, {_BELOW}"

    def _read_at_import(self, edge: Edge) -> frozenset[str]:
        """What code outside of functions reads of the imported names, or of the module."""
        reads = self._context.import_time_reads(edge.importer)
        read = [reads.get(name, frozenset()) for name in self._bound(edge)]
        return frozenset[str]().union(*read)

    def _bound(self, edge: Edge) -> Iterable[str]:
        statement = self._statement(edge)
        if statement is None:
            return ()
        wanted = {*edge.names, edge.imported, edge.imported.rpartition(".")[2]}
        pairs = zip(statement.names, statement.bound_names, strict=False)
        return [name for alias, name in pairs if alias.name in wanted]

    def _statement(self, edge: Edge) -> ImportStatement | None:
        facts = self._context.facts(edge.importer)
        for statement in facts.imports if facts else ():
            if statement.line == edge.line and statement.statement == edge.statement:
                return statement
        return None

    def _redirect(self, edge: Edge, names: Sequence[str]) -> str | None:
        """Names that `edge.imported` only passes on come from where nothing leads back."""
        homes: set[str] = set()
        for name in names:
            definition = self._context.reexports.definition(edge.imported, name)
            if definition is None or not definition.via:
                return None
            homes.add(definition.module)
        if not homes or any(self._leads_to(home, edge.importer) for home in homes):
            return None
        what = _some(names)
        if len(homes) > 1:
            return f"import {what} from the modules that define them: {_some(sorted(homes))}"
        is_or_are = "it is" if len(names) == 1 else "they are"
        return f"import {what} from {homes.pop()}, where {is_or_are} defined"

    def _leads_to(self, module: str, wanted: str) -> bool:
        """Whether `module` still leads to `wanted` when the whole cut is gone."""
        seen = {module}
        pending = [module]
        while pending:
            current = pending.pop()
            if current == wanted:
                return True
            following = self._imported.get(current, set()) - seen
            seen |= following
            pending += following
        return False


def _some(names: Sequence[str]) -> str:
    return ", ".join([*names[:_FEW_NAMES], *(["..."] if len(names) > _FEW_NAMES else [])])
