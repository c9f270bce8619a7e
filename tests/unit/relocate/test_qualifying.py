"""Names of a half-way module that are looked up when they are used."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cycleguard.model.cycles import CycleKind
from cycleguard.model.findings import Action
from cycleguard.model.proposals import Impossible, Proposal
from cycleguard.relocate.cycles import Knot, Untangled, untangle
from cycleguard.relocate.places import Settings
from cycleguard.relocate.qualifying import qualified
from tests.conftest import Project, RunCli
from tests.relocate_cases import tree_of
from tests.support.mutual import mutual_package
from tests.support.oracle import ask_cpython

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks interpreters")

ORDER = """\
from shop.cart import Cart


class Order(Cart):
    path = __file__


def total(price=0):
    return price, __file__
"""
CART = "\n\n\nclass Cart:\n    path = __file__\n\n\n"
USE = "def use():\n    return total()\n"


def files(cart: str, **others: str) -> dict[str, str]:
    more = {f"shop/{name}.py": text for name, text in others.items()}
    start = {"shop/__init__.py": "", "shop/order.py": ORDER}
    return {**start, "shop/cart.py": cart, **more}


def qualify(project: Project, cart: str, **others: str) -> Proposal | Impossible:
    return qualified(tree_of(project(files(cart, **others))), "shop.cart", "shop.order")


@needs_fork
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from shop.order import total" + CART + USE,
            "from shop import order" + CART + "def use():\n    return order.total()\n",
        ),
        (
            "from .order import total as t" + CART + "use = lambda: t()\n",
            "from . import order" + CART + "use = lambda: order.total()\n",
        ),
        # As the file imports modules, and the module that it has.
        (
            "import shop.order\nfrom shop.order import total" + CART + USE,
            "import shop.order" + CART + "def use():\n    return shop.order.total()\n",
        ),
        (
            "from shop import order\nfrom shop.order import total" + CART + USE,
            "from shop import order" + CART + "def use():\n    return order.total()\n",
        ),
        # `order` means something else where it would be read.
        (
            "from shop.order import total" + CART + "def use(order=1):\n    return total()\n",
            "import shop.order" + CART + "def use(order=1):\n    return shop.order.total()\n",
        ),
        # Names that are needed stay; a statement that is not among the imports stays in its place.
        (
            "X = 1\nfrom shop.order import Order as Kept, total; Y = 2" + CART + USE + "Z = Kept\n",
            "X = 1\nfrom shop.order import Order as Kept; from shop import order; Y = 2"
            + CART + "def use():\n    return order.total()\nZ = Kept\n",
        ),
        (
            "from shop.order import total" + CART
            + "def use():\n    return f'{total()!r} {[total for x in (1,)]}'\n",
            "from shop import order" + CART
            + "def use():\n    return f'{order.total()!r} {[order.total for x in (1,)]}'\n",
        ),
        # An annotation that nothing evaluates.
        (
            "from __future__ import annotations\n\nfrom shop.order import Order" + CART
            + "def use(a: Order = None):\n    return Order()\n",
            "from __future__ import annotations\n\nfrom shop import order" + CART
            + "def use(a: order.Order = None):\n    return order.Order()\n",
        ),
    ],
)  # fmt: skip
def test_the_text_and_that_it_runs(project: Project, before: str, after: str) -> None:
    root = project(files(before))
    found = qualified(tree_of(root), "shop.cart", "shop.order")
    assert isinstance(found, Proposal)
    assert found.files["shop/cart.py"].decode() == after
    assert (found.action, found.applicability, found.lines) == (Action.QUALIFY, "unsafe", 0)
    if "Kept" not in before and "import shop.order\n" not in before:
        assert ask_cpython(root, ["shop.order"])["shop.order"].error == "ImportError"
    (root / "shop/cart.py").write_text(after)
    if "Kept" not in before:
        code = "import shop.order, shop.cart; shop.cart.use()"
        subprocess.run([sys.executable, "-B", "-c", code], cwd=root, check=True)


@pytest.mark.parametrize(
    ("cart", "others", "says"),
    [
        # It is needed when the module is imported.
        ("class Sub(total): ...", {}, "needs total when it is imported"),
        ("kept = total()", {}, "needs total when it is imported"),
        ("def use(a=total): ...", {}, "needs total when it is imported"),
        ("def use(a: total): ...", {}, "needs total when it is imported"),
        ("@total\ndef use(): ...", {}, "needs total when it is imported"),
        ("class A:\n    b = [total]", {}, "needs total when it is imported"),
        ("", {}, "nothing in shop.cart reads total"),
        ("def use(a: 'total'):\n    return total", {}, "a string annotates total"),
        (f"{USE}__all__ = ['total']", {}, "in __all__"),
        (f"{USE}total = 1", {}, "something else"),
        ("def use():\n    global total\n    total = 1", {}, "may be bound anew"),
        (f"{USE}del total", {}, "something else"),
        ("def use():\n    return eval('total')", {}, "does not have"),
        ("def use():\n    return f'{total=}'", {}, "f-string"),
        # Another one has it from there.
        (USE, {"page": "from shop.cart import total"}, "shop.page takes total"),
        (USE, {"page": "import shop.cart as c\n\nc.total()"}, "shop.page takes total"),
        (USE, {"page": "from shop.cart import *"}, "shop.page takes total"),
        (USE, {"page": "from unittest import mock\n\nmock.patch('shop.cart.total')"}, "bound anew"),
        (USE, {"page": "import shop.cart\n\nshop.cart.total = 1"}, "may be bound anew"),
        # Both names of the module are taken.
        ("def use(order, shop):\n    return total()", {}, "of its own"),
        (f"{USE}order = 1\nshop = 2", {}, "of its own"),
    ],
)
def test_what_stays(project: Project, cart: str, others: dict[str, str], says: str) -> None:
    plain = qualify(project, f"from shop.order import total{CART}{USE}")
    assert isinstance(plain, Proposal)
    found = qualify(project, f"from shop.order import total{CART}{cart}\n", **others)
    assert isinstance(found, Impossible)
    assert says in found.text


@pytest.mark.parametrize(
    "statement",
    [
        "from shop.order import *",
        "import shop.order as total",
        "try:\n    from shop.order import total\nexcept ImportError:\n    total = None",
        "if 1:\n    from shop.order import total",
        "from shop.order import total  # cycleguard: leave[it is fine]",
        "from shop.page import total",
    ],
)
def test_other_statements(project: Project, statement: str) -> None:
    page = "from shop.order import total\n"
    assert isinstance(qualify(project, f"{statement}{CART}{USE}", page=page), Impossible)


def test_a_package_that_has_something_else_under_that_name(project: Project) -> None:
    cart = f"from shop.order import total{CART}{USE}"
    root = project({**files(cart), "shop/__init__.py": "order = 1\n"})
    found = qualified(tree_of(root), "shop.cart", "shop.order")
    assert isinstance(found, Impossible)


def ended(root: Path) -> Untangled:
    tree = tree_of(root)
    knots = [Knot(each, CycleKind.EAGER) for each in tree.tangles(CycleKind.EAGER)]
    done = untangle(tree, knots, Settings())
    for path, content in done.after.contents.items():
        (root / path).write_bytes(content)
    return done


def errors(root: Path) -> list[str | None]:
    names = ["shop.cart", "shop.order"]
    return [ask_cpython(root, names)[name].error for name in names]


@needs_fork
def test_both_modules_import_in_the_end_and_the_cycle_stays(
    project: Project, run_cli: RunCli
) -> None:
    late = ORDER.replace("(Cart)", "").replace("return price", "return Cart, price")
    root = project({**files(f"from shop.order import total{CART}{USE}"), "shop/order.py": late})
    assert errors(root) == ["ImportError", "ImportError"]
    told = " ".join(run_cli("fix", "--unsafe", "--cycle", "all").stderr.split())
    assert "shop.cart looks total of shop.order up each time, and imports the module" in told
    assert "2 still import each other in a circle but every module of them imports" in told
    done = ended(root)
    assert {each.action for each in done.proposals} == {Action.QUALIFY}
    assert [each.left for each in done.ends] == [(2,)]
    assert errors(root) == [None, None]


@needs_fork
def test_what_helps_one_entry_is_done_even_if_the_other_cannot_be_helped(project: Project) -> None:
    root = project(files(f"from shop.order import total{CART}{USE}"))
    assert errors(root) == ["ImportError", "ImportError"]
    ended(root)
    # What is imported first needs what it builds on: no spelling helps there.
    assert errors(root) == ["ImportError", None]


@needs_fork
def test_nothing_is_done_that_does_not_help(project: Project) -> None:
    late = ORDER.replace("(Cart)", "(Cart, total=1)").replace("def total", "def sum")
    cart = f"from shop.order import total{CART}{USE}\n"
    root = project({**files(cart), "shop/order.py": late})
    before = errors(root)
    assert ended(root).proposals == ()
    assert errors(root) == before


# Imports one module, then calls what uses names later.
CALLS = """
import importlib, re, sys
importlib.import_module(sys.argv[1])
for name in sorted(n for n in sys.modules if n.startswith("pkg.")):
    for word, value in sorted(vars(sys.modules[name]).items()):
        if value.__class__.__name__ == "function" and re.match("use|later", word):
            print(name, word, re.sub(" at 0x[0-9a-f]+", "", repr(value())))
        elif word.startswith("Use"):
            print(name, word, re.sub(" at 0x[0-9a-f]+", "", repr(value().part())))
