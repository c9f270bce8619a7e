"""`# cycleguard: leave[reason]`: on any import, and what is said of those that do nothing."""

from collections.abc import Callable

import pytest

from tests.conftest import Project, RunCli
from tests.gate.conftest import Checked

Check = Callable[..., Checked]
PRAGMA = "# cycleguard: leave[start-up time]"


def rules(checked: Checked) -> list[tuple[str, int]]:
    return [(rule, line) for rule, _, line in checked.found]


@pytest.mark.parametrize(
    "source",
    [
        f"def f():\n    import json  {PRAGMA}\n    return json\n",
        f"def f():\n    {PRAGMA}\n    import json\n    return json\n",
        f"def f():\n    # because\n    {PRAGMA}\n\n    # and more\n    import json\n"
        f"    return json\n",
        f"def f():\n    from json import (  {PRAGMA}\n        dumps,\n    )\n    return dumps\n",
        f"def f():\n    from json import (\n        dumps,  {PRAGMA}\n    )\n    return dumps\n",
        f"def f():\n    from json import (\n        dumps,\n    )  {PRAGMA}\n    return dumps\n",
        f"def f():\n    import json; import csv  {PRAGMA}\n    return json, csv\n",
        f"def f():\n    import json  # noqa: F401  {PRAGMA}\n    return json\n",
        "def f():\n    import json  # CYCLEGUARD : Leave [ x ]\n    return json\n",
    ],
)  # fmt: skip
def test_an_import_that_may_stay(source: str, check: Check, project: Project) -> None:
    project({"m.py": source})
    assert check() == (0, [], 0)
    project({"m.py": source.replace("ycleguard", "ycleguard-").replace("YCLEGUARD", "-")})
    assert {rule for rule, _ in rules(check())} == {"move-to-top"}


@pytest.mark.parametrize(
    "source",
    [
        f"import importlib\ndef f(x):\n    return importlib.import_module(x)  {PRAGMA}\n",
        f"import importlib\ndef f(x):\n    {PRAGMA}\n    return importlib.import_module(x)\n",
        f"import importlib\ndef f(x):\n    return importlib.import_module(  {PRAGMA}\n"
        f"        x\n    )\n",
        f"import importlib\ndef f(x):\n    return importlib.import_module(\n        x\n"
        f"    )  {PRAGMA}\n",
        f"import importlib\ndef f(x):\n    if importlib.import_module(x):  {PRAGMA}\n"
        f"        return 1\n",
        f"import importlib\ndef f(x):\n    with g(importlib.import_module(x)):  {PRAGMA}\n"
        f"        pass\n",
        f"import importlib\ndef f(x):\n    if x:\n        pass\n"
        f"    elif importlib.import_module(x):  {PRAGMA}\n        pass\n",
        f"x = __import__('a' + b)  {PRAGMA}\n",
        f"exec('import a')  {PRAGMA}\n",
    ],
)  # fmt: skip
def test_a_call_that_imports(source: str, check: Check, project: Project) -> None:
    table = "[tool.cycleguard]\nfail-on = ['dynamic-import', 'unused-suppression']\n"
    project({"m.py": source, "pyproject.toml": table})
    assert check().found == []
    project({"m.py": source.replace(PRAGMA, "# nothing")})
    assert [rule for rule, _ in rules(check())] == ["dynamic-import"]


def test_what_a_scan_says_of_a_call(project: Project, run_cli: RunCli) -> None:
    project({"m.py": f"x = __import__('a' + b)  {PRAGMA}\n"})
    assert "leave: start-up time [vouched-for]" in run_cli("scan").stdout


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (f"import json  {PRAGMA}\n", 1),
        (f"{PRAGMA}\nimport json\n", 2),
        (f"x = 1  {PRAGMA}\n", 1),
        (f"x = 1\n\n\n{PRAGMA}\n", 4),
        (f"def f():  {PRAGMA}\n    return 1\n", 1),
        (f"def f():\n    x = 1  {PRAGMA}\n    import no_such  # other\n    return no_such, x\n", 2),
        (f"try:\n    import json  {PRAGMA}\nexcept ImportError:\n    json = None\n", 2),
        ("def f():\n    try:\n        import six  # cycleguard: leave[optional]\n"
         "    except ImportError:\n        six = None\n    return six\n", 3),
        ("def f():\n    import yaml  # cycleguard: ignore[x]\n    return yaml\n", 2),
        ("import json  # cycleguard: leaf[x]\n", 1),
    ],
)  # fmt: skip
def test_a_comment_without_effect(source: str, line: int, check: Check, project: Project) -> None:
    project({"m.py": source})
    assert rules(check()) == [("unused-suppression", line)]


