"""The symbol graph: what a module defines, what that needs and when, and what has to stay."""

import pytest

from cycleguard.model.modules import Module, ModuleKind
from cycleguard.model.symbols import ModuleSymbols, Part, PartKind
from cycleguard.symbols.build import symbols_of


def symbols(text: str) -> ModuleSymbols:
    return symbols_of(Module("shop.cart", "shop/cart.py", ModuleKind.SOURCE, False), text.encode())


def part(text: str, name: str) -> Part:
    found = symbols(text).part_of(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "eager", "deferred"),
    [
        pytest.param("a = b = 1\ndef x(): return a", "", "a", id="a body reads later"),
        pytest.param("a = 1\ndef x(p=a): pass", "a", "", id="a default is read at once"),
        pytest.param("a = 1\n@a\ndef x(): pass", "a", "", id="so is a decorator"),
        pytest.param("a = b = 1\nclass x(a):\n    c = b", "a b", "", id="so is a class body"),
        pytest.param(
            "a = 1\nclass x:\n    def f(self): return a", "", "a", id="its methods read later"
        ),
        pytest.param("a = 1\nx = lambda: a", "", "a", id="so does a lambda"),
        pytest.param("a = 1\nx = [a for _ in ()]", "a", "", id="a comprehension runs at once"),
        pytest.param("class a: pass\ndef x(p: a): pass", "a", "", id="an annotation too"),
        pytest.param(
            "from __future__ import annotations\nclass a: pass\ndef x(p: a): pass",
            "",
            "a",
            id="unless it is postponed",
        ),
        pytest.param('class a: pass\ndef x(p: "a"): pass', "", "a", id="or written as a string"),
        pytest.param("import a\ndef x():\n    a = 1\n    a", "", "", id="a local is its own"),
        pytest.param("import a\ndef x():\n    import a\n    a.b", "", "", id="a local import too"),
        pytest.param("a = 1\nx = 1\nx += a", "a", "", id="adding to it belongs to it"),
    ],
)
def test_what_a_definition_needs(text: str, eager: str, deferred: str) -> None:
    found = part(text, "x")
    assert (found.eager, found.deferred) == (frozenset(eager.split()), frozenset(deferred.split()))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("@overload\ndef x(): ...\n@a.b\ndef x(): ...\ndef x(): ...", id="overloads"),
        pytest.param("def x(): ...\nx.cheap = True", id="attributes of a function"),
        pytest.param("x = []\nx.append(1)", id="what is put into a list"),
        pytest.param("x = {}\nx['a'] = 1", id="what is put into a dict"),
        pytest.param("x = 1\n'''What x is.'''", id="the text below a constant"),
        pytest.param("def x(): ...\nx = cache(x)", id="a function that is bound again"),
        pytest.param("try:\n    x = 1\nexcept E:\n    x = 2", id="a definition that may fail"),
    ],
)
def test_what_belongs_together_is_one_part(text: str) -> None:
    found = symbols(text)
    assert len(found.parts) == 1
    assert found.parts[0].names == ("x",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1\ndef f():\n    global x\n    x = 2", "a function sets the global x"),
        ("def x(): return __file__", "it reads __file__"),
        ("def x(t): return eval(t)", "by eval()"),
        ("def x(): return globals()", "by globals()"),
        ("x = 1; y = 2", "shares a line"),
        ("for x in (): pass", "does something"),
        ("__all__ = []", "about the module itself"),
        ("from a import x\nx = x or 1", "imported as well"),
    ],
)
def test_what_has_to_stay_says_why(text: str, reason: str) -> None:
    found = next(each for each in symbols(text).parts if each.fixed)
    assert reason in found.fixed[0]


@pytest.mark.parametrize(
    "text", ["def x(t): return eval(t, {})", "def x(o): return vars(o)", "x = 1", "class x: pass"]
)
def test_what_may_go_has_no_reason(text: str) -> None:
    assert part(text, "x").fixed == ()


def test_comments_above_belong_to_a_definition_and_headings_do_not() -> None:
    found = symbols("# Licence\n\nimport a\n\n# Head\n\n# About x.\n# Twice.\n@a\ndef x(): ...\n")
    (span,) = found.parts[0].spans
    assert (span.first, span.last) == (7, 10)


def test_kinds() -> None:
    text = "import a\nx = 1\ndef f(): ...\nclass C: ...\nif a:\n    y = 1\na.call()\n"
    assert [each.kind for each in symbols(text).parts] == [
        PartKind.VALUE,
        PartKind.FUNCTION,
        PartKind.CLASS,
        PartKind.CONDITIONAL,
        PartKind.EFFECT,
    ]


def test_imports_of_all_kinds() -> None:
    text = (
        "import a.b\nimport c as d\nfrom . import e\nfrom ..f import g as h\n"
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from i import j\n"
        "from k import *\n"
    )
    found = symbols(text.replace("..f", ".f"))
    assert [(i.name, i.module, i.original, i.is_typing) for i in found.imports] == [
        ("a", "a.b", "", False),
        ("d", "c", "", False),
        ("e", "shop", "e", False),
        ("h", "shop.f", "g", False),
        ("TYPE_CHECKING", "typing", "TYPE_CHECKING", False),
        ("j", "i", "j", True),
    ]
    assert found.stars == ("k",)
