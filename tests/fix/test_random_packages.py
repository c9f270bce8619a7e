"""Random packages, repaired: CPython says whether everything imports and gives what it gave."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from cycleguard.model.plans import FixPlan
from cycleguard.pipeline import resolve
from cycleguard.plan.rounds import Wanted, plan_repair
from tests.fix.judge import harm, tell
from tests.fix.packages import package
from tests.support.packages import random_package

PYPROJECT = {"pyproject.toml": '[project]\nname = "pkg"\nversion = "1"\n'}


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def plan(root: Path, *, unsafe: bool) -> FixPlan:
    return plan_repair(resolve([root]), Wanted(unsafe=unsafe)).plan


def carry_out(root: Path, found: FixPlan) -> None:
    for change in found.changes:
        assert change.after is not None
        assert (root / change.path).read_bytes() == change.before
        (root / change.path).write_bytes(change.after)


@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
@pytest.mark.parametrize("start", range(0, 40, 20))
def test_functions_give_what_they_gave(start: int, unsafe: bool) -> None:
    edits = 0
    for seed in range(start, start + 20):
        with TemporaryDirectory() as folder:
            root = Path(folder)
            write(root, package(seed))
            before = tell(root)
            found = plan(root, unsafe=unsafe)
            carry_out(root, found)
            edits += len(found.edited)
            assert harm(before, tell(root)) == [], f"seed {seed}"
            assert plan(root, unsafe=unsafe).changes == (), f"seed {seed}: not all at once"
    assert edits > 20


@pytest.mark.parametrize("start", [0])
def test_every_sort_of_statement(start: int) -> None:
    """The packages that the simulation is tested with: few of their imports may move."""
    edits = 0
    for seed in range(start, start + 15):
        with TemporaryDirectory() as folder:
            root = Path(folder)
            write(root, random_package(seed) | PYPROJECT)
            before = tell(root)
            found = plan(root, unsafe=True)
            carry_out(root, found)
            edits += len(found.edited)
            gone = harm(before, tell(root))
            assert [each for each in gone if "does not import" in each] == [], f"seed {seed}"
    assert edits > 5
