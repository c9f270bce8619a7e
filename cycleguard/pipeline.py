"""The table of contents: discover, collect, resolve, graph, simulate, classify, in that order.

`verify` stops after the simulation, and has CPython judge it.
"""

import gc
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.cache import FactsCache
from cycleguard.classify.constructs import Constructed
from cycleguard.classify.context import Context
from cycleguard.classify.decide import classify
from cycleguard.classify.remedies import Remedies
from cycleguard.collect.functions import FunctionSource
from cycleguard.collect.project import collect
from cycleguard.config import Config, load_config
from cycleguard.discover.project import discover
from cycleguard.graph.components import components
from cycleguard.model.analysis import Analysis, Cycle
from cycleguard.model.cycles import Component, CutEdge, Verdict
from cycleguard.model.edges import Edge, Origin
from cycleguard.model.findings import Finding
from cycleguard.model.imports import ModuleFacts
from cycleguard.model.modules import ModuleKind, Project, Skipped
from cycleguard.model.pragmas import vouched_reason
from cycleguard.model.resolved import ResolvedImport
from cycleguard.model.survey import PlacedPragma, Survey, Unread
from cycleguard.model.verified import Verification
from cycleguard.options import Options as Options
from cycleguard.resolve.construct_edges import construct_edges
from cycleguard.resolve.edges import edges_of
from cycleguard.resolve.targets import TargetResolver
from cycleguard.simulate.build import build_world
from cycleguard.simulate.entries import Result
from cycleguard.simulate.run import Simulated, simulate
from cycleguard.verify import run as verifying
from cycleguard.verify.run import Prediction, Trial

_RARELY = 100_000


class Resolved(Struct, frozen=True):
    """What the modules of a project import: all that graph, simulate and classify start from.

    `facts` are those of every file that could be read, by module name; `skipped` are the others.
    `imports` are in the order of the modules and of their source, `edges` sorted. `contents` are
    files as they would be, by path: they stand for what is on the disk. `generated` are patterns of
    names that the configuration calls generated.
    """

    project: Project
    facts: dict[str, ModuleFacts]
    imports: tuple[ResolvedImport, ...]
    edges: tuple[Edge, ...]
    skipped: tuple[Skipped, ...]
    contents: dict[str, bytes] = {}
    generated: tuple[str, ...] = ()

    def resolved_anew(self) -> "Resolved":
        """The same with imports and edges made of `facts`."""
        resolver = TargetResolver(self.project, self.facts, self.generated)
        imports = tuple(
            resolver.resolve(name, statement)
            for name, facts in sorted(self.facts.items())
            for statement in facts.imports
        )
        return replace(
            self, imports=imports, edges=edges_of(imports, self._of_constructs(resolver))
        )

    def _of_constructs(self, resolver: TargetResolver) -> Iterator[Edge]:
        modules = {module.name: module for module in self.project.modules}
        return construct_edges(modules, self.facts, resolver)


class Examined(Struct, frozen=True):
    """An analysis with what it was made from, for those who explain it."""

    resolved: Resolved
    simulated: Simulated
    analysis: Analysis
    context: Context


def analyse(targets: Sequence[Path], options: Options | None = None) -> Analysis:
    """Analyse the files and folders `targets` in the context of their whole packages.

    Nothing of them is imported or run, and nothing is written but the cache.

    Raises:
        TargetError: a target does not exist or holds no Python.
        ConfigError: the configuration is broken.
    """
    with facts_are_no_garbage():
        return examine(resolve(targets, options), options=options).analysis


def examine(
    resolved: Resolved,
    failures: Mapping[str, Result] | None = None,
    options: Options | None = None,
) -> Examined:
    """The other stages of `analyse`; `failures` are known where the entries have been simulated."""
    project, imports, edges = resolved.project, resolved.imports, resolved.edges
    simulated = simulate(
        project, resolved.facts, imports, edges, resolved.contents, failures, options
    )
    context = Context(resolved.facts, imports, edges, project.dependencies, simulated.hoists)
    findings = (classify(each, context) for each in _asked_for(imports, project))
    cycles = _cycles(edges, project.targets, context, simulated)
    analysis = Analysis(
        root=project.root,
        files=len(resolved.facts),
        modules=len(project.modules),
        findings=tuple(sorted(findings, key=_place)),
        cycles=cycles,
        entries=simulated.entries,
        skipped=resolved.skipped,
        runtime=Constructed(project, resolved.facts, imports, cycles).findings(),
    )
    return Examined(resolved, simulated, analysis, context)