@pytest.mark.parametrize(
    "source",
    [
        f'"""Say `{PRAGMA}` on an import."""\n',
        f"x = '{PRAGMA}'\n",
        "# cycleguard finds imports\n",
        "# see docs of cycleguard: they are good",
    ],
)
def test_text_that_is_no_comment_to_us(source: str, check: Check, project: Project) -> None:
    project({"m.py": source})
    assert check().found == []


def test_a_reason_is_needed(check: Check, project: Project) -> None:
    project(
        {
            "m.py": "def f():\n    import json  # cycleguard: leave\n    return json\n",
            "n.py": "def f():\n    import json  # cycleguard: leave[ ]\n    return json\n",
        }
    )
    assert check().found == [("missing-reason", "m.py", 2), ("missing-reason", "n.py", 2)]


@pytest.mark.parametrize(
    ("comment", "rule"),
    [
        ("# cycleguard: leave[circular import]", "stale-reason"),
        ("# cycleguard: leave[avoids an import cycle]", "stale-reason"),
        ("# cycleguard: leave[would be a recursive import]", "stale-reason"),
        ("# noqa: PLC0415  circular import", "stale-reason"),
        ("# pylint: disable=cyclic-import", "stale-reason"),
        ("# cycleguard: leave[slow to load]", None),
        ("# noqa: PLC0415", None),
        ("# circular import", "move-to-top"),
    ],
)
def test_a_reason_that_is_not_so(
    comment: str, rule: str | None, check: Check, project: Project
) -> None:
    project(
        {
            "p/__init__.py": "",
            "p/a.py": f"def f():\n    from p.b import g  {comment}\n    return g\n",
            "p/b.py": "g = 1\n",
        }
    )
    assert rules(check()) == ([(rule, 2)] if rule else [])


def test_a_reason_becomes_stale_when_the_cycle_goes(check: Check, project: Project) -> None:
    files = {
        "p/__init__.py": "",
        "p/a.py": "def f():\n    from p.b import g  # cycleguard: leave[circular import]\n"
        "    return g\n",
        "p/b.py": "from p.a import f\n\n\ndef g():\n    return f\n",
    }  # fmt: skip
    project(files)
    assert check().found == []
    project({"p/b.py": "def g():\n    return 1\n"})
    assert check().found == [("stale-reason", "p/a.py", 2)]


def test_a_comment_that_is_false_is_quoted(project: Project, run_cli: RunCli) -> None:
    project({"m.py": "def f():\n    import json  # circular import\n    return json\n"})
    assert "its comment speaks of a cycle: # circular import" in run_cli("check").stdout


def test_one_import_of_a_cycle_is_vouched_for(check: Check, project: Project) -> None:
    """The others still count: a second way round is found."""
    files = {
        "p/__init__.py": "",
        "p/a.py": "import p.b  # cycleguard: leave[historic]\nimport p.c\n",
        "p/b.py": "import p.a\n",
        "p/c.py": "",
    }
    project(files)
    assert check().found == []
    project({"p/c.py": "import p.a\n"})
    assert [rule for rule, _ in rules(check())] == ["eager-cycle"]
    project({"p/b.py": "", "p/c.py": ""})
    assert check().found == [("unused-suppression", "p/a.py", 1)]


def test_an_import_upwards_is_vouched_for(check: Check, project: Project) -> None:
    layers = "[tool.cycleguard]\nlayers = [['a'], ['b']]\n"
    files = {"p/__init__.py": "", "p/a.py": "", "p/b.py": "import p.a\n", "pyproject.toml": layers}
    project(files)
    assert rules(check()) == [("layers", 1)]
    project({"p/b.py": "import p.a  # cycleguard: leave[until 2.0]\n"})
    assert check().found == []
    project({"pyproject.toml": ""})
    assert rules(check()) == [("unused-suppression", 1)]
