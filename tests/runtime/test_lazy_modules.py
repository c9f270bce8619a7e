"""`lazy_module`: nothing is imported before the first use, and nothing is left of it afterwards."""

import copy
import importlib
import inspect
import pickle
import sys
from types import ModuleType

import pytest

from cycleguard.runtime import (
    ImportCycleError,
    LazyImportError,
    LazyModuleNotFoundError,
    is_lazy,
    lazy_module,
    resolve_lazy,
)
from tests.runtime.conftest import Tree, is_loaded

USER = "from cycleguard.runtime import lazy_module\nm = lazy_module('heavy')\n"


@pytest.fixture
def user(tree: Tree) -> ModuleType:
    """A module `user` whose global `m` stands for the module `heavy`."""
    tree({"heavy.py": "'''Doc.'''\nX = 1\n__version__ = '2'\n", "user.py": USER})
    return importlib.import_module("user")


def test_must_have_01_the_global_is_the_real_module_after_first_use(user: ModuleType) -> None:
    assert not is_loaded("heavy")
    assert user.m.X == 1
    assert user.m is sys.modules["heavy"]


def test_every_name_of_the_importer_is_replaced(tree: Tree) -> None:
    tree({"heavy.py": "X = 1", "user.py": f"{USER}other = m"})
    user = importlib.import_module("user")
    assert user.other.X == 1
    assert user.m is user.other is sys.modules["heavy"]


def test_a_name_that_was_bound_anew_stays(user: ModuleType) -> None:
    proxy = user.m
    user.m = "mine"  # type: ignore[attr-defined]
    assert proxy.X == 1
    assert user.m == "mine"


def test_a_reference_taken_before_works_and_is_replaced_when_used(tree: Tree) -> None:
    tree({"heavy.py": "X = 1", "user.py": USER, "late.py": "from user import m\nkept = [m]\n"})
    late = importlib.import_module("late")
    user = importlib.import_module("user")
    assert user.m.X == 1
    assert is_lazy(late.m) is False
    assert late.m is not user.m
    exec("m.X", late.__dict__)
    assert late.m is user.m
    assert late.kept[0].X == 1


@pytest.mark.parametrize(
    "probe",
    [
        repr,
        dir,
        lambda m: isinstance(m, ModuleType),
        inspect.ismodule,
        inspect.unwrap,
        lambda m: hasattr(m, "__file__"),
        lambda m: hasattr(m, "__path__"),
        lambda m: hasattr(m, "__spec__"),
        lambda m: m.__name__,
        lambda m: m.__package__,
        callable,
        is_lazy,
        inspect.getfile,
        inspect.getmodule,
    ],
)
def test_must_have_08_probes_do_not_import(user: ModuleType, probe: object) -> None:
    assert callable(probe)
    probe(user.m)
    assert not is_loaded("heavy")
    assert is_lazy(user.m)


def test_must_have_08_nothing_unresolved_is_in_sys_modules(user: ModuleType) -> None:
    assert not any(is_lazy(module) for module in list(sys.modules.values()))
    # What inspect.stack and torch do: hasattr(module, "__file__") on all of sys.modules.
    inspect.getmodule(inspect.currentframe())
    assert not is_loaded("heavy")


def test_what_the_spec_tells_is_told_before(user: ModuleType) -> None:
    told = {n: getattr(user.m, n) for n in ("__name__", "__file__", "__package__")}
    spec = user.m.__spec__
    assert not is_loaded("heavy")
    real = importlib.import_module("heavy")
    assert told == {n: getattr(real, n) for n in told}
    assert real.__spec__ is not None
    assert (spec.name, spec.origin) == (real.__spec__.name, real.__spec__.origin)


def test_a_package_tells_its_path_and_a_module_has_none(tree: Tree) -> None:
    tree({"package/__init__.py": "", "heavy.py": ""})
    assert list(lazy_module("package").__path__)
    assert not hasattr(lazy_module("heavy"), "__path__")
    assert not is_loaded("package")


def test_documentation_and_contents_are_the_real_ones(user: ModuleType) -> None:
    assert user.m.__doc__ == "Doc."
    assert user.m.__version__ == "2"
    assert "X" in vars(resolve_lazy(user.m))


def test_vars_of_a_proxy_are_those_of_the_module(user: ModuleType) -> None:
    assert vars(user.m)["X"] == 1


def test_setting_and_deleting_reach_the_module(user: ModuleType) -> None:
    proxy = user.m
    proxy.Y = 2
    assert sys.modules["heavy"].__dict__["Y"] == 2
    del proxy.Y
    assert not hasattr(user.m, "Y")


