"""`fix` moves definitions: what blocks an import, and cycles as a whole, as a user asks for it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Project, RunCli

FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": """\
from shop.order import label


def total(prices):
    return label(sum(prices))


def rounded(price):
    return round(price, 2)
""",
    "shop/order.py": """\
def label(text):
    return str(text)


def order(price):
    from shop.cart import rounded

    return label(rounded(price))
""",
}


@pytest.fixture
def shop(project: Project) -> Path:
    return project(FILES)


def answers(root: Path, code: str) -> str:
    command = [sys.executable, "-B", "-c", code]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout


def test_a_cycle_ends_and_the_program_says_the_same(shop: Path, run_cli: RunCli) -> None:
    code = "from shop import cart, order; print(order.order(1.2), cart.rounded(2), cart.total([1]))"
    before = answers(shop, code)
    found = json.loads(run_cli("scan", "--format", "json").stdout)["cycles"]
    assert [len(cycle["modules"]) for cycle in found] == [2]
    done = run_cli("fix", "--unsafe", "--cycle", found[0]["id"], "--apply", "--allow-dirty")
    assert done.exit_code == 0
    story = done.stdout[done.stdout.index("cycle of 2 modules") :].splitlines()
    assert [line.strip() for line in story[:4]] == [
        "cycle of 2 modules (deferred): gone",
        "2 imports among them before: 1 gone, 0 new",
        "- shop.order -> shop.cart",
        "shop.cart -> shop.order",
    ]
    assert json.loads(run_cli("scan", "--format", "json").stdout)["cycles"] == []
    assert answers(shop, code) == before
    again = run_cli("fix", "--unsafe", "--cycle", "all")
    assert again.exit_code == 0
    assert not again.stdout


def test_the_story_is_data_too(shop: Path, run_cli: RunCli) -> None:
    done = run_cli("fix", "--unsafe", "--cycle", "all", "--format", "json")
    data = json.loads(done.stdout)
    assert done.exit_code == 1
    (move,) = data["moves"]
    assert move["applicability"] == "unsafe"
    assert move["moved"] == [
        {"names": ["rounded"], "from": "shop.cart", "to": "shop.order", "lines": 2}
    ]
    assert data["cycles"] == [
        {
            "kind": "deferred",
            "modules": ["shop.cart", "shop.order"],
            "left": [],
            "stuck": [],
            "cut_short": False,
            "benign": True,
            "crashes": [],
            "unknown": [],
            "imports": {
                "gone": [["shop.order", "shop.cart"]],
                "added": [],
                "kept": [["shop.cart", "shop.order"]],
            },
        }
    ]
    # Nothing was written.
    assert (shop / "shop/cart.py").read_text() == FILES["shop/cart.py"]


def test_scan_and_explain_say_what_would_move(project: Project, run_cli: RunCli) -> None:
    project(
        {
            "shop/__init__.py": "",
            "shop/cart.py": "OPTIONS = '_options'\n\n\n"
            "def convert(item):\n    from shop.order import Order\n\n    return Order(item)\n",
            "shop/order.py": "from shop.cart import OPTIONS\n\n\n"
            "class Order:\n    options = OPTIONS\n",
        }
    )
    (plain,) = json.loads(run_cli("scan", "--format", "json").stdout)["imports"]
    assert (plain["decision"], plain["plan"]) == ("relocate-to-utils", None)
    (planned,) = json.loads(run_cli("scan", "--plan", "--format", "json").stdout)["imports"]
    assert planned["plan"]["moved"] == [
        {"names": ["OPTIONS"], "from": "shop.cart", "to": "shop.order", "lines": 1}
    ]
    assert {**planned, "plan": None} == plain
    row = "plan: move OPTIONS (1 line) from shop.cart to shop.order"
    assert row in run_cli("scan", "--plan").stdout
    assert row not in run_cli("scan").stdout
    told = run_cli("explain", "shop/cart.py:5").stdout
    assert "plan        move OPTIONS (1 line) from shop.cart to shop.order" in told
    refused = run_cli("scan", "--plan", "--format", "sarif")
    assert refused.exit_code == 2
    assert "text, json and markdown" in refused.stderr


def test_undo_takes_the_new_files_back(project: Project, run_cli: RunCli) -> None:
    body = "".join(f"    def m{n}(self):\n        return {n}\n\n" for n in range(25))
    order = f"from shop.cart import Cart\n\n\nclass Money:\n{body}\nlast = Cart\n"
    cart = "class Cart:\n    def price(self):\n        from shop.order import Money\n\n"
    files = {
        "shop/__init__.py": "",
        "shop/order.py": order,
        "shop/cart.py": f"{cart}        return __name__, Money()\n",
    }
    root = project(files)
    done = run_cli("fix", "--unsafe", "--cycle", "all", "--apply", "--allow-dirty")
    assert done.exit_code == 0, done.stderr
    written = {path.name for path in (root / "shop").glob("*.py")}
    assert len(written) == 4
    assert run_cli("undo").exit_code == 0
    after = {p.relative_to(root).as_posix(): p.read_text() for p in root.rglob("*.py")}
    assert after == files


def test_moving_is_never_safe(shop: Path, run_cli: RunCli) -> None:
    done = run_cli("fix", "--cycle", "all")
    assert done.exit_code == 2
    assert "it needs --unsafe" in done.stderr


def test_an_unknown_cycle_is_an_error_that_names_the_known_ones(
    shop: Path, run_cli: RunCli
) -> None:
    (cycle,) = json.loads(run_cli("scan", "--format", "json").stdout)["cycles"]
    done = run_cli("fix", "--unsafe", "--cycle", "nothing")
    assert done.exit_code == 2
    assert f"no cycle has the id nothing: {cycle['id']}" in done.stderr


def test_what_blocks_an_import_moves(project: Project, run_cli: RunCli) -> None:
    root = project(
        {
            "shop/__init__.py": "",
            "shop/cart.py": "OPTIONS = '_options'\n\n\n"
            "def convert(item):\n    from shop.order import Order\n\n    return Order(item)\n",
            "shop/order.py": "from shop.cart import OPTIONS\n\n\n"
            "class Order:\n    options = OPTIONS\n\n    def __init__(self, item):\n        pass\n",
        }
    )
    code = "from shop import cart; print(cart.convert(1).options, cart.OPTIONS)"
    before = answers(root, code)
    assert not run_cli("fix", "--unsafe", "--only", "hoist").stdout
    assert run_cli("fix", "--unsafe", "--apply", "--allow-dirty").exit_code == 0
    assert "def convert(item):\n    return Order(item)" in (root / "shop/cart.py").read_text()
    assert answers(root, code) == before


def test_who_ends_cycles_gets_no_eager_one(project: Project, run_cli: RunCli) -> None:
    """`--unsafe` alone lets imports close an eager cycle where every entry imports all the same."""
    files = {
        "shop/__init__.py": "",
        "shop/cart.py": "import shop.order\n\n\ndef cart():\n    return shop.order.order()\n",
        "shop/order.py": "def order():\n    import shop.cart\n\n    return shop.cart\n",
    }
    project(files)
    kinds = [c["kind"] for c in json.loads(run_cli("scan", "--format", "json").stdout)["cycles"]]
    assert kinds == ["deferred"]
    run_cli("fix", "--unsafe", "--cycle", "all", "--apply", "--allow-dirty")
    kinds = [c["kind"] for c in json.loads(run_cli("scan", "--format", "json").stdout)["cycles"]]
    assert "eager" not in kinds


def test_what_only_type_checkers_follow_is_left_alone(project: Project, run_cli: RunCli) -> None:
    guarded = (
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from shop.order import Order\n"
    )
    project(
        {
            "shop/__init__.py": "",
            "shop/cart.py": f"{guarded}\n\ndef cart(order: 'Order'):\n    return order\n",
            "shop/order.py": "from shop.cart import cart\n\n\nclass Order:\n    make = cart\n",
        }
    )
    (cycle,) = json.loads(run_cli("scan", "--format", "json").stdout)["cycles"]
    assert cycle["kind"] == "typing"
    for asked in ("all", cycle["id"]):
        done = run_cli("fix", "--unsafe", "--cycle", asked)
        assert done.exit_code == 0
        assert "cycle of 2 modules (typing): only type checkers follow it" in done.stderr
