"""What the rules may ask about an import's surroundings, answered from the earlier stages."""

from collections.abc import Iterable, Mapping

from cycleguard.classify.definitions import Definitions, Extent
from cycleguard.classify.import_time import Reads, reads
from cycleguard.classify.platforms import Platforms
from cycleguard.graph.outside import Outside
from cycleguard.graph.reach import EagerReach
from cycleguard.model.edges import Edge, TargetKind, Timing
from cycleguard.model.findings import Hoist, Outcome
from cycleguard.model.imports import Binding, ModuleFacts
from cycleguard.model.modules import Dependencies
from cycleguard.model.names import is_within, packages_above, with_packages
from cycleguard.model.resolved import ResolvedImport, Target
from cycleguard.model.stdlib import NOT_EVERYWHERE
from cycleguard.resolve.reexports import Reexports


class Context:
    """The project as the rules see it.

    Args:
        facts: what each source file binds, by module name.
        imports: every resolved import of the project.
        edges: the edges made of them.
        dependencies: what the project declares.
        hoists: simulated outcomes by (importer, line, column); missing ones are untested.
    """

    def __init__(
        self,
        facts: Mapping[str, ModuleFacts],
        imports: Iterable[ResolvedImport],
        edges: Iterable[Edge],
        dependencies: Dependencies,
        hoists: Mapping[tuple[str, int, int], Hoist],
    ) -> None:
        self._facts = facts
        self._dependencies = dependencies
        self._hoists = hoists
        imports = tuple(imports)
        self._top_imports: dict[str, list[ResolvedImport]] = {}
        self._binding: dict[tuple[str, str], list[ResolvedImport]] = {}
        for resolved in imports:
            if _is_top_level(resolved):
                self._top_imports.setdefault(resolved.importer, []).append(resolved)
            for name in resolved.statement.bound_names:
                self._binding.setdefault((resolved.importer, name), []).append(resolved)
        self.reexports = Reexports(facts, imports)
        self.platforms = Platforms()
        self._reach = EagerReach(edges)
        self.outside = Outside(imports, self._reach, facts)
        self._definitions = Definitions(facts, self.reexports)
        self._reads: dict[str, Reads] = {}
        self._paths_back: dict[tuple[str, str], tuple[Edge, ...]] = {}
        self._patched = frozenset(name for each in facts.values() for name in each.patched)

    def hoist(self, resolved: ResolvedImport) -> Hoist:
        """The simulated outcome of moving this import to the top as it stands."""
        if not resolved.internal:
            return self._hoist_from_outside(resolved)
        key = (resolved.importer, resolved.statement.line, resolved.statement.column)
        return self._hoists.get(key, Hoist(Outcome.UNTESTED))

    def _hoist_from_outside(self, resolved: ResolvedImport) -> Hoist:
        """What lies outside the project leads nowhere back: it is there, or it may not be."""
        for target in resolved.targets:
            top = target.module.partition(".")[0]
            is_sure = self.imports_at_top(resolved.importer, top)
            if target.kind is TargetKind.STDLIB:
                is_sure = is_sure or top not in NOT_EVERYWHERE
            elif target.kind is TargetKind.THIRD_PARTY:
                is_sure = is_sure or self.is_required(resolved.importer, target.module)
            else:
                is_sure = False
            if not is_sure:
                message = (
                    f"needs {target.module}, which may be absent"
                    if target.module
                    else "what it imports is computed at run time"
                )
                return Hoist(Outcome.UNKNOWN, message=message)
        return Hoist(Outcome.OK)

    def facts(self, module: str) -> ModuleFacts | None:
        """What the file of `module` binds; None for namespace packages and unread files."""
        return self._facts.get(module)

    def bindings(self, module: str, name: str) -> tuple[Binding, ...]:
        """The module-level bindings of `name` in `module`."""
        return self._definitions.bindings(module, name)

    def top_imports(self, module: str) -> list[ResolvedImport]:
        """The unconditional imports at the top level of `module`, in source order."""
        return self._top_imports.get(module, [])

    def imports_of(self, module: str, scope: str, name: str) -> list[ResolvedImport]:
        """The import statements in `scope` of `module` that bind `name`, in source order."""
        binding = self._binding.get((module, name), ())
        return [resolved for resolved in binding if resolved.statement.scope == scope]

    def is_required(self, importer: str, module: str) -> bool:
        """Whether every installation has the third-party `module`."""
        if _prefixes(module) & self._dependencies.required:
            return True
        return self.imports_at_top(importer, module.partition(".")[0])

    def is_extra(self, module: str) -> bool:
        """Whether the project declares the third-party `module`, but not for everyone."""
        return bool(_prefixes(module) & self._dependencies.optional)

    def imports_at_top(self, importer: str, top_level: str) -> bool:
        """Whether the file of `importer` imports `top_level` at its top, come what may."""
        return any(
            target.module.partition(".")[0] == top_level
            for resolved in self.top_imports(importer)
            for target in resolved.targets
        )

    def is_named_by_requirement(self, module: str) -> bool:
        """Whether `module` is what a required distribution is called: `google.cloud.storage`."""
        return module.lower().replace("-", "_").replace(".", "_") in self._dependencies.required

    @property
    def knows_dependencies(self) -> bool:
        """Whether the project's metadata was found."""
        return self._dependencies.known

    def path_back(self, importer: str, module: str) -> tuple[Edge, ...]:
        """A shortest way from `module`, or a package that its import runs, to `importer`.

        Empty if there is none: then importing `module` first thing in `importer` closes no cycle.
        """
        asked = (importer, module)
        if asked not in self._paths_back:
            starts = _run_by_import(importer, module)
            ways = [self._reach.path(start, importer) for start in starts]
            self._paths_back[asked] = min((way for way in ways if way), key=len, default=())
        return self._paths_back[asked]

    def is_loaded_anyway(self, importer: str, module: str) -> bool:
        """Whether importing `importer` loads `module` without this import.

        The packages above `importer` are imported before it, and all that they import.
        """
        return any(self._reach.reaches(start, module) for start in with_packages(importer))

    def is_patched(self, module: str, name: str) -> bool:
        """Whether a test of the project replaces `name` in `module`."""
        return f"{module}.{name}" in self._patched

    def extent(self, target: Target) -> Extent | None:
        """How much moves with the names wanted from `target`; None if one is no definition."""
        return self._definitions.extent(target)

    def import_time_reads(self, module: str) -> Reads:
        """What the code of `module` reads while it is being imported."""
        if module not in self._reads:
            facts = self._facts.get(module)
            self._reads[module] = reads(facts.program if facts else ())
        return self._reads[module]


def _is_top_level(resolved: ResolvedImport) -> bool:
    statement = resolved.statement
    return (
        statement.form.is_statement
        and statement.function is None
        and statement.scope == "<module>"
        and not statement.guards
        and statement.timing is Timing.EAGER
    )


def _prefixes(module: str) -> frozenset[str]:
    """`module` and the packages above it, spelt as `Dependencies` spells them."""
    names = with_packages(module.lower().replace("-", "_"))
    return frozenset(name.replace(".", "_") for name in names)


def _run_by_import(importer: str, module: str) -> list[str]:
    """`module` and the packages above it that are not under way while `importer` is imported."""
    return [module, *(p for p in reversed(packages_above(module)) if not is_within(importer, p))]
