"""Aliases of modules: one module under two names, as CPython's own import system sees it."""

import builtins
import copy
import importlib
import importlib.util
import inspect
import pickle
import pkgutil
import sys
from pathlib import Path
from unittest import mock

import pytest

from cycleguard.runtime import inject_module_alias, remove_alias
from tests.runtime.conftest import RunPython, Tree, at_once, is_loaded

FILES = {
    "up/__init__.py": "",
    "up/workers/__init__.py": "",
    "up/workers/user.py": "from up.workers.tp import answer\nimport up.workers.tp\n"
    "VALUE = answer() + up.workers.tp.ANSWER\n",
    "npu/__init__.py": "",
    "npu/tp.py": '"""Doc of tp."""\n__all__ = ["answer", "Config", "_hidden"]\n'
    "import os\nANSWER = 1\n_hidden = 7\n\n"
    "def answer():\n    return ANSWER\n\n\nclass Config:\n    pass\n",
    "npu/pack/__init__.py": "from .inner import DEEP\nfrom . import inner\n",
    "npu/pack/inner.py": "DEEP = 5\n",
    "npu/pack/late.py": "from . import inner\nfrom .sub import leaf\nLATE = inner.DEEP + leaf.X\n",
    "npu/pack/sub/__init__.py": "",
    "npu/pack/sub/leaf.py": "X = 2\n",
}


@pytest.fixture
def path(tree: Tree) -> Path:
    return tree(FILES)


@pytest.fixture
def alias(path: Path) -> str:
    inject_module_alias(source_module_name="npu.tp", target_module_name="up.workers.tp")
    return "up.workers.tp"


@pytest.fixture
def package(path: Path) -> str:
    inject_module_alias("npu.pack", "up.pack")
    return "up.pack"


IMPORTS = {
    "import": "import up.workers.tp\nfound = up.workers.tp",
    "import as": "import up.workers.tp as found",
    "from its package": "from up.workers import tp as found",
    "by name": "import importlib\nfound = importlib.import_module('up.workers.tp')",
    "relative, by name": "import importlib\nfound = importlib.import_module('.tp', 'up.workers')",
    "__import__": "found = __import__('up.workers.tp', fromlist=['answer'])",
    "after the source": "import npu.tp\nimport up.workers.tp as found",
    "before the source": "import up.workers.tp as found\nimport npu.tp",
    "after its package": "import up.workers\nfrom up.workers import tp as found",
}


@pytest.mark.parametrize("how", IMPORTS)
def test_must_have_11_it_is_the_source_itself(alias: str, how: str) -> None:
    names: dict[str, object] = {}
    exec(IMPORTS[how], names)
    source = importlib.import_module("npu.tp")
    assert names["found"] is source is sys.modules[alias] is sys.modules["npu.tp"]
    assert sys.modules["up.workers"].tp is source


def test_code_of_the_upstream_package_imports_it_unchanged(alias: str) -> None:
    assert importlib.import_module("up.workers.user").VALUE == 2


def test_must_have_11_nothing_is_loaded_before_it_is_used(alias: str) -> None:
    assert not is_loaded("npu.tp")
    assert not is_loaded(alias)
    assert importlib.util.find_spec(alias) is not None
    assert not is_loaded("npu.tp")


def test_it_runs_once(path: Path) -> None:
    (path / "npu/count.py").write_text("import sys\nsys.runs = getattr(sys, 'runs', 0) + 1\n")
    importlib.invalidate_caches()
    for target in ("up.one", "up.two"):
        inject_module_alias("npu.count", target)
    try:
        for name in ("up.one", "npu.count", "up.two", "up.one"):
            importlib.import_module(name)
        assert vars(sys)["runs"] == 1
    finally:
        vars(sys).pop("runs", None)