"""


@needs_fork
def test_functions_of_random_packages_give_what_they_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qualifies = before = after = 0
    for seed in range(25):
        root = tmp_path / str(seed)
        for path, text in mutual_package(seed).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        monkeypatch.chdir(root)
        tree = tree_of(root)
        names = sorted(tree.facts)
        worked = [n for n, truth in ask_cpython(root, names).items() if truth.error is None]
        first = next((name for name in worked if name != "pkg"), None)
        was = told(root, first) if first else ""
        knots = [Knot(each, CycleKind.EAGER) for each in tree.tangles(CycleKind.EAGER)]
        done = untangle(tree, knots, Settings())
        for path, content in done.after.contents.items():
            (root / path).write_bytes(content)
        works = [n for n, truth in ask_cpython(root, names).items() if truth.error is None]
        assert set(worked) <= set(works), seed
        # Whichever comes first, all functions find what they mean.
        results = {told(root, name) for name in works if name != "pkg"} | (
            {was} if first else set()
        )
        assert len(results) < 2, seed
        before, after = before + len(worked), after + len(works)
        qualifies += sum(each.action is Action.QUALIFY for each in done.proposals)
    assert qualifies > 20
    assert after > before + 20


def told(root: Path, module: str) -> str:
    command = [sys.executable, "-B", "-c", CALLS, module]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
