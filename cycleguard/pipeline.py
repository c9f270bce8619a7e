"""The table of contents: discover, collect, resolve, graph, simulate, classify, in that order.

`verify` stops after the simulation, and has CPython judge it.
"""

import gc
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.cache import FactsCache
from cycleguard.classify.context import Context
from cycleguard.classify.decide import classify
from cycleguard.classify.remedies import Remedies
from cycleguard.collect.functions import FunctionSource
from cycleguard.collect.project import collect
from cycleguard.config import load_config
from cycleguard.discover.project import discover
from cycleguard.graph.components import components
from cycleguard.model.analysis import Analysis, Cycle
from cycleguard.model.cycles import Component, CutEdge, Verdict
from cycleguard.model.edges import Edge
from cycleguard.model.findings import Finding
from cycleguard.model.imports import ModuleFacts
from cycleguard.model.modules import Project, Skipped
from cycleguard.model.resolved import ResolvedImport
from cycleguard.model.verified import Verification
from cycleguard.resolve.edges import edges_of
from cycleguard.resolve.targets import TargetResolver
from cycleguard.simulate.build import build_world
from cycleguard.simulate.run import Simulated, simulate
from cycleguard.verify import run as verifying
from cycleguard.verify.run import Prediction, Trial

Progress = Callable[[int, int], None]

_RARELY = 100_000


class Options(Struct, frozen=True):
    """How an analysis runs. None of it changes the result.

    `jobs` is the number of processes, `cache` the file of remembered facts, None for no cache.
    """

    jobs: int = 1
    cache: Path | None = None
    progress: Progress | None = None


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
        return replace(self, imports=imports, edges=edges_of(imports))


class Examined(Struct, frozen=True):
    """An analysis with what it was made from, for those who explain it."""

    resolved: Resolved
    simulated: Simulated
    analysis: Analysis


def analyse(targets: Sequence[Path], options: Options | None = None) -> Analysis:
    """Analyse the files and folders `targets` in the context of their whole packages.

    Nothing of them is imported or run, and nothing is written but the cache.

    Raises:
        TargetError: a target does not exist or holds no Python.
        ConfigError: the configuration is broken.
    """
    with facts_are_no_garbage():
        return examine(resolve(targets, options)).analysis


def examine(resolved: Resolved) -> Examined:
    """The other stages of `analyse`."""
    project, imports, edges = resolved.project, resolved.imports, resolved.edges
    functions = FunctionSource(project, resolved.contents)
    simulated = simulate(project, resolved.facts, imports, edges, functions.read)
    context = Context(resolved.facts, imports, edges, project.dependencies, simulated.hoists)
    findings = (classify(each, context) for each in _asked_for(imports, project))
    cycles = (
        _cycle(found, context, simulated.verdict(found.modules))
        for found in components(edges, project.targets)
    )
    analysis = Analysis(
        root=project.root,
        files=len(resolved.facts),
        modules=len(project.modules),
        findings=tuple(sorted(findings, key=_place)),
        cycles=tuple(cycles),
        entries=simulated.entries,
        skipped=resolved.skipped,
    )
    return Examined(resolved, simulated, analysis)


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


def simulate_entries(resolved: Resolved) -> Simulated:
    """Import every module first; no hoists are tried."""
    project = resolved.project
    read_function = FunctionSource(project, resolved.contents).read
    return simulate(project, resolved.facts, (), resolved.edges, read_function)


def resolve(targets: Sequence[Path], options: Options | None = None) -> Resolved:
    """The first three stages of `analyse`, which raises the same errors."""
    options = options or Options()
    cwd = Path.cwd()
    config = load_config(targets, cwd)
    project = discover(targets, config, cwd)
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


def _cycle(component: Component, context: Context, verdict: Verdict) -> Cycle:
    members = "\n".join((str(component.kind), *component.modules))
    identifier = hashlib.sha256(members.encode(errors="surrogatepass")).hexdigest()[:8]
    remedies = Remedies(component, context)
    cut = tuple(CutEdge(edge, remedies.remedy(edge)) for edge in component.cut)
    return Cycle(identifier, component, verdict, cut)


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
