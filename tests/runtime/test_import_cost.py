"""Importing the runtime loads nothing: each part, in an interpreter of its own without `site`."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.conftest import PATIENCE, REPOSITORY

RUNTIME = REPOSITORY / "cycleguard" / "runtime"
MODULES = sorted(
    f"cycleguard.runtime.{path.stem}" for path in RUNTIME.glob("*.py") if path.stem != "__init__"
)
# Built into the interpreter: nothing is read from the disk for them.
BUILT_IN = {"sys", "_thread", "_contextvars"}


def loaded_by(code: str) -> set[str]:
    """What an interpreter that runs `code` has loaded, without site and environment."""
    path = f"import sys; sys.path.insert(0, {str(REPOSITORY)!r}); "
    command = [sys.executable, "-S", "-E", "-c", f"{path}{code}; print(*sys.modules)"]
    end = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    return set(end.stdout.split())


@pytest.fixture(scope="module")
def bare() -> set[str]:
    return loaded_by("pass")


def test_must_have_15_the_facade_loads_no_part_and_no_module(bare: set[str]) -> None:
    new = loaded_by("import cycleguard.runtime") - bare
    assert new == {"cycleguard", "cycleguard.runtime"}


@pytest.mark.parametrize("module", MODULES)
def test_must_have_15_no_part_loads_a_module(module: str, bare: set[str]) -> None:
    new = loaded_by(f"import {module}") - bare
    assert module in new
    others = {name for name in new if not name.startswith("cycleguard")}
    assert others <= BUILT_IN, f"{module} loads {sorted(others - BUILT_IN)}"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("lazy_module", {"lazy_imports"}),
        ("plugin_method", {"plugins"}),
        ("Materialised", {"materialise"}),
        ("inject_module_alias", {"aliases"}),
        ("NativeProxy", {"backend"}),
    ],
)
def test_must_have_15_a_name_loads_its_own_part_alone(name: str, parts: set[str]) -> None:
    loaded = loaded_by(f"from cycleguard.runtime import {name}")
    systems = {"lazy_imports", "plugins", "materialise", "aliases", "backend", "attached"}
    assert {each for each in systems if f"cycleguard.runtime.{each}" in loaded} == parts


def test_every_public_name_is_there_and_documented() -> None:
    code = (
        "import cycleguard.runtime as r; "
        "bare = [n for n in r.__all__ if not getattr(r, n).__doc__]; "
        "assert not bare, bare; "
        "assert set(r.__all__) <= set(dir(r)); "
        "assert sorted(r.__all__) == sorted(r._HOMES)"
    )
    assert "cycleguard.runtime" in loaded_by(code)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    code = (
        "import cycleguard.runtime\n"
        "try: cycleguard.runtime.nothing\n"
        "except AttributeError as e: assert 'nothing' in str(e)\n"
        "else: raise AssertionError\n"
        "print('ok')"
    )
    command = [sys.executable, "-c", code]
    end = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert end.stdout.strip() == "ok"


def test_it_is_typed() -> None:
    assert Path(RUNTIME, "py.typed").exists()
