"""All clashes of a set of imports in one run, and none where CPython has no objection."""

from cycleguard.model.program import Alias
from cycleguard.simulate.together import Added, Clash, simulate_together
from tests.support.prediction import world_of

# `low` is what two modules need that it imports itself; `plain` needs nothing.
FILES = {
    "shop/__init__.py": "",
    "shop/low.py": "from shop.tax import rate\nfrom shop.page import Page\nX = 1\n",
    "shop/tax.py": "from shop.low import X\nfrom shop.plain import Y\nrate = 7\n",
    "shop/page.py": "from shop.low import X\nPage = 7\n",
    "shop/plain.py": "Y = 3\n",
}
TAX = Added(("shop.tax", 1), Alias("X"))
PLAIN = Added(("shop.tax", 2), Alias("Y"))
PAGE = Added(("shop.page", 1), Alias("X"))
ENTRIES = ["shop.low", "shop.page", "shop.plain", "shop.tax"]


def ways(clashes: tuple[Clash, ...]) -> set[tuple[Added, ...]]:
    return {tuple(added for added, _ in clash.way) for clash in clashes}


def test_one_run_finds_what_runs_to_the_first_error_find_one_by_one() -> None:
    found = simulate_together(world_of(FILES), ENTRIES, [TAX, PLAIN, PAGE])
    assert ways(found) == {(TAX,), (PAGE,), (PAGE, TAX)}
    assert {clash.error.module for clash in found if clash.error} == {"shop.low"}


def test_the_way_leads_to_the_import_that_failed() -> None:
    # tax -> mid -> low -> tax
    files = {
        "shop/__init__.py": "",
        "shop/tax.py": "from shop.mid import M\nrate = 7\n",
        "shop/mid.py": "from shop.low import X\nM = 1\n",
        "shop/low.py": "from shop.tax import rate\nX = 1\n",
    }
    first, second = Added(("shop.tax", 1), Alias("M")), Added(("shop.mid", 1), Alias("X"))
    found = simulate_together(world_of(files), ["shop.tax"], [first, second])
    assert ways(found) == {(first, second)}
    clash = found[0]
    assert clash.error is not None
    assert [clash.error.chain[number].module for _, number in clash.way] == ["shop.tax", "shop.mid"]


def test_each_name_of_a_statement_is_tried() -> None:
    files = {
        "shop/__init__.py": "",
        "shop/low.py": "X = 1\n",
        "shop/page.py": "from shop.low import X, Z\nfrom shop.low import W\n",
    }
    marked = [Added(("shop.page", 1), Alias(name)) for name in "XZ"]
    world = world_of(files)
    found = simulate_together(world, ["shop.page"], marked)
    assert ways(found) == {(marked[1],)}
    # What is not marked ends the entry, as ever.
    assert simulate_together(world, ["shop.page"], []) == ()


def test_what_refuses_to_run_is_a_doubt() -> None:
    files = {
        "shop/__init__.py": "",
        "shop/conf.py": "def check():\n    raise RuntimeError\n\n\ncheck()\nC = 1\n",
        "shop/use.py": "from shop.conf import C\n",
    }
    added = Added(("shop.use", 1), Alias("C"))
    (clash,) = simulate_together(world_of(files), ["shop.use"], [added])
    assert clash.error is None
    assert clash.doubt
