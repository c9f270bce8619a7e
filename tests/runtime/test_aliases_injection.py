"""What injecting an alias refuses, what it leaves behind, and how it is taken back."""

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from cycleguard.runtime import (
    AliasError,
    bootstrap_default_aliases,
    inject_module_alias,
    inject_module_aliases_batch,
    remove_alias,
)
from tests.runtime.conftest import RunPython, Tree, at_once, is_loaded

FILES = {
    "up/__init__.py": "",
    "up/there.py": "WHO = 'up'\n",
    "up/pack/__init__.py": "WHO = 'up'\n",
    "up/pack/sub.py": "WHO = 'up'\n",
    "up/plain.py": "",
    "npu/__init__.py": "",
    "npu/tp.py": "WHO = 'npu'\n",
    "npu/other.py": "WHO = 'other'\n",
    "npu/pack/__init__.py": "WHO = 'npu'\n",
    "npu/pack/sub.py": "WHO = 'npu'\n",
}


@pytest.fixture(autouse=True)
def path(tree: Tree) -> Path:
    return tree(FILES)


def state() -> tuple[object, ...]:
    """All that an injection may change."""
    return tuple(sys.meta_path), {n: m for n, m in sys.modules.items() if n.startswith(("up", "n"))}


WRONG: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "no such source": ("npu.gone", "up.tp", {}, "there is no module 'npu.gone'"),
    "no such package of the source": ("gone.tp", "up.tp", {}, "there is no module 'gone.tp'"),
    "no package above": ("npu.tp", "gone.tp", {}, "there is no package 'gone'; create_parents"),
    "no package far above": ("npu.tp", "up.a.b", {}, "there is no package 'up.a'"),
    "a module above": ("npu.tp", "up.plain.tp", {}, "'up.plain' is no package"),
    "a module on disk": ("npu.tp", "up.there", {}, "there is a module of that name; shadow=True"),
    "a package on disk": ("npu.tp", "up.pack", {}, "there is a module of that name"),
    "itself": ("npu.tp", "npu.tp", {}, "the source is the alias itself"),
    "below itself": ("npu.pack.sub", "npu.pack", {"shadow": True}, "or lies below it"),
    "no name": ("npu.tp", "up.not-a-name", {}, "'up.not-a-name' is no name of a module"),
    "an empty name": ("", "up.tp", {}, "'' is no name of a module"),
    "a relative name": (".tp", "up.tp", {}, "'.tp' is no name of a module"),
}


@pytest.mark.parametrize("why", WRONG)
def test_must_have_11_what_cannot_be_is_an_error_that_leaves_nothing(why: str) -> None:
    source, target, options, message = WRONG[why]
    importlib.import_module("up")
    importlib.import_module("npu")
    before = state()
    for _ in range(2):
        with pytest.raises(AliasError, match="Failed to inject module alias from") as raised:
            inject_module_alias(source, target, **options)
        assert message in str(raised.value)
        assert state() == before


def test_a_loaded_module_of_the_name_is_a_conflict() -> None:
    there = importlib.import_module("up.there")
    with pytest.raises(AliasError, match="shadow=True hides it"):
        inject_module_alias("npu.tp", "up.there")
    assert importlib.import_module("up.there") is there


def test_none_in_sys_modules_is_a_conflict_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "up.blocked", None)
    with pytest.raises(AliasError, match="there is a module of that name"):
        inject_module_alias("npu.tp", "up.blocked")


def test_again_with_the_same_source_is_fine_and_with_another_is_not() -> None:
    for _ in range(2):
        assert inject_module_alias("npu.tp", "up.tp") is True
    with pytest.raises(AliasError, match=r"it is an alias of 'npu\.tp' already"):
        inject_module_alias("npu.other", "up.tp")
    importlib.import_module("up.tp")
    assert inject_module_alias("npu.tp", "up.tp") is True
    with pytest.raises(AliasError, match="already"):
        inject_module_alias("npu.other", "up.tp", shadow=True)
    assert importlib.import_module("up.tp").WHO == "npu"


