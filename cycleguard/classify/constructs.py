"""What is wrong with plugins, aliases and lazy imports: findings about what acts at run time.

In: the facts of all files, their imports, and the cycles. Out: `RuntimeFinding`s of the targets,
sorted by place. The rules are those of `cycleguard.runtime` and of CPython.
"""

from collections.abc import Iterable, Iterator, Mapping

from cycleguard.classify.loaded import Loaded
from cycleguard.model.analysis import Cycle
from cycleguard.model.constructs import AliasPair, RuntimeFinding, Written
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edges import Edge, Origin, Timing
from cycleguard.model.imports import MODULE_SCOPE, ImportStatement, ModuleFacts
from cycleguard.model.modules import Module, Project
from cycleguard.model.program import Alias, Attribute, Call, Load
from cycleguard.model.resolved import ResolvedImport
from cycleguard.resolve.construct_edges import Marked, Plugins


class Constructed:
    """The constructs of one project.

    Args:
        project: its modules.
        facts: what their files write.
        imports: what their imports mean.
        cycles: the cycles of the whole graph, the edges of constructs among them.
    """

    def __init__(
        self,
        project: Project,
        facts: Mapping[str, ModuleFacts],
        imports: Iterable[ResolvedImport],
        cycles: Iterable[Cycle],
    ) -> None:
        self._targets = project.targets
        self._modules = {module.name: module for module in project.modules}
        self._facts = facts
        self._imports = tuple(imports)
        self._cycles = tuple(cycles)
        self._loaded = Loaded(self._imports)
        self._plugins = Plugins(self._modules, facts)

    def findings(self) -> tuple[RuntimeFinding, ...]:
        """All findings about the targets."""
        found = (
            *self._called_early(),
            *self._unmatched(),
            *self._alias_cycles(),
            *self._without_effect(),
            *self._used_at_once(),
        )
        kept = [each for each in found if each.module in self._targets]
        return tuple(sorted(kept, key=lambda each: (each.path, each.at, each.code)))

    def _called_early(self) -> Iterator[RuntimeFinding]:
        for marked in self._plugins.marked:
            name = marked.function.qualname
            if marked.function.called_at:
                text = f"{name} is called while {marked.module} is being imported"
                where = f"{self._path(marked.module)}:{marked.function.called_at}: calls it"
                yield self._finding(
                    "plugin-called-early", marked.module, marked.function.at, text, where
                )
                continue
            for caller, line in self._outside_calls(marked):
                text = f"{caller} calls {name} while {marked.module} is being imported"
                where = f"{self._path(caller)}:{line}: calls it"
                yield self._finding(
                    "plugin-called-early", marked.module, marked.function.at, text, where
                )

    def _outside_calls(self, marked: Marked) -> Iterator[tuple[str, int]]:
        """Calls at module level by modules that the module of the function imports itself."""
        for resolved in self._imports:
            caller, statement = resolved.importer, resolved.statement
            if caller == marked.module or statement.timing is not Timing.EAGER:
                continue
            if marked.module not in {target.module for target in resolved.internal}:
                continue
            if not self._loaded.way(marked.module, caller):
                continue
            called = _names_of(marked, statement)
            for line in _called_lines(self._facts[caller], called):
                yield caller, line

    def _unmatched(self) -> Iterator[RuntimeFinding]:
        tops = {marked.module.partition(".")[0] for marked in self._plugins.marked}
        for name, facts in sorted(self._facts.items()):
            for each in facts.constructs.replacements:
                module = each.words[0].partition(":")[0]
                is_known = module in self._facts
                if len(each.words) == 2:
                    known = {m for marked in self._plugins.marked for m in marked.mirrors}
                    is_known = name in known or (each.is_original and bool(tops))
                elif not is_known and module.partition(".")[0] in self._modules:
                    is_known = bool(tops)
                if not is_known or self._plugins.is_computed:
                    continue
                if not self._plugins.matching(name, each):
                    meant = ".".join(each.words)
                    text = f"no function with @plugin_method is meant by {meant}"
                    yield self._finding("plugin-unmatched", name, each.at, text)

    def _alias_cycles(self) -> Iterator[RuntimeFinding]:
        for name, facts in sorted(self._facts.items()):
            for pair in facts.constructs.aliases:
                for cycle in self._cycles:
                    edges = [e for e in cycle.component.edges if self._goes_through(e, pair)]
                    if edges and cycle.component.kind is not CycleKind.TYPING:
                        text = (
                            f"{pair.target} is {pair.source}, and importing it closes the"
                            f" {cycle.component.kind} cycle {cycle.id}"
                        )
                        shown = [f"{edge.path}:{edge.line}: {edge.statement}" for edge in edges]
                        if pair.injected_at != pair.at.line:
                            shown.insert(0, f"{self._path(name)}:{pair.injected_at}: injects it")
                        yield self._finding("alias-closes-cycle", name, pair.at, text, *shown)

    def _goes_through(self, edge: Edge, pair: AliasPair) -> bool:
        return edge.origin is Origin.ALIAS and any(
            resolved.statement.line == edge.line
            and any(f"{target.alias}.".startswith(f"{pair.target}.") for target in resolved.targets)
            for resolved in self._imports
            if resolved.importer == edge.importer
        )

    def _without_effect(self) -> Iterator[RuntimeFinding]:
        for resolved in self._imports:
            statement = resolved.statement
            # A module's __getattr__ often only renames what is there: nothing is put off by it.
            if statement.timing is not Timing.LAZY or statement.function or not resolved.targets:
                continue
            ways = [self._loaded.eager(resolved.importer, t.module) for t in resolved.targets]
            if all(ways):
                at = Written(statement.line, statement.column, statement.statement)
                yield self._no_effect(resolved.importer, at, ways[0], resolved.targets[0].module)
        for name, facts in sorted(self._facts.items()):
            for backend in facts.constructs.backends:
                way = self._loaded.eager(name, backend.module)
                if way:
                    yield self._no_effect(name, backend.at, way, backend.module)

    def _no_effect(
        self, module: str, at: Written, way: tuple[ResolvedImport, ...], target: str
    ) -> RuntimeFinding:
        text = f"{target} is imported along with {module}, by {way[-1].importer}"
        steps = (f"{r.path}:{r.statement.line}: {r.statement.statement}" for r in way)
        return self._finding("lazy-without-effect", module, at, text, *steps)

    def _used_at_once(self) -> Iterator[RuntimeFinding]:
        for name, facts in sorted(self._facts.items()):
            for use in facts.constructs.early_uses:
                text = f"{use.name}, lazy since line {use.declared}, is used at import time"
                yield self._finding("lazy-used-at-once", name, use.at, text)

    def _finding(
        self, code: str, module: str, at: Written, text: str, *evidence: str
    ) -> RuntimeFinding:
        return RuntimeFinding(code, module, self._path(module), at, text, evidence)

    def _path(self, module: str) -> str:
        known: Module | None = self._modules.get(module)
        return known.path if known else module


def _names_of(marked: Marked, statement: ImportStatement) -> frozenset[str]:
    """What the function is called in a file after `statement`."""
    name = marked.function.qualname
    found: set[str] = set()
    for alias, bound in zip(statement.names, statement.bound_names, strict=False):
        # from core.model import step
        if alias == Alias(name, alias.asname):
            found.add(bound)
        # import core.model as model, from core import model
        elif alias.name in (marked.module, marked.module.rpartition(".")[2]):
            found.add(f"{bound if alias.asname or '.' not in alias.name else alias.name}.{name}")
    return frozenset(found) if statement.scope == MODULE_SCOPE else frozenset()


def _called_lines(facts: ModuleFacts, names: frozenset[str]) -> Iterator[int]:
    for statement in facts.program if names else ():
        value = getattr(statement, "value", None)
        if isinstance(value, Call) and _dotted(value.function) in names:
            yield statement.line


def _dotted(node: object) -> str:
    parts: list[str] = []
    while isinstance(node, Attribute):
        parts.append(node.name)
        node = node.base
    return ".".join([node.name, *reversed(parts)]) if isinstance(node, Load) else ""
