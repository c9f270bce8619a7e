"""What is said of a hoist, against CPython with the import written to the top of the file."""

import pytest

from cycleguard.model.findings import Outcome
from tests.support.hoists import HoistVerdict, judge_hoists
from tests.support.packages import Package, random_package

FIRST = 9_200_000
PACKAGES = 30
MAKE = """
import enum
def make():
    from pkg.column import Column
"""
CHOICES = """
def normalize():
    from pkg.db.kinds import Kind
    return Kind
"""


def test_a_package_above_the_target_is_half_way_once_and_absent_once() -> None:
    """An entry that comes first finds it half-way, another one has to import it."""
    files = {
        "pkg/__init__.py": "",
        "pkg/choices.py": f"import enum\n{CHOICES}",
        "pkg/admin.py": "import pkg.db",
        "pkg/db/__init__.py": "import pkg.db.kinds\nimport pkg.forms",
        "pkg/db/kinds.py": "class Kind:\n    pass",
        "pkg/forms.py": "from pkg.choices import normalize",
    }
    assert judge_hoists(files) == [
        HoistVerdict("pkg.choices", 4, Outcome.CRASH, ("pkg.choices",)),
    ]


def test_another_entry_crashes() -> None:
    """Neither the package nor the edited module shows it, but the module that it imports does."""
    files = {
        "pkg/__init__.py": "",
        "pkg/table.py": MAKE,
        "pkg/column.py": "import pkg.table\nclass Column:\n    pass",
    }
    assert judge_hoists(files) == [HoistVerdict("pkg.table", 4, Outcome.CRASH, ("pkg.column",))]


def test_a_name_that_is_computed_leads_back() -> None:
    """The first entry tries the hoist with the package's parts half-way, the second without."""
    files = {
        "pkg/__init__.py": "",
        "pkg/alpha.py": "from pkg.forms import FORM",
        "pkg/forms.py": "def late():\n    from pkg.graph import GRAPH\nFORM = 1",
        "pkg/graph/__init__.py": "import importlib\nGRAPH = 1\n"
        "for name in ('alpha', 'beta'):\n    importlib.import_module('pkg.' + name)",
        "pkg/beta.py": "",
    }
    assert judge_hoists(files) == [HoistVerdict("pkg.forms", 2, Outcome.CRASH, ("pkg.forms",))]


def test_a_failure_that_is_swallowed_is_silent() -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/a.py": "import enum\ndef late():\n    from pkg.b import B\nA = 1",
        "pkg/b.py": "try:\n    from pkg.a import A\nexcept ImportError:\n    A = None\nB = 1",
    }
    assert judge_hoists(files) == [HoistVerdict("pkg.a", 3, Outcome.SILENT, ())]


def test_a_handler_that_raises_again_swallows_nothing() -> None:
    files = {
        "pkg/__init__.py": "try:\n    from pkg.compat import FLAG\nexcept ImportError as error:\n"
        "    raise ImportError('not built') from error",
        "pkg/compat.py": "import pkg.util\nFLAG = 1",
        "pkg/util.py": "def late():\n    from pkg.hashing import HASH",
        "pkg/hashing.py": "from pkg.compat import FLAG\nHASH = 1",
    }
    broken = ("pkg", "pkg.compat", "pkg.hashing", "pkg.util")
    assert judge_hoists(files) == [HoistVerdict("pkg.util", 2, Outcome.CRASH, broken)]


@pytest.fixture(scope="module")
def verdicts() -> list[tuple[int, HoistVerdict]]:
    packages: dict[int, Package] = {
        seed: random_package(seed) for seed in range(FIRST, FIRST + PACKAGES)
    }
    return [(seed, each) for seed, files in packages.items() for each in judge_hoists(files)]


def test_random_packages(verdicts: list[tuple[int, HoistVerdict]]) -> None:
    assert [(seed, verdict) for seed, verdict in verdicts if verdict.fault] == []


def test_the_hoists_are_neither_all_sound_nor_all_broken(
    verdicts: list[tuple[int, HoistVerdict]],
) -> None:
    broken = sum(bool(verdict.broken) for _, verdict in verdicts)
    assert 0 < broken < len(verdicts) / 2
