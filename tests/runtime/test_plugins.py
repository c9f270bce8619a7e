"""Plugin dispatch: mirror modules, keys, vendors, what is decided when, and what can be asked."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

from cycleguard.runtime import (
    PluginError,
    configure_plugins,
    explain_plugin,
    original,
    plugin_implementation,
    plugin_method,
    register_plugin,
    reset_plugins,
    resolve_plugin,
    unmatched_plugins,
)
from tests.runtime.conftest import Tree, at_once, is_loaded

CORE = """
from cycleguard.runtime import plugin_method

@plugin_method
def f(x=1):
    return "core", x

class Opt:
    @plugin_method
    def step(self):
        return "core step"

    class Inner:
        @plugin_method
        def m(self):
            return "core m"

class Sub(Opt):
    pass
"""
PLUGIN = "from cycleguard.runtime import plugin_implementation, original\n"
PACKAGES = {
    "megatron/__init__.py": "",
    "megatron/core/__init__.py": "",
    "megatron/core/x.py": CORE,
    "plugin/__init__.py": "",
    "plugin/core/__init__.py": "",
}


@pytest.fixture
def core(tree: Tree) -> ModuleType:
    """The core alone: no plugin exists."""
    tree(PACKAGES)
    return importlib.import_module("megatron.core.x")


def with_plugin(tree: Tree, plugin: str, **more: str) -> ModuleType:
    tree({**PACKAGES, "plugin/core/x.py": PLUGIN + plugin, **more})
    return importlib.import_module("megatron.core.x")


FULL = "@plugin_implementation('megatron.core.x:f')\ndef f(x=2):\n    return 'plugin', x\n"


def test_the_core_imports_no_plugin_before_the_first_call(tree: Tree) -> None:
    core = with_plugin(tree, FULL)
    assert not is_loaded("plugin.core.x")
    assert core.f() == ("plugin", 2)
    assert is_loaded("plugin.core.x")


def test_a_missing_mirror_means_the_original(core: ModuleType) -> None:
    assert core.f() == ("core", 1)
    assert core.Opt().step() == "core step"


@pytest.mark.parametrize("missing", ["plugin", "plugin/core", "plugin/core/x.py"])
def test_must_have_05_whatever_part_of_the_mirror_is_missing(tree: Tree, missing: str) -> None:
    files = {p: t for p, t in PACKAGES.items() if not p.startswith(missing)}
    tree(files)
    assert importlib.import_module("megatron.core.x").f() == ("core", 1)


@pytest.mark.parametrize(
    ("plugin", "error"),
    [
        ("import not_installed_here", ModuleNotFoundError),
        ("from os import nothing_of_that_name", ImportError),
        ("raise RuntimeError('no driver')", RuntimeError),
        ("1 +", SyntaxError),
        ("import plugin.core.y", ModuleNotFoundError),
    ],
)
def test_must_have_05_a_broken_plugin_is_an_error_each_time(
    tree: Tree, plugin: str, error: type[Exception]
) -> None:
    core = with_plugin(tree, plugin)
    for _ in range(2):
        with pytest.raises(error):
            core.f()


def test_must_have_05_a_broken_plugin_that_was_repaired_is_used(tree: Tree) -> None:
    core = with_plugin(tree, f"import flag\n{FULL}")
    with pytest.raises(ModuleNotFoundError):
        core.f()
    tree({"flag.py": ""})
    importlib.invalidate_caches()
    assert core.f() == ("plugin", 2)


def test_what_a_module_registered_before_it_failed_does_not_count(tree: Tree) -> None:
    core = with_plugin(tree, f"{FULL}import flag\n")
    with pytest.raises(ModuleNotFoundError):
        core.f()
    Path(sys.modules["plugin.core"].__path__[0], "x.py").unlink()
    importlib.invalidate_caches()
    assert core.f() == ("core", 1)


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("'megatron.core.x:Opt.step'", lambda core: core.Opt().step()),
        ("'Opt', 'step'", lambda core: core.Opt().step()),
        ("'megatron.core.x:Opt.Inner.m'", lambda core: core.Opt.Inner().m()),
        ("'Inner', 'm'", lambda core: core.Opt.Inner().m()),
        ("'x', 'f'", lambda core: core.f(None)),
    ],
)
def test_must_have_04_full_keys_and_the_two_words_of_the_original(
    tree: Tree, words: str, call: object
) -> None:
    core = with_plugin(
        tree, f"@plugin_implementation({words})\ndef theirs(self):\n    return 'plugin'\n"
    )
    assert callable(call)
    assert call(core) == "plugin"


def test_must_have_04_two_words_mean_the_mirrored_module_only(tree: Tree) -> None:
    other = "from cycleguard.runtime import plugin_method\n@plugin_method\ndef f():\n    return 1\n"
    files = {
        "megatron/other/__init__.py": "",
        "megatron/other/x.py": other,
        "plugin/other/__init__.py": "",
    }
    core = with_plugin(tree, FULL.replace("'megatron.core.x:f'", "'x', 'f'"), **files)
    assert importlib.import_module("megatron.other.x").f() == 1
    assert core.f() == ("plugin", 2)


def test_must_have_04_two_words_that_mean_two_functions_are_an_error(tree: Tree) -> None:
    plugin = "@plugin_implementation('Inner', 'm')\ndef m(self):\n    return 'plugin'\n"
    more = "\nclass Inner:\n    @plugin_method\n    def m(self):\n        return 1\n"
    tree({**PACKAGES, "megatron/core/x.py": CORE + more, "plugin/core/x.py": PLUGIN + plugin})
    core = importlib.import_module("megatron.core.x")
    with pytest.raises(PluginError, match=r"x:Inner\.m or megatron\.core\.x:Opt\.Inner\.m"):
        core.Inner().m()
    with pytest.raises(PluginError, match="use one of these keys"):
        core.Opt.Inner().m()


def test_two_words_outside_of_a_mirror_are_an_error(core: ModuleType) -> None:
    with pytest.raises(PluginError, match="mirrors none"):
        plugin_implementation("x", "f")(print)


@pytest.mark.parametrize("key", ["f", "megatron.core.x", ":f", "megatron.core.x:", "a:b:c"])
def test_a_key_of_another_form_is_an_error(key: str) -> None:
    with pytest.raises(ValueError, match=r"module:qualified\.name"):
        plugin_implementation(key)(print)


def test_must_have_03_after_the_first_call_the_function_is_in_its_place(tree: Tree) -> None:
    core = with_plugin(tree, FULL)
    captured = core.f
    assert captured() == ("plugin", 2)
    assert core.f is not captured
    assert core.f.__code__ is sys.modules["plugin.core.x"].f.__code__
    assert captured(x=5) == core.f(5) == ("plugin", 5)


def test_must_have_03_without_a_plugin_the_original_is_in_its_place(core: ModuleType) -> None:
    captured = core.f
    captured()
    assert core.f is original("megatron.core.x:f")
    step = core.Opt.step
    assert core.Opt().step() == "core step"
    assert core.Opt.__dict__["step"] is original(step)


def test_subclasses_see_it(tree: Tree) -> None:
    plugin = (
        "@plugin_implementation('Opt', 'step')\ndef step(self):\n    return type(self).__name__"
    )
    core = with_plugin(tree, plugin)
    assert core.Sub().step() == "Sub"
    assert "step" not in core.Sub.__dict__
    assert super(core.Sub, core.Sub()).step() == "Sub"


def test_a_name_that_was_bound_anew_stays(core: ModuleType) -> None:
    captured = core.f
    core.f = "patched"  # type: ignore[attr-defined]
    captured()
    assert core.f == "patched"


def test_a_plugin_may_call_the_original(tree: Tree) -> None:
    plugin = "@plugin_implementation('x', 'f')\ndef f(x=2):\n"
    plugin += "    import megatron.core.x as core\n"
    plugin += "    return original('megatron.core.x:f')(x), original(core.f)(x), original(f2)(x)\n"
    plugin += "from megatron.core.x import f as f2\n"
    core = with_plugin(tree, plugin)
    assert core.f(9) == (("core", 9),) * 3
    assert core.f(9) == (("core", 9),) * 3


def test_a_plugin_registered_after_the_first_call_is_used(core: ModuleType) -> None:
    captured = core.f
    assert core.f() == ("core", 1)

    @plugin_implementation("megatron.core.x:f")
    def late(x: int = 3) -> tuple[str, int]:
        return "late", x

    assert core.f() == captured() == ("late", 3)


def test_registered_by_name_it_is_imported_at_the_first_call(core: ModuleType, tree: Tree) -> None:
    tree({"fast.py": "class K:\n    @staticmethod\n    def f(x=4):\n        return 'fast', x\n"})
    register_plugin("megatron.core.x:f", "fast:K.f")
    assert not is_loaded("fast")
    assert core.f() == ("fast", 4)


@pytest.mark.parametrize(
    ("path", "error"), [("gone:f", ModuleNotFoundError), ("fast:gone", ImportError)]
)
def test_registered_by_a_wrong_name_is_an_error_each_time(
    core: ModuleType, tree: Tree, path: str, error: type[Exception]
) -> None:
    tree({"fast.py": ""})
    register_plugin("megatron.core.x:f", path)
    for _ in range(2):
        with pytest.raises(error):
            core.f()


VENDORS = "".join(
    f"@plugin_implementation('megatron.core.x:f', vendor='{vendor}')\n"
    f"def {vendor}(x=1):\n    return '{vendor}'\n"
    for vendor in ("cuda", "musa")
)
DEFAULT = "@plugin_implementation('megatron.core.x:f')\ndef plain(x=1):\n    return 'default'\n"


@pytest.mark.parametrize("variable", ["CYCLEGUARD_PLUGIN_VENDOR", "MG_FL_PREFER"])
@pytest.mark.parametrize(
    ("value", "plugin", "expected"),
    [
        ("cuda", VENDORS + DEFAULT, "cuda"),
        (" MUSA ", VENDORS + DEFAULT, "musa"),
        ("  ", VENDORS + DEFAULT, "default"),
        ("", VENDORS + DEFAULT, "default"),
    ],
)
def test_the_environment_prefers_a_vendor(
    tree: Tree,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    plugin: str,
    expected: str,
) -> None:
    monkeypatch.setenv(variable, value)
    assert with_plugin(tree, plugin).f() == expected


def test_a_preferred_vendor_that_offers_nothing_is_warned_of(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MG_FL_PREFER", "npu")
    core = with_plugin(tree, VENDORS + DEFAULT)
    with pytest.warns(RuntimeWarning, match="MG_FL_PREFER prefers 'npu'.*cuda, default, musa") as w:
        assert core.f() == "default"
    assert w[0].filename == __file__


def test_the_only_vendor_is_used_whether_it_is_registered_by_name_or_not(
    core: ModuleType, tree: Tree
) -> None:
    tree({"fast.py": "def f(x=1): return 'fast'\ndef g(self): return 'fast'\n"})
    register_plugin("megatron.core.x:f", "fast:f", vendor="musa")
    fast = importlib.import_module("fast")
    plugin_implementation("megatron.core.x:Opt.step", vendor="musa")(fast.g)
    assert (core.f(), core.Opt().step()) == ("fast", "fast")
    assert "musa" in explain_plugin(core.f)
    assert "the only vendor" in explain_plugin(core.f)


def test_several_vendors_and_no_preference_mean_the_original_with_a_warning(tree: Tree) -> None:
    core = with_plugin(tree, VENDORS)
    with pytest.warns(RuntimeWarning, match="no vendor is preferred.*cuda, musa"):
        assert core.f() == ("core", 1)


def test_after_a_reset_another_preference_counts(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = with_plugin(tree, VENDORS + DEFAULT)
    assert core.f() == "default"
    monkeypatch.setenv("MG_FL_PREFER", "cuda")
    reset_plugins("megatron.core.x:f")
    assert core.f() == "cuda"
    monkeypatch.setenv("MG_FL_PREFER", "musa")
    reset_plugins()
    assert core.f() == "musa"


def test_two_plugins_of_one_vendor_are_an_error(core: ModuleType, tree: Tree) -> None:
    code = PLUGIN + "@plugin_implementation('megatron.core.x:f')\ndef f(x=1): return __name__\n"
    tree({"one.py": code, "two.py": code})
    importlib.import_module("one")
    with pytest.raises(PluginError, match=r"two 'default' plugins for megatron\.core\.x:f: one:f"):
        importlib.import_module("two")
    assert core.f() == "one"


def test_two_plugins_of_one_vendor_in_different_words_are_an_error(tree: Tree) -> None:
    core = with_plugin(
        tree, f"{FULL}{FULL.replace(repr('megatron.core.x:f'), repr('x') + ', ' + repr('f'))}"
    )
    with pytest.raises(PluginError, match="two 'default' plugins"):
        core.f()


def test_a_reloaded_plugin_module_replaces_its_own(tree: Tree) -> None:
    core = with_plugin(tree, FULL)
    assert core.f() == ("plugin", 2)
    plugin = sys.modules["plugin.core.x"]
    Path(plugin.__file__ or "").write_text(PLUGIN + FULL.replace("'plugin'", "'new plugin'"))
    importlib.invalidate_caches()
    importlib.reload(plugin)
    assert core.f() == ("new plugin", 2)


def test_a_reloaded_core_starts_again(tree: Tree) -> None:
    core = with_plugin(tree, FULL)
    assert core.f() == ("plugin", 2)
    importlib.reload(core)
    assert core.f() == ("plugin", 2)
    assert core.Opt().step() == "core step"


def test_other_mirrors_can_be_configured(tree: Tree) -> None:
    configure_plugins(mirrors={"megatron": "nowhere", "megatron.core": "megatron.plugin"})
    code = FULL.replace("'megatron.core.x:f'", "'x', 'f'")
    tree({**PACKAGES, "megatron/plugin/__init__.py": "", "megatron/plugin/x.py": PLUGIN + code})
    assert importlib.import_module("megatron.core.x").f() == ("plugin", 2)


def test_the_variable_can_be_configured(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    configure_plugins(vendor_variables=["PREFER"])
    monkeypatch.setenv("PREFER", "cuda")
    monkeypatch.setenv("MG_FL_PREFER", "musa")
    assert with_plugin(tree, VENDORS).f() == "cuda"


def test_resolve_decides_without_calling(tree: Tree) -> None:
    core = with_plugin(tree, FULL)
    found = resolve_plugin("megatron.core.x:f")
    assert found is sys.modules["plugin.core.x"].f
    assert resolve_plugin(core.f) is found


@pytest.mark.parametrize("ask", [resolve_plugin, explain_plugin, original, reset_plugins])
def test_what_is_not_marked_is_a_lookup_error(ask: object) -> None:
    assert callable(ask)
    with pytest.raises(LookupError, match="nothing is marked"):
        ask("megatron.core.x:g")
    with pytest.raises(LookupError, match="nothing is marked"):
        ask(print)


def test_explain_says_what_is_registered_and_called_and_why(tree: Tree) -> None:
    core = with_plugin(tree, FULL)
    before = explain_plugin("megatron.core.x:f")
    assert "plugin.core.x (not imported)" in before
    assert "not called yet" in before
    core.f()
    after = explain_plugin(core.f)
    assert "registered, default: plugin.core.x:f" in after
    assert "calls: plugin.core.x:f" in after
    assert "preferred vendor: none" in after


def test_a_plugin_that_matches_nothing_is_listed(tree: Tree) -> None:
    core = with_plugin(tree, FULL)
    register_plugin("megatron.core.x:Sub.step", "fast:f")
    assert len(unmatched_plugins()) == 1
    assert "megatron.core.x:Sub.step -> fast:f" in unmatched_plugins()[0]
    assert core.Sub().step() == "core step"


def test_eight_threads_import_the_plugin_once_and_agree(tree: Tree) -> None:
    slow = "import time, counting\ncounting.seen.append(1)\ntime.sleep(0.05)\n"
    core = with_plugin(tree, slow + FULL, **{"counting.py": "seen = []"})
    captured = core.f
    assert at_once(captured) == [("plugin", 2)] * 8
    assert sys.modules["counting"].seen == [1]


def test_only_functions_can_be_marked() -> None:
    with pytest.raises(TypeError, match="mark its methods instead"):
        plugin_method(type("C", (), {}))
    with pytest.raises(TypeError, match="not for 3"):
        plugin_method(3)


def test_two_functions_of_one_name_in_a_module_are_an_error(tree: Tree) -> None:
    code = "from cycleguard.runtime import plugin_method\n"
    code += "@plugin_method\ndef f(): pass\n@plugin_method\ndef f(): pass\n"
    tree({"core.py": code})
    with pytest.raises(PluginError, match="core:f, in lines 2 and 4"):
        importlib.import_module("core")