def survey(project: Project, config: Config, options: Options | None = None) -> Survey:
    """What the gate judges, of a project that `discover` found. Raises nothing."""
    with facts_are_no_garbage():
        examined = examine(resolve_project(project, config, options), options=options)
    resolved, analysis = examined.resolved, examined.analysis
    pragmas = tuple(_pragmas(resolved))
    lines = {(p.path, at[0]) for p in pragmas if _vouches(p) for at in p.pragma.imports}
    edges = tuple(edge for edge in resolved.edges if edge.origin is not Origin.PARENT)
    vouched = {edge for edge in edges if (edge.path, edge.line) in lines}
    is_any_cyclic = any(vouched.intersection(c.component.edges) for c in analysis.cycles)
    return Survey(
        analysis=analysis,
        modules=tuple(module.name for module in project.modules),
        targets=project.targets,
        edges=edges,
        cycles=_cycles(
            tuple(edge for edge in resolved.edges if edge not in vouched),
            project.targets,
            examined.context,
            examined.simulated,
        )
        if is_any_cyclic
        else analysis.cycles,
        pragmas=pragmas,
        unread=tuple(_unread(resolved)),
    )


def _pragmas(resolved: Resolved) -> Iterator[PlacedPragma]:
    for module in resolved.project.modules:
        facts = resolved.facts.get(module.name)
        for pragma in facts.pragmas if facts else ():
            yield PlacedPragma(module.name, module.path, pragma)


def _vouches(placed: PlacedPragma) -> bool:
    return vouched_reason(placed.pragma.text) is not None


def _unread(resolved: Resolved) -> Iterator[Unread]:
    reasons = {skipped.path: skipped.reason for skipped in resolved.skipped}
    for module in resolved.project.modules:
        if module.kind is ModuleKind.SOURCE and module.name not in resolved.facts:
            yield Unread(module.name, module.path, reasons.get(module.path, "cannot be read"))


def verify(targets: Sequence[Path], trial: Trial, options: Options | None = None) -> Verification:
    """Import every module of `targets` first in CPython, and compare with the simulation.

    This runs the code of the targets, and of all that it imports.

    Raises:
        TargetError, ConfigError: as `analyse`.
        InterpreterError: the interpreter of `trial` cannot be used.
    """
    verifying.check_interpreter(trial)
    with facts_are_no_garbage():
        resolved = resolve(targets, options)
        prediction = _prediction(resolved)
    return verifying.verify(resolved.project, prediction, trial)


def _prediction(resolved: Resolved) -> Prediction:
    project, facts = resolved.project, resolved.facts
    world = build_world(project, facts, FunctionSource(project).read)
    return Prediction(simulate_entries(resolved).entries, facts, world.bindable)


def simulate_entries(resolved: Resolved, options: Options | None = None) -> Simulated:
    """Import every module first; no hoists are tried."""
    project, edges = resolved.project, resolved.edges
    return simulate(project, resolved.facts, (), edges, resolved.contents, options=options)


def resolve(targets: Sequence[Path], options: Options | None = None) -> Resolved:
    """The first three stages of `analyse`, which raises the same errors."""
    cwd = Path.cwd()
    config = load_config(targets, cwd)
    return resolve_project(discover(targets, config, cwd), config, options)


def resolve_project(project: Project, config: Config, options: Options | None = None) -> Resolved:
    """What comes after `discover` in `resolve`."""
    options = options or Options()
    collected = collect(project, options.jobs, FactsCache(options.cache), options.progress)
    skipped = tuple(sorted((*project.skipped, *collected.skipped)))
    return Resolved(
        project, collected.facts, (), (), skipped, generated=config.generated
    ).resolved_anew()


def _asked_for(imports: Iterable[ResolvedImport], project: Project) -> Iterable[ResolvedImport]:
    for resolved in imports:
        statement = resolved.statement
        if resolved.importer in project.targets and (statement.is_local or statement.is_dynamic):
            yield resolved


def _place(finding: Finding) -> tuple[str, int, int]:
    statement = finding.resolved.statement
    return finding.resolved.path, statement.line, statement.column


def _cycles(
    edges: tuple[Edge, ...], near: frozenset[str], context: Context, simulated: Simulated
) -> tuple[Cycle, ...]:
    return tuple(
        _cycle(found, context, simulated.verdict(found.modules))
        for found in components(edges, near)
    )


def cycle_id(component: Component) -> str:
    """The name of a cycle, which says of which modules it is and nothing else."""
    members = "\n".join((str(component.kind), *component.modules))
    return hashlib.sha256(members.encode(errors="surrogatepass")).hexdigest()[:8]


def _cycle(component: Component, context: Context, verdict: Verdict) -> Cycle:
    remedies = Remedies(component, context)
    cut = tuple(CutEdge(edge, remedies.remedy(edge)) for edge in component.cut)
    return Cycle(cycle_id(component), component, verdict, cut)


@contextmanager
def facts_are_no_garbage() -> Iterator[None]:
    """Let the collector of reference cycles look seldom: facts are many, and they all stay.

    It cannot be off, for the simulation makes cycles.
    """
    before = gc.get_threshold()
    gc.set_threshold(_RARELY, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
