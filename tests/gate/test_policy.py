"""What fails by default, and how the configuration changes that."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cycleguard import analyse
from tests.conftest import Project, RunCli
from tests.gate.conftest import Checked
from tests.gate.support import BENIGN, CRASHING, MOVABLE, NEEDED

Check = Callable[..., Checked]
DYNAMIC = {"m.py": "def f(x):\n    __import__(x)\n"}
SILENT = {
    "p/__init__.py": "",
    "p/c.py": "try:\n    from p.d import x\nexcept ImportError:\n    x = None\ny = 1\n",
    "p/d.py": "from p.c import y\n\nx = 1\n",
}


def configured(text: str) -> dict[str, str]:
    return {"pyproject.toml": f"[tool.cycleguard]\n{text}"}


@pytest.mark.parametrize(
    ("files", "rules"),
    [
        (CRASHING, {"crash", "eager-cycle"}),
        (SILENT, {"silent", "eager-cycle"}),
        (BENIGN, {"eager-cycle"}),
        (MOVABLE, {"move-to-top"}),
        (NEEDED, set()),
        ({"m.py": "import json\n"}, set()),
        ({"m.py": "def\n"}, {"unreadable"}),
        (DYNAMIC, set()),
    ],
    ids=[
        "crash",
        "silent",
        "benign cycle",
        "movable",
        "needed",
        "nothing",
        "unreadable",
        "dynamic",
    ],
)
def test_what_fails_by_default(
    files: dict[str, str], rules: set[str], check: Check, project: Project
) -> None:
    project(files)
    checked = check()
    assert {rule for rule, _, _ in checked.found} == rules
    assert checked.exit_code == bool(rules)


@pytest.mark.parametrize(
    ("files", "crashing"),
    [(CRASHING, {"shop.cart", "shop.tax"}), (BENIGN, set()), (NEEDED, set()), (MOVABLE, set())],
    ids=["crash", "benign", "needed", "movable"],
)
def test_what_is_called_a_crash_is_one(
    files: dict[str, str], crashing: set[str], project: Project
) -> None:
    """CPython imports each module first."""
    root = project(files)
    failed = {
        module
        for module in ("shop", "shop.cart", "shop.tax")
        if subprocess.run(
            [sys.executable, "-c", f"import {module}"],
            cwd=root,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            check=False,
        ).returncode
    }
    assert failed == crashing == {entry.module for entry in analyse().crashes}


def test_a_crash_is_shown_where_its_own_cycle_is_cut(check: Check, project: Project) -> None:
    """Not at another cycle, for type checkers, that lies on the way."""
    way = (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import shop.entry\n"
        "import shop.cart\n"
    )
    project({**CRASHING, "shop/entry.py": "import shop.way\n", "shop/way.py": way})
    found = [(rule, path) for rule, path, _ in check().found]
    assert found == [("crash", "shop/tax.py"), ("eager-cycle", "shop/tax.py")]


@pytest.mark.parametrize(
    ("text", "files", "rules"),
    [
        ("fail-on = []", CRASHING, []),
        ("fail-on = ['crash']", CRASHING, ["crash"]),
        ("cycle-verdicts = ['crash']", BENIGN, []),
        ("cycle-verdicts = ['benign']", BENIGN, ["eager-cycle"]),
        ("fail-on = ['deferred-cycle']", NEEDED, ["deferred-cycle"]),
        ("fail-on = ['relocate-to-utils']", NEEDED, ["relocate-to-utils"]),
        ("allow-local = ['shop.tax']", MOVABLE, []),
        ("allow-local = ['shop']", MOVABLE, []),
        ("allow-local = ['*.tax']", MOVABLE, []),
        ("allow-local = ['tax', 'shop.ta']", MOVABLE, ["move-to-top"]),
        ("fail-on = ['dynamic-import']", DYNAMIC, ["dynamic-import"]),
        ("[[tool.cycleguard.overrides]]\npaths = ['shop/']\nfail-on = []", MOVABLE, []),
        ("[[tool.cycleguard.overrides]]\npaths = ['cart.py']\nallow-local = ['*']", MOVABLE, []),
        ("[[tool.cycleguard.overrides]]\npaths = ['a']\nfail-on = []", MOVABLE, ["move-to-top"]),
        (
            "fail-on = []\n[[tool.cycleguard.overrides]]\npaths = ['*']\nfail-on = []\n"
            "[[tool.cycleguard.overrides]]\npaths = ['cart.py']\nfail-on = ['move-to-top']",
            MOVABLE,
            ["move-to-top"],
        ),
    ],
)  # fmt: skip
def test_the_configuration_says_otherwise(
    text: str, files: dict[str, str], rules: list[str], check: Check, project: Project
) -> None:
    project({**files, **configured(text)})
    assert [rule for rule, _, _ in check().found] == rules


def test_overrides_are_relative_to_the_configuration(
    check: Check, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    override = "[[tool.cycleguard.overrides]]\npaths = ['/shop/cart.py']\nfail-on = []"
    root = project({**MOVABLE, **configured(override)})
    assert check().found == []
    monkeypatch.chdir(root / "shop")
    assert check().found == []
    monkeypatch.chdir(root.parent)
    assert check("tree").found == []


def test_wrong_patterns_are_one_line(run_cli: RunCli, project: Project) -> None:
    override = "[[tool.cycleguard.overrides]]\npaths = ['!']\nfail-on = []"
    project({**MOVABLE, **configured(override)})
    result = run_cli("check")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: [tool.cycleguard] overrides: paths: not gitignore")


LAYERED = {
    "shop/__init__.py": "",
    "shop/cli.py": "import shop.core\nimport shop.model.item\n",
    "shop/core/__init__.py": "def f():\n    import shop.cli\n",
    "shop/core/util.py": "import shop.core\n",
    "shop/web.py": "from shop import cli\n",
    "shop/model/__init__.py": "",
    "shop/model/item.py": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import shop.core\n"
    ),
    "shop/other.py": "import shop.cli\n",
}  # fmt: skip


@pytest.mark.parametrize(
    "layers",
    [
        "[['cli', 'web'], ['core'], ['model']]",
        "[['shop.cli', 'shop.web'], ['shop.core'], ['shop.model']]",
    ],
    ids=["below the package", "in full"],
)
def test_layers(layers: str, check: Check, project: Project) -> None:
    project({**LAYERED, **configured(f"fail-on = ['layers']\nlayers = {layers}")})
    assert check().found == [
        ("layers", "shop/core/__init__.py", 2),
        ("layers", "shop/model/item.py", 3),
        ("layers", "shop/web.py", 1),
    ]


def test_a_layer_that_is_no_module(run_cli: RunCli, project: Project) -> None:
    project({**MOVABLE, **configured("layers = [['cart'], ['taxes']]")})
    result = run_cli("check")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "error: [tool.cycleguard] layers: there is no module 'taxes' (nor one below shop)\n"
    )


@pytest.mark.parametrize(
    ("limits", "files", "message"),
    [
        ("{local-imports = 1}", MOVABLE, ""),
        ("{local-imports = 0}", MOVABLE, "there are 1, and 0 are allowed: local-imports"),
        ("{eager-cycles = 0}", BENIGN, "there are 1, and 0 are allowed: eager-cycles"),
        ("{cycle-modules = 1}", BENIGN, "there are 2, and 1 are allowed: cycle-modules"),
        ("{deferred-cycles = 0}", NEEDED, "there are 1, and 0 are allowed: deferred-cycles"),
        ("{typing-cycles = 0}", NEEDED, ""),
    ],
)
def test_limits(
    limits: str, files: dict[str, str], message: str, run_cli: RunCli, project: Project
) -> None:
    project({**files, **configured(f"fail-on = ['budget']\nmax = {limits}")})
    result = run_cli("check")
    assert result.exit_code == bool(message)
    assert (f"  budget: {message}\n" if message else "check passed") in result.stdout


def test_paths_judge_what_they_name(check: Check, project: Project) -> None:
    project({**MOVABLE, "shop/wish.py": "def f():\n    import json\n    return json\n"})
    assert check("shop/tax.py").found == []
    assert check("shop/wish.py").found == [("move-to-top", "shop/wish.py", 2)]
    assert len(check().found) == 2


def test_a_path_that_there_is_not(run_cli: RunCli, project: Project) -> None:
    project(MOVABLE)
    assert run_cli("check", "no").exit_code == 2


def test_results_leave_no_trace(project: Project, run_cli: RunCli) -> None:
    root: Path = project(CRASHING)
    before = sorted(root.rglob("*"))
    assert run_cli("check").exit_code == 1
    assert sorted(root.rglob("*")) == before
