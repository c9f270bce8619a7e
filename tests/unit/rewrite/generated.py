"""Modules made at random: local imports of every shape, and names that get in each other's way.

They import from `one` and `two`, modules that the tests make, and every function can be called.
"""

import re
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import strategies as st

from cycleguard.collect.module import collect_module
from cycleguard.model.edits import Edit, FileEdit, Hoist, Place, Rewritten
from cycleguard.model.imports import ModuleFacts
from cycleguard.model.modules import Module, ModuleKind
from cycleguard.model.placement import Anchor
from cycleguard.rewrite.rewrite import rewrite
from cycleguard.rewrite.settings import Style

MODULE = Module("gen.m", "gen/m.py", ModuleKind.SOURCE, is_package=False)
NAMES = ("a", "b", "c")

IMPORTS = (
    "from one import a",
    "from one import a, b",
    "from two import a",
    "from two import b as a",
    "from one import c as b  # why",
    "from one import (\n    b,  # bee\n    c,\n)",
    "from two import \\\n    c",
    "import one",
    "import one, two",
    "import two as b",
    "import one.sub",
    "import one.sub as c",
    "from one import sub",
    "# avoid circular import\nfrom one import c",
    "import one; x += 1",
    "from one import a  # noqa: PLC0415",
)
PAIRS = (
    "from one import a\nout.append(a)",
    "from two import a\n\nout.append([a, f'{a}'])",
    "from one import a, b\nout.append((lambda: a + b)())",
    "from two import b as c  # note\nout.append(c)",
    "if x:\n    from one import b\n    out.append(b)",
    "import one\nout.append(one.a)",
    "import one.sub\n\nout.append(one.sub.c)",
    "from one import sub\nout.append([sub.b for _ in range(2)])",
    "try:\n    from one import c\n    out.append(c)\nfinally:\n    x = x",
    "# The import is needed\nfrom two import (\n    a,\n    c,\n)\nout.append(a + c)",
    "def inner(y=x):\n    from one import a\n    out.append(a)\n\ninner()",
)
USES = (
    "out.append(a)",
    "out.append([b for _ in range(2)])",
    "out.append([a for a in range(2)])",
    "out.append((lambda: c)())",
    "out.append(f'{a} {b!r}')",
    'out.append(f"""{\na}""")',
    "out.append(one.a)",
    "out.append(one.sub.a)",
    "out.append(two.b)",
    "out.append(sub.a)",
    "out.append(c)",
    "x += len(a)",
    "a = 1",
    "for b in range(2): out.append(b)",
    "if x: pass",
    "",
    "# a comment",
    "x: a = 1",
    "del c",
    "global a",
    "(b := 1)",
)
# Each # stands for a block.
COMPOUND = (
    "if x:#",
    "if x:#else:#",
    "for _ in range(2):#",
    "while x > 5:#    break",
    "try:#except ValueError:#",
    "try:#finally:#",
    "def inner(x=x):#    out.append(inner and 1)",
    "def inner(a=1):#inner()",
    "class Inner:#",
    "with open_(x):#",
    "@keep\ndef inner():#inner()",
)
HEADS = (
    '"""Doc."""\n',
    "# -*- coding: utf-8 -*-\n",
    "from __future__ import annotations\n",
    "import one\n",
    "from one import a\n",
    "from one import b, c\n",
    "from two import (\n    b,\n)\n",
    "import sys\n\nimport two\n",
    "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from one import a\n",
    "try:\n    from one import c\nexcept ImportError:\n    c = None\n",
    "x = 1\n",
    "a = 5\n",
    "def b():\n    return 1\n",
    "__all__ = []\n",
    "print_ = len\nprint_('')\n",
    "\n",
)
PRELUDE = (
    "from contextlib import nullcontext as open_\n\n\ndef keep(f):\n    return f\n\n\nout = []\n"
)


def indented(text: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in text.strip("\n").split("\n"))


def block(lines: list[str]) -> str:
    """Statements below a header; a function's declarations come first."""
    ordered = sorted(lines, key=lambda line: not line.startswith("global"))
    return "\n" + "".join(indented(line) for line in ordered) + "    x = x\n"


