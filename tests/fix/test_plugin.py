"""`fix --only plugin`: `fixtures/plugin_by_hand`, a tree before and after, and CPython on both.

Each case asks the same things of both trees: with the plugin, without it, and with a broken one.
``pytest --update-golden`` writes the trees after; a file that `after` lacks stays as it is.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from cycleguard.model.findings import Action, Applicability
from cycleguard.pipeline import analyse, resolve
from cycleguard.plan.plugging import plugged
from cycleguard.plan.rounds import Planned, Wanted, plan_repair
from cycleguard.vendor.assemble import assemble
from cycleguard.vendor.parts import read_runtime
from tests.conftest import REPOSITORY, Project, RunCli

FOLDER = REPOSITORY / "fixtures" / "plugin_by_hand"


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a `case.toml` may say.

    `asks` are expressions over the names of `module`; `plugin` the folder that goes where there is
    no plugin, `absent` may say that only its modules go; `vendored` a package with a runtime of its
    own. `refused` are the functions that stay, with words of the reason.
    """

    title: str
    why: str
    asks: tuple[str, ...]
    module: str = ""
    plugin: str = "plugin"
    absent: str = "package"
    vendored: str = ""
    refused: dict[str, str] = {}


CASES = {
    path.parent.name: msgspec.toml.decode(path.read_bytes(), type=Case)
    for path in sorted(FOLDER.glob("*/case.toml"))
}
each_case = pytest.mark.parametrize("name", CASES)
STATES = ("present", "absent", "lacks a module", "fails")
BROKEN = {"lacks a module": "import not_there\n", "fails": "raise RuntimeError('broken')\n"}


def tree(name: str, folder: Path, *, is_after: bool) -> Path:
    """A copy of the tree before, or with what the tree after has in its place."""
    shutil.copytree(FOLDER / name / "before", folder)
    if is_after and (FOLDER / name / "after").is_dir():
        shutil.copytree(FOLDER / name / "after", folder, dirs_exist_ok=True)
    if CASES[name].vendored:
        text = assemble(read_runtime(), ("plugins",))
        (folder / CASES[name].vendored / "_cycleguard.py").write_text(text)
    return folder


def planned(folder: Path) -> Planned:
    return plan_repair(resolve([folder]), Wanted(frozenset({Action.PLUGIN})), sources=(plugged,))


def set_state(name: str, folder: Path, state: str) -> None:
    """Take the plugins away, or break them."""
    plugins = folder / CASES[name].plugin
    if state == "absent" and CASES[name].absent == "package":
        shutil.rmtree(plugins)
        return
    for path in plugins.glob("[!_]*.py"):
        if state == "absent":
            path.unlink()
        elif state in BROKEN:
            path.write_text(BROKEN[state])


def answers(name: str, folder: Path) -> list[str]:
    """What CPython answers, a line for each question."""
    case = CASES[name]
    (core,) = [p.stem for p in (folder / "core").glob("[!_]*.py")] if not case.module else [""]
    code = (
        f"import asyncio, inspect, sys; sys.path[:0] = ['.', {str(REPOSITORY)!r}]\n"
        f"from {case.module or f'core.{core}'} import *\n"
        f"for ask in {case.asks!r}:\n"
        "    try:\n        print(repr(eval(ask)).replace('\\n', ' '))\n"
        "    except Exception as error:\n        print('!', type(error).__name__, error)\n"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() or done.stderr.splitlines()[-1:]


@each_case
def test_the_tree_becomes_the_tree_after(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = tree(name, tmp_path / "tree", is_after=False)
    plan = planned(folder).plan
    changed = {change.path: change.after for change in plan.changes}
    golden = FOLDER / name / "after"
    if request.config.getoption("--update-golden"):
        shutil.rmtree(golden, ignore_errors=True)
        for path, content in changed.items():
            (golden / path).parent.mkdir(parents=True, exist_ok=True)
            (golden / path).write_bytes(content or b"")
    expected = {p.relative_to(golden).as_posix(): p.read_bytes() for p in golden.rglob("*.py")}
    assert changed == expected
    assert {move.applicability for move in plan.moved} <= {Applicability.UNSAFE}
    after = tree(name, tmp_path / "after", is_after=True)
    assert planned(after).plan.changes == (), "a second run finds nothing to do"


@each_case
def test_what_stays_has_its_reason(name: str, tmp_path: Path) -> None:
    plan = planned(tree(name, tmp_path / "tree", is_after=False)).plan
    reasons = {each.scope: each.text for each in plan.left if each.by == "rewriter"}
    assert reasons.keys() == CASES[name].refused.keys()
    for function, words in CASES[name].refused.items():
        assert words in reasons[function]


@each_case
@pytest.mark.parametrize("state", STATES)
def test_cpython_answers_alike_before_and_after(name: str, state: str, tmp_path: Path) -> None:
    found: dict[bool, list[str]] = {}
    for is_after in (False, True):
        folder = tree(name, tmp_path / f"{is_after}", is_after=is_after)
        set_state(name, folder, state)
        found[is_after] = answers(name, folder)
    before, after = found[False], found[True]
    if state == "lacks a module":
        # On purpose: a plugin that is there and broken is not taken for one that is missing.
        lack = "! ModuleNotFoundError No module named 'not_there'"
        differ = [new for old, new in zip(before, after, strict=True) if new != old]
        assert set(differ) <= {lack}
        assert (lack in after) == (FOLDER / name / "after").is_dir()
    else:
        assert after == before
    if state == "present":
        assert any("plugin" in answer for answer in after), "the plugin is used at all"


@each_case
def test_the_analysis_finds_the_same_edges_and_nothing_wrong(name: str, tmp_path: Path) -> None:
    if not (FOLDER / name / "after").is_dir():
        return
    folder = tree(name, tmp_path / "tree", is_after=True)
    arcs = {(edge.importer, edge.imported) for edge in resolve([folder]).edges}
    before = resolve([tree(name, tmp_path / "before", is_after=False)]).edges
    assert {(edge.importer, edge.imported) for edge in before} <= arcs
    assert analyse([folder]).runtime == ()


def test_it_has_to_be_named(project: Project, run_cli: RunCli) -> None:
    files = {
        path.relative_to(FOLDER / "try_else" / "before").as_posix(): path.read_text()
        for path in (FOLDER / "try_else" / "before").rglob("*.py")
    }
    folder = project(files)
    assert "plugin_method" not in run_cli("fix", "--unsafe").output
    shown = run_cli("fix", "--only", "plugin")
    assert shown.exit_code == 1
    assert "+    @plugin_method" in shown.stdout
    assert "(unsafe)" in shown.output
    assert "fails to import is an error" in shown.output
    assert run_cli("fix", "--only", "plugin", "--apply", "--allow-dirty").exit_code == 0
    assert "@plugin_implementation" in (folder / "plugin/opt.py").read_text()
    assert run_cli("undo").exit_code == 0
    assert {path: (folder / path).read_text() for path in files} == files
