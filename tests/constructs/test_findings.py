"""Findings about plugins, aliases and lazy imports, each against what CPython does with it."""

import json

import pytest

from cycleguard.model.catalogue import RUNTIME_CATALOGUE
from cycleguard.model.edges import Edge, Origin
from cycleguard.model.findings import Outcome
from cycleguard.pipeline import analyse, resolve
from tests.conftest import Project, RunCli
from tests.constructs.shared import ALIAS, codes, edges, python

CORE = """
from cycleguard.runtime import plugin_method

@plugin_method
def limit():
    return 10

class Model:
    @plugin_method
    def step(self, value):
        return value + 1
"""
PLUGIN = """
from core.model import Model
from cycleguard.runtime import plugin_implementation

@plugin_implementation("core.model:Model.step")
def step(self, value):
    return -value

@plugin_implementation("model", "limit")
def limit():
    return 20
"""
PACKAGES = {"core/__init__.py": "", "plugin/__init__.py": ""}
SHOP = {
    "shop/__init__.py": "",
    "shop/order.py": "import shop.cart\n\nclass Order(list):\n    pass\n",
}


def test_a_plugin_is_an_edge_and_matches(project: Project) -> None:
    folder = project({**PACKAGES, "core/model.py": CORE, "plugin/model.py": PLUGIN})
    assert edges(folder, Origin.PLUGIN) == ["core.model -> plugin.model (deferred)"]
    assert codes(analyse([folder])) == []
    asked = (
        "from core.model import Model, limit\nfrom cycleguard.runtime import unmatched_plugins\n"
    )
    printed = python(asked + "print(limit(), Model().step(1), unmatched_plugins())", folder)
    assert printed == "20 -1 ()"


def test_configured_mirrors_and_registered_names_are_edges(project: Project) -> None:
    configured = (
        "from cycleguard.runtime import configure_plugins, register_plugin\n"
        "configure_plugins(mirrors={'core': 'vendor.parts'})\n"
        "register_plugin('core.model:limit', 'extra:limit')\n"
    )
    folder = project(
        {
            "core/__init__.py": configured,
            "core/model.py": CORE,
            "vendor/__init__.py": "",
            "vendor/parts/__init__.py": "",
            "vendor/parts/model.py": PLUGIN.split('@plugin_implementation("model"')[0],
            "extra.py": "def limit():\n    return 30\n",
        }
    )
    assert edges(folder, Origin.PLUGIN) == [
        "core.model -> extra (deferred)",
        "core.model -> vendor.parts.model (deferred)",
    ]
    assert codes(analyse([folder])) == []
    asked = "from core.model import Model, limit\nprint(limit(), Model().step(1))"
    assert python(asked, folder) == "30 -1"


@pytest.mark.parametrize(
    "key", ['"core.model:Model.stop"', '"core.model:step"', '"Model", "stop"', '"other", "limit"']
)
def test_a_plugin_that_matches_nothing(key: str, project: Project) -> None:
    plugin = PLUGIN.replace('"core.model:Model.step"', key)
    folder = project({**PACKAGES, "core/model.py": CORE, "plugin/model.py": plugin})
    assert codes(analyse([folder])) == [("plugin-unmatched", "plugin.model", 5)]
    asked = "from core.model import limit\nfrom cycleguard.runtime import unmatched_plugins\n"
    assert python(asked + "limit(); print(len(unmatched_plugins()))", folder) == "1"


def test_plugins_for_a_core_that_is_elsewhere_are_left_alone(project: Project) -> None:
    folder = project({"plugin/__init__.py": "", "plugin/model.py": PLUGIN})
    assert codes(analyse([folder])) == []


@pytest.mark.parametrize(
    ("core", "other", "line"),
    [
        pytest.param(CORE + "\nLIMIT = limit()\n", "", 4, id="by its own module"),
        pytest.param(CORE + "\nSTEP = Model().step(1)\n", "", 9, id="a method"),
        pytest.param(
            CORE + "\nimport core.other\n",
            "from core.model import limit\nLIMIT = limit()\n",
            4,
            id="by a module that it imports",
        ),
    ],
)
def test_a_replaceable_function_called_at_import(
    core: str, other: str, line: int, project: Project
) -> None:
    files = {"core/model.py": core, "core/other.py": other, "plugin/model.py": PLUGIN}
    folder = project({**PACKAGES, **files})
    found = [each for each in codes(analyse([folder])) if each[0] == "plugin-called-early"]
    assert found == [("plugin-called-early", "core.model", line)]
    # What the plugin needs is bound below the call: the original runs then, the plugin afterwards.
    project(
        {
            "core/model.py": f"{core}\nHELPER = 1\n",
            "plugin/model.py": f"from core.model import HELPER\n{PLUGIN}",
        }
    )
    asked = (
        "import core.model as m, sys\n"
        "values = {**vars(m), **vars(sys.modules.get('core.other', m))}\n"
        "print(values.get('LIMIT', values.get('STEP')), m.limit(), m.Model().step(1))"
    )
    assert python(asked, folder) in ("10 20 -1", "2 20 -1")


