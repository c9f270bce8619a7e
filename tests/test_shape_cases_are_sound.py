"""The cases in `fixtures/shapes` are held against CPython before the tool is held against them.

A case claims lines, scopes and statements: `ast` must agree. It claims edges: their modules must
exist. Its `before/` must import, or say why not. `docs/import-shapes.md` must list these cases.
"""

import ast
import json
import subprocess
import sys
from collections import Counter
from importlib.util import decode_source
from typing import NamedTuple

import pytest

from tests.shape_cases import CASES, REPOSITORY, Case, ExpectedEdge, each_case


class Found(NamedTuple):
    """An import statement or a call, where `ast` sees it."""

    path: str
    line: int
    end_line: int
    scope: str
    text: str


class Collector(ast.NodeVisitor):
    """All import statements and all calls of a file, with their scopes."""

    def __init__(self, path: str, source: str) -> None:
        self.path, self.source = path, source
        self.scope: tuple[str, ...] = ()
        self.functions = 0
        self.statements: list[Found] = []
        self.local_statements: list[Found] = []
        self.calls: list[tuple[Found, ast.Call]] = []

    def found(self, node: ast.stmt | ast.expr, text: str) -> Found:
        scope = ".".join(self.scope) or "<module>"
        return Found(self.path, node.lineno, node.end_lineno or node.lineno, scope, text)

    def visit_Import(self, node: ast.Import) -> None:
        self.add_statement(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.add_statement(node)

    def add_statement(self, node: ast.Import | ast.ImportFrom) -> None:
        found = self.found(node, ast.unparse(node))
        self.statements.append(found)
        if self.functions:
            self.local_statements.append(found)

    def visit_Call(self, node: ast.Call) -> None:
        segment = ast.get_source_segment(self.source, node) or ""
        self.calls.append((self.found(node, collapsed(segment)), node))
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.visit_definition(node, is_function=True)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_definition(node, is_function=True)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.visit_definition(node, is_function=False)

    def visit_definition(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, *, is_function: bool
    ) -> None:
        # decorators, defaults, annotations and bases are evaluated in the scope outside
        for field, value in ast.iter_fields(node):
            if field != "body":
                self.visit_all(value)
        self.inside(node.name, node.body, is_function=is_function)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.args)
        self.inside("<lambda>", [node.body], is_function=True)

    def inside(
        self, name: str, body: list[ast.stmt] | list[ast.expr], *, is_function: bool
    ) -> None:
        outer = self.scope
        self.scope = (*outer, name)
        self.functions += is_function
        self.visit_all(body)
        self.functions -= is_function
        self.scope = outer

    def visit_all(self, value: object) -> None:
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                self.visit(child)


def collapsed(text: str) -> str:
    return " ".join(text.split())


def collect(case: Case) -> list[Collector]:
    collectors = []
    for name, path in case.sources():
        data = path.read_bytes()
        collector = Collector(name, decode_source(data))
        collector.visit(ast.parse(data))
        collectors.append(collector)
    return collectors


def skip_unless_parsed_here(case: Case) -> None:
    if not case.parses_here:
        pytest.skip(f"the syntax needs Python {case.file.host}")


def module_name(path: str) -> str:
    parts = path.removesuffix(".py").split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(case: Case) -> dict[str, str]:
    """Names of modules and of namespace packages, and the path that CPython takes for each."""
    folders = (f for f in case.before.rglob("*") if f.is_dir() and any(f.rglob("*.py")))
    names = {".".join(f.relative_to(case.before).parts): "" for f in folders}
    # `b/__init__.py` sorts before `b.py` here, and is what CPython takes
    for path, _ in sorted(case.sources(), key=lambda source: source[0].count("/"), reverse=True):
        if not names.get(module_name(path)):
            names[module_name(path)] = path
    return names


@each_case
def test_function_local_imports_are_listed_exactly_once(case: Case) -> None:
    skip_unless_parsed_here(case)
    in_source = Counter(f for collector in collect(case) for f in collector.local_statements)
    listed = Counter(
        Found(e.path, e.line, e.end_line, e.scope, e.statement)
        for e in case.file.entries
        if e.origin == "explicit"
    )
    assert listed == in_source


