"""What a person is told to do at each edge of a cut: concrete, and true once the cut is made."""

from collections.abc import Mapping

import pytest

from cycleguard.pipeline import analyse
from tests.conftest import Project

DEFINED = "def rate(): ...\n"
CASES: dict[str, tuple[Mapping[str, str], list[str]]] = {
    "a package asked for what a sub-module defines": (
        {
            "shop/__init__.py": "from shop.tax import rate\nfrom shop.cart import total\n",
            "shop/tax.py": DEFINED,
            "shop/cart.py": "from shop import rate\ntotal = rate()\n",
        },
        ["import rate from shop.tax, where it is defined"],
    ),
    "a package asked for as a module": (
        {
            "shop/__init__.py": "from shop.tax import rate\nfrom shop.cart import total\n",
            "shop/tax.py": DEFINED,
            "shop/cart.py": "import shop\n@shop.rate\ndef total(): return shop\n",
        },
        [
            "import rate from shop.tax, where it is defined, "
            "and the module in the functions that use more of it"
        ],
    ),
    "used by functions only": (
        {
            "shop/__init__.py": "from shop.cart import total\n",
            "shop/cart.py": "import shop\ndef total(): return shop\n",
        },
        ["import it in the functions that use it: no other code does"],
    ),
    "a definition with what it is built from": (
        {
            "shop/__init__.py": "",
            "shop/a.py": "from shop.b import *\nclass Base: ...\nclass Item(Base): ...\n",
            "shop/b.py": "from shop.a import Item\nclass Own(Item): ...\n",
        },
        ["move Item (2 lines, with what it is built from) to a module that both can import"],
    ),
    "the detour is not what closes the cycle": (
        {
            "shop/__init__.py": "from shop.a import Item\n",
            "shop/a.py": "import shop.b\nx = shop.b.y\nclass Item: ...\n",
            "shop/b.py": "def f():\n    from shop import Item\ny = 1\n",
        },
        ["move Item (1 line) to a module that both can import"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_remedies_are(name: str, project: Project) -> None:
    files, expected = CASES[name]
    folder = project(files)
    cycles = analyse([folder / "shop"]).cycles
    assert [cut.remedy for cycle in cycles for cut in cycle.cut] == expected