def test_a_replaceable_function_called_later_is_fine(project: Project) -> None:
    later = "from core.model import limit\n\ndef f():\n    return limit()\n\nLIMIT = limit()\n"
    folder = project({**PACKAGES, "core/model.py": CORE, "core/main.py": later})
    assert codes(analyse([folder])) == []


BACKEND = """
from cycleguard.runtime import NativeProxy

class Config(NativeProxy, native="shop._engine:Config"):
    pass
"""


def test_a_backend_is_an_edge_and_may_be_without_effect(project: Project) -> None:
    files = {"shop/__init__.py": "", "shop/_engine.py": "class Config:\n    pass\n"}
    folder = project({**files, "shop/config.py": BACKEND})
    assert edges(folder, Origin.BACKEND) == ["shop.config -> shop._engine (lazy)"]
    assert codes(analyse([folder])) == []
    asked = "import shop.config, sys; print('shop._engine' in sys.modules)"
    assert python(asked, folder) == "False"
    folder = project(
        {"shop/__init__.py": "from shop import infer\n", "shop/infer.py": "import shop._engine\n"}
    )
    (finding,) = analyse([folder]).runtime
    assert (finding.code, finding.module, finding.at.line) == (
        "lazy-without-effect",
        "shop.config",
        4,
    )
    assert [line.partition(":")[0] for line in finding.evidence] == [
        "shop/__init__.py",
        "shop/infer.py",
    ]
    assert python(asked, folder) == "True"


LAZY = "from cycleguard.runtime import lazy, lazy_attribute, lazy_module\n"


@pytest.mark.parametrize(
    ("cart", "is_loaded"),
    [
        pytest.param("with lazy():\n    import shop.tax\n", False, id="lazy"),
        pytest.param("tax = lazy_module('shop.tax')\n", False, id="a call"),
        pytest.param("tax = lazy_module('shop.tax')\nimport shop.tax as t\n", True, id="both"),
        pytest.param(
            "rate = lazy_attribute('shop.tax:rate')\nimport shop.list\n", True, id="along"
        ),
        pytest.param(
            "import sys\ntax = lazy_module('shop.tax')\n"
            "if sys.platform == 'x':\n    import shop.tax\n",
            False,
            id="on some platforms",
        ),
    ],
)
def test_laziness_without_effect(cart: str, is_loaded: bool, project: Project) -> None:
    others = {"shop/tax.py": "rate = 1\n", "shop/list.py": "from shop.tax import rate\n"}
    folder = project({**SHOP, **others, "shop/cart.py": LAZY + cart})
    found = [code for code, _, _ in codes(analyse([folder]))]
    assert found == (["lazy-without-effect"] if is_loaded else [])
    asked = "import shop.cart, sys; print('shop.tax' in sys.modules)"
    assert python(asked, folder) == str(is_loaded)


@pytest.mark.parametrize(
    ("use", "is_early"),
    [
        ("RATE = tax.rate", True),
        ("class Sum(Base): pass", True),
        ("TOTAL = Base()", True),
        ("IS = isinstance(1, Base)", True),
        ("def f(): return tax.rate\nRATE = f()", True),
        ("class C:\n    rate = tax.rate", True),
        ("def f(x=tax.rate): pass", True),
        ("def f(): return tax.rate", False),
        ("NAMES = [tax, Base]", False),
        ("other = tax", False),
        ("f = lambda: tax.rate", False),
        ("def f(tax): return tax.real\nRATE = f(1)", False),
        ("if __name__ == '__main__':\n    print(tax.rate)", False),
    ],
)
def test_a_lazy_name_used_at_once(use: str, is_early: bool, project: Project) -> None:
    cart = (
        f"{LAZY}tax = lazy_module('shop.tax')\nwith lazy():\n    from shop.tax import Base\n{use}\n"
    )
    tax = "rate = 1\n\nclass Base:\n    pass\n"
    folder = project({**SHOP, "shop/tax.py": tax, "shop/cart.py": cart})
    found = [code for code, _, _ in codes(analyse([folder]))]
    assert found == (["lazy-used-at-once"] if is_early else [])
    asked = "import shop.cart, sys; print('shop.tax' in sys.modules)"
    assert python(asked, folder) == str(is_early)


def test_a_name_of_pep_810_is_used_by_any_read(project: Project) -> None:
    folder = project(
        {**SHOP, "shop/cart.py": "lazy import shop.tax as tax\nother = tax\n", "shop/tax.py": ""}
    )
    assert codes(analyse([folder])) == [("lazy-used-at-once", "shop.cart", 2)]


