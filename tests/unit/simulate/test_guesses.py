"""Conditions that no reader of the source can decide: what holds either way, else unknown."""

import pytest

from cycleguard.model.findings import Outcome
from tests.support.judge import run_cpython
from tests.support.prediction import predict

HALF = "import os\nimport pkg.user\nLATE = 1\n"
WAYS = {
    "both ways are fine": (
        "if os.environ.get('FAST'):\n    import pkg.half\nelse:\n    from pkg import half\n",
        Outcome.OK,
    ),
    "one way fails": (
        "if os.environ.get('FAST'):\n    from pkg.half import LATE\n",
        Outcome.UNKNOWN,
    ),
    "the other way fails": (
        "if not os.environ.get('FAST'):\n    from pkg.half import LATE\n",
        Outcome.UNKNOWN,
    ),
    "both ways fail": (
        "if os.environ.get('FAST'):\n    from pkg.half import LATE\n"
        "else:\n    from pkg.half import LATE\n",
        Outcome.CRASH,
    ),
    "a loop that may not run": (
        "for name in os.environ:\n    from pkg.half import LATE\n",
        Outcome.UNKNOWN,
    ),
    "a name that one of two ways binds": (
        "if os.environ.get('FAST'):\n    speed = 2\nelse:\n    pace = 1\n"
        "value = [speed for _ in ()]\n",
        Outcome.OK,
    ),
    "a name that only a branch binds": (
        "if os.environ.get('FAST'):\n    speed = 2\ntwice = speed * 2\n",
        Outcome.UNKNOWN,
    ),
    "a last case that is taken for want of the first": (
        "match os.environ.get('FAST'):\n    case None:\n        speed = 1\n"
        "    case _:\n        pace = 1\ntwice = speed * 2\n",
        Outcome.OK,
    ),
    "two branches of which only the ways between bind all names": (
        "if len(os.environ) > 0:\n    speed = 1\nif os.environ.get('FAST') is None:\n"
        "    pace = 1\nboth = speed + pace\n",
        Outcome.UNKNOWN,
    ),
    "two tests of which one holds where the other does not": (
        "value = os.environ.get('FAST')\nif value is None:\n    speed = 1\n"
        "if value:\n    speed = 2\nimport pkg.half\ntwice = speed * 2\n",
        Outcome.OK,
    ),
    "a name that is bound under a test that another one does not imply": (
        "if os.environ.get('FAST'):\n    speed = 1\nif os.environ.get('FAR'):\n    pace = speed\n",
        Outcome.UNKNOWN,
    ),
    "a name that is bound under a part of a test": (
        "fast = os.environ.get('FAST')\nif fast:\n    speed = 1\n"
        "if fast and os.environ.get('FAR'):\n    pace = speed\n"
        "if fast:\n    if os.environ.get('FAR'):\n        pace = speed\n",
        Outcome.OK,
    ),
    "a name that is bound again outside of the test": (
        "if os.environ.get('FAST'):\n    speed = 1\nspeed = 2\n"
        "if os.environ.get('FAR'):\n    pace = speed\n",
        Outcome.OK,
    ),
    "a case for nothing and a test": (
        "match os.environ.get('FAST'):\n    case None:\n        from pkg.half import LATE\n"
        "if os.environ.get('FAST'):\n    from pkg.half import LATE\n",
        Outcome.CRASH,
    ),
    "a way that the program itself refuses": (
        "if os.environ.get('FAST') == '1':\n    raise RuntimeError('never so')\n",
        Outcome.OK,
    ),
}


@pytest.mark.parametrize("name", WAYS)
def test_what_is_said(name: str) -> None:
    text, expected = WAYS[name]
    files = {
        "pkg/__init__.py": "",
        "pkg/half.py": HALF,
        "pkg/user.py": f"import os\nimport pkg.half\n{text}",
    }
    assert predict(files)["pkg.half"].outcome is expected


@pytest.mark.parametrize("value", ["", "1"])
def test_one_way_really_fails(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAST", value)
    text, _ = WAYS["one way fails"]
    files = {
        "pkg/__init__.py": "",
        "pkg/half.py": HALF,
        "pkg/user.py": f"import os\nimport pkg.half\n{text}",
    }
    assert (run_cpython(files, ["pkg.half"])["pkg.half"].error is None) is (value == "")


def test_a_name_that_another_module_binds_in_a_branch_only() -> None:
    """Where the branch is not taken the name is missing, and nobody can say which way it goes."""
    files = {
        "pkg/__init__.py": "",
        "pkg/parts.py": "import os\nif os.environ.get('FAST'):\n    fast = 1\n",
        "pkg/user.py": "from pkg.parts import fast\n",
        "pkg/swallows.py": (
            "try:\n    import pkg.user as user\nexcept ImportError:\n    user = None\n"
            "fast = user.fast\n"
        ),
    }
    results = predict(files)
    assert results["pkg.user"].outcome is Outcome.UNKNOWN
    assert results["pkg.swallows"].outcome is Outcome.UNKNOWN
    truths = run_cpython(files, list(results))
    assert {n for n, t in truths.items() if t.error} == {"pkg.user", "pkg.swallows"}
