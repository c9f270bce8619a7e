"""Kept loads change what a run costs, not what it says: of entries and of hoists."""

import pytest

from cycleguard.collect.functions import FunctionSource
from cycleguard.graph.reach import EagerReach
from cycleguard.pipeline import resolve
from cycleguard.simulate.build import build_world
from cycleguard.simulate.entries import Result, deep_recursion, run_pass, visit_entries
from cycleguard.simulate.hoists import HoistMachine, Place, Trial, try_hoists
from cycleguard.simulate.kept import Delta
from cycleguard.simulate.machine import Machine
from cycleguard.simulate.run import candidates, entry_names
from cycleguard.simulate.sharing import SharedMachine
from cycleguard.simulate.world import POLICIES, Policy
from tests.conftest import Project
from tests.support.packages import random_package
from tests.support.prediction import modules_of, world_of

FIRST = 5_100_000
PACKAGES = 60
# A load with a failure in it, a failed load in another one, and a load that came before its time
# have each led past a hoist that had not been tried there.
ONCE_WRONG = (5_000_128, 5_000_240, 5_000_302, 5_000_331)
# What a kept load read before its own sub-module covered it, a package that had failed before its
# sub-module was kept, a failure that depended on what is half-way, and errors of loads that were
# there already have each been told wrongly.
ENTRIES_ONCE_WRONG = (8_000_666, 8_001_126, 8_502_144, 8_501_807, 9_003_280)

Said = tuple[object, ...]


def said(result: Result) -> Said:
    error = result.error
    return result.outcome, error and error.message, error and error.chain


@pytest.mark.parametrize("policy", POLICIES, ids=str)
@pytest.mark.parametrize(
    "seed", [*range(FIRST, FIRST + PACKAGES, 3), *ONCE_WRONG, *ENTRIES_ONCE_WRONG]
)
def test_entries(seed: int, policy: Policy) -> None:
    files = random_package(seed)
    world = world_of(files)
    names = sorted(module.name for module in modules_of(files))
    with deep_recursion():
        kept = visit_entries(SharedMachine(world, policy), names)
        run = visit_entries(Machine(world, policy), names)
    assert {n: said(r) for n, r in kept.items()} == {n: said(r) for n, r in run.items()}


@pytest.mark.parametrize("seed", [*range(FIRST, FIRST + PACKAGES), *ONCE_WRONG])
def test_hoists(seed: int, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    resolved = resolve([project(random_package(seed))])
    read = FunctionSource(resolved.project).read
    world = build_world(resolved.project, resolved.facts, read)
    names = entry_names(resolved.project)
    wanted = list(candidates(resolved.project, resolved.imports))
    reach = EagerReach(resolved.edges, world.modules)

    def outcomes() -> tuple[dict[str, Said], dict[Place, Said]]:
        tried = try_hoists(world, names, wanted, reach)
        hoists = {place: _told(trial) for place, trial in tried.hoists().items()}
        return {name: said(result) for name, result in tried.results.items()}, hoists

    kept = outcomes()
    # Trials leave no trace.
    assert kept[0] == {n: said(r) for n, r in run_pass(world, POLICIES[0], names).items()}
    monkeypatch.setattr(HoistMachine, "may_put_in_place", _never)
    assert kept == outcomes()


def _told(trial: Trial) -> Said:
    return trial.entry, *said(trial.result)


def _never(machine: HoistMachine, plan: list[Delta]) -> bool:
    return False
