"""The simulation of a whole project: every entry, then every local import as if it were hoisted."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from cycleguard.collect.functions import FunctionSource
from cycleguard.graph.reach import EagerReach
from cycleguard.model.analysis import Entry
from cycleguard.model.cycles import Verdict
from cycleguard.model.edges import Edge
from cycleguard.model.findings import Hoist, Outcome, Step
from cycleguard.model.imports import Form, ImportStatement, ModuleFacts
from cycleguard.model.modules import Module, ModuleKind, Project
from cycleguard.model.program import Import, ImportFrom
from cycleguard.model.resolved import ResolvedImport
from cycleguard.options import Options
from cycleguard.simulate.beside import other_passes
from cycleguard.simulate.build import build_world
from cycleguard.simulate.entries import Result, over_policies
from cycleguard.simulate.errors import Frame, SimulatedError
from cycleguard.simulate.hoists import Candidate, Place, Tried, try_hoists
from cycleguard.simulate.state import doubt
from cycleguard.simulate.world import POLICIES

_VERDICTS = (
    (Outcome.CRASH, Verdict.CRASH),
    (Outcome.SILENT, Verdict.SILENT),
    (Outcome.UNKNOWN, Verdict.UNKNOWN),
)
WORKS = Result(Outcome.OK, None, frozenset())


class Simulated(Struct, frozen=True):
    """What the simulation says.

    `entries` are the targets that do not import cleanly, `failures` every result of the project
    that is not ok, or may not be, by entry; `hoists` is keyed by importer, line and column.
    """

    entries: tuple[Entry, ...]
    failures: dict[str, Result]
    hoists: dict[Place, Hoist]

    def verdict(self, members: Iterable[str]) -> Verdict:
        """What CPython does with a cycle: the worst that any entry meets between its members."""
        inside = frozenset(members)
        outcomes = {
            result.outcome
            for name, result in self.failures.items()
            if (name in inside and result.outcome is Outcome.UNKNOWN)
            or (result.error and is_between(result.error, inside))
        }
        for outcome, verdict in _VERDICTS:
            if outcome in outcomes:
                return verdict
        return Verdict.BENIGN


def simulate(
    project: Project,
    facts: Mapping[str, ModuleFacts],
    imports: Iterable[ResolvedImport],
    edges: Iterable[Edge],
    contents: Mapping[str, bytes],
    failures: Mapping[str, Result] | None = None,
    options: Options | None = None,
) -> Simulated:
    """Import every module of the project first, and try every local import of the targets.

    Args:
        project: the project.
        facts: of its files.
        imports: all that they import.
        edges: the same as edges.
        contents: files that are not as on the disk, by path.
        failures: those of a simulation of the same project, if there was one.
        options: how many processes may work, and who is told how far they are.
    """
    options = options or Options()
    world = build_world(project, facts, FunctionSource(project, contents).read)
    names = entry_names(project)
    wanted, reach = list(candidates(project, imports)), EagerReach(edges, world.modules)

    def tried_from(entries: list[str]) -> Tried:
        return try_hoists(world, entries, wanted, reach, options.following)

    if failures is not None:
        results = {name: failures.get(name, WORKS) for name in names}
        tried = tried_from(_not_crashing(results)).hoists()
    else:
        with other_passes(world, project, facts, contents, names, options.jobs) as other:
            first = tried_from(names)
            results = over_policies(
                lambda policy: first.results if policy == POLICIES[0] else other(policy)
            )
        tried = first.hoists(set(names).difference(_not_crashing(results)))
    statements = _statements(facts)
    entries = (
        _entry(name, results[name], statements)
        for name in names
        if name in project.targets and results[name].outcome is not Outcome.OK
    )
    hoists = {
        place: _hoist(trial.entry, trial.result, statements) for place, trial in tried.items()
    }
    failures = {n: r for n, r in results.items() if r.outcome is not Outcome.OK or r.may_fail}
    return Simulated(tuple(entries), failures, hoists)


def _not_crashing(results: Mapping[str, Result]) -> list[str]:
    return [name for name, result in results.items() if result.outcome is not Outcome.CRASH]


def entry_names(project: Project) -> list[str]:
    """The modules of a project that somebody could import first, sorted."""
    return [module.name for module in project.modules if _is_entry(module)]


def is_between(error: SimulatedError, members: frozenset[str]) -> bool:
    """Whether a module of `members` failed for want of another one of them."""
    # ``a.b.X`` with a.b half-way fails at a, which lacks b; what is wanted is a.b.
    wanted = {error.module, f"{error.module}.{error.missing}"}
    return (
        not wanted.isdisjoint(members) and bool(error.chain) and error.chain[-1].module in members
    )


def _is_entry(module: Module) -> bool:
    """Whether somebody could import it first; ``__main__`` is run, not imported."""
    parts = module.name.split(".")
    is_code = module.kind in (ModuleKind.SOURCE, ModuleKind.NAMESPACE)
    return is_code and all(part.isidentifier() for part in parts) and parts[-1] != "__main__"


def candidates(project: Project, imports: Iterable[ResolvedImport]) -> Iterable[Candidate]:
    """The local imports of the targets that import from the project."""
    for resolved in imports:
        statement = resolved.statement
        if resolved.importer in project.targets and statement.is_local and resolved.internal:
            targets = tuple(target.module for target in resolved.internal)
            yield Candidate(place_of(resolved), as_program(statement), targets)


def place_of(resolved: ResolvedImport) -> Place:
    """Where an import stands: the key of `Simulated.hoists`."""
    return resolved.importer, resolved.statement.line, resolved.statement.column


def as_program(statement: ImportStatement) -> Import | ImportFrom:
    """An import statement as the machine runs it."""
    if statement.form is Form.IMPORT:
        return Import(statement.line, statement.names)
    return ImportFrom(statement.line, statement.module or "", statement.level, statement.names)


def _statements(facts: Mapping[str, ModuleFacts]) -> dict[tuple[str, int], str]:
    """The text of every import statement by module and line, for chains of evidence."""
    return {
        (name, statement.line): statement.statement
        for name, each in facts.items()
        for statement in each.imports
    }


def _entry(name: str, result: Result, statements: Mapping[tuple[str, int], str]) -> Entry:
    error = result.error
    chain = _chain(error, statements)
    last = chain[-1] if chain else Step(name, "", 0, "")
    return Entry(
        module=name,
        outcome=result.outcome or Outcome.UNKNOWN,
        error=error.kind if error else None,
        message=error.message if error else None,
        name=error.missing if error else None,
        module_at=last.module,
        path=last.path,
        line=last.line,
        chain=chain,
    )


def _hoist(entry: str, result: Result, statements: Mapping[tuple[str, int], str]) -> Hoist:
    error = result.error
    return Hoist(
        outcome=result.outcome or Outcome.UNKNOWN,
        entry=entry if error else None,
        error=error.kind if error else None,
        message=error.message if error else doubt(result.asked),
        chain=_chain(error, statements),
        module=error.module if error else None,
        name=error.missing if error else None,
    )


def _chain(
    error: SimulatedError | None, statements: Mapping[tuple[str, int], str]
) -> tuple[Step, ...]:
    return tuple(_step(frame, statements) for frame in (error.chain if error else ()))


def _step(frame: Frame, statements: Mapping[tuple[str, int], str]) -> Step:
    text = statements.get((frame.module, frame.line), "")
    return Step(frame.module, frame.path, frame.line, text)
