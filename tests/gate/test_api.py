"""The public API: light to import, typed, and the test of docs/api.md works."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import cycleguard
from cycleguard import analyse
from cycleguard.errors import CycleguardError
from tests.conftest import REPOSITORY, Project, RunCli
from tests.gate.support import BENIGN, CRASHING, MOVABLE, commit

PAGE = REPOSITORY / "docs" / "api.md"


def test_a_report(project: Project) -> None:
    project(CRASHING)
    report = analyse("shop")
    assert [str(entry) for entry in report.crashes] == [
        "import shop.cart: crash at shop/tax.py:1: ImportError: cannot import name 'total' from"
        " partially initialized module 'shop.cart' (most likely due to a circular import)",
        "import shop.tax: crash at shop/cart.py:1: ImportError: cannot import name 'rate' from"
        " partially initialized module 'shop.tax' (most likely due to a circular import)",
    ]
    (cycle,) = report.eager_cycles
    assert (cycle.modules, cycle.verdict) == (("shop.cart", "shop.tax"), "crash")
    assert str(cycle.witness[0]) == "shop.cart -> shop.tax (shop/cart.py:1)"
    assert [problem.rule for problem in report.problems] == ["crash", "eager-cycle"]


def test_imports(project: Project) -> None:
    root = project(MOVABLE)
    (found,) = analyse(root).imports
    assert (found.path, found.line, found.scope) == ("shop/cart.py", 2, "total")
    assert (found.decision, found.targets) == ("move-to-top", ("shop.tax",))


def test_problems_are_those_of_the_check(project: Project, run_cli: RunCli) -> None:
    root = project(BENIGN)
    commit(root)
    assert len(analyse().problems) == 1
    assert analyse(since="HEAD").problems == ()
    run_cli("check", "--write-baseline")
    assert analyse().problems == ()


def test_errors_are_ours(project: Project) -> None:
    project(BENIGN)
    with pytest.raises(CycleguardError, match="no such file or folder: no"):
        analyse("no")


def test_the_package_is_light() -> None:
    code = "import sys, cycleguard; print('msgspec' in sys.modules, hasattr(cycleguard, 'nope'))"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "False False\n"
    assert set(cycleguard.__all__) <= set(dir(cycleguard))


def test_the_example_of_the_page(project: Project) -> None:
    """Run by pytest as a user would."""
    block = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert block is not None
    for files, expected in ((MOVABLE, 0), (CRASHING, 1)):
        root = project({**files, "tests/test_imports.py": block[1]})
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
        answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        assert answer.returncode == expected, answer.stdout
    assert "ImportError: cannot import name 'total'" in answer.stdout


def test_the_page_names_every_field() -> None:
    text = PAGE.read_text(encoding="utf-8")
    api = sys.modules["cycleguard.api"]
    for shape in (api.Report, api.Import, api.Cycle, api.Edge, api.Entry, api.Problem):
        assert f"`{shape.__name__}`" in text
        missing = [name for name in shape.__struct_fields__ if f"`{name}`" not in text]
        assert missing == []


def test_types(tmp_path: Path) -> None:
    mypy = pytest.importorskip("mypy.api")
    code = tmp_path / "use.py"
    code.write_text("from cycleguard import analyse\nreveal_type(analyse('.').crashes)\n")
    output, _, _ = mypy.run(["--strict", "--no-incremental", str(code)])
    assert 'Revealed type is "tuple[cycleguard.api.Entry, ...]"' in output
