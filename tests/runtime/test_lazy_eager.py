"""``CYCLEGUARD_EAGER=1`` and `check_all`: CI finds the broken targets, and no cycle comes back."""

import importlib
import sys

import pytest

from cycleguard.runtime import (
    LazyCheckError,
    LazyImportError,
    check_all,
    is_lazy,
    lazy_attribute,
    lazy_module,
)
from tests.runtime.conftest import RunPython, Tree, is_loaded

HEAD = "from cycleguard.runtime import lazy, lazy_module, attach\n"
# Each needs the other, and `one` works only because its import of `two` is lazy.
CYCLE = {
    "one.py": f"{HEAD}two = lazy_module('two')\n"
    "import sys\nSEEN = 'two' in sys.modules\nLATE = 1\n",
    "two.py": "from one import LATE\n",
    "top.py": "import one\nSEEN = 'two' in __import__('sys').modules\n",
}


@pytest.fixture
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYCLEGUARD_EAGER", "1")


@pytest.mark.usefixtures("_eager")
def test_must_have_14_resolves_after_the_outermost_import_has_ended(tree: Tree) -> None:
    tree(CYCLE)
    top = importlib.import_module("top")
    one = sys.modules["one"]
    assert one.SEEN is False, "not at the declaration"
    assert top.SEEN is False, "not when the module that declared it has ended"
    assert one.two is sys.modules["two"]


@pytest.mark.usefixtures("_eager")
@pytest.mark.parametrize("entry", ["one", "two", "top"])
def test_must_have_14_does_not_bring_the_cycle_back(tree: Tree, entry: str) -> None:
    tree(CYCLE)
    importlib.import_module(entry)
    assert is_loaded("two")


@pytest.mark.usefixtures("_eager")
def test_must_have_14_the_import_reports_every_broken_target_at_once(tree: Tree) -> None:
    path = tree(
        {
            "top.py": f"{HEAD}import sub\n"
            "with lazy():\n    import gone1\n    from sub import gone2\n",
            "sub.py": f"{HEAD}wave = lazy_module('wave')\n",
        }
    )
    with pytest.raises(LazyCheckError) as caught:
        importlib.import_module("top")
    assert len(caught.value.errors) == 2
    for part in ("gone1", "gone2", f"{path / 'top.py'}:4", f"{path / 'top.py'}:5"):
        assert part in str(caught.value)
    assert sys.modules["sub"].wave is sys.modules["wave"]


@pytest.mark.usefixtures("_eager")
def test_an_import_that_fails_keeps_its_own_error(tree: Tree) -> None:
    tree({"top.py": f"{HEAD}gone = lazy_module('gone')\nraise ValueError('mine')\n"})
    with pytest.raises(ValueError, match="mine"):
        importlib.import_module("top")


@pytest.mark.usefixtures("_eager")
def test_the_spec_is_as_it_was(tree: Tree) -> None:
    tree(CYCLE)
    one = importlib.import_module("one")
    assert type(one.__spec__) is type(sys.__spec__)
    assert not [name for name in vars(one.__spec__) if "cycleguard" in name]
    assert getattr(one.__spec__, "_initializing", None) is False


@pytest.mark.usefixtures("_eager")
def test_attached_names_are_resolved_too(tree: Tree) -> None:
    tree(
        {
            "package/__init__.py": f"{HEAD}__getattr__, __dir__, __all__ = attach(__name__, ['a'])",
            "package/a.py": "",
        }
    )
    package = importlib.import_module("package")
    assert "a" in vars(package)
    assert "__getattr__" not in vars(package)


@pytest.mark.parametrize("value", ["", "0"])
def test_switched_off_nothing_is_resolved(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("CYCLEGUARD_EAGER", value)
    tree(CYCLE)
    importlib.import_module("top")
    assert not is_loaded("two")


def test_in_a_script_it_works_as_well(tree: Tree, run_python: RunPython) -> None:
    tree({**CYCLE, "script.py": "import one\nprint(one.two.__name__, 'two' in vars(one))\n"})
    ended = run_python("import runpy; runpy.run_path('script.py')", env={"CYCLEGUARD_EAGER": "1"})
    assert ended.stdout.split() == ["two", "True"], ended.stderr


def test_must_have_14_check_all_reports_every_broken_target_at_once(tree: Tree) -> None:
    tree({"good.py": "X = 1"})
    good = lazy_module("good")
    _ = lazy_module("gone1"), lazy_attribute("good:Y")
    with pytest.raises(LazyCheckError) as caught:
        check_all()
    assert isinstance(caught.value, ImportError)
    assert [type(error) for error in caught.value.errors] != []
    assert all(isinstance(error, LazyImportError) for error in caught.value.errors)
    assert [word in str(caught.value) for word in ("gone1", "'Y'", "good:X")] == [True, True, False]
    assert not is_lazy(good)


def test_check_all_names_what_it_resolved_and_then_has_nothing_left(tree: Tree) -> None:
    tree({"good.py": "X = 1", "user.py": f"{HEAD}good = lazy_module('good')\n"})
    user = importlib.import_module("user")
    assert check_all() == ("good",)
    assert user.good is sys.modules["good"]
    assert check_all() == ()


def test_after_a_reload_only_the_new_declaration_counts(tree: Tree) -> None:
    tree({"user.py": f"{HEAD}gone = lazy_module('gone')\n"})
    user = importlib.import_module("user")
    importlib.reload(user)
    with pytest.raises(LazyCheckError) as caught:
        check_all()
    assert len(caught.value.errors) == 1
