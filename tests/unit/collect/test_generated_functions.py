"""On functions made at random: no import is lost or found twice, and both readers agree."""

import ast
from collections.abc import Iterator, Sequence

import libcst as cst
from hypothesis import given, settings
from hypothesis import strategies as st
from libcst.metadata import PositionProvider

from tests.unit.collect.reading import read

SIMPLE = (
    "pass",
    "x = 'import no'  # import no",
    "# import no",
    "import a",
    "import a.b as c, d",
    "from m import x, y as z  # why",
    "from . import q",
    "from ..p import (  # first\n    r,\n\n    s,  # last\n)",
    "import a; import b; x = 1",
    "x = '''\nimport no\n'''; from m import x",
    "import \\\n    a",
    "if x: import a",
    "while x: import a; break",
    "def g(): import a",
    "class C: from m import x",
    "lambda: x",
)
# Each # stands for a block.
COMPOUND = (
    "if x:#",
    "if x:#elif y:#",
    "if x:#elif y:#else:#",
    "for x in y:#",
    "for x in y:#else:#",
    "while x:#else:#",
    "try:#except E:#",
    "try:#except E as e:#except:#else:#finally:#",
    "try:#except* E:#",
    "try:#finally:#",
    "with x as y, z:#",
    "case 1:#case [y, *_] if z:#",
    "class C(B):#",
    "@d\ndef g(x=1, *y):#",
    "async def g():#",
)


def block(statements: list[str]) -> str:
    """Statements below a header."""
    return "\n" + "".join(indented(statement) for statement in [*statements, "pass"])


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.strip("\n").split("\n"))


def filled(parts: tuple[str, list[list[str]]]) -> str:
    template, bodies = parts
    *headers, _ = template.split("#")
    clauses = (head + block(bodies[n % len(bodies)]) for n, head in enumerate(headers))
    text = "".join(clauses)
    return f"match x:\n{indented(text)}" if template.startswith("case") else text


def compounds(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    bodies = st.lists(st.lists(inner, max_size=3), min_size=1, max_size=4)
    return st.tuples(st.sampled_from(COMPOUND), bodies).map(filled)


statements = st.recursive(st.sampled_from(SIMPLE), compounds, max_leaves=12)
functions = st.lists(statements, max_size=6).map(lambda body: "def f(x):" + block(body))


class LibcstImports(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, tuple[str, ...]]] = []

    def visit_Import(self, node: cst.Import) -> None:
        self.note(node, node.names)

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        assert not isinstance(node.names, cst.ImportStar)
        self.note(node, node.names)

    def note(self, node: cst.CSTNode, names: Sequence[cst.ImportAlias]) -> None:
        line = self.get_metadata(PositionProvider, node).start.line
        self.found.append((line, tuple(alias.evaluated_name for alias in names)))


def imports_of(tree: ast.AST) -> Iterator[tuple[int, tuple[str, ...]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node.lineno, tuple(alias.name for alias in node.names)


@settings(deadline=None)
@given(functions)
def test_the_imports_are_those_of_the_tree(source: str) -> None:
    found = [(s.line, tuple(alias.name for alias in s.names)) for s in read(source).imports]
    assert sorted(found) == sorted(imports_of(ast.parse(source)))


@settings(deadline=None)
@given(functions)
def test_libcst_finds_the_same_imports_on_the_same_lines(source: str) -> None:
    reader = LibcstImports()
    cst.MetadataWrapper(cst.parse_module(source)).visit(reader)
    found = [(s.line, tuple(alias.name for alias in s.names)) for s in read(source).imports]
    assert found == reader.found


@settings(deadline=None)
@given(functions, st.sampled_from(["class C:\n", "if x:\n", "class C:\n    class D:\n"]))
def test_the_place_of_a_function_moves_lines_alone(source: str, header: str) -> None:
    depth = "    " * header.count("\n")
    inside = header + "".join(f"{depth}{line}\n" for line in source.split("\n"))
    before, after = read(source).imports, read(inside).imports
    shift = header.count("\n")
    expected = [(s.line + shift, s.comments, [g.kind for g in s.guards]) for s in before]
    assert [(s.line, s.comments, [g.kind for g in s.guards]) for s in after] == expected
