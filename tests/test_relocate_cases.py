"""Every case of `fixtures/relocate_*` and `split_*`: the files, and what CPython says of them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cycleguard.model.cycles import CycleKind
from cycleguard.model.proposals import Impossible
from tests.relocate_cases import CASES, Case, answer, each_case, tree_of

# Imports a module first, and tells the names that it then has.
TELL = """
import sys, importlib
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
module = importlib.import_module(sys.argv[2])
own = [n for n, v in vars(module).items() if n[:1] != "_" and type(v) is not type(sys)]
own = [n for n in own if n != "TYPE_CHECKING"]
print(*sorted(n for n in own if getattr(vars(module)[n], "__module__", "shop").startswith("shop")))
"""


def told(root: Path, module: str) -> list[str] | None:
    command = [sys.executable, "-I", "-c", TELL, str(root), module]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.split() if done.returncode == 0 else None


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are relative to the current folder, where no file says otherwise."""
    monkeypatch.chdir(tmp_path)


def after_tree(case: Case, tmp_path: Path) -> Path:
    root = tmp_path
    shutil.copytree(case.folder / "before", root, dirs_exist_ok=True)
    shutil.copytree(case.folder / "after", root, dirs_exist_ok=True)
    return root


@each_case
def test_the_files_are_what_they_must_be(
    case: Case, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    shutil.copytree(case.folder / "before", tmp_path, dirs_exist_ok=True)
    found = answer(case, tree_of(tmp_path))
    if case.file.impossible or isinstance(found, Impossible):
        assert isinstance(found, Impossible)
        assert case.file.impossible
        assert case.file.impossible in found.text
        return
    after = case.folder / "after"
    if request.config.getoption("--update-golden"):
        shutil.rmtree(after, ignore_errors=True)
        for path, content in found.items():
            (after / path).parent.mkdir(parents=True, exist_ok=True)
            (after / path).write_bytes(content)
    golden = {p.relative_to(after).as_posix(): p.read_bytes() for p in after.rglob("*.py")}
    before = case.folder / "before"
    same = {p for p in found if (before / p).exists() and (before / p).read_bytes() == found[p]}
    assert {path: found[path] for path in found.keys() - same} == {
        path: golden[path] for path in golden.keys() - same
    }


CHANGED = [case for case in CASES if not case.file.impossible]


@pytest.mark.parametrize("case", CHANGED, ids=[case.name for case in CHANGED])
def test_cpython_imports_all_that_it_imported_before(case: Case, tmp_path: Path) -> None:
    before = case.folder / "before"
    root = after_tree(case, tmp_path)
    for path in sorted(before.rglob("*.py")):
        module = ".".join(path.relative_to(before).with_suffix("").parts).removesuffix(".__init__")
        had, has = told(before, module), told(root, module)
        if had is not None:
            assert has is not None, module
            assert set(had) <= set(has), module


@pytest.mark.parametrize("case", CHANGED, ids=[case.name for case in CHANGED])
def test_what_is_asked_for_is_done(case: Case, tmp_path: Path) -> None:
    tree = tree_of(after_tree(case, tmp_path))
    if case.file.cycle:
        assert not tree.tangles(CycleKind.DEFERRED)
    if case.file.local:
        module, _, scope = case.file.local.partition(":")
        local = [i for i in tree.by_importer.get(module, ()) if i.statement.is_local]
        assert scope not in {each.statement.scope for each in local}
    assert {r.outcome for r in tree.outcomes.values()} == {"ok"}


@pytest.mark.parametrize("case", CHANGED, ids=[case.name for case in CHANGED])
def test_ruff_finds_nothing_new(case: Case, tmp_path: Path) -> None:
    root = after_tree(case, tmp_path)
    (root / "pyproject.toml").write_text('[tool.ruff.lint.isort]\nknown-first-party = ["shop"]\n')
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise"]
    rules = ["--select", "F401,F811,F821,E402,I001", "--ignore", "F405,F403"]
    done = subprocess.run(
        [*command, *rules, "."], cwd=root, capture_output=True, text=True, check=False
    )
    before = case.folder / "before"
    was = subprocess.run(
        [*command, *rules, "."], cwd=before, capture_output=True, text=True, check=False
    )
    assert _codes(done.stdout) <= _codes(was.stdout), done.stdout


def _codes(text: str) -> set[tuple[str, str]]:
    lines = [line.split() for line in text.splitlines() if ".py:" in line]
    return {(line[0].split(":")[0], line[1]) for line in lines}