def test_what_is_rebound_in_one_is_rebound_in_the_other(alias: str) -> None:
    source = importlib.import_module("npu.tp")
    found = importlib.import_module(alias)
    source.ANSWER = 42  # type: ignore[attr-defined]
    assert found.ANSWER == 42
    with mock.patch(f"{alias}.ANSWER", 9):
        assert source.answer() == 9
    assert source.answer() == 42


def test_the_source_keeps_its_spec_and_names(alias: str) -> None:
    found = importlib.import_module(alias)
    assert found.__name__ == "npu.tp"
    assert found.__package__ == "npu"
    assert found.__spec__ is not None
    assert found.__spec__.name == "npu.tp"
    assert found.__spec__.loader is found.__loader__
    assert found.__file__ is not None
    assert found.__file__.endswith("tp.py")
    assert found.__doc__ == "Doc of tp."


@pytest.mark.parametrize("loaded", [False, True])
def test_find_spec_finds_it(alias: str, loaded: bool) -> None:
    if loaded:
        importlib.import_module(alias)
    spec = importlib.util.find_spec(alias)
    assert spec is not None
    assert spec.origin is not None
    assert spec.origin.endswith("tp.py")
    assert spec.has_location


def test_reload_runs_it_again_and_it_stays_the_source(alias: str, path: Path) -> None:
    found = importlib.import_module(alias)
    found.ANSWER = 42  # type: ignore[attr-defined]
    assert importlib.reload(found) is found
    assert found.ANSWER == 1
    assert sys.modules[alias] is found is sys.modules["npu.tp"]


def test_its_source_code_is_found(alias: str) -> None:
    found = importlib.import_module(alias)
    assert "Doc of tp." in inspect.getsource(found)
    assert inspect.getsource(found.answer).startswith("def answer")
    assert inspect.getmodule(found.answer) is found
    assert pkgutil.get_data(alias, "tp.py") is not None


def test_pickles_name_the_source_and_load(alias: str, run_python: RunPython) -> None:
    found = importlib.import_module(alias)
    made = pickle.loads(pickle.dumps(found.Config()))
    assert type(made) is found.Config
    assert type(copy.deepcopy(made)) is found.Config
    assert pickle.loads(pickle.dumps(found.answer)) is found.answer
    data = pickle.dumps(made)
    end = run_python(f"import pickle; print(type(pickle.loads({data!r})).__module__)")
    assert end.stdout.strip() == "npu.tp", "without the alias, too"


def test_star_import_gives_what_all_names_and_no_more(alias: str) -> None:
    names: dict[str, object] = {}
    exec(f"from {alias} import *", names)
    assert set(names) - {"__builtins__"} == {"answer", "Config", "_hidden"}


def test_private_names_are_importable(alias: str) -> None:
    names: dict[str, object] = {}
    exec(f"from {alias} import _hidden", names)
    assert names["_hidden"] == 7


SUBMODULES = ["inner", "late", "sub", "sub.leaf"]


@pytest.mark.parametrize("first", ["npu.pack", "up.pack"])
@pytest.mark.parametrize("sub", SUBMODULES)
def test_must_have_11_submodules_are_the_same(package: str, first: str, sub: str) -> None:
    second = ({"npu.pack", "up.pack"} - {first}).pop()
    one = importlib.import_module(f"{first}.{sub}")
    two = importlib.import_module(f"{second}.{sub}")
    assert one is two
    assert one.__spec__ is not None
    assert one.__spec__.name == one.__name__ == f"npu.pack.{sub}"


def test_submodules_by_every_form_of_import(package: str) -> None:
    names: dict[str, object] = {}
    exec(
        "import up.pack.late\nfrom up.pack import late, inner\nfrom up.pack.sub.leaf import X\n"
        "found = up.pack.late.LATE",
        names,
    )
    assert names["found"] == 7
    assert names["late"] is sys.modules["npu.pack.late"]
    assert names["X"] == 2


