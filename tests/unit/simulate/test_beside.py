"""A second process changes how long a simulation takes, not what it says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cycleguard.options import Options
from cycleguard.pipeline import examine, resolve
from cycleguard.simulate import beside
from cycleguard.simulate.run import Simulated
from tests.conftest import Project
from tests.support.packages import random_package

# Each asks for more than the first policy.
SEEDS = (5_000_128, 5_000_240, 5_100_003)


def told(simulated: Simulated) -> tuple[object, ...]:
    failures = {
        name: (result.outcome, result.error and (result.error.message, result.error.chain))
        for name, result in simulated.failures.items()
    }
    return simulated.entries, failures, simulated.hoists


@pytest.mark.parametrize("seed", SEEDS)
def test_two_processes_say_the_same(
    seed: int, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "_MANY_ENTRIES", 0)
    resolved = resolve([project(random_package(seed))])
    alone = examine(resolved, options=Options(jobs=1))
    together = examine(resolved, options=Options(jobs=2))
    assert told(alone.simulated) == told(together.simulated)
    assert alone.analysis == together.analysis


def test_what_the_process_does_not_say_is_found_out_here(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved = resolve([project(random_package(SEEDS[0]))])
    alone = examine(resolved)
    monkeypatch.setattr(beside, "_MANY_ENTRIES", 0)
    monkeypatch.setattr(beside, "_work", dies)
    assert told(examine(resolved, options=Options(jobs=2)).simulated) == told(alone.simulated)


def dies(*arguments: object) -> None:
    os._exit(1)


def test_a_script_without_a_guard(tmp_path: Path) -> None:
    """It is not run again by the processes that it starts (``multiprocessing.spawn``)."""
    package = tmp_path / "pkg"
    package.mkdir()
    many = "# a long comment, which makes the file worth a process of its own\n" * 6_000
    for name in ("__init__", "a", "b"):
        (package / f"{name}.py").write_text(f"{many}def f():\n    import os\n")
    script = tmp_path / "script.py"
    script.write_text(
        "from cycleguard import analyse\n"
        "report = analyse('pkg', jobs=2, cache=False)\n"
        "print(len(report.imports), report.skipped)\n"
    )
    command = [sys.executable, str(script)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("3 ()\n", "")
