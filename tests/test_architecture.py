"""cycleguard guards itself: no cycles, no stray local imports, layers, one home per library.

The analysis is the tool's own. Each message says what to do instead.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cycleguard
from cycleguard.model.analysis import Analysis
from cycleguard.model.edges import Timing
from cycleguard.model.findings import Decision, Finding
from cycleguard.model.resolved import ResolvedImport
from cycleguard.pipeline import analyse, resolve
from tests.conftest import REPOSITORY, Project

PACKAGE = REPOSITORY / "cycleguard"

# From the top down; what stands on one line may not import each other. A part that is not written
# yet does no harm here.
LAYERS = (
    ("__main__",),
    ("cli",),
    ("commands", "api"),
    ("checking",),
    ("explain", "answers"),
    # It goes round the pipeline: it simulates what it has rewritten.
    ("plan",),
    ("pipeline",),
    ("report",),
    ("vendor",),
    ("gate",),
    ("verify",),
    ("apply",),
    ("relocate",),
    ("symbols",),
    ("rewrite",),
    ("classify",),
    ("simulate",),
    ("graph",),
    ("resolve",),
    ("collect",),
    ("discover",),
    ("config", "cache"),
    ("files", "processes"),
    ("options", "model", "errors"),
    ("runtime",),
)
# The package itself holds the version, and what the public API is looked up with: anybody may
# import it.
ANYWHERE = "cycleguard"

HOMES = {
    "libcst": ("cycleguard.collect", "cycleguard.rewrite"),
    "networkx": ("cycleguard.graph",),
    "click": ("cycleguard.cli", "cycleguard.commands"),
    "rich": ("cycleguard.report", "cycleguard.cli", "cycleguard.commands"),
    "tomllib": ("cycleguard.config",),
    "pathspec": ("cycleguard.discover",),
    "typeshed_client": ("cycleguard.classify",),
    "packaging": ("cycleguard.discover",),
    "platformdirs": ("cycleguard.cache",),
    "sqlite3": ("cycleguard.cache",),
    "subprocess": ("cycleguard.verify", "cycleguard.apply", "cycleguard.gate.revision"),
}
RUNTIME = "cycleguard.runtime"
STANDARD = sys.stdlib_module_names
# What every interpreter has loaded, or built in, before it looks at the disk.
BARE = ("sys", "builtins", "_thread", "_contextvars")
HEAVY = sorted({*HOMES, "msgspec", "asyncio", "multiprocessing", "ast"})


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return analyse([PACKAGE])


@pytest.fixture(scope="module")
def imports() -> tuple[ResolvedImport, ...]:
    resolved = resolve([PACKAGE])
    return tuple(each for each in resolved.imports if each.importer in resolved.project.targets)


def test_every_file_is_analysed(analysis: Analysis) -> None:
    assert analysis.skipped == ()
    assert analysis.modules >= len(list(PACKAGE.rglob("*.py")))


def test_there_is_no_cycle_of_any_kind(analysis: Analysis) -> None:
    ours = [
        c for c in analysis.cycles if any(m.startswith("cycleguard") for m in c.component.modules)
    ]
    found = ["; ".join(map(str, cycle.component.witness)) for cycle in ours]
    assert not found, "move what both need to a module below both (model/ for types)"


def test_every_local_import_has_a_reason(analysis: Analysis) -> None:
    bare = [
        f"{f.resolved.path}:{f.resolved.statement.line}: {f.resolved.statement.statement}"
        for f in analysis.findings
        if f.resolved.statement.is_local and not _has_reason(f)
    ]
    assert not bare, "move it to the top, or add `# cycleguard: leave[why]`"


def _has_reason(finding: Finding) -> bool:
    otherwise = finding.otherwise
    is_lazy_by_design = otherwise is not None and otherwise.code == "module-getattr"
    return finding.decision is Decision.LEAVE and (is_lazy_by_design or bool(finding.suppressed))


def test_the_gate_passes() -> None:
    problems = cycleguard.analyse(PACKAGE).problems
    assert not problems, "\n".join(map(str, problems))


def test_every_module_imports_first(analysis: Analysis) -> None:
    assert analysis.entries == ()


def test_imports_lead_downwards(imports: tuple[ResolvedImport, ...]) -> None:
    rank = {part: number for number, layer in enumerate(LAYERS) for part in layer}
    wrong: list[str] = []
    for place, importer, imported in _internal(imports):
        above, below = _part(importer), _part(imported)
        if above not in rank or below not in rank:
            missing = above if above not in rank else below
            wrong.append(f"{place}: `{missing}` has no layer: give it one in LAYERS")
        elif above != below and rank[above] >= rank[below]:
            wrong.append(f"{place}: {above} may not import {below}")
    assert not wrong, "pass it as an argument, or move what is shared down (types to model/)"


def test_a_library_has_one_home(imports: tuple[ResolvedImport, ...]) -> None:
    wrong = [
        f"{place}: {library} belongs to {' and '.join(homes)}"
        for place, importer, imported in _all(imports)
        for library, homes in HOMES.items()
        if _is_within(imported, library) and not any(_is_within(importer, h) for h in homes)
    ]
    assert not wrong, "call a function of that home instead, and add one if there is none"


def test_packages_stay_empty() -> None:
    full = [
        path.relative_to(REPOSITORY).as_posix()
        for path in PACKAGE.rglob("__init__.py")
        if path.parent != PACKAGE and path.parent.name != "runtime" and path.read_text().strip()
    ]
    assert not full, "import from the defining module: re-exports are what makes cycles"


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys; import cycleguard; print(*sorted(sys.modules))"
    command = [sys.executable, "-I", "-c", code]
    path = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
    loaded = set(path.stdout.split())
    assert "cycleguard" in loaded
    assert not loaded.intersection(HEAVY), "keep cycleguard/__init__.py bare"


def test_a_run_with_a_full_cache_does_without_libcst(project: Project) -> None:
    project({"m.py": "import n\n", "n.py": "def f():\n    import m\n    m.f()\n\n\nf()\n"})
    code = (
        "import sys; from cycleguard.cli import main; main(['scan'], standalone_mode=False); "
        "print('libcst' in sys.modules)"
    )
    ends = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in ("cold", "warm")
    ]
    assert [end.stdout.split()[-1] for end in ends] == ["True", "False"]


def test_only_the_worker_imports_by_name(analysis: Analysis) -> None:
    dynamic = {f.resolved.importer for f in analysis.findings if f.resolved.statement.is_dynamic}
    ours = {each for each in dynamic if not _is_within(each, RUNTIME)}
    assert ours == {"cycleguard.verify.worker"}, "import statically; only `verify` runs code"


def test_the_runtime_is_an_island(imports: tuple[ResolvedImport, ...]) -> None:
    wrong = []
    for place, importer, imported in _all(imports):
        outside = not _is_within(imported, RUNTIME)
        foreign = imported and outside and imported.partition(".")[0] not in STANDARD
        if foreign if _is_within(importer, RUNTIME) else not outside:
            wrong.append(f"{place}: {imported}")
    assert not wrong, "the runtime is vendored: standard library alone, and no stage may need it"


def test_the_runtime_loads_nothing_while_it_is_imported(
    imports: tuple[ResolvedImport, ...],
) -> None:
    wrong = [
        f"{each.path}:{each.statement.line}: {target.module}"
        for each in imports
        if _is_within(each.importer, RUNTIME) and each.statement.timing is Timing.EAGER
        for target in each.targets
        if not _is_within(target.module, RUNTIME) and target.module not in BARE
    ]
    assert not wrong, "import it in the function that needs it, or under TYPE_CHECKING"


def _internal(imports: tuple[ResolvedImport, ...]) -> Iterator[tuple[str, str, str]]:
    for place, importer, imported in _all(imports):
        if _is_within(imported, "cycleguard") and ANYWHERE not in (importer, imported):
            yield place, importer, imported


def _all(imports: tuple[ResolvedImport, ...]) -> Iterator[tuple[str, str, str]]:
    for resolved in imports:
        place = f"{Path(resolved.path).as_posix()}:{resolved.statement.line}"
        for target in resolved.targets:
            yield place, resolved.importer, target.module


def _part(module: str) -> str:
    """``graph`` for ``cycleguard.graph.build``."""
    return f"{module}.".split(".")[1]


def _is_within(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")