@each_case
def test_dynamic_entries_are_calls(case: Case) -> None:
    skip_unless_parsed_here(case)
    calls = [call for collector in collect(case) for call in collector.calls]
    for entry in case.file.entries:
        if entry.origin == "explicit":
            continue
        place = (entry.path, entry.line, entry.end_line, entry.scope)
        at_place = [(found.text, node) for found, node in calls if found[:4] == place]
        # Python 3.11 has no true columns inside f-strings: there the tree is compared
        wanted = ast.dump(ast.parse(entry.statement, mode="eval").body)
        assert any(entry.statement == text or wanted == ast.dump(node) for text, node in at_place)


@each_case
def test_edges_start_at_imports(case: Case) -> None:
    skip_unless_parsed_here(case)
    paths = modules(case)
    places = {(f.path, f.line) for collector in collect(case) for f in collector.statements}
    places |= {(entry.path, entry.line) for entry in case.file.entries}
    for edge in case.file.edges:
        assert edge.imported in paths
        assert (paths[edge.importer], edge.line) in places


@each_case
def test_entries_and_edges_agree(case: Case) -> None:
    assert bool(case.file.imports_why) != case.file.imports, "`imports_why` goes with `imports`"
    paths = modules(case)
    for entry in case.file.entries:
        assert (entry.origin == "dynamic") == (entry.target_kind == "dynamic")
        assert list(entry.targets) == sorted(entry.targets)
        internal = {name for name in entry.targets if name in paths}
        assert bool(internal) == (entry.target_kind == "internal")
        wanted = {
            ExpectedEdge(module_name(entry.path), name, entry.timing, entry.line)
            for name in internal
        }
        assert wanted <= set(case.file.edges)


IMPORT_EVERYTHING = """
import contextlib, importlib, io, json, sys

errors = {}
for case, folder, names in json.load(sys.stdin):
    tops = {name.partition(".")[0] for name in names}
    path = sys.path[:]
    for name in names:
        # as fresh as a new interpreter, as far as the case's own modules go
        for loaded in [m for m in sys.modules if m.partition(".")[0] in tops]:
            del sys.modules[loaded]
        sys.path[:] = [folder, *path]
        importlib.invalidate_caches()
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                importlib.import_module(name)
        except BaseException as error:
            errors.setdefault(case, []).append(f"{name}: {error!r}")
    for loaded in [m for m in sys.modules if m.partition(".")[0] in tops]:
        del sys.modules[loaded]
    sys.path[:] = path
json.dump(errors, sys.stdout)
"""


@pytest.fixture(scope="module")
def import_errors() -> dict[str, list[str]]:
    """What failed to import, by case: one interpreter per family."""
    families: dict[str, list[tuple[str, str, list[str]]]] = {}
    for case in CASES:
        if case.file.imports and case.parses_here:
            job = (case.name, str(case.before), sorted(modules(case)))
            families.setdefault(case.name.partition("/")[0], []).append(job)
    errors: dict[str, list[str]] = {}
    for jobs in families.values():
        run = subprocess.run(
            [sys.executable, "-B", "-I", "-W", "ignore", "-c", IMPORT_EVERYTHING],
            input=json.dumps(jobs),
            capture_output=True,
            text=True,
            check=True,
        )
        errors.update(json.loads(run.stdout))
    return errors


@each_case
def test_modules_import(case: Case, import_errors: dict[str, list[str]]) -> None:
    skip_unless_parsed_here(case)
    if not case.file.imports:
        pytest.skip(case.file.imports_why)
    assert import_errors.get(case.name, []) == []


def test_the_list_of_shapes_is_the_list_of_cases() -> None:
    text = (REPOSITORY / "docs" / "import-shapes.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]
    rows = {cell.removesuffix("\\*").strip(): "\\*" in cell for cell in cells if "/" in cell}
    assert rows == {case.name: bool(case.file.doubt) for case in CASES}
