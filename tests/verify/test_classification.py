"""What the end of an import says of the prediction, with the real CPython and the real prediction.

Each case is a project; ``site/`` are other people's modules, on PYTHONPATH.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec import Struct

from tests.conftest import Project, RunCli

PYPROJECT = "[project]\nname = 'p'\nversion = '0'\ndependencies = []\n"


class Case(Struct, frozen=True):
    """Files of the package ``p``, and what becomes of its module ``m``."""

    files: Mapping[str, str]
    predicted: str
    happened: str
    verdict: str
    needs: str | None = None
    error: str | None = None


CASES = {
    "it imports": Case({"p/m.py": "x = 1\n"}, "ok", "ok", "agrees"),
    "it crashes as predicted": Case(
        {"p/m.py": "from p.n import b\na = 1\n", "p/n.py": "from p.m import a\nb = 1\n"},
        "crash", "crash", "agrees", error="ImportError",
    ),
    "a name is lost, but it imports": Case(
        {
            "p/m.py": "try:\n    from p.n import b\nexcept ImportError:\n    b = 1\na = 1\n",
            "p/n.py": "from p.m import a\nb = 1\n",
        },
        "silent", "ok", "agrees",
    ),
    "it was not known, and imports": Case(
        {
            "p/m.py": "import os\nif 'NOT_SET' in os.environ:\n    from p.n import b\na = 1\n",
            "p/n.py": "from p.m import a\nb = 1\n",
        },
        "unknown", "ok", "settled",
    ),
    "it was not known, and crashes": Case(
        {
            "p/m.py": "import os\nif 'NOT_SET' not in os.environ:\n    from p.n import b\na = 1\n",
            "p/n.py": "from p.m import a\nb = 1\n",
        },
        "unknown", "crash", "settled", error="ImportError",
    ),
    # What it cannot know: strings given to exec.
    "it was to import, and crashes": Case(
        {"p/m.py": "exec('from p.n import b')\na = 1\n", "p/n.py": "from p.m import a\nb = 1\n"},
        "ok", "crash", "disagrees", error="ImportError",
    ),
    "a registry has no such key": Case(
        {"p/m.py": "exec('{}[1]')\n"}, "ok", "crash", "disagrees", error="KeyError"
    ),
    "other people's code imports the module that imports it": Case(
        {"p/m.py": "import plugin\na = 1\n", "site/plugin.py": "from p.m import a\n"},
        "ok", "crash", "disagrees", error="ImportError",
    ),
    "other people's code asks a half-way module for an attribute": Case(
        {"p/m.py": "import plugin\na = 1\n", "site/plugin.py": "import p.m\np.m.a\n"},
        "ok", "crash", "disagrees", error="AttributeError",
    ),
    "a dependency is missing": Case(
        {"p/m.py": "import numpyx.core\n"},
        "ok", "missing-dependency", "untried", "numpyx", "ModuleNotFoundError",
    ),
    "a dependency lacks a name": Case(
        {"p/m.py": "from plugin import a\n", "site/plugin.py": ""},
        "ok", "missing-dependency", "untried", "plugin.a", "ImportError",
    ),
    "a dependency does not import": Case(
        {
            "p/m.py": "import plugin\n",
            "site/plugin/__init__.py": "import plugin.inner\n",
            "site/plugin/inner.py": "{}[1]\n",
        },
        "ok", "missing-dependency", "untried", "plugin", "KeyError",
    ),
    "the missing dependency is put into other words": Case(
        {
            "p/m.py": (
                "try:\n    import numpyx\nexcept ImportError as error:\n"
                "    raise RuntimeError('install numpyx') from error\n"
            )
        },
        "ok", "missing-dependency", "untried", "numpyx", "RuntimeError",
    ),
    "the missing dependency is in the text alone": Case(
        {
            "p/m.py": (
                "import importlib.util\nif importlib.util.find_spec('numpyx') is None:\n"
                "    raise ImportError(\"No module named 'numpyx': install it\")\n"
            )
        },
        "ok", "missing-dependency", "untried", "numpyx", "ImportError",
    ),
    "a fallback for a missing dependency crashes by itself": Case(
        {
            "p/m.py": "try:\n    import numpyx\nexcept ImportError:\n    exec('{}[1]')\n",
        },
        "ok", "crash", "disagrees", error="KeyError",
    ),
    "a module that a build makes is missing": Case(
        {"p/m.py": "from p import fast\n", "p/fast.pyx": ""},
        "ok", "missing-dependency", "untried", "p.fast", "ImportError",
    ),
    "a module that a build makes is imported by its name": Case(
        {"p/m.py": "import p.fast\n", "p/fast.pyx": ""},
        "ok", "missing-dependency", "untried", "p.fast", "ModuleNotFoundError",
    ),
    "a shared library cannot be loaded": Case(
        {"p/m.py": "import p.fast\n", "p/fast.abi3.so": "no library"},
        "ok", "crash", "own-reason", error="ImportError",
    ),
    "a shared library of a dependency cannot be loaded": Case(
        {
            "p/m.py": "import plugin\n",
            "site/plugin/__init__.py": "import plugin.fast\n",
            "site/plugin/fast.abi3.so": "no library",
        },
        "ok", "missing-dependency", "untried", "plugin", "ImportError",
    ),
    "no file is the module that a computed name wants": Case(
        {"p/m.py": "import importlib\nimportlib.import_module('p.' + 'gone')\n"},
        "unknown", "crash", "own-reason", error="ModuleNotFoundError",
    ),
    "no statement binds the name that is wanted": Case(
        {"p/m.py": "exec('from p.n import b')\n", "p/n.py": ""},
        "ok", "crash", "own-reason", error="ImportError",
    ),
    "a dependency lacks an attribute": Case(
        {"p/m.py": "import plugin\nplugin.a\n", "site/plugin.py": ""},
        "ok", "crash", "own-reason", error="AttributeError",
    ),
    "a name that nobody ever binds": Case(
        {"p/m.py": "unicode\n"}, "unknown", "crash", "own-reason", error="NameError"
    ),
    "an attribute that nobody ever binds": Case(
        {"p/m.py": "import p.n\np.n.a\n", "p/n.py": ""},
        "unknown", "crash", "own-reason", error="AttributeError",
    ),
    "an attribute of who knows what": Case(
        {"p/m.py": "exec('None.a')\n"}, "ok", "crash", "disagrees", error="AttributeError"
    ),
    "a variable of the environment is not set": Case(
        {"p/m.py": "import os\nos.environ['NOT_SET']\n"},
        "ok", "crash", "own-reason", error="KeyError",
    ),
    "it raises an error that order does not cause": Case(
        {"p/m.py": "import os\nif 'NOT_SET' not in os.environ:\n    raise ValueError\n"},
        "ok", "crash", "own-reason", error="ValueError",
    ),
    "it raises an ImportError by hand": Case(
        {"p/m.py": "import os\nif 'NOT_SET' not in os.environ:\n    raise ImportError('no')\n"},
        "ok", "crash", "own-reason", error="ImportError",
    ),
    "it was to crash, and does not come so far": Case(
        {
            "p/m.py": "import numpyx\nfrom p.n import b\na = 1\n",
            "p/n.py": "from p.m import a\nb = 1\n",
        },
        "crash", "missing-dependency", "untried", "numpyx", "ModuleNotFoundError",
    ),
    "it opens a file that is not there": Case(
        {"p/m.py": "open('data.txt')\n"}, "ok", "crash", "own-reason", error="FileNotFoundError"
    ),
    "its syntax is wrong": Case(
        {"p/m.py": "def\n"}, "ok", "crash", "own-reason", error="SyntaxError"
    ),
    "it ends the program": Case(
        {"p/m.py": "import sys\nsys.exit()\n"}, "ok", "crash", "own-reason", error="SystemExit"
    ),
    "it ends the process": Case(
        {"p/m.py": "import os\nos._exit(1)\n"}, "ok", "exit", "own-reason"
    ),
    "it is killed": Case(
        {"p/m.py": "import os\nos.kill(os.getpid(), 9)\n"}, "ok", "signal", "own-reason"
    ),
    "it hangs": Case({"p/m.py": "import time\ntime.sleep(600)\n"}, "ok", "timeout", "untried"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_verdict(
    case: Case, project: Project, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours = {path: text for path, text in case.files.items() if not path.startswith("site/")}
    project({"pyproject.toml": PYPROJECT, "p/__init__.py": "", **ours})
    for path, text in case.files.items():
        if path not in ours:
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))

    result = run_cli("verify", "--format", "json", "--timeout", "3", "p/m.py")

    [row] = json.loads(result.stdout)["modules"]
    found = Case(
        case.files,
        row["predicted"],
        row["happened"],
        row["verdict"],
        row["needs"],
        row["error"],
    )
    assert found == case, row
    is_finding = case.verdict == "disagrees" or (
        case.happened == "crash" and case.verdict != "own-reason"
    )
    assert result.exit_code == (2 if case.verdict == "untried" else int(is_finding))


def test_names_that_others_have_taken(
    project: Project, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Python's own, and a regular package behind a namespace package on ``sys.path``."""
    project(
        {
            "pyproject.toml": PYPROJECT,
            "os.py": "1 / 0\n",
            "sys.py": "",
            "mine.py": "",
            "space/inner.py": "",
            "checks/test_a.py": "",
            "use.py": "import space.inner\nimport checks.test_a\n",
        }
    )
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "__init__.py").touch()
    (tmp_path / "space").mkdir()
    (tmp_path / "space" / "other.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    rows = json.loads(run_cli("verify", "--format", "json").stdout)["modules"]
    assert {row["module"]: row["happened"] for row in rows} == {
        "os": "taken",
        "sys": "taken",
        "mine": "ok",
        "space": "ok",
        "space.inner": "ok",
        "checks": "taken",
        "checks.test_a": "taken",
        "use": "missing-dependency",
    }
