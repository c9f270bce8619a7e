"""`fix --lazy`: what a cycle keeps in its function becomes lazy, and CPython imports it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from cycleguard.pipeline import analyse
from tests.conftest import REPOSITORY, Project, RunCli

ORDER = """from shop.cart import Cart


class Order(list):
    cart = Cart


LIMIT = 3
"""
SHOP = {"shop/__init__.py": "", "shop/order.py": ORDER}
CASES = {
    "a class": (
        "def order(*items):\n    from shop.order import Order\n\n    return Order(items)\n\n\n"
        "class Cart:\n    pass\n"
    ),
    "two names": (
        "import os\n\n\ndef order(*items):\n    from shop.order import LIMIT, Order\n\n"
        "    return Order(items[:LIMIT])\n\n\nclass Cart:\n    pass\n"
    ),
    "the module": (
        "def order(*items):\n    import shop.order\n\n    return shop.order.Order(items)\n\n\n"
        "class Cart:\n    pass\n"
    ),
    "the module by another name": (
        "def order(*items):\n    import shop.order as later\n\n    return later.Order(items)\n\n\n"
        "class Cart:\n    pass\n"
    ),
}
ASKED = (
    "from shop.cart import order; made = order('tea'); import shop.order as m\n"
    "print(type(made) is m.Order, isinstance(made, m.Order), made)"
)


def python(code: str, folder: Path) -> str:
    paths = f"import sys; sys.path[:0] = [{str(folder)!r}, {str(REPOSITORY)!r}]\n"
    done = subprocess.run(
        [sys.executable, "-c", paths + code], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("name", CASES)
def test_an_import_becomes_lazy(name: str, project: Project, run_cli: RunCli) -> None:
    folder = project({**SHOP, "shop/cart.py": CASES[name]})
    assert run_cli("fix", "--apply", "--allow-dirty").exit_code == 0
    assert (folder / "shop/cart.py").read_text() == CASES[name], "nothing else can be done"
    done = run_cli("fix", "--lazy", "shim", "--apply", "--allow-dirty")
    assert done.exit_code == 0, done.output
    text = (folder / "shop/cart.py").read_text()
    assert "with lazy():\n    " in text
    assert not any(
        isinstance(inner, (ast.Import, ast.ImportFrom))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        for inner in ast.walk(node)
    )
    for entry in ("shop.cart", "shop.order"):
        assert python(f"import {entry}; print('fine')", folder) == "fine"
    assert python(ASKED, folder) == "True True ['tea']"
    assert python("import shop.cart, sys; print('shop.order' in sys.modules)", folder) == "False"
    assert analyse([folder]).entries == ()
    again = run_cli("fix", "--lazy", "shim", "--apply", "--allow-dirty")
    assert again.exit_code == 0
    assert (folder / "shop/cart.py").read_text() == text, "a second run finds nothing to do"


def test_a_second_import_joins_the_block(project: Project, run_cli: RunCli) -> None:
    two = {"shop/tax.py": "from shop.cart import Cart\n\n\ndef rate():\n    return Cart\n"}
    cart = CASES["a class"] + "\n\ndef tax():\n    from shop.tax import rate\n\n    return rate()\n"
    folder = project({**SHOP, **two, "shop/cart.py": cart})
    run_cli("fix", "--lazy", "shim", "--apply", "--allow-dirty")
    text = (folder / "shop/cart.py").read_text()
    assert text.count("with lazy():") == 1
    assert text.count("import lazy") == 1
    printed = python("from shop.cart import Cart, tax; print(tax() is Cart)", folder)
    assert printed == "True"


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("a class", "lazy from shop import order as shop_order\n"),
        ("the module", "lazy import shop.order\n"),
        ("the module by another name", "lazy from shop import order as later\n"),
    ],
)
def test_the_syntax_of_python_3_15(
    name: str, statement: str, project: Project, run_cli: RunCli
) -> None:
    folder = project({**SHOP, "shop/cart.py": CASES[name]})
    done = run_cli("fix", "--lazy", "pep810", "--apply", "--allow-dirty")
    assert done.exit_code == 0, done.output
    assert (folder / "shop/cart.py").read_text().startswith(statement)
    assert analyse([folder]).entries == ()


def test_a_name_that_is_called_lazy_is_left_alone(project: Project, run_cli: RunCli) -> None:
    cart = CASES["a class"] + "\n\ndef lazy():\n    return 1\n"
    folder = project({**SHOP, "shop/cart.py": cart})
    run_cli("fix", "--lazy", "shim", "--apply", "--allow-dirty")
    assert (folder / "shop/cart.py").read_text() == cart


def test_a_vendored_runtime_is_used(project: Project, run_cli: RunCli) -> None:
    folder = project({**SHOP, "shop/cart.py": CASES["a class"]})
    assert run_cli("vendor", "shop", "--part", "lazy").exit_code == 0
    run_cli("fix", "--lazy", "shim", "--apply", "--allow-dirty")
    text = (folder / "shop/cart.py").read_text()
    assert "from shop._cycleguard import lazy\n" in text
    assert python(ASKED, folder) == "True True ['tea']"