def test_packages_are_walked_below_the_alias(package: str) -> None:
    found = importlib.import_module(package)
    walked = {each.name for each in pkgutil.walk_packages(found.__path__, "up.pack.")}
    assert walked == {"up.pack.inner", "up.pack.late", "up.pack.sub", "up.pack.sub.leaf"}


def test_a_submodule_that_is_not_there_is_missing_under_the_name_asked_for(package: str) -> None:
    with pytest.raises(ModuleNotFoundError) as raised:
        importlib.import_module("up.pack.nothing")
    assert raised.value.name == "up.pack.nothing"


def test_the_alias_can_be_run(path: Path, run_python: RunPython) -> None:
    (path / "npu/main.py").write_text("print(__name__, 'ran')\n")
    end = run_python(
        "import runpy; from cycleguard.runtime import inject_module_alias\n"
        "inject_module_alias('npu.main', 'up.main')\n"
        "runpy.run_module('up.main', run_name='__main__')"
    )
    assert end.stdout.strip() == "__main__ ran", end.stderr


def test_an_alias_of_an_alias(alias: str) -> None:
    inject_module_alias(alias, "up.again")
    assert importlib.import_module("up.again") is importlib.import_module("npu.tp")


def test_a_top_level_alias_and_one_of_the_standard_library(path: Path) -> None:
    inject_module_alias("npu.tp", "shortcut")
    inject_module_alias("wave", "up.wave")
    assert importlib.import_module("shortcut") is importlib.import_module("npu.tp")
    assert importlib.import_module("up.wave") is importlib.import_module("wave")
    remove_alias("shortcut")


def test_a_module_made_by_hand_can_be_the_source(path: Path) -> None:
    made = type(sys)("made")
    sys.modules["made"] = made
    inject_module_alias("made", "up.made")
    assert importlib.import_module("up.made") is made


def test_a_source_that_fails_raises_its_own_error_and_may_be_repaired(path: Path) -> None:
    (path / "npu/bad.py").write_text("import no_such_thing\n")
    importlib.invalidate_caches()
    inject_module_alias("npu.bad", "up.bad")
    for _ in range(2):
        with pytest.raises(ModuleNotFoundError, match="no_such_thing"):
            importlib.import_module("up.bad")
        assert not is_loaded("up.bad")
        assert not is_loaded("npu.bad")
    (path / "npu/bad.py").write_text("X = 'this is longer than it was'\n")
    assert importlib.import_module("up.bad").X


def test_in_a_cycle_both_names_are_the_same_half_way_module(path: Path) -> None:
    (path / "npu/ring.py").write_text("EARLY = 1\nimport up.back\nLATE = 2\n")
    (path / "up/back.py").write_text("from up.ring import EARLY\nfrom up.ring import LATE\n")
    importlib.invalidate_caches()
    inject_module_alias("npu.ring", "up.ring")
    with pytest.raises(ImportError, match="cannot import name 'LATE' from partially"):
        importlib.import_module("npu.ring")
    (path / "up/back.py").write_text("import up.ring\nhalf_way = up.ring\n")
    importlib.invalidate_caches()
    found = importlib.import_module("npu.ring")
    assert found is sys.modules["up.ring"] is sys.modules["up"].ring
    assert found is sys.modules["up.back"].half_way


def test_eight_threads_get_one_module(path: Path) -> None:
    (path / "npu/slow.py").write_text(
        "import time\ntime.sleep(0.05)\nimport builtins\n"
        "builtins.slow_runs = getattr(builtins, 'slow_runs', 0) + 1\nEND = 1\n"
    )
    importlib.invalidate_caches()
    inject_module_alias("npu.slow", "up.slow")
    orders = iter([("npu.slow", "up.slow"), ("up.slow", "npu.slow")] * 4)
    found = at_once(lambda: [importlib.import_module(name).END for name in next(orders)])
    assert found == [[1, 1]] * 8
    assert sys.modules["up.slow"] is sys.modules["npu.slow"]
    assert vars(builtins).pop("slow_runs") == 1
