"""The search that ends cycles: what it keeps from step to step, what it says of what is left."""

import json
import os
from pathlib import Path

import pytest

from cycleguard.model.cycles import CycleKind
from cycleguard.model.findings import Action
from cycleguard.model.proposals import Hold, Proposal
from cycleguard.relocate.cycles import Knot, untangle
from cycleguard.relocate.places import Settings
from cycleguard.relocate.trail import Step, Trail
from cycleguard.relocate.tree import Tree
from cycleguard.relocate.ways import Ways
from tests.conftest import Project, RunCli
from tests.relocate_cases import tree_of
from tests.support.oracle import ask_cpython

KIND = CycleKind.DEFERRED
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks interpreters")

# Two pairs that have nothing to do with each other: each ends where its constant moves.
PAIRS = {
    "shop/__init__.py": "",
    "shop/cart.py": "from shop.order import label\n\nLIMIT = 3\n\n\ndef show():\n    label()\n",
    "shop/order.py": "def label():\n    from shop.cart import LIMIT\n\n    return LIMIT\n",
    "shop/page.py": "from shop.view import draw\n\nWIDTH = 80\n\n\ndef show():\n    draw()\n",
    "shop/view.py": "def draw():\n    from shop.page import WIDTH\n\n    return WIDTH\n",
}

# ``is_part`` would go to the module that asks for it. But then ``loading`` imports ``urls``, whose
# package imports ``apps``, which is half-way: it is what imports ``loading``.
HALF_WAY = {
    "web/__init__.py": "",
    "web/apps.py": "from web.loading import find\n\nregistry = {}\n",
    "web/loading.py": """\
def is_part(name):
    return "." in name


def find(name):
    from web.urls.paths import path_of

    return path_of(name)
""",
    "web/urls/__init__.py": "from web.apps import registry\n",
    "web/urls/paths.py": """\
from web.loading import is_part


def path_of(name):
    return __file__, is_part(name)
""",
}


def cut(ways: Ways, arc: tuple[str, str], tree: Tree) -> Proposal:
    proposal = ways.of(arc)[0].proposal(tree)
    assert isinstance(proposal, Proposal)
    return proposal


def test_ways_that_no_step_touched_are_kept_and_are_those_of_a_new_search(project: Project) -> None:
    tree = tree_of(project(PAIRS))
    ways = Ways(tree, KIND, Settings())
    near, far = ("shop.order", "shop.cart"), ("shop.view", "shop.page")
    kept = ways.of(far)
    proposal = cut(ways, near, tree)
    after = tree.changed(proposal.files, proposal.created)
    assert after is not None
    later = ways.after(after, proposal.touched)
    assert later.of(far) is kept
    assert kept == Ways(after, KIND, Settings()).of(far)
    assert later.of(near) != ways.of(near)


def test_arcs_that_are_carried_over_are_those_of_the_files(project: Project) -> None:
    tree = tree_of(project(PAIRS))
    levels = [tree.level(kind) for kind in CycleKind]
    assert levels
    assert tree.loads
    proposal = cut(Ways(tree, KIND, Settings()), ("shop.order", "shop.cart"), tree)
    after = tree.changed(proposal.files, proposal.created)
    fresh = tree_of(Path.cwd()).changed(proposal.files, proposal.created)
    assert after is not None
    assert fresh is not None
    for kind in CycleKind:
        assert not after.level(kind).added(fresh.level(kind))
        assert not fresh.level(kind).added(after.level(kind))
    assert not after.loads.added(fresh.loads)
    assert not fresh.loads.added(after.loads)


def test_a_half_way_module_is_seen_before_everything_is_simulated(project: Project) -> None:
    tree = tree_of(project(HALF_WAY))
    ways = Ways(tree, KIND, Settings()).of(("web.urls.paths", "web.loading"))
    made: dict[str, Step] = {}
    for way in ways:
        proposal = way.proposal(tree)
        assert isinstance(proposal, Proposal)
        after = tree.changed(proposal.files, proposal.created)
        assert after is not None
        made[proposal.moved[0].target] = Step((proposal,), after)
    trail = Trail(tree)
    verdicts = {name: trail.glance(step.touched, step.after) for name, step in made.items()}
    assert verdicts["web.urls.paths"].obstacle
    assert not verdicts["web.urls.paths"].is_fine
    assert verdicts["web._is_part"].is_fine


def taken(trail: Trail, arc: tuple[str, str], to: str) -> Step:
    """The step that moves what closes an arc to a module, added to a trail."""
    tree = trail.tree
    found = (way.proposal(tree) for way in Ways(tree, KIND, Settings()).of(arc))
    proposals = [each for each in found if isinstance(each, Proposal)]
    proposal = next(each for each in proposals if each.moved[0].target == to)
    after = tree.changed(proposal.files, proposal.created)
    assert after is not None
    step = Step((proposal,), after)
    trail.add(step)
    return step


def test_a_step_that_has_nothing_to_do_with_a_refused_one_is_repeated(project: Project) -> None:
    start = tree_of(project(PAIRS))
    trail, alone, again = Trail(start), Trail(start), Trail(start)
    refused = taken(trail, ("shop.order", "shop.cart"), "shop.order")
    other = taken(trail, ("shop.view", "shop.page"), "shop.view")
    taken(alone, ("shop.view", "shop.page"), "shop.view")
    assert again.repeat(other, refused.modules)
    assert again.proposals == alone.proposals == other.proposals
    assert again.tree.contents == alone.tree.contents
    assert again.tree.contents != trail.tree.contents


