"""The Paddle fixture is what its rows.toml says it is, and CPython is the judge of that."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
FIXTURE = FIXTURES / "paddle_jit"
STUBS = FIXTURES / "paddle_jit_stubs"

Row = dict[str, Any]
ROWS: list[Row] = tomllib.loads((FIXTURE / "rows.toml").read_text(encoding="utf-8"))["row"]
MODULES = {
    ".".join(path.relative_to(FIXTURE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((FIXTURE / "paddle").rglob("*.py"))
}

# Imports a module in a fork of an interpreter that has loaded nothing but what the fixture takes
# from the standard library: as good as a fresh one, and three times as fast.
JUDGE = """
import ast, collections, contextlib, copy, functools, inspect, itertools, json, logging, operator
import os, pathlib, re, sys, textwrap

for line in sys.stdin:
    root, module = json.loads(line)
    if os.fork():
        os.wait()
        continue
    try:
        sys.path.insert(0, root)
        __import__(module)
        said = ""
    except BaseException as error:
        said = f"{type(error).__name__}: {error}"
    print(json.dumps(said), flush=True)
    os._exit(0)
"""

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks interpreters")


class LocalImports(ast.NodeVisitor):
    """Collects (scope, import) of every import inside a function, in source order."""

    def __init__(self, path: Path) -> None:
        self.scope: list[str] = []
        self.depth = 0
        self.found: list[tuple[str, ast.Import | ast.ImportFrom]] = []
        self.visit(ast.parse(path.read_text(encoding="utf-8")))

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.enter(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.depth += 1
        self.enter(node)
        self.depth -= 1

    def visit_Import(self, node: ast.Import) -> None:
        self.note(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.note(node)

    def enter(self, node: ast.ClassDef | ast.FunctionDef) -> None:
        self.scope.append(node.name)
        self.generic_visit(node)
        self.scope.pop()

    def note(self, node: ast.Import | ast.ImportFrom) -> None:
        if self.depth:
            self.found.append((".".join(self.scope), node))


def python(root: Path, *arguments: str) -> str:
    """Runs a fresh interpreter that sees `root` but no installed package."""
    command = [sys.executable, "-S", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.check_output(command, env=environment, text=True, encoding="utf-8")


def judge(*jobs: tuple[Path, str]) -> list[str]:
    """Imports each module from its root, in an interpreter of its own; returns the errors."""
    lines = [json.dumps([str(root), module]) for root, module in jobs]
    command = [sys.executable, "-S", "-c", JUDGE]
    done = subprocess.check_output(command, input="\n".join(lines), text=True, encoding="utf-8")
    return [json.loads(line) for line in done.splitlines()]


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of package and stubs with its bytecode, which copies of the copy can use."""
    root = tmp_path_factory.mktemp("pristine")
    for folder in (FIXTURE / "paddle", STUBS):
        into = root / "paddle" if folder.name == "paddle" else root
        shutil.copytree(folder, into, ignore=shutil.ignore_patterns("*.pyc"), dirs_exist_ok=True)
    python(root, "-c", "import paddle")
    return root


@pytest.fixture(scope="module")
def hoisted(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, str]:
    """What CPython says of `import paddle` when one row is hoisted, for each row."""
    roots = [hoist([row], pristine, tmp_path_factory.mktemp("hoisted")) for row in ROWS]
    said = judge(*((root, "paddle") for root in roots))
    return {row["n"]: what for row, what in zip(ROWS, said, strict=True)}


def hoist(rows: list[Row], pristine: Path, root: Path) -> Path:
    """Copies the package and adds each row's import below the last import of its file."""
    shutil.copytree(pristine, root, dirs_exist_ok=True)
    for row in rows:
        file = root / row["path"]
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        tree = ast.parse("".join(lines))
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        lines.insert(imports[-1].end_lineno or 0, row["statement"] + "\n")
        file.write_text("".join(lines), encoding="utf-8")
    return root


def by_order(order: str) -> list[Row]:
    return [row for row in ROWS if row["order"] == order]


def eager_graph() -> dict[str, set[str]]:
    """Maps each module to what its top-level statements import, parent packages aside."""
    graph: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        targets = graph.setdefault(module, set())
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                targets |= targets_of(node, module)
    return graph


def targets_of(node: ast.Import | ast.ImportFrom, importer: str) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names} & MODULES.keys()
    package = importer if MODULES[importer].stem == "__init__" else importer.rpartition(".")[0]
    base = ".".join(package.split(".")[: len(package.split(".")) + 1 - node.level])
    name = ".".join(filter(None, (base if node.level else "", node.module)))
    children = {f"{name}.{alias.name}" for alias in node.names}
    return {child if child in MODULES else name for child in children} & MODULES.keys()


