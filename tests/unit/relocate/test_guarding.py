"""Imports that annotations alone need: which go under ``if TYPE_CHECKING``, and which stay."""

import os

import pytest

from cycleguard.model.cycles import CycleKind
from cycleguard.model.findings import Action
from cycleguard.model.proposals import Impossible
from cycleguard.relocate.check import worse_graph
from cycleguard.relocate.cycles import Knot, untangle
from cycleguard.relocate.guarding import Guarded, guarded
from cycleguard.relocate.places import Settings
from tests.conftest import Project
from tests.relocate_cases import tree_of
from tests.support.oracle import ask_cpython

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks interpreters")

ORDER = """\
from shop.cart import add


class Order:
    def put(self, price):
        add(price)


Orders = list
"""
HEAD = "from shop.order import Order\n\n\ndef add(price):\n    return price\n\n\n"


def files(cart: str, **others: str) -> dict[str, str]:
    more = {f"shop/{name}.py": text for name, text in others.items()}
    return {"shop/__init__.py": "", "shop/order.py": ORDER, "shop/cart.py": cart, **more}


def guard(project: Project, cart: str, **others: str) -> Guarded | Impossible:
    return guarded(tree_of(project(files(cart, **others))), "shop.cart", "shop.order")


GONE = [
    ("def use(order: Order): ...", 'def use(order: "Order"): ...'),
    ("def use() -> list[Order]: ...", 'def use() -> "list[Order]": ...'),
    ("def use() -> 'Order': ...", "def use() -> 'Order': ..."),
    (
        "async def use(*, a: Order | None = None): ...",
        'async def use(*, a: "Order | None" = None):',
    ),
    ("def use(a: dict['str', Order]): ...", "def use(a: dict['str', \"Order\"]): ..."),
    ("def use(a):\n    part: Order = a", "    part: Order = a"),
    ("kept: Order = None", 'kept: "Order" = None'),
    ("class A:\n    part: Order", '    part: "Order"'),
    ("class A(ValueError):\n    part: Order", '    part: "Order"'),
    ("class B:\n    pass\n\n\nclass A(B):\n    part: Order", '    part: "Order"'),
    ("class A:\n    @property\n    def part(self) -> Order: ...", 'def part(self) -> "Order": ...'),
    (
        "import functools as f\n\n\n@f.lru_cache(maxsize=1)\ndef use(a: Order): ...",
        'def use(a: "Order"): ...',
    ),
    (
        "from dataclasses import dataclass\n\n\n@dataclass\nclass A:\n    part: Order",
        '    part: "Order"',
    ),
    (
        "from abc import ABC, abstractmethod\n\n\nclass A(ABC):\n    @abstractmethod\n"
        "    def part(self) -> Order: ...",
        'def part(self) -> "Order": ...',
    ),
]


@needs_fork
@pytest.mark.parametrize(("use", "then"), GONE)
def test_what_only_annotations_need_is_for_type_checkers(
    project: Project, use: str, then: str
) -> None:
    root = project(files(f"{HEAD}{use}\n"))
    tree = tree_of(root)
    found = guarded(tree, "shop.cart", "shop.order")
    assert isinstance(found, Guarded)
    assert found.names == ("Order",)
    text = found.content.decode()
    assert "if TYPE_CHECKING:\n    from shop.order import Order\n" in text
    assert then in text
    assert ("shop.cart", "shop.order") not in found.tree.level(CycleKind.DEFERRED)
    (root / "shop/cart.py").write_bytes(found.content)
    assert ask_cpython(root, ["shop.cart"])["shop.cart"].error is None


INNER = (
    "from typing import Callable, Dict, List, Optional\n\n\ndef seen(a: Optional['Orders']): ...\n"
)


@needs_fork
@pytest.mark.parametrize(
    ("use", "then"),
    [
        ("def use(a: Optional[Order]): ...", 'Optional["Order"]'),
        ("def use(a: Order): ...", '"Order"'),
        ("def use(a: Dict[str, List[Order]]): ...", 'Dict[str, List["Order"]]'),
        ("def use(a: Callable[[Order, int], Order]): ...", 'Callable[["Order", int], "Order"]'),
        # The operator, and what the class makes of it, need more than a string.
        ("def use(a: List[Order | None]): ...", '"List[Order | None]"'),
        ("def use(a: Optional[Order[int]]): ...", 'Optional["Order[int]"]'),
        ("def use(a: Optional[Kept[Order]]): ...", '"Optional[Kept[Order]]"'),
        ("def use(a: List[\n    Order\n]): ...", 'List[\n    "Order"\n]'),
    ],
)
def test_parts_are_quoted_where_the_file_does_so(project: Project, use: str, then: str) -> None:
    root = project(files(f"{HEAD}{INNER}Kept = list\n\n\n{use}\n"))
    found = guarded(tree_of(root), "shop.cart", "shop.order")
    assert isinstance(found, Guarded)
    assert f"({use.split('(')[1].split(':')[0]}: {then})" in found.content.decode()
    (root / "shop/cart.py").write_bytes(found.content)
    assert ask_cpython(root, ["shop.cart"])["shop.cart"].error is None


