"""The simulation against CPython: random packages, and every disagreement that there ever was.

Both sides answer for each module of a package as the first import of a fresh interpreter. A longer
run by hand: ``python -m tests.support.fuzz --packages 5000 --jobs 2``.
"""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from tests.support.judge import OPEN_CONDITION, Verdict, judge
from tests.support.packages import random_package

CASES = Path(__file__).parents[1] / "fixtures" / "order"
PACKAGES = 100
# Not seeds of the runs by hand: what is tested here is what those have led to.
FIRST_SEED = 1_000_000


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `case.toml` says: the rule that was missed, and the function of CPython it is from."""

    title: str
    why: str
    cpython: str


@pytest.fixture(scope="module")
def verdicts() -> dict[int, list[Verdict]]:
    seeds = range(FIRST_SEED, FIRST_SEED + PACKAGES)
    return {seed: judge(random_package(seed)) for seed in seeds}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("missed", id="no crash is missed"),
        pytest.param("alarm", id="nothing that imports is called a crash"),
        pytest.param("class", id="the exception is of the class that CPython raises"),
        pytest.param("module", id="the error names the module that CPython names"),
        pytest.param("unknown", id="unknown is only said of a condition that cannot be folded"),
    ],
)
def test_random_packages(fault: str, verdicts: dict[int, list[Verdict]]) -> None:
    wrong = [(seed, v) for seed, each in verdicts.items() for v in each if v.fault == fault]
    assert not wrong


def test_unknown_is_rare(verdicts: dict[int, list[Verdict]]) -> None:
    said = Counter(v.predicted.split()[0] for each in verdicts.values() for v in each)
    assert said["unknown"] <= 0.01 * said.total()


def test_the_packages_are_neither_all_sound_nor_all_broken(
    verdicts: dict[int, list[Verdict]],
) -> None:
    broken = [
        seed for seed, each in verdicts.items() if any(v.happened != "imported" for v in each)
    ]
    assert 0.3 * PACKAGES <= len(broken) <= 0.6 * PACKAGES


def test_a_package_is_the_same_for_the_same_seed() -> None:
    assert random_package(FIRST_SEED) == random_package(FIRST_SEED)


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
def test_every_disagreement_of_the_past(folder: Path) -> None:
    case = msgspec.toml.decode((folder / "case.toml").read_text(encoding="utf-8"), type=Case)
    before = folder / "before"
    paths = sorted(before.rglob("*.py"))
    files = {
        path.relative_to(before).as_posix(): path.read_text(encoding="utf-8") for path in paths
    }
    assert not any(OPEN_CONDITION in text for text in files.values())
    assert [verdict for verdict in judge(files) if verdict.fault] == [], case.title
