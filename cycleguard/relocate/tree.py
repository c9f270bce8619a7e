"""A project with some files changed that are not on the disk: what the planning of moves looks at.

In: what the first stages gave, and contents by path. Out: the same as if those were the files.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import chain
from pathlib import Path

from msgspec.structs import replace

from cycleguard.collect.functions import FunctionSource
from cycleguard.graph.arcs import Arc, Arcs
from cycleguard.graph.build import TIMINGS
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edges import Edge, Origin, Timing
from cycleguard.model.findings import Hoist, Outcome
from cycleguard.model.imports import ModuleFacts
from cycleguard.model.modules import Module, ModuleKind, Project, Skipped
from cycleguard.model.resolved import ResolvedImport
from cycleguard.model.symbols import ModuleSymbols
from cycleguard.relocate.known import Known
from cycleguard.resolve.edges import edges_of
from cycleguard.resolve.reexports import Reexports
from cycleguard.resolve.targets import TargetResolver
from cycleguard.rewrite.settings import Style, style_of
from cycleguard.simulate.build import build_world
from cycleguard.simulate.entries import Result, run_pass, simulate_entries
from cycleguard.simulate.hoists import Place
from cycleguard.simulate.run import WORKS, Simulated, entry_names, simulate
from cycleguard.simulate.world import POLICIES, World
from cycleguard.symbols.meddling import Meddling


class Tree:
    """The files of a project, its facts and its graph.

    Args:
        project: the modules.
        facts: those of every file that could be read.
        imports: all imports, in order.
        contents: the bytes of files that differ from the disk, by path.
        generated: patterns of the modules that the configuration calls generated.
        simulated: what the simulation says of it, if it has been asked.

    `known` is what was read of files; `held` is where `routes` notes the names that others set.
    """

    def __init__(
        self,
        project: Project,
        facts: Mapping[str, ModuleFacts],
        imports: Iterable[ResolvedImport],
        contents: Mapping[str, bytes] | None = None,
        generated: tuple[str, ...] = (),
        simulated: Simulated | None = None,
    ) -> None:
        self.project = project
        self.facts = facts
        self.contents = contents or {}
        self.by_importer: dict[str, list[ResolvedImport]] = {}
        for resolved in imports:
            self.by_importer.setdefault(resolved.importer, []).append(resolved)
        self._generated = generated
        self._simulated = simulated
        self.known = Known()
        self._symbols: dict[str, ModuleSymbols | None] = {}
        self.held: dict[str, dict[str, str]] = {}
        self._levels: dict[CycleKind, Arcs] = {}
        self._tangles: dict[CycleKind, tuple[frozenset[str], ...]] = {}

    @cached_property
    def modules(self) -> dict[str, Module]:
        """The modules by name."""
        return {module.name: module for module in self.project.modules}

    @property
    def imports(self) -> tuple[ResolvedImport, ...]:
        """All imports, in order."""
        return tuple(chain.from_iterable(self.by_importer.values()))

    @cached_property
    def loads(self) -> Arcs:
        """What imports what while it is being imported, parent packages included."""
        return Arcs(self._arcs(self.by_importer, None))

    def level(self, kind: CycleKind) -> Arcs:
        """The graph in which the cycles of a kind are looked for.

        Without plugins: those are meant to need the core that calls them.
        """
        if kind not in self._levels:
            self._levels[kind] = Arcs(self._arcs(self.by_importer, kind))
        return self._levels[kind]

    def _arcs(self, importers: Iterable[str], kind: CycleKind | None) -> Iterator[Arc]:
        """The arcs of some modules at one level; None stands for what is loaded."""
        kinds = tuple(CycleKind)[: tuple(CycleKind).index(kind) + 1] if kind else ()
        timings = {timing for each in kinds for timing in TIMINGS[each]} or {Timing.EAGER}
        without = (Origin.PARENT, Origin.DYNAMIC) if kind else ()
        for name in importers:
            for edge in self.edges_from(name):
                if edge.timing in timings and edge.origin not in without:
                    yield edge.importer, edge.imported

    def _arcs_after(self, before: "Tree", redone: Collection[str]) -> None:
        """Know the arcs as far as `before` does, from which only those of `redone` differ."""

        def changed(arcs: Arcs, kind: CycleKind | None) -> Arcs:
            return arcs.changed(self._arcs(redone, kind), before._arcs(redone, kind))

        self._levels = {kind: changed(arcs, kind) for kind, arcs in before._levels.items()}
        if "loads" in before.__dict__:
            self.loads = changed(before.loads, None)

    @cached_property
    def reexports(self) -> Reexports:
        """Where names are defined."""
        return Reexports(self.facts, self.imports)

    @cached_property
    def by_imported(self) -> dict[str, list[ResolvedImport]]:
        """The imports that have each module as a target."""
        found: dict[str, list[ResolvedImport]] = {}
        for resolved in self.imports:
            for target in resolved.internal:
                found.setdefault(target.module, []).append(resolved)
        return found

    @cached_property
    def outcomes(self) -> dict[str, Result]:
        """What the simulation says of every module as the first import."""
        names = entry_names(self.project)
        if self._simulated:
            return {name: self._simulated.failures.get(name, WORKS) for name in names}
        return simulate_entries(self._world, names)

    def outcomes_of(self, names: Iterable[str]) -> dict[str, Result]:
        """The same for some modules only, which costs less."""
        if "outcomes" in self.__dict__:
            return {name: self.outcomes[name] for name in names}
        return simulate_entries(self._world, names)

    def crashes(self, names: Iterable[str]) -> dict[str, Result]:
        """Those of `names` that crash as the first import under the first policy alone."""
        results = run_pass(self._world, POLICIES[0], sorted(names))
        return {n: each for n, each in results.items() if each.outcome is Outcome.CRASH}

    @cached_property
    def _world(self) -> World:
        read = FunctionSource(self.project, self.contents).read
        return build_world(self.project, self.facts, read)

    @cached_property
    def edges_by_importer(self) -> dict[str, tuple[Edge, ...]]:
        """The graph."""
        return {name: edges_of(imports) for name, imports in self.by_importer.items()}

    @cached_property
    def hoists(self) -> dict[Place, Hoist]:
        """What the simulation says of every local import of the targets at the top of its file."""
        if self._simulated:
            return self._simulated.hoists
        edges = chain.from_iterable(self.edges_by_importer.values())
        project, facts, known = self.project, self.facts, self.outcomes
        return simulate(project, facts, self.imports, edges, self.contents, known).hoists

    def edges_from(self, module: str) -> tuple[Edge, ...]:
        """The edges of one importer."""
        return self.edges_by_importer.get(module, ())

    def tangles(self, kind: CycleKind) -> tuple[frozenset[str], ...]:
        """The sets of modules that import each other in a circle."""
        if kind not in self._tangles:
            self._tangles[kind] = self.level(kind).tangles()
        return self._tangles[kind]

    def is_tangled(self, one: str, other: str, kind: CycleKind = CycleKind.TYPING) -> bool:
        """Whether two modules are in one cycle."""
        return any(one in each and other in each for each in self.tangles(kind))

    def words_behind_dots(self, module: str) -> frozenset[str]:
        """What the text of a module could read of other objects: ``x.word``."""
        return self.known.words(self.modules[module], self.read(module))

    def meddling(self, module: str) -> Meddling:
        """What a module sets of other modules."""
        try:
            return self.known.meddling(self.modules[module], self.read(module))
        except OSError:
            return Meddling()

    def read(self, module: str) -> bytes:
        """The bytes of a module's file.

        Raises:
            OSError: it cannot be read.
        """
        path = self.modules[module].path
        if path in self.contents:
            return self.contents[path]
        return self.known.content(Path(self.project.root) / path)

    def symbols(self, module: str) -> ModuleSymbols | None:
        """The symbol graph of a module; None where it has no source that can be read."""
        if module not in self._symbols:
            self._symbols[module] = self._read_symbols(module)
        return self._symbols[module]

    def _read_symbols(self, module: str) -> ModuleSymbols | None:
        if module not in self.facts:
            return None
        try:
            return self.known.symbols(self.modules[module], self.read(module))
        except OSError:
            return None

    def style(self, module: str) -> Style:
        """How a module's project sets imports."""
        root = Path(self.project.root)
        tops = frozenset(name.partition(".")[0] for name in self.modules)
        return style_of((root / self.modules[module].path).parent, root, tops)

    def changed(self, files: Mapping[str, bytes], new: tuple[Module, ...] = ()) -> "Tree | None":
        """The project with these files changed, and new modules; None if one cannot be read."""
        project = self.project
        if new:
            project = replace(
                project,
                modules=tuple(sorted((*project.modules, *new))),
                targets=project.targets | {module.name for module in new},
            )
        facts = dict(self.facts)
        by_path = {module.path: module for module in project.modules}
        for path, content in files.items():
            read = self.known.facts(by_path[path], content)
            if isinstance(read, Skipped):
                return None
            facts[by_path[path].name] = read
        touched = {by_path[path].name for path in files}
        redone = touched | self._concerned({name for name in touched if name in self.modules}, new)
        resolver = TargetResolver(project, facts, self._generated)
        contents = {**self.contents, **files}
        after = Tree(project, facts, (), contents, self._generated)
        for name in sorted(facts):
            if name in redone or name not in self.by_importer:
                imports = facts[name].imports
                after.by_importer[name] = [resolver.resolve(name, each) for each in imports]
            else:
                after.by_importer[name] = self.by_importer[name]
        after.edges_by_importer = {
            name: edges_of(imports) if name in redone else self.edges_from(name)
            for name, imports in after.by_importer.items()
        }
        after._arcs_after(self, redone & after.by_importer.keys())
        after.known = self.known
        after._symbols = {n: s for n, s in self._symbols.items() if n not in touched}
        return after

    def _concerned(self, touched: Iterable[str], new: Iterable[Module]) -> set[str]:
        """The modules whose imports may mean something else now.

        What a package binds decides which of its names are sub-modules, and its ``__all__`` which
        of them a star import loads.
        """
        packages = {name for name in touched if self.modules[name].is_package}
        packages |= {module.name.rpartition(".")[0] for module in new}
        if not packages:
            return set()
        return {
            resolved.importer
            for resolved in self.imports
            for target in resolved.targets
            if target.module in packages or target.module.rpartition(".")[0] in packages
        }


def new_module(name: str, path: str) -> Module:
    """A module that is to be written."""
    return Module(name, path, ModuleKind.SOURCE, is_package=False)