@pytest.mark.parametrize(
    "use",
    [
        "def use(order: Order = Order): ...",
        "def use(order: Order):\n    return Order",
        "class A(Order): ...",
        "kept = Order",
        "def use(a: Order):\n    return f'{Order}'",
        "def use(a: Order):\n    return cast(Order, a)",
        # Nothing reads it: it is there for others, or for what its import does.
        "",
        # Somebody may evaluate the annotation.
        "@add\ndef use(order: Order): ...",
        "def property(f): ...\n\n\n@property\ndef use(order: Order): ...",
        "@add\nclass A:\n    part: Order",
        "from pydantic import BaseModel\n\n\nclass A(BaseModel):\n    part: Order",
        "class A(metaclass=add):\n    part: Order",
        "from functools import singledispatch\n\n\n@singledispatch\ndef use(a): ...\n\n\n"
        "@use.register\ndef _(a: Order): ...",
        "def use(order: Order): ...\n\n\nimport typing\n\nhints = typing.get_type_hints(use)",
        "def use(order: Order):\n    return eval('Order')",
        "def use(order: Order):\n    return globals()['Order']",
        # It is bound to something else as well.
        "def use(order: Order): ...\n\n\nif add:\n    Order = None",
        "def use(order: Order):\n    global Order\n    Order = None",
        "def use(order: Order): ...\n\n\ndel Order",
        "def use(order: Order): ...\n\n\n__all__ = ['Order']",
        "def use(\n    order: Order\n    | None,\n): ...",
    ],
)
def test_what_is_needed_while_the_program_runs_stays(project: Project, use: str) -> None:
    assert isinstance(guard(project, f"{HEAD}{use}\n"), Impossible)


USE = "def use(order: Order): ...\n"


@pytest.mark.parametrize(
    ("statement", "others"),
    [
        ("from shop.order import Order as Order", {}),
        ("from shop.order import Order  # cycleguard: leave[type checkers of users]", {}),
        ("from shop.order import Order  # needed for plugins", {}),
        ("try:\n    from shop.order import Order\nexcept ImportError:\n    Order = None", {}),
        ("if add:\n    from shop.order import Order", {}),
        ("from shop.order import *", {}),
        ("from shop.order import Order", {"page": "from shop.cart import Order\n"}),
        ("from shop.order import Order", {"page": "import shop.cart\n\nshop.cart.Order\n"}),
        ("from shop.order import Order", {"page": "from shop.cart import *\n"}),
        ("from shop.order import Order", {"page": "from shop import cart\n\ncart.Order = 1\n"}),
        (
            "from shop.order import Order",
            {"page": "from unittest import mock\n\nmock.patch('shop.cart.Order')\n"},
        ),
        (
            "from shop.order import Order",
            {"page": "import shop.cart as c\nimport typing\n\ntyping.get_type_hints(c.use)\n"},
        ),
    ],
)
def test_who_else_needs_the_import(
    project: Project, statement: str, others: dict[str, str]
) -> None:
    rest = "\n\n\ndef add(price):\n    return price\n\n\n"
    plain = guard(project, f"from shop.order import Order{rest}{USE}")
    assert isinstance(plain, Guarded)
    assert isinstance(guard(project, f"{statement}{rest}{USE}", **others), Impossible)


def test_what_only_type_checkers_take_from_the_importer_may_go(project: Project) -> None:
    page = (
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from shop.cart import Order\n"
    )
    assert isinstance(guard(project, HEAD + USE, page=page), Guarded)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # The file's own block, and its own way to say it.
        (
            "from typing import TYPE_CHECKING\n\nfrom shop.order import Order\n\n"
            "if TYPE_CHECKING:\n    from shop.page import Page\n\n\n",
            "from typing import TYPE_CHECKING\n\n"
            "if TYPE_CHECKING:\n    from shop.order import Order\n    from shop.page import Page\n",
        ),
        (
            "import typing as t\n\nfrom shop.order import Order\n\n\n",
            "import typing as t\n\nif t.TYPE_CHECKING:\n    from shop.order import Order\n",
        ),
        # Nothing is quoted that nothing evaluates.
        (
            "from __future__ import annotations\n\nfrom shop.order import Order\n\n\n",
            "from __future__ import annotations\n\nfrom typing import TYPE_CHECKING\n\n"
            "if TYPE_CHECKING:\n    from shop.order import Order\n",
        ),
        # Names that are needed stay, with the comments of the statement.
        (
            "from shop.order import Order, Orders  # both\n\n\n",
            "from typing import TYPE_CHECKING\n\nfrom shop.order import Orders  # both\n\n"
            "if TYPE_CHECKING:\n    from shop.order import Order\n",
        ),
        (
            "from .order import Order as Order_, Orders\n\n\ndef late(a: Order_): ...\n\n\n",
            "from typing import TYPE_CHECKING\n\nfrom .order import Orders\n\n"
            "if TYPE_CHECKING:\n    from .order import Order as Order_\n",
        ),
        # A module whose names are for annotations.
        (
            "from shop import order as Order\n\n\n",
            "from typing import TYPE_CHECKING\n\n"
            "if TYPE_CHECKING:\n    from shop import order as Order\n",
        ),
        (
            "import shop.order as Order\n\n\n",
            "from typing import TYPE_CHECKING\n\n"
            "if TYPE_CHECKING:\n    import shop.order as Order\n",
        ),
    ],
)
def test_the_text(project: Project, before: str, after: str) -> None:
    rest = "kept = Orders\n" if "Orders" in before else ""
    has_order = "import Order," in before or "as Order_" not in before
    use = USE if has_order else ""
    found = guard(project, f"{before}{use}{rest}", page="class Page: ...\n")
    assert isinstance(found, Guarded)
    assert found.content.decode().startswith(after)
    assert ('"Order"' in found.content.decode()) == (has_order and "__future__" not in before)