def filled(parts: tuple[str, list[list[str]]]) -> str:
    template, bodies = parts
    pieces = template.split("#")
    text = pieces[0]
    for number, piece in enumerate(pieces[1:]):
        text += block(bodies[number % len(bodies)]) + piece
    return text if text.endswith("\n") else text + "\n"


def compounds(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    bodies = st.lists(st.lists(inner, min_size=1, max_size=3), min_size=1, max_size=2)
    return st.tuples(st.sampled_from(COMPOUND), bodies).map(filled)


_leaves = st.sampled_from(IMPORTS + PAIRS * 3 + USES)
_statements = st.recursive(_leaves, compounds, max_leaves=6)
_bodies = st.lists(_statements, min_size=1, max_size=6)


def _function(number: int, body: list[str]) -> str:
    lines = sorted(body, key=lambda line: not line.startswith("global"))
    inside = "".join(indented(line) for line in lines)
    return f"def f{number}(x):\n{inside}    return x\n"


def _module(heads: list[str], bodies: list[list[str]]) -> str:
    # What must come first does; two docstrings are one and a string.
    heads = sorted(heads, key=lambda h: (not h.startswith(("#", '"""')), "__future__" not in h))
    functions = "\n\n".join(_function(n, body) for n, body in enumerate(bodies))
    return "".join(heads) + PRELUDE + "\n\n" + functions


def _compiles(text: str) -> bool:
    try:
        compile(text, "<generated>", "exec")
    except SyntaxError:
        return False
    return True


modules = st.builds(
    _module,
    st.lists(st.sampled_from(HEADS), max_size=4),
    st.lists(_bodies, min_size=1, max_size=3),
).filter(_compiles)


def facts_of(content: bytes) -> ModuleFacts:
    facts = collect_module(MODULE, content)
    assert isinstance(facts, ModuleFacts), facts
    return facts


def hoist_all(
    content: bytes,
    first_party: frozenset[str] = frozenset(),
    anchor: Anchor = Anchor.LAST_IMPORT,
) -> Rewritten:
    """Hoist every local import; those of `first_party` may be in cycles."""
    facts = facts_of(content)
    edits: tuple[Edit, ...] = tuple(
        Hoist(Place(each.line, each.column), anchor=anchor)
        for each in facts.imports
        if each.is_local
    )
    file = FileEdit(MODULE.path, MODULE.name, MODULE.is_package, edits)
    return rewrite(content, file, facts, Style(first_party=first_party))


@contextmanager
def fake_modules() -> Iterator[None]:
    """`one`, `one.sub` and `two`, whose attributes say what they are."""
    made: dict[str, types.ModuleType] = {}
    for name in ("one", "one.sub", "two"):
        made[name] = types.ModuleType(name)
        for attribute in NAMES:
            setattr(made[name], attribute, f"{name}.{attribute}")
    made["one"].__path__ = []
    vars(made["one"])["sub"] = made["one.sub"]
    before = {name: sys.modules.get(name) for name in made}
    sys.modules.update(made)
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def outcomes(content: bytes) -> list[tuple[str, object]]:
    """What each function does, called twice in a fresh module: its value and what it put out."""
    with fake_modules():
        namespace: dict[str, object] = {"__name__": "gen.m"}
        exec(compile(content, "<generated>", "exec"), namespace)
        found: list[tuple[str, object]] = []
        functions = sorted(name for name in namespace if re.fullmatch(r"f\d", name))
        for name in functions:
            for argument in (0, 1):
                fresh: dict[str, object] = {"__name__": "gen.m"}
                exec(compile(content, "<generated>", "exec"), fresh)
                found.append(_called(fresh, name, argument))
        return found


def _called(namespace: dict[str, object], name: str, argument: int) -> tuple[str, object]:
    function = namespace[name]
    assert callable(function)
    try:
        value = function(argument)
    except (NameError, TypeError, AttributeError) as error:
        return type(error).__name__, None
    return "ok", (value, re.sub(r" at 0x\w+", "", repr(namespace["out"])))