@pytest.mark.parametrize(
    ("statement", "used"),
    [
        ("import shop.order as order", "order.LIMIT"),
        ("import shop.order", "shop.order.LIMIT"),
        ("from shop import order", "order.LIMIT"),
        ("from shop.order import LIMIT as limit", "limit"),
    ],
)
def test_a_lazy_import_is_at_its_first_use_what_a_plain_one_is(
    statement: str, used: str, project: Project
) -> None:
    """``lazy import a.b as c`` is `a.b`. CPython is asked with the plain statement at that place.

    Source: PEP 810: the first use imports as the statement without ``lazy`` would there.
    """
    order = "from shop.cart import Cart\n\nLIMIT = 3\n"
    shop = {"shop/__init__.py": "", "shop/order.py": order}
    for place in (f"RATE = {used}\n\nclass Cart: pass\n", f"class Cart: pass\n\nRATE = {used}\n"):
        plain = place.replace("RATE", f"{statement}\nRATE")
        folder = project({**shop, "shop/cart.py": plain})
        said = python("import shop.cart; print(shop.cart.RATE)", folder)
        folder = project({**shop, "shop/cart.py": f"lazy {statement}\n{place}"})
        found = {e.module: e for e in analyse([folder]).entries}
        assert ("shop.cart" in found) == (said != "3")
        if "shop.cart" in found:
            assert found["shop.cart"].outcome is Outcome.CRASH
            assert str(found["shop.cart"].message) in said
        assert codes(analyse([folder]))[0][0] == "lazy-used-at-once"


@pytest.mark.parametrize(
    ("use", "error"),
    [
        ("", None),
        ("KIND = Order\nKINDS = [Order]\n", None),
        ("def order(): return Order()\n", None),
        ("class Best(Order):\n    pass\n", "ImportError"),
        ("EMPTY = Order()\n", "ImportError"),
    ],
)
def test_the_simulation_knows_the_shim(use: str, error: str | None, project: Project) -> None:
    """A cycle that a block puts off, and uses that bring it back."""
    cart = f"{LAZY}\nwith lazy():\n    from shop.order import Order\n\n{use}\nclass Cart: pass\n"
    order = "from shop.cart import Cart\n\nclass Order(list):\n    pass\n"
    folder = project({**SHOP, "shop/order.py": order, "shop/cart.py": cart})
    crashed = {
        entry.module for entry in analyse([folder]).entries if entry.outcome is Outcome.CRASH
    }
    for name in ("shop.cart", "shop.order"):
        printed = python(f"import {name}; print('fine')", folder)
        assert (printed != "fine") == (name in crashed), printed
    assert bool(crashed) == (error is not None)


def test_scan_and_check_say_it(project: Project, run_cli: RunCli) -> None:
    project({**ALIAS, "pyproject.toml": "[tool.cycleguard]\nfail-on = ['alias-closes-cycle']\n"})
    data = json.loads(run_cli("scan", "--format", "json").stdout)
    (finding,) = data["runtime"]
    assert finding["reason"]["code"] == "alias-closes-cycle"
    assert finding["remedy"] == RUNTIME_CATALOGUE["alias-closes-cycle"].remedy
    assert "[alias-closes-cycle]" in run_cli("scan").stdout
    checked = run_cli("check")
    assert checked.exit_code == 1
    assert "alias-closes-cycle" in checked.stdout
    assert run_cli("check", "--write-baseline").exit_code == 0
    assert run_cli("check").exit_code == 0


def test_the_edges_are_where_they_are_written(project: Project) -> None:
    folder = project({**PACKAGES, "core/model.py": CORE, "plugin/model.py": PLUGIN})
    (edge,) = (e for e in resolve([folder]).edges if e.origin is Origin.PLUGIN)
    assert isinstance(edge, Edge)
    assert (edge.path, edge.line, edge.statement) == ("core/model.py", 4, "@plugin_method")


def test_nothing_moves_for_a_plugin_that_needs_its_core(project: Project, run_cli: RunCli) -> None:
    project({**PACKAGES, "core/model.py": CORE, "plugin/model.py": PLUGIN})
    done = run_cli("fix", "--unsafe", "--cycle", "all")
    assert (done.exit_code, "gone" in done.output) == (0, False)
    (cycle,) = json.loads(run_cli("scan", "--format", "json").stdout)["cycles"]
    refused = run_cli("fix", "--unsafe", "--cycle", cycle["id"])
    assert refused.exit_code == 2
    assert "goes through a plugin" in refused.output


def test_a_repair_leaves_the_edges_of_plugins_and_aliases(
    project: Project, run_cli: RunCli
) -> None:
    core = f"import core.tools\n{CORE}\n\ndef f():\n    import json\n    return json\n"
    tools = "def g():\n    from upstream.ranks import RANKS\n    return RANKS\n"
    files = {**PACKAGES, **ALIAS, "core/model.py": core, "core/tools.py": tools}
    folder = project({**files, "plugin/model.py": PLUGIN, "local/ranks.py": "RANKS = [1]\n"})
    done = run_cli("fix", "--apply", "--allow-dirty")
    assert done.exit_code == 0, done.output
    assert (folder / "core/model.py").read_text().startswith("import json\n")
    assert edges(folder, Origin.PLUGIN) == ["core.model -> plugin.model (deferred)"]