def test_a_submodule_is_the_submodule(tree: Tree) -> None:
    tree({"package/__init__.py": "X = 0", "package/sub.py": "X = 1"})
    sub = lazy_module("package.sub")
    assert not is_loaded("package")
    assert sub.X == 1


def test_must_have_06_a_missing_module_says_where_it_was_declared(tree: Tree) -> None:
    path = tree({"user.py": USER}) / "user.py"
    user = importlib.import_module("user")
    with pytest.raises(LazyModuleNotFoundError) as caught:
        _ = user.m.X
    assert isinstance(caught.value, ImportError)
    assert caught.value.name == "heavy"
    assert f"declared in {path}:2" in str(caught.value)
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_must_have_06_a_broken_module_keeps_its_cause(tree: Tree) -> None:
    tree({"user.py": USER, "heavy.py": "raise RuntimeError('no driver')"})
    user = importlib.import_module("user")
    with pytest.raises(LazyImportError, match="RuntimeError: no driver") as caught:
        _ = user.m.X
    assert not isinstance(caught.value, ModuleNotFoundError)
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_hasattr_does_not_hide_a_missing_module(tree: Tree) -> None:
    tree({"user.py": USER})
    user = importlib.import_module("user")
    with pytest.raises(ImportError):
        hasattr(user.m, "X")


def test_a_failure_is_not_kept(tree: Tree) -> None:
    tree({"user.py": USER, "heavy.py": "import flag\nX = 1"})
    user = importlib.import_module("user")
    for _ in range(2):
        with pytest.raises(LazyModuleNotFoundError, match="flag"):
            _ = user.m.X
    tree({"flag.py": ""})
    importlib.invalidate_caches()
    assert user.m.X == 1


def test_must_have_06_a_cycle_is_named_with_its_chain(tree: Tree) -> None:
    files = {
        "one.py": "from cycleguard.runtime import lazy_module\nimport two\nLATE = 1\n",
        "two.py": "from cycleguard.runtime import lazy_module\n"
        "one = lazy_module('one')\none.LATE\n",
    }
    path = tree(files)
    with pytest.raises(ImportCycleError) as caught:
        importlib.import_module("one")
    message = str(caught.value)
    assert isinstance(caught.value, LazyImportError)
    assert "cannot import name 'LATE' from partially initialized module 'one'" in message
    assert f"one ({path / 'one.py'}:2) -> two ({path / 'two.py'}:3)" in message
    assert f"declared in {path / 'two.py'}:2" in message


def test_a_half_way_module_gives_what_it_has_and_is_not_kept(tree: Tree) -> None:
    tree(
        {
            "one.py": "EARLY = 1\nimport two\nraise ValueError('late')\n",
            "two.py": "from cycleguard.runtime import lazy_module\n"
            "one = lazy_module('one')\nseen = one.EARLY\n",
        }
    )
    with pytest.raises(ValueError, match="late"):
        importlib.import_module("one")
    two = sys.modules["two"]
    assert two.seen == 1
    assert is_lazy(two.one), "the module that failed must not be kept"


def test_a_cycle_that_lazy_use_breaks_imports_from_both_ends(tree: Tree) -> None:
    body = "from cycleguard.runtime import lazy_module\n{0} = lazy_module('{0}')\n"
    body += "def f():\n    return {0}.NAME\nNAME = __name__\n"
    for first in ("one", "two"):
        tree({"one.py": body.format("two"), "two.py": body.format("one")})
        module = importlib.import_module(first)
        assert module.f() in ("one", "two")
        for name in ("one", "two"):
            sys.modules.pop(name, None)


def test_must_have_10_a_proxy_is_pickled_and_copied_as_a_reference(user: ModuleType) -> None:
    proxy = user.m
    data = pickle.dumps(proxy)
    assert not is_loaded("heavy")
    assert pickle.loads(data) is sys.modules["heavy"]
    assert copy.copy(proxy) is copy.deepcopy(proxy) is sys.modules["heavy"]
    assert copy.deepcopy({"module": proxy})["module"] is sys.modules["heavy"]


def test_reload_of_the_importer_starts_again(user: ModuleType) -> None:
    assert user.m.X == 1
    importlib.reload(user)
    assert is_lazy(user.m)
    assert user.m.X == 1


def test_a_module_that_replaces_itself_is_what_it_put_there(tree: Tree) -> None:
    tree({"heavy.py": "import sys\nclass M: X = 7\nsys.modules[__name__] = M()", "user.py": USER})
    user = importlib.import_module("user")
    assert user.m.X == 7
    assert user.m is sys.modules["heavy"]


def test_resolve_gives_the_real_module_and_leaves_the_rest_alone(user: ModuleType) -> None:
    assert resolve_lazy(user.m) is sys.modules["heavy"]
    assert resolve_lazy(1) == 1