def test_a_step_that_needs_what_a_refused_one_made_is_not_repeated(project: Project) -> None:
    start = tree_of(project(PAIRS))
    trail = Trail(start)
    refused = taken(trail, ("shop.order", "shop.cart"), "shop.order")
    files = {"shop/view.py": b"from shop.order import LIMIT\n\n\ndef draw():\n    return LIMIT\n"}
    redirected = Proposal("1", Action.REDIRECT, (), (), (), ("shop.view",), files)
    after = trail.tree.changed(files)
    assert after is not None
    other = Step((redirected,), after)
    assert not Trail(start).repeat(other, refused.modules)
    assert not Trail(start).repeat(refused, refused.modules)
    assert trail.repeat(other, frozenset({"shop.page"}))


@needs_fork
def test_the_cycle_ends_and_every_module_imports(project: Project) -> None:
    root = project(HALF_WAY)
    tree = tree_of(root)
    knots = [Knot(members, KIND) for members in tree.tangles(KIND)]
    done = untangle(tree, knots, Settings())
    for path, content in done.after.contents.items():
        (root / path).write_bytes(content)
    names = sorted(done.after.facts)
    assert {n: truth.error for n, truth in ask_cpython(root, names).items()} == dict.fromkeys(names)


HELD = {
    "shop/__init__.py": "",
    "shop/cart.py": """\
from shop.order import label

total = 0


def add(price):
    global total
    total += price


def show():
    return label(total)
""",
    "shop/order.py": """\
def label(text):
    return __file__, text


def order(price):
    from shop import cart

    cart.add(price)
    return cart
""",
}


def test_what_holds_a_cycle_is_counted_by_reason(project: Project, run_cli: RunCli) -> None:
    project(HELD)
    data = json.loads(run_cli("fix", "--unsafe", "--cycle", "all", "--format", "json").stdout)
    (cycle,) = data["cycles"]
    assert (cycle["left"], cycle["cut_short"]) == ([2], False)
    reasons = {(each["importer"], each["imported"]): each["reason"] for each in cycle["stuck"]}
    assert reasons == {
        ("shop.cart", "shop.order"): {
            "code": str(Hold.STAYS),
            "text": "label has to stay: it reads __file__",
        },
        ("shop.order", "shop.cart"): {
            "code": str(Hold.WHOLE),
            "text": "line 9 does not just read a name of cart",
        },
    }
    told = run_cli("fix", "--unsafe", "--cycle", "all").stderr
    assert "2 imports that nothing can cut:" in told
    assert "1: the definition has to stay where it is" in told
    assert "shop.order -> shop.cart: line 9 does not just read a name of cart" in told


def rest_of(run_cli: RunCli) -> tuple[dict[str, object], str]:
    """What is left of the one cycle, as data and as text."""
    data = json.loads(run_cli("fix", "--unsafe", "--cycle", "all", "--format", "json").stdout)
    (cycle,) = data["cycles"]
    assert cycle["left"] == [2]
    return cycle, " ".join(run_cli("fix", "--unsafe", "--cycle", "all").stderr.split())


def errors(root: Path) -> dict[str, str | None]:
    """What CPython says of both modules as the first import."""
    found = ask_cpython(root, ["shop.cart", "shop.order"])
    return {name: truth.error for name, truth in found.items()}


@needs_fork
def test_what_is_left_may_do_no_harm(project: Project, run_cli: RunCli) -> None:
    root = project(HELD)
    cycle, told = rest_of(run_cli)
    assert (cycle["benign"], cycle["crashes"], cycle["unknown"]) == (True, [], [])
    assert "but every module of them imports, whichever comes first" in told
    assert set(errors(root).values()) == {None}


# Each defines what the other needs while it is imported, and what cannot move.
CRASHING = {
    "shop/__init__.py": "",
    "shop/cart.py": """\
from shop.order import label


class Cart:
    path = __file__


total = label("total")
""",
    "shop/order.py": """\
from shop.cart import Cart


def label(text):
    return __file__, text


class Order(Cart):
    path = __file__
""",
}


@needs_fork
def test_what_is_left_may_still_fail(project: Project, run_cli: RunCli) -> None:
    root = project(CRASHING)
    cycle, told = rest_of(run_cli)
    crashes = cycle["crashes"]
    assert isinstance(crashes, list)
    assert not cycle["benign"]
    assert {each["module"]: each["error"] for each in crashes} == errors(root)
    assert {each["outcome"] for each in crashes} == {"crash"}
    assert "importing shop.cart first still fails: ImportError: cannot import name 'Cart'" in told
    assert "whichever comes first" not in told


def test_what_the_simulation_does_not_know_is_not_called_benign(
    project: Project, run_cli: RunCli
) -> None:
    cart = CRASHING["shop/cart.py"]
    condition = "import os\n\nif os.environ.get('SHOP'):\n    "
    project({**CRASHING, "shop/cart.py": condition + cart.replace("total =", "if 0:\n    total =")})
    cycle, told = rest_of(run_cli)
    assert (cycle["benign"], cycle["crashes"]) == (False, [])
    assert cycle["unknown"] == ["shop.cart", "shop.order"]
    assert "cannot tell how importing these first ends: shop.cart, shop.order" in told
