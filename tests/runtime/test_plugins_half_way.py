"""Calls while modules are being imported: nothing is decided for good."""

import importlib
import sys
import threading
import warnings
from collections.abc import Callable

import pytest

from tests.runtime.conftest import Tree, finish

HEAD = "from cycleguard.runtime import plugin_method\n"
PLUGIN = "from cycleguard.runtime import plugin_implementation\n"
F = "@plugin_method\ndef f():\n    return 'core'\n"
THEIRS = "@plugin_implementation('core.x:f')\ndef f():\n    return 'plugin'\n"
PACKAGES = {"core/__init__.py": "", "plugin/__init__.py": ""}


def test_called_by_its_own_module_the_plugin_counts_afterwards(tree: Tree) -> None:
    tree(
        {
            **PACKAGES,
            "core/x.py": f"{HEAD}{F}EARLY = f()\nHELPER = 1\n",
            "plugin/x.py": f"from core.x import HELPER\n{PLUGIN}{THEIRS}",
        }
    )
    with pytest.warns(RuntimeWarning, match=r"core\.x:f is called while core\.x is being imported"):
        x = importlib.import_module("core.x")
    assert x.EARLY == "core"
    assert x.f() == "plugin"


def test_a_plugin_that_can_be_imported_then_is_used_at_once(tree: Tree) -> None:
    tree(
        {
            **PACKAGES,
            "core/x.py": f"{HEAD}{F}EARLY = f()\nHELPER = 1\n",
            "plugin/x.py": PLUGIN + THEIRS,
        }
    )
    assert importlib.import_module("core.x").EARLY == "plugin"


def test_the_attribute_form_of_the_same_cycle(tree: Tree) -> None:
    tree(
        {
            **PACKAGES,
            "core/x.py": f"{HEAD}{F}EARLY = f()\nHELPER = 1\n",
            "plugin/x.py": f"import core.x\nfrom core import x\nx.HELPER\n{PLUGIN}{THEIRS}",
        }
    )
    with pytest.warns(RuntimeWarning, match="is being imported"):
        x = importlib.import_module("core.x")
    assert x.f() == "plugin"


def test_a_plugin_that_is_broken_in_itself_is_an_error_then_too(tree: Tree) -> None:
    tree(
        {
            **PACKAGES,
            "core/x.py": f"{HEAD}{F}EARLY = f()\n",
            "plugin/x.py": "import not_installed_here\n",
        }
    )
    with pytest.raises(ModuleNotFoundError, match="not_installed_here"):
        importlib.import_module("core.x")


def test_called_by_its_own_module_without_a_plugin_it_may_get_one_later(tree: Tree) -> None:
    tree({**PACKAGES, "core/x.py": f"{HEAD}{F}EARLY = f()\n"})
    x = importlib.import_module("core.x")
    assert x.EARLY == "core"
    tree({"plugin/x.py": PLUGIN + THEIRS})
    importlib.invalidate_caches()
    assert x.f() == "plugin"


def test_called_by_its_plugin_before_that_has_registered(tree: Tree) -> None:
    tree(
        {
            **PACKAGES,
            "core/x.py": HEAD + F,
            "plugin/x.py": f"from core.x import f as core_f\nEARLY = core_f()\n{PLUGIN}{THEIRS}",
        }
    )
    x = importlib.import_module("core.x")
    assert x.f() == "plugin"
    assert sys.modules["plugin.x"].EARLY == "core"


def test_the_plugin_imported_first(tree: Tree) -> None:
    tree(
        {
            **PACKAGES,
            "core/x.py": f"{HEAD}{F}EARLY = f()\n",
            "plugin/x.py": f"{PLUGIN}{THEIRS}import core.x\n",
        }
    )
    importlib.import_module("plugin.x")
    x = sys.modules["core.x"]
    assert x.EARLY == "plugin"
    assert x.f() == "plugin"


def test_called_by_a_module_that_the_plugin_needs(tree: Tree) -> None:
    tree(
        {
            **PACKAGES,
            "core/x.py": HEAD + F,
            "core/y.py": "from core.x import f\nEARLY = f()\nHELPER = 1\n",
            "plugin/x.py": f"from core.y import HELPER\n{PLUGIN}{THEIRS}",
        }
    )
    with pytest.warns(RuntimeWarning, match=r"core\.y is being imported"):
        y = importlib.import_module("core.y")
    assert (y.EARLY, y.f()) == ("core", "plugin")


def test_a_cycle_among_the_plugins_own_modules_is_an_error(tree: Tree) -> None:
    tree(
        {
            **PACKAGES,
            "core/x.py": HEAD + F,
            "plugin/x.py": f"import plugin.y\nLATE = 1\n{PLUGIN}{THEIRS}",
            "plugin/y.py": "from plugin.x import LATE\n",
        }
    )
    x = importlib.import_module("core.x")
    for _ in range(2):
        with pytest.raises(ImportError, match=r"partially initialized module 'plugin\.x'"):
            x.f()


# One thread calls f, which imports the plugin, which needs core.y; the other imports core.y, whose
# body calls f. Each is half-way when it goes for the other.
CIRCLE = {
    **PACKAGES,
    "meeting.py": "import threading\nin_plugin, in_y = threading.Event(), threading.Event()\n",
    "core/x.py": HEAD + F,
    "core/y.py": "import meeting\nfrom core.x import f\nmeeting.in_y.set()\n"
    "meeting.in_plugin.wait(30)\nSEEN = f()\nHELPER = 1\n",
    "plugin/x.py": "import meeting\nmeeting.in_plugin.set()\nmeeting.in_y.wait(30)\n"
    f"from core.y import HELPER\n{PLUGIN}{THEIRS}",
}


def test_must_have_07_two_threads_in_a_circle_end_and_agree_afterwards(tree: Tree) -> None:
    tree(CIRCLE)
    x = importlib.import_module("core.x")
    captured = x.f

    def start(function: Callable[[], object]) -> threading.Thread:
        def call() -> None:
            try:
                function()
            except ImportError:
                # CPython's answer to the circle; nothing may be kept of it.
                return

        return threading.Thread(target=call, daemon=True)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        finish([start(captured), start(lambda: importlib.import_module("core.y"))])
    if "core.y" not in sys.modules:
        with pytest.warns(RuntimeWarning, match=r"core\.y is being imported"):
            importlib.import_module("core.y")
    assert x.f() == captured() == "plugin"
