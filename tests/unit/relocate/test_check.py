"""What speaks against a change: modules that need more to be imported than they did."""

from pathlib import Path

from cycleguard.model.findings import Outcome
from cycleguard.relocate.check import worse_graph, worse_outcome
from tests.conftest import Project
from tests.relocate_cases import tree_of
from tests.support.oracle import ask_cpython

FILES = {
    "shop/__init__.py": "",
    "shop/settings.py": """\
class Settings:
    def __init__(self):
        self.is_ready = False

    def rate(self):
        if not self.is_ready:
            raise RuntimeError("there are no settings")
        return 2


settings = Settings()
""",
    "shop/rates.py": "from shop.settings import settings\n\nRATE = settings.rate()\n",
    "shop/driver.py": "import no_such_driver\n\n\ndef connect():\n    return no_such_driver\n",
    "shop/optional.py": "try:\n    import no_such_driver\nexcept ImportError:\n    pass\n",
    "shop/sea/__init__.py": "import shop.driver\n",
    "shop/sea/ship.py": "def sail():\n    pass\n",
    "shop/order.py": "def total():\n    from shop.rates import RATE\n\n    return RATE\n",
    "shop/cart.py": "from shop.order import total\n",
}


def imports(root: Path, name: str) -> bool:
    return ask_cpython(root, [name])[name].error is None


def test_a_module_may_not_come_to_need_a_setting(project: Project) -> None:
    root = project(FILES)
    before = tree_of(root)
    content = b"from shop.rates import RATE\n\n\ndef total():\n    return RATE\n"
    after = before.changed({"shop/order.py": content})
    assert after is not None
    known = {name: result.outcome for name, result in before.outcomes.items()}
    # Who imports it may have set it up: that is no failure for itself, but it is a change.
    assert known["shop.rates"] is after.outcomes["shop.order"].outcome is Outcome.OK
    assert worse_outcome(before, after) == ("shop.cart", "shop.order")
    assert worse_outcome(after, after) == ()
    assert worse_outcome(after, before) == ()
    assert imports(root, "shop.cart")
    (root / "shop/order.py").write_bytes(content)
    assert not imports(root, "shop.cart")


def test_a_module_may_not_come_to_need_a_package_from_outside(project: Project) -> None:
    root = project(FILES)
    before = tree_of(root)
    content = b"from shop.driver import connect\n\n\ndef total():\n    return connect()\n"
    after = before.changed({"shop/order.py": content})
    optional = before.changed({"shop/order.py": b"import shop.optional\n\ntotal = None\n"})
    assert after is not None
    assert optional is not None
    assert (
        worse_graph(before, after, ["shop.order"])
        == "importing shop.order would need no_such_driver"
    )
    assert worse_graph(before, optional, ["shop.order"]) is None
    # Its package needs it already.
    below = before.changed({"shop/sea/ship.py": b"import shop.driver\n\nsail = None\n"})
    assert below is not None
    assert worse_graph(before, below, ["shop.sea.ship"]) is None
    assert imports(root, "shop.cart")
    (root / "shop/order.py").write_bytes(content)
    assert not imports(root, "shop.cart")
