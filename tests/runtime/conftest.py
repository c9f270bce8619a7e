"""Small packages on `sys.path`, threads that start together, and a runtime without a past.

These tests need pytest alone, so that they run wherever the runtime does:
``pytest --confcutdir tests/runtime tests/runtime``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from cycleguard.runtime import _declared, aliases, plugins
from cycleguard.runtime._deciding import Plugins

REPOSITORY = Path(__file__).parents[2]
Tree = Callable[[Mapping[str, str]], Path]
RunPython = Callable[..., "subprocess.CompletedProcess[str]"]
# Far longer than anything takes, so that a hang fails and a slow machine does not.
PATIENCE = 60


@pytest.fixture(autouse=True)
def _fresh_runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees the registrations, declarations or modules of another one."""
    before = set(sys.modules)
    finders = list(sys.meta_path)
    for variable in ("CYCLEGUARD_EAGER", "CYCLEGUARD_PLUGIN_VENDOR", "MG_FL_PREFER"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(plugins, "_plugins", Plugins())
    monkeypatch.setattr(aliases, "_aliases", aliases._Aliases())
    monkeypatch.setattr(_declared._pending, "_declared", {})
    yield
    sys.meta_path[:] = finders
    for name in set(sys.modules) - before:
        if not name.startswith(("cycleguard", "tests", "_pytest", "mypy")):
            del sys.modules[name]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """Write modules and make them importable."""

    def make(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path))
        return tmp_path

    return make


@pytest.fixture
def run_python(tmp_path: Path) -> RunPython:
    """Run code in an interpreter of its own that sees the runtime and the tree."""

    def run(
        code: str, *options: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(tmp_path), str(REPOSITORY)])
        return subprocess.run(
            [sys.executable, *options, "-c", code],
            env={**os.environ, "PYTHONPATH": path, **(env or {})},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
            cwd=tmp_path,
        )

    return run


def at_once(function: Callable[[], object], threads: int = 8) -> list[object]:
    """Call `function` in so many threads that start together; results, or what was raised."""
    start = threading.Barrier(threads)
    results: list[object] = [None] * threads

    def call(number: int) -> None:
        start.wait(PATIENCE)
        try:
            results[number] = function()
        except Exception as error:
            results[number] = error

    started = [threading.Thread(target=call, args=(n,), daemon=True) for n in range(threads)]
    finish(started)
    return results


def finish(threads: list[threading.Thread]) -> None:
    """Start threads and wait for them; a hang is a failure."""
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the threads wait for each other"


def is_loaded(name: str) -> bool:
    return name in sys.modules