def test_aliases_do_not_go_round_in_a_circle() -> None:
    inject_module_alias("npu.tp", "up.a")
    inject_module_alias("up.a", "up.b")
    with pytest.raises(AliasError):
        inject_module_alias("up.b", "npu.tp", shadow=True)


@pytest.mark.parametrize("loaded", [False, True])
def test_must_have_11_shadow_hides_a_module_until_the_alias_is_removed(loaded: bool) -> None:
    if loaded:
        importlib.import_module("up.there")
    inject_module_alias("npu.tp", "up.there", shadow=True)
    assert importlib.import_module("up.there").WHO == "npu"
    assert importlib.import_module("up").there.WHO == "npu"
    hidden = sys.modules["up.there"]
    remove_alias("up.there")
    assert importlib.import_module("up.there").WHO == "up"
    assert importlib.import_module("up").there.WHO == "up"
    assert hidden.WHO == "npu"


def test_shadow_hides_the_submodules_of_a_package_too() -> None:
    real = importlib.import_module("up.pack.sub")
    inject_module_alias("npu.pack", "up.pack", shadow=True)
    assert importlib.import_module("up.pack.sub").WHO == "npu"
    assert importlib.import_module("up.pack.sub") is importlib.import_module("npu.pack.sub")
    remove_alias("up.pack")
    assert importlib.import_module("up.pack.sub") is real
    assert importlib.import_module("up.pack").sub is real


def test_parents_are_made_when_asked_and_go_with_the_last_alias() -> None:
    inject_module_alias("npu.tp", "new.deep.tp", create_parents=True)
    inject_module_alias("npu.other", "new.other")
    assert importlib.import_module("new.deep.tp").WHO == "npu"
    assert importlib.import_module("new").deep.tp.WHO == "npu"
    remove_alias("new.deep.tp")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("new.deep")
    assert importlib.import_module("new.other").WHO == "other"
    remove_alias("new.other")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("new")


@pytest.mark.parametrize("loaded", [False, True])
def test_must_have_11_removed_it_is_gone(loaded: bool) -> None:
    finders = list(sys.meta_path)
    inject_module_alias("npu.tp", "up.tp")
    if loaded:
        importlib.import_module("up.tp")
    remove_alias("up.tp")
    assert sys.meta_path == finders
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("up.tp")
    assert not hasattr(importlib.import_module("up"), "tp")
    assert importlib.util.find_spec("up.tp") is None
    assert importlib.import_module("npu.tp").WHO == "npu"
    with pytest.raises(AliasError, match=r"'up\.tp' is no alias"):
        remove_alias("up.tp")
    inject_module_alias("npu.other", "up.tp")
    assert importlib.import_module("up.tp").WHO == "other"


def test_removing_one_leaves_what_others_stand_for() -> None:
    inject_module_alias("npu.pack", "up.p")
    inject_module_alias("npu.other", "up.p.more")
    sub, more = importlib.import_module("up.p.sub"), importlib.import_module("up.p.more")
    assert more.WHO == "other"
    remove_alias("up.p.more")
    assert not is_loaded("up.p.more")
    assert importlib.import_module("up.p.sub") is sub
    remove_alias("up.p")
    assert not is_loaded("up.p")
    assert not is_loaded("up.p.sub")
    assert sys.modules["npu.pack.sub"] is sub


def test_names_that_are_needed_are_checked_when_it_is_imported() -> None:
    inject_module_alias("npu.tp", "up.tp", export_symbols=(name for name in ["WHO"]))
    inject_module_alias("npu.other", "up.other", export_symbols=["WHO", "GONE", "LOST"])
    assert importlib.import_module("up.tp").WHO == "npu"
    for _ in range(2):
        with pytest.raises(ImportError, match=r"'up\.other' stands, lacks GONE, LOST"):
            importlib.import_module("up.other")
        assert not is_loaded("up.other")


