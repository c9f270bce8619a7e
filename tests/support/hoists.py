"""What really happens when a function-local import is written to the top of its file."""

import ast
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp

from msgspec import Struct

from cycleguard.collect.functions import FunctionSource
from cycleguard.graph.reach import EagerReach
from cycleguard.model.findings import Outcome
from cycleguard.pipeline import resolve
from cycleguard.simulate.build import build_world
from cycleguard.simulate.entries import simulate_entries
from cycleguard.simulate.hoists import Candidate, try_hoists
from cycleguard.simulate.run import candidates, entry_names
from tests.support.judge import run_cpython

_SOUND = (Outcome.OK, Outcome.SILENT)


class HoistVerdict(Struct, frozen=True):
    """One local import: what was predicted, and the entries that the hoist breaks in CPython.

    `fault` is empty where they agree, or where nothing was predicted.
    """

    module: str
    line: int
    predicted: Outcome
    broken: tuple[str, ...]

    @property
    def fault(self) -> str:
        """How the prediction was wrong, in one word."""
        if self.predicted is Outcome.CRASH:
            return "" if self.broken else "alarm"
        # A silent one has lost a name, which somebody may come to miss from another entry.
        return "missed" if self.predicted is Outcome.OK and self.broken else ""


def judge_hoists(files: Mapping[str, str]) -> list[HoistVerdict]:
    """Compare prediction and truth for every local import of `files` that some entry reaches."""
    folder = Path(mkdtemp(prefix="cycleguard-"))
    try:
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        return _judge(folder, files)
    finally:
        shutil.rmtree(folder)


def _judge(folder: Path, files: Mapping[str, str]) -> list[HoistVerdict]:
    resolved = resolve([folder])
    world = build_world(resolved.project, resolved.facts, FunctionSource(resolved.project).read)
    names = entry_names(resolved.project)
    entries = simulate_entries(world, names)
    expected = [name for name in names if entries[name].outcome in _SOUND]
    # A folder without an __init__.py is taken for no package: its modules have other names here.
    sound = [name for name, truth in run_cpython(files, expected).items() if not truth.error]
    wanted = list(candidates(resolved.project, resolved.imports))
    tried = try_hoists(world, names, wanted, EagerReach(resolved.edges, world.modules))
    trials = tried.hoists([name for name in names if entries[name].outcome is Outcome.CRASH])
    paths = {module.name: module.path for module in resolved.project.modules}
    verdicts = []
    for candidate in wanted:
        trial = trials.get(candidate.place)
        if trial is None or trial.result.outcome is None:
            continue
        path = Path(paths[candidate.module])
        path = path if path.is_absolute() else folder / path
        edited = dict(files) | {
            path.relative_to(folder).as_posix(): hoisted(
                path.read_text(encoding="utf-8"), candidate
            )
        }
        truths = run_cpython(edited, sound)
        broken = tuple(name for name, truth in truths.items() if truth.error)
        module, line, _ = candidate.place
        verdicts.append(HoistVerdict(module, line, trial.result.outcome, broken))
    return verdicts


def hoisted(text: str, candidate: Candidate) -> str:
    """`text` with the import of `candidate` below its last import that stands in no branch."""
    body = ast.parse(text).body
    statement = next(
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        and (node.lineno, node.col_offset + 1) == candidate.place[1:]
    )
    imports = [node for node in body if isinstance(node, (ast.Import, ast.ImportFrom))]
    above = imports[-1].end_lineno if imports else _docstring_end(body)
    lines = text.splitlines(keepends=True)
    lines.insert(above or 0, f"{ast.unparse(statement)}\n")
    return "".join(lines)


def _docstring_end(body: list[ast.stmt]) -> int | None:
    is_docstring = (
        body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    )
    return body[0].end_lineno if is_docstring else 0