def test_an_import_in_a_function_goes_too(project: Project) -> None:
    body = "    total: Order = price\n    return total\n"
    cart = f"def add(price):\n    from shop.order import Order\n\n{body}"
    found = guard(project, cart)
    assert isinstance(found, Guarded)
    assert found.content.decode() == (
        "from typing import TYPE_CHECKING\n\n"
        "if TYPE_CHECKING:\n    from shop.order import Order\n\n\n"
        f"def add(price):\n{body}"
    )


def test_a_package_does_not_lose_what_it_loads(project: Project) -> None:
    root = project({**files(HEAD + USE), "shop/__init__.py": "from shop.cart import add\n"})
    tree = tree_of(root)
    found = guarded(tree, "shop.cart", "shop.order")
    assert isinstance(found, Guarded)
    assert worse_graph(tree, found.tree, ["shop.cart"]) == (
        "importing shop would no longer load shop.order"
    )
    done = untangle(
        tree, [Knot(each, CycleKind.EAGER) for each in tree.tangles(CycleKind.EAGER)], Settings()
    )
    assert Action.GUARD not in {each.action for each in done.proposals}


def test_a_module_that_does_something_is_loaded_by_somebody_else(project: Project) -> None:
    order = f"{ORDER}\n\nadd(1)\n"
    assert isinstance(guard(project, HEAD + USE, order=order), Impossible)
    page = "import shop.order\n"
    assert isinstance(guard(project, HEAD + USE, order=order, page=page), Guarded)


@needs_fork
def test_a_cycle_ends_by_a_guard_and_more_modules_import(project: Project) -> None:
    order = (
        "from shop.cart import Cart\n\n\nclass Order:\n    def cart(self):\n        return Cart\n"
    )
    cart = "from shop.order import Order\n\n\nclass Cart:\n    def add(self, a: Order): ...\n"
    root = project(files(cart, order=order))
    tree = tree_of(root)
    assert ask_cpython(root, ["shop.order"])["shop.order"].error is not None
    knots = [Knot(each, CycleKind.EAGER) for each in tree.tangles(CycleKind.EAGER)]
    done = untangle(tree, knots, Settings())
    (proposal,) = done.proposals
    assert (proposal.action, proposal.lines, proposal.applicability) == (Action.GUARD, 0, "unsafe")
    assert proposal.story == ("shop.cart imports Order of shop.order for type checkers only",)
    assert not done.after.tangles(CycleKind.DEFERRED)
    for path, content in done.after.contents.items():
        (root / path).write_bytes(content)
    names = ["shop.cart", "shop.order"]
    assert [ask_cpython(root, names)[name].error for name in names] == [None, None]


def test_what_annotations_need_does_not_hold_the_rest(project: Project) -> None:
    """``Order`` sets a global and cannot move; ``TOTAL`` can, and ``Order`` is for annotations."""
    order = (
        "from shop.cart import Cart\n\nTOTAL = 3\nmade = 0\n\n\nclass Order:\n"
        "    def __init__(self):\n        global made\n        made += 1\n\n"
        "    def cart(self):\n        return Cart\n"
    )
    cart = (
        "from shop.order import TOTAL, Order\n\n\nclass Cart:\n    total = TOTAL\n\n"
        "    def add(self, a: Order): ...\n"
    )
    tree = tree_of(project(files(cart, order=order)))
    knots = [Knot(each, CycleKind.EAGER) for each in tree.tangles(CycleKind.EAGER)]
    done = untangle(tree, knots, Settings())
    assert not done.after.tangles(CycleKind.DEFERRED)
