"""The command `fix` as a user sees it: streams, exit codes, options, and files on the disk."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Project, RunCli, RunProcess

PYPROJECT = '[project]\nname = "shop"\nversion = "1"\n'
TREE = {
    "pyproject.toml": PYPROJECT,
    "shop/__init__.py": "",
    "shop/tax.py": "RATE = 7\n\n\ndef rate():\n    return RATE\n",
    "shop/cart.py": (
        '"""The cart."""\n\nimport os\n\n\ndef total(price):\n'
        "    # avoid circular import\n    from shop.tax import rate\n\n"
        "    return price + rate()\n\n\ndef where():\n    import os\n\n    return os.getcwd()\n"
    ),
}
FIXED = (
    '"""The cart."""\n\nimport os\n\nfrom shop.tax import rate\n\n\ndef total(price):\n'
    "    return price + rate()\n\n\ndef where():\n    return os.getcwd()\n"
)
# a and b need each other: only a larger cycle of eager imports would do.
CYCLE = {
    "pyproject.toml": PYPROJECT,
    "shop/__init__.py": "",
    "shop/a.py": "from shop import b\n\nX = 1\n\n\ndef f():\n    return b.g\n",
    "shop/b.py": "def g():\n    from shop import a\n\n    return a.X\n",
}


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".cycleguard" not in path.parts
    }


def test_it_shows_a_diff_and_writes_nothing(project: Project, run_cli: RunCli) -> None:
    root = project(TREE)
    before = contents(root)
    result = run_cli("fix")
    assert result.exit_code == 1
    assert result.stdout.startswith("--- a/shop/cart.py\n+++ b/shop/cart.py\n@@")
    assert "+from shop.tax import rate\n" in result.stdout
    assert "2 imports would change in 1 file: 1 hoist, 1 delete-duplicate" in result.stderr
    assert "# avoid circular import  (no longer true, goes)" in result.stderr
    assert contents(root) == before
    assert not (root / ".cycleguard").exists()


def test_the_diff_can_be_given_to_git(project: Project, run_cli: RunCli) -> None:
    root = project(TREE)
    diff = run_cli("fix").stdout
    command = ["git", "apply", "-"]
    subprocess.run(command, cwd=root, input=diff.encode(), check=True, capture_output=True)
    assert (root / "shop/cart.py").read_text() == FIXED


def test_it_applies_and_then_finds_nothing_and_undoes(project: Project, run_cli: RunCli) -> None:
    root = project(TREE)
    before = contents(root)
    result = run_cli("fix", "--apply")
    assert result.exit_code == 0
    assert "2 imports changed in 1 file" in result.stdout
    assert (root / "shop/cart.py").read_text() == FIXED
    again = run_cli("fix")
    assert (again.exit_code, again.stdout) == (0, "")
    assert "nothing to change" in again.stderr
    assert run_cli("undo").exit_code == 0
    assert contents(root) == before


def test_a_target_is_a_part_of_the_package(project: Project, run_cli: RunCli) -> None:
    root = project(TREE | {"shop/other.py": "def f():\n    import os\n\n    return os\n"})
    run_cli("fix", "--apply", "shop/other.py")
    assert (root / "shop/cart.py").read_text() == TREE["shop/cart.py"]
    assert (root / "shop/other.py").read_text() != "def f():\n    import os\n\n    return os\n"


def test_only_some_actions(project: Project, run_cli: RunCli) -> None:
    project(TREE)
    data = json.loads(run_cli("fix", "--only", "delete-duplicate", "--format", "json").stdout)
    assert data["summary"]["actions"] == {"delete-duplicate": 1}
    assert [each["reason"]["code"] for each in data["left"]] == ["not-asked-for"]


def test_an_unknown_action_is_an_error_that_names_them(project: Project, run_cli: RunCli) -> None:
    project(TREE)
    result = run_cli("fix", "--only", "hoists")
    assert result.exit_code == 2
    assert "no action 'hoists': choose from delete-duplicate, delete-self-import" in result.stderr


def test_a_larger_cycle_is_unsafe(project: Project, run_cli: RunCli) -> None:
    root = project(CYCLE)
    safe = run_cli("fix")
    assert safe.exit_code == 0
    assert "1 import left in place, 1 of them could change with --unsafe" in safe.stderr
    data = json.loads(run_cli("fix", "--unsafe", "--format", "json").stdout)
    (edit,) = data["edits"]
    assert (edit["action"], edit["applicability"]) == ("hoist", "unsafe")
    assert edit["reason"]["code"] == "eager-cycle"
    assert run_cli("fix", "--unsafe", "--apply").exit_code == 0
    code = "import shop.b; assert shop.b.g() == 1"
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)


def test_what_starting_costs_is_unsafe_and_says_so(project: Project, run_cli: RunCli) -> None:
    """DESIGN: unsafe is what works, but something observable changes, such as start-up cost."""
    root = project(TREE | {"shop/late.py": "def f():\n    import asyncio\n\n    return asyncio\n"})
    safe = run_cli("fix", "shop/late.py")
    assert safe.exit_code == 0
    assert "start-up-cost" in safe.stderr
    assert "importing shop.late would load asyncio for everyone" in " ".join(safe.stderr.split())
    assert "1 of them could change with --unsafe" in safe.stderr
    data = json.loads(run_cli("fix", "shop/late.py", "--unsafe", "--format", "json").stdout)
    (edit,) = data["edits"]
    assert (edit["action"], edit["applicability"]) == ("hoist", "unsafe")
    assert edit["reason"]["code"] == "start-up-cost"
    assert "would load asyncio for everyone" in edit["reason"]["text"]
    assert run_cli("fix", "shop/late.py", "--unsafe", "--apply").exit_code == 0
    assert (root / "shop/late.py").read_text().startswith("import asyncio\n")


def test_what_a_test_watches_stays_even_if_a_comment_says_why(
    project: Project, run_cli: RunCli
) -> None:
    late = "def f():\n    # Imported late: small.\n    import asyncio\n\n    return asyncio\n"
    watching = "import builtins\n\n\ndef test_light(tracked):\n    builtins.__import__ = tracked\n"
    files = TREE | {"shop/late.py": late}
    project(files)
    assert json.loads(run_cli("fix", "--unsafe", "--format", "json", "shop/late.py").stdout)[
        "edits"
    ]
    project(files | {"tests/test_light.py": watching})
    data = json.loads(run_cli("fix", "--unsafe", "--format", "json", "shop/late.py").stdout)
    assert not data["edits"]
    assert [left["reason"]["code"] for left in data["left"]] == ["start-up-cost"]


def test_json_has_everything(project: Project, run_cli: RunCli) -> None:
    project(TREE | {"shop/opt.py": "def f():\n    import numpy\n\n    return numpy\n"})
    result = run_cli("fix", "--format", "json")
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert data["schema_version"] == 1
    assert data["summary"] == {
        "edits": 2,
        "files": 1,
        "left": 1,
        "rounds": 1,
        "actions": {"hoist": 1, "delete-duplicate": 1},
        "unsafe": 0,
    }
    edit = data["edits"][0]
    assert (edit["path"], edit["line"], edit["statement"]) == (
        "shop/cart.py",
        8,
        "from shop.tax import rate",
    )
    assert edit["comments"] == {"stale": ["# avoid circular import"], "doubtful": []}
    (left,) = data["left"]
    assert (left["by"], left["reason"]["code"]) == ("rule", "undeclared-dependency")
    assert data["diff"].startswith("--- a/shop/cart.py")


def test_interactive_asks_about_each(project: Project, run_process: RunProcess) -> None:
    root = project(TREE)
    command = [sys.executable, "-m", "cycleguard", "fix", "--apply", "-i"]
    answers = subprocess.run(command, input=b"n\ny\n", capture_output=True, check=False)
    assert answers.returncode == 0, answers.stderr
    assert b"[1/2] shop/cart.py:8 in total" in answers.stderr
    text = (root / "shop/cart.py").read_text()
    assert "    from shop.tax import rate" in text
    assert text.count("import os") == 1


def test_no_answer_changes_nothing(project: Project) -> None:
    root = project(TREE)
    before = contents(root)
    command = [sys.executable, "-m", "cycleguard", "fix", "--apply", "-i"]
    result = subprocess.run(command, input=b"", capture_output=True, check=False)
    assert result.returncode != 0
    assert contents(root) == before


def test_verify_tries_a_copy(project: Project, run_cli: RunCli) -> None:
    root = project(TREE)
    result = run_cli("fix", "--apply", "--verify", "--python", sys.executable)
    assert result.exit_code == 0
    assert "3 modules import from a changed copy as they did before" in result.stderr
    assert not list(root.rglob("__pycache__"))


def test_verify_stops_what_the_simulation_did_not_see(project: Project, run_cli: RunCli) -> None:
    """Code that nobody can read: the simulation takes it to do no harm."""
    root = project(
        {
            "pyproject.toml": PYPROJECT,
            "shop/__init__.py": "",
            "shop/low.py": (
                "import inspect\n\nimport linecache\n\nlines = linecache.getlines(\n"
                '    __file__.replace("low", "high")\n)\n'
                'if "from shop" in lines[0]:\n'
                '    exec("raise ImportError(1)")\n\n\ndef x():\n    pass\n'
            ),
            "shop/high.py": "def f():\n    from shop.low import x\n\n    return x()\n",
        }
    )
    before = contents(root)
    result = run_cli("fix", "--apply", "--verify", "--python", sys.executable)
    assert result.exit_code == 2
    assert "with these changes shop.high would not import any more" in result.stderr
    assert contents(root) == before


def test_a_dirty_tree_is_refused(project: Project, run_cli: RunCli) -> None:
    root = project(TREE)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    result = run_cli("fix", "--apply")
    assert result.exit_code == 2
    assert "not committed to git; commit or stash, or use --allow-dirty" in result.stderr
    assert (root / "shop/cart.py").read_text() == TREE["shop/cart.py"]
    assert run_cli("fix", "--apply", "--allow-dirty").exit_code == 0
    assert (root / "shop/cart.py").read_text() == FIXED


@pytest.mark.skipif(os.name == "nt", reason="permissions")
def test_a_read_only_file_is_refused(project: Project, run_cli: RunCli) -> None:
    root = project(TREE)
    (root / "shop/cart.py").chmod(0o444)
    result = run_cli("fix", "--apply")
    assert result.exit_code == 2
    assert "it is read-only" in result.stderr
    assert (root / "shop/cart.py").read_text() == TREE["shop/cart.py"]


def test_two_functions_of_a_larger_project_root(project: Project, run_cli: RunCli) -> None:
    """The journal lies at the top of the repository, the package below a folder of its own."""
    root = project({f"lib/{path}": text for path, text in TREE.items()})
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    assert run_cli("fix", "lib/shop", "--apply", "--allow-dirty").exit_code == 0
    assert (root / "lib/shop/cart.py").read_text() == FIXED
    assert (root / ".cycleguard").is_dir()
    assert run_cli("undo", "lib").exit_code == 0
    assert (root / "lib/shop/cart.py").read_text() == TREE["shop/cart.py"]


def test_tests_beside_the_package_are_looked_at(project: Project, run_cli: RunCli) -> None:
    """They are no part of the analysis where ``src/shop`` is the target."""
    moved = {f"src/{path}": text for path, text in TREE.items() if path.startswith("shop/")}
    patch = 'def test_it(monkeypatch):\n    monkeypatch.setattr("shop.tax.rate", lambda: 0)\n'
    project(moved | {"pyproject.toml": PYPROJECT, "tests/test_cart.py": patch})
    data = json.loads(run_cli("fix", "src/shop", "--format", "json").stdout)
    assert [each["reason"]["code"] for each in data["left"]] == ["patched-name"]