def test_must_have_11_a_batch_is_all_or_none() -> None:
    importlib.import_module("up")
    importlib.import_module("npu")
    before = state()
    pairs = [("npu.tp", "up.one"), ("npu.gone", "up.two"), ("npu.other", "up.three")]
    for _ in range(2):
        with pytest.raises(AliasError, match=r"from 'npu\.gone' to 'up\.two'"):
            inject_module_aliases_batch(pairs)
        assert state() == before
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("up.one")
    inject_module_aliases_batch(pair for pair in pairs if "gone" not in pair[0])
    assert importlib.import_module("up.one").WHO == "npu"
    assert importlib.import_module("up.three").WHO == "other"


def test_a_pair_may_build_on_those_before_it() -> None:
    pairs = [("npu.pack", "up.p"), ("npu.tp", "up.p.tp"), ("up.p.sub", "up.s")]
    inject_module_aliases_batch(pairs)
    assert importlib.import_module("up.p.tp") is importlib.import_module("npu.tp")
    assert importlib.import_module("up.s") is importlib.import_module("npu.pack.sub")


def test_a_pair_that_contradicts_another_is_an_error() -> None:
    with pytest.raises(AliasError, match="already"):
        inject_module_aliases_batch([("npu.tp", "up.x"), ("npu.other", "up.x")])


def test_an_empty_batch_does_nothing() -> None:
    before = state()
    inject_module_aliases_batch([])
    assert state() == before


def test_the_defaults_are_those_of_the_package_that_asks(path: Path, run_python: RunPython) -> None:
    (path / "npu/__init__.py").write_text(
        "from cycleguard.runtime import bootstrap_default_aliases\n"
        "DEFAULT_ALIASES = [('npu.tp', 'up.tp')]\n"
        "bootstrap_default_aliases()\n"
        "import npu.patch\n"
    )
    (path / "npu/patch.py").write_text("from up.tp import WHO\n")
    end = run_python("import npu; import up.tp, npu.tp; print(up.tp is npu.tp, npu.patch.WHO)")
    assert end.stdout.split() == ["True", "npu"], end.stderr


def test_defaults_that_are_given_or_missing() -> None:
    bootstrap_default_aliases([("npu.tp", "up.tp")])
    assert importlib.import_module("up.tp").WHO == "npu"
    with pytest.raises(AliasError, match="has no DEFAULT_ALIASES"):
        bootstrap_default_aliases()


def test_eight_threads_inject_and_import() -> None:
    numbers = iter(range(8))

    def work() -> object:
        number = next(numbers)
        inject_module_alias("npu.tp", "up.same")
        inject_module_alias("npu.other", f"up.own{number}")
        return [importlib.import_module(n).WHO for n in ("up.same", f"up.own{number}")]

    assert at_once(work) == [["npu", "other"]] * 8
    assert len({id(sys.modules[f"up.own{n}"]) for n in range(8)}) == 1


def test_two_threads_that_import_each_others_aliases_end(path: Path, run_python: RunPython) -> None:
    (path / "npu/a.py").write_text(
        "import meet\nmeet.a.set()\nmeet.b.wait(10)\nimport up.b\nX = 1\n"
    )
    (path / "npu/b.py").write_text(
        "import meet\nmeet.b.set()\nmeet.a.wait(10)\nimport up.a\nX = 1\n"
    )
    (path / "meet.py").write_text("import threading\na, b = threading.Event(), threading.Event()\n")
    end = run_python(
        "import importlib, threading, sys, meet\n"
        "from cycleguard.runtime import inject_module_aliases_batch\n"
        "inject_module_aliases_batch([('npu.a', 'up.a'), ('npu.b', 'up.b')])\n"
        "def work(n):\n"
        "    try: importlib.import_module(n)\n"
        "    except ImportError: pass\n"
        "ts = [threading.Thread(target=work, args=(n,), daemon=True) for n in ('up.a', 'up.b')]\n"
        "[t.start() for t in ts]; [t.join(20) for t in ts]\n"
        "print(any(t.is_alive() for t in ts))\n"
        "import up.a, up.b\n"
        "print(up.a is sys.modules['npu.a'], up.b is sys.modules['npu.b'], up.a.X, up.b.X)\n"
    )
    assert end.stdout.split() == ["False", "True", "True", "1", "1"], end.stderr
