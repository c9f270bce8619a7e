"""What the host cannot parse: errors are named, newer syntax is read, depth does no harm."""

import sys
import time

import pytest

from cycleguard.model.edges import Timing
from cycleguard.model.modules import Skipped
from tests.unit.collect.reading import collected, lines, only, read, reason

HOST = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("import os\nx = (\n", 2),
        ("import os\nprint 'hello'\n", 2),
        ("def f():\n    import os\n  import sys\n", 3),
        ("import os\n\nexcept ValueError, e:\n    pass\n", 3),
    ],
)
def test_a_syntax_error_is_a_reason_with_line_and_version(source: str, line: int) -> None:
    assert reason(source).startswith(f"syntax error at line {line} (read as Python {HOST}): ")


NEWER = {
    "generic function": "def f[T: (int,\n  str)](x: T):\n    import pkg.b\n",
    "generic class": "class C[\n  *Ts, **P\n]:\n    import pkg.b\n",
    "default of a type parameter": "def f[T = int](x):\n\n    import pkg.b\n",
    "type alias": "type X[T] = dict[\n  T, int]\nimport pkg.b\n",
    "same quotes": 'x = f"{d["a"]}"\n\nimport pkg.b\n',
    "nested same quotes": 'x = f"{f"{f"{1}"}"}"\n\nimport pkg.b\n',
    "several lines": 'x = f"{\n  d["a"]  # why\n}"; import pkg.b\n',
    "format of a field": 'x = "a" f"{x:{w["b"]}}" "c"\n\nimport pkg.b\n',
    "template": 'x = t"{a!r} {b:>{w}} c"\n\nimport pkg.b\n',
    "handler": "try:\n    import pkg.b\nexcept A, B:\n    pass\n",
    "group handler": "try:\n\n    import pkg.b\nexcept* A, B:\n    pass\n",
    "lazy import": "x = 1; lazy import pkg.b\n",
    "lazy from": "\nlazy from pkg.b import c\n",
}


@pytest.mark.parametrize("name", NEWER)
def test_newer_syntax_keeps_lines_and_columns(name: str) -> None:
    source = NEWER[name]
    statement = only(source)
    before, _, after = source.partition("lazy" if "lazy" in name else "import pkg.b")
    assert statement.line == before.count("\n") + 1
    assert statement.column == len(before.rpartition("\n")[2]) + 1
    assert after or statement.module == "pkg.b"


def test_calls_inside_newer_strings_are_found_where_they_stand() -> None:
    source = 'é = f"{__import__("a")} {f"{__import__("b"):>{__import__("c")}}"}"\n'
    found = [(s.statement, s.column) for s in read(source).imports]
    calls = [f'__import__("{name}")' for name in "abc"]
    assert found == [(call, source.index(call) + 1) for call in calls]


def test_lazy_and_plain_imports_share_a_line() -> None:
    found = read("import a; lazy import b; lazy from c import d; import e\n").imports
    timings = [(s.column, s.timing) for s in found]
    assert timings == [(1, Timing.EAGER), (11, Timing.LAZY), (26, Timing.LAZY), (48, Timing.EAGER)]


def test_plain_strings_of_a_lowered_file_stay_known() -> None:
    (statement,) = read('x = f"{d["a"]}"\n__import__(f"pkg" ".b")\n').imports
    assert statement.module == "pkg.b"


def test_names_of_a_lowered_function_are_counted() -> None:
    statement = only('def f[T](x: T):\n    import a\n    return f"{a.b["c"]}" + a.d\n')
    assert statement.function is not None
    assert statement.function.uses[0].attribute_loads == 2


def test_a_comment_of_a_lowered_function_is_found() -> None:
    assert only("def f[T]():\n    # above\n    import a  # behind\n").comments == (
        "# above",
        "# behind",
    )


ELIF = "if x == 0:\n    import a\n" + "elif x == 1:\n    import b\n" * 2999
DEEP = {
    "parentheses": "x = " + "(" * 100_000 + ")" * 100_000,
    "brackets": "x = " + "[" * 150 + "]" * 150,
    "sum": "def f():\n    import a\n    return " + " + ".join(["x"] * 5000),
    "long sum": "x = " + " + ".join(["x"] * 100_000),
    "sum of strings": "import importlib\nimportlib.import_module("
    + " + ".join(["'a'"] * 2500)
    + ")",
    "attributes": "x = a" + ".b()" * 5000,
    "not": "if " + "not " * 3000 + "x:\n    import a\n",
    "minus": "x = " + "-" * 5000 + "1",
    "lambda": "x = " + "lambda: " * 2000 + "__import__('a')",
    "elif": ELIF,
    "elif in a function": "def f(x):\n    " + ELIF.replace("\n", "\n    "),
    "blocks": "".join(" " * n + "if x:\n" for n in range(110)) + " " * 110 + "import a\n",
}


@pytest.mark.parametrize("name", DEEP)
def test_depth_gives_facts_or_a_reason(name: str) -> None:
    facts = collected(DEEP[name] + "\n")
    if isinstance(facts, Skipped):
        assert "nest" in facts.reason or "too many levels of indentation" in facts.reason
    else:
        assert all(len(s.guards) <= 1 for s in facts.imports)


def test_a_chain_that_every_host_parses_is_read() -> None:
    chain = ELIF.partition("elif")[0] + "elif x:\n    import b\n" * 300
    assert len(lines(chain)) == 301
    assert {len(statement.guards) for statement in read(chain).imports} == {1}


def test_comments_of_a_deep_function_are_found() -> None:
    deep = " + ".join(["x"] * 600)
    source = f"def f(x):\n    y = {deep}\n    # above\n    import a  # behind\n    import b\n"
    assert [s.comments for s in read(source).imports] == [("# above", "# behind"), ()]


def test_a_large_file_takes_little_more_than_parsing_it() -> None:
    body = "def f{0}(x):\n    return g(x, {0})\n\n\nf{0}({0})\n"
    source = "".join(body.format(n) for n in range(5_000)) + "def f():\n    import a\n"
    start = time.process_time()
    compile(source, "a.py", "exec", dont_inherit=True)
    compiled = time.process_time()
    assert lines(source) == [("import a", 25_002)]
    assert time.process_time() - compiled < 10 * (compiled - start)