def reaches(graph: dict[str, set[str]], start: str, goal: str) -> bool:
    seen: set[str] = set()
    pending = [start]
    while pending:
        module = pending.pop()
        if module == goal:
            return True
        if module not in seen:
            seen.add(module)
            pending.extend(graph[module])
    return False


def test_the_rows_are_the_local_imports() -> None:
    in_files: list[tuple[str, str, str]] = []
    for path in MODULES.values():
        where = path.relative_to(FIXTURE).as_posix()
        found = LocalImports(path).found
        in_files += [(where, scope, ast.unparse(node)) for scope, node in found]
    in_rows = [(row["path"], row["scope"], row["statement"]) for row in ROWS]
    assert in_files == in_rows
    assert [row["n"] for row in ROWS] == list(range(1, 35))


def test_the_numbers_are_those_of_paddle() -> None:
    assert len(by_order("ok")) + len(by_order("optional")) == 21
    assert len(by_order("crash")) == 13


def test_nearly_every_target_reaches_its_importer() -> None:
    """A rule that goes by cycles would accuse 31 rows, of which 19 are harmless."""
    graph = eager_graph()
    accused = []
    for row in ROWS:
        importer = row["path"].removesuffix(".py").replace("/", ".")
        (node,) = ast.parse(row["statement"]).body
        assert isinstance(node, ast.Import | ast.ImportFrom)
        if any(reaches(graph, target, importer) for target in targets_of(node, importer)):
            accused.append(row["n"])
    # Missing are the two third-party modules; row 19 names its own module.
    assert accused == [n for n in range(1, 35) if n not in {4, 28}]
    harmless = [row["n"] for row in by_order("ok") if row["n"] in accused]
    assert len(set(accused) - {19}) == 31
    assert len(harmless) == 19


@needs_fork
def test_every_module_can_be_imported_first(pristine: Path) -> None:
    said = judge(*((pristine, module) for module in MODULES))
    assert dict(zip(MODULES, said, strict=True)) == dict.fromkeys(MODULES, "")


def test_importing_paddle_loads_every_module(pristine: Path) -> None:
    """So each entry module starts alike, and one entry speaks for all of them."""
    code = "import paddle, sys; print(*sorted(m for m in sys.modules if m.startswith('paddle')))"
    assert python(pristine, "-c", code).split() == sorted(MODULES)


@needs_fork
@pytest.mark.parametrize("row", by_order("ok"), ids=lambda row: f"row{row['n']}")
def test_hoisting_works(row: Row, hoisted: dict[int, str]) -> None:
    assert hoisted[row["n"]] == ""


@needs_fork
@pytest.mark.parametrize("row", by_order("crash"), ids=lambda row: f"row{row['n']}")
def test_hoisting_crashes(row: Row, hoisted: dict[int, str]) -> None:
    assert hoisted[row["n"]].startswith("ImportError: cannot import name")
    assert "partially initialized module" in hoisted[row["n"]]


@needs_fork
def test_hoisting_an_optional_import_depends_on_the_machine(
    pristine: Path, hoisted: dict[int, str], tmp_path: Path
) -> None:
    (row,) = by_order("optional")
    assert hoisted[row["n"]] == "ModuleNotFoundError: No module named 'six'"
    (tmp_path / "six.py").touch()
    assert judge((hoist([row], pristine, tmp_path), "paddle")) == [""]


def test_the_harmless_ones_can_be_hoisted_together(pristine: Path, tmp_path: Path) -> None:
    root = hoist(by_order("ok") + by_order("optional"), pristine, tmp_path)
    (tmp_path / "six.py").touch()
    told = python(root, "-m", "drive")
    assert told == python(pristine, "-m", "drive")
    assert "absolute(-2.0): 2.0 float32\n" in told


def test_driving_it_runs_every_local_import(pristine: Path) -> None:
    code = """if True:
        import runpy, sys
        seen = set()

        def trace(frame, event, argument):
            name = frame.f_globals.get("__name__", "")
            if not name.startswith("paddle."):
                return None
            if event == "line":
                seen.add((name, frame.f_lineno))
            return trace

        sys.settrace(trace)
        runpy.run_module("drive", run_name="__main__")
        sys.settrace(None)
        print(*(f"{name}:{line}" for name, line in seen), sep="\\n")
    """
    lines = set(python(pristine, "-c", code).splitlines())
    for module, path in MODULES.items():
        for scope, node in LocalImports(path).found:
            assert f"{module}:{node.lineno}" in lines, f"{scope} of {module} was not called"
