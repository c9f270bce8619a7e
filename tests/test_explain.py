"""`cycleguard explain`: modules, imports and cycles, as text and as data."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cycleguard.explain.answer import explain
from cycleguard.explain.imports import story_of_local
from cycleguard.explain.stage import Stage
from cycleguard.model.findings import Outcome
from cycleguard.model.timeline import ImportStory, Kind, ModuleStory, Timeline
from cycleguard.pipeline import examine, resolve
from tests.conftest import REPOSITORY, Project, RunCli

PLUGIN = REPOSITORY / "fixtures" / "delayed_plugin"
DISPATCH = PLUGIN / "engine" / "dispatch.py"
PADDLE = REPOSITORY / "fixtures" / "paddle_jit" / "paddle"

KNOT = {
    "pyproject.toml": "",
    "p/__init__.py": "",
    "p/a.py": "import p.c\nfrom p.b import g\n\n\ndef f():\n    return g\n",
    "p/b.py": "from p.a import f\n\n\ndef g():\n    return f\n",
    "p/c.py": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import p.a\n",
    "p/d.py": "import p.e\n\n\ndef late():\n    from p.e import made\n\n    return made\n",
    "p/e.py": "import p.d\n\nmade = 1\n",
}


@pytest.fixture
def knot(project: Project) -> Path:
    return project(KNOT)


def python(code: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a fresh interpreter that sees the modules of a folder."""
    environment = {**os.environ, "PYTHONPATH": str(cwd)}
    command = [sys.executable, "-S", "-B", "-c", code]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, cwd="/"
    )


def without_path(message: str) -> str:
    """An error of CPython without the path of the file that it ends with."""
    return message.partition(f" ({PLUGIN}")[0]


def timeline_of(name: str) -> Timeline:
    (story,) = explain(name, PLUGIN).stories
    assert isinstance(story, ModuleStory)
    return story.timeline


def test_a_plugin_that_is_imported_when_its_core_has_finished() -> None:
    """What the authors of such a system count on."""
    timeline = timeline_of("engine.core.attention")
    assert (timeline.outcome, timeline.moments) == (Outcome.OK, ())
    code = "from engine.core.attention import attention; from engine.dispatch import FAILED"
    assert python(f"{code}; print(attention(1), FAILED)", PLUGIN).stdout == "16 []\n"


def test_a_decorated_function_called_while_its_module_is_imported_fails() -> None:
    timeline = timeline_of("engine.core.rope")
    last = timeline.moments[-1]
    assert timeline.outcome is Outcome.CRASH
    error = without_path(python("import engine.core.rope", PLUGIN).stderr.splitlines()[-1])
    assert f"{timeline.error}: {timeline.message}" == error
    assert (last.asked, last.name, last.waits_at) == ("engine.core.rope", "BASE", 11)
    assert last.binding is not None
    assert last.binding.text == "BASE = 10_000"


def test_a_decorated_function_called_while_its_module_is_imported_loses_its_plugin() -> None:
    """The failure that is caught, and that nobody hears of."""
    timeline = timeline_of("engine.core.norm")
    raised, swallowed = timeline.moments[-2:]
    assert timeline.outcome is Outcome.SILENT
    code = "import engine.core.norm as m; from engine.dispatch import FAILED"
    happened = python(f"{code}; print(m.norm(3), *FAILED)", PLUGIN).stdout
    assert without_path(happened.rstrip()) == f"3 {raised.error}: {raised.message}"
    assert (raised.asked, raised.name, raised.waits_at) == ("engine.core.norm", "SCALE", 11)
    assert (swallowed.kind, swallowed.failed) == (Kind.SWALLOW, ("engine.plugin.norm",))


def test_a_deferred_import_that_is_called_at_import_time(run_cli: RunCli) -> None:
    line = next(
        number
        for number, row in enumerate(DISPATCH.read_text().splitlines(), 1)
        if "import_module" in row
    )
    result = run_cli("explain", f"{DISPATCH}:{line}")
    assert result.exit_code == 0
    assert (
        "\nnot complete: overridable.dispatch is called at import time here: "
        f"{_shown(PLUGIN)}/engine/core/norm.py:11\n"
    ) in result.stdout
    assert "takes the error away; engine.plugin.norm is dropped from sys.modules" in result.stdout


def test_a_call_that_imports_within_a_longer_statement(run_cli: RunCli, project: Project) -> None:
    project(
        {
            "p/__init__.py": "",
            "p/a.py": (
                "import importlib\n\n\n"
                "def load():\n"
                "    return dict(\n"
                "        plugin=importlib.import_module('p.b'),\n"
                "    )\n\n\n"
                "load()\nX = 1\n"
            ),
            "p/b.py": "from p.a import X\n",
        }
    )
    text = run_cli("explain", "p/a.py:6").stdout
    assert "\nnot complete: load is called at import time here: p/a.py:10\n" in text
    assert "asks p.a (half-way, at line 10) for X; line 11 would bind it:" in text


def _shown(path: Path) -> str:
    """A path of the repository as reports show it."""
    return path.relative_to(REPOSITORY).as_posix() if Path.cwd() == REPOSITORY else str(path)


def test_a_deferred_import_that_runs_later(run_cli: RunCli, knot: Path) -> None:
    text = run_cli("explain", "p/d.py:5").stdout
    assert "\nruns when late is called; by then p.d has finished\n" in text
    assert "\nif it stood at the top of the file, below line 1\n  with p." in text


def test_every_hoist_of_the_paddle_fixture_is_told_as_it_was_judged() -> None:
    resolved = resolve([PADDLE / "jit"])
    stage, examined = Stage(resolved), examine(resolved)
    findings = [f for f in examined.analysis.findings if f.resolved.internal]
    crashes = 0
    for finding in findings:
        story = story_of_local(stage, examined, finding)
        assert story.hoist is not None
        assert story.hoist.outcome is finding.hoist.outcome
        if finding.hoist.error:
            judged = (finding.hoist.error, finding.hoist.message)
            assert (story.hoist.error, story.hoist.message) == judged
            assert any(moment.is_hoisted for moment in story.hoist.moments)
            crashes += 1
    assert crashes == 13


@pytest.mark.parametrize("target", ["p.a", "p/a.py"])
def test_a_module_that_crashes(target: str, run_cli: RunCli, knot: Path) -> None:
    result = run_cli("explain", target)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "import p.a  crashes\n"
        "  ImportError: cannot import name 'f' from partially initialized module 'p.a'"
        " (most likely due to a circular import)\n"
        "\n"
        "       1 module loads to the end\n"
        "  T1   p.a starts: it is imported first\n"
        "       1 module loads to the end\n"
        "  T2   p/a.py:2  from p.b import g\n"
        "       p.a waits here, half-way; p.b starts\n"
        "  T3   p/b.py:1  from p.a import f\n"
        "       asks p.a (half-way, at line 2) for f; line 5 would bind it:\n"
        "         p/a.py:5  def f():\n"
        "       ImportError: cannot import name 'f' from partially initialized module 'p.a'"
        " (most likely due to a circular import)\n"
        "\n"
        "  crash: p.b needs f of p.a, which stands at line 2; only line 5 binds it."
        " Nobody catches the error\n"
    )
    said = python("import p.a", knot).stderr.splitlines()[-1]
    assert said.startswith(
        "ImportError: cannot import name 'f' from partially initialized module 'p.a'"
    )


def test_a_package_by_its_folder(run_cli: RunCli, knot: Path) -> None:
    text = (
        "import p  imports\n  ok: 1 module loads, and nobody asks a half-way module for anything\n"
    )
    assert run_cli("explain", "p").stdout == text
    assert run_cli("explain", "p/__init__.py").stdout == text


def test_a_module_that_is_fine_in_a_cycle(run_cli: RunCli, knot: Path) -> None:
    text = run_cli("explain", "p.e").stdout
    assert text.endswith(
        "  T3   p/d.py:1  import p.e\n"
        "       asks for p.e (half-way, at line 1). Fine: only the module itself is needed;"
        " nothing is read from it before it has finished\n"
        "       p.e finishes, and 1 module that waited in it\n"
        "\n"
        "  ok: the one request to a half-way module is met: it is for the module itself\n"
    )


def test_a_dotted_name_is_looked_up_where_one_says(
    run_cli: RunCli, knot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    result = run_cli("explain", "p.a", "--in", str(knot))
    assert result.stdout.startswith(f"paths are relative to {knot}\n\nimport p.a  crashes\n")


def test_a_top_level_import_that_fails(run_cli: RunCli, knot: Path) -> None:
    text = run_cli("explain", "p/a.py:2").stdout
    assert text.startswith(
        "p/a.py:2\n  from p.b import g\n\n"
        "imported first, 2 of the 6 modules meet an error here\n"
        "  with p.a imported first\n"
    )


def test_a_top_level_import_that_is_fine(run_cli: RunCli, knot: Path) -> None:
    """The module does not import, but that is not the fault of this line."""
    text = run_cli("explain", "p/a.py:1").stdout
    assert "imported first, none of the 6 modules meets an error here" in text
    assert "p.a waits here, half-way; p.c starts" in text
    assert text.endswith(
        "  ok: nothing that it loads asks a half-way module for anything."
        " Later the import of p.a fails, at p/b.py:1\n"
    )


def test_a_top_level_import_of_what_has_finished(run_cli: RunCli, project: Project) -> None:
    files = {"p/__init__.py": "import p.a\nimport p.b\n", "p/a.py": "X = 1\n"}
    project({**files, "p/b.py": "from p.a import X\n"})
    text = run_cli("explain", "p/b.py:1").stdout
    assert "p.a has finished before: there is nothing to wait for" in text
    assert text.endswith("  ok: what it imports has finished by then\n")


def test_a_top_level_import_that_is_not_reached(run_cli: RunCli, knot: Path) -> None:
    (knot / "p" / "late.py").write_text("import p.a\nimport p.d\n")
    text = run_cli("explain", "p/late.py:2").stdout
    assert "  it is not reached while p.late is imported. crash: p.b needs f of p.a" in text


def test_a_call_at_module_level_that_imports(run_cli: RunCli, knot: Path) -> None:
    (knot / "p" / "call.py").write_text("import importlib\n\nimportlib.import_module('p.a')\n")
    text = run_cli("explain", "p/call.py:3").stdout
    assert "  decision    leave\n" in text
    assert "\nimported first, 1 of the 7 modules meets an error here\n" in text
    assert "asks p.a (half-way, at line 2) for f; line 5 would bind it:" in text


def test_an_import_for_type_checkers(run_cli: RunCli, knot: Path) -> None:
    text = run_cli("explain", "p/c.py:4").stdout
    assert text == "p/c.py:4\n  import p.a\n\n  ok: it never runs, it is there for type checkers\n"


def cycle_ids(run_cli: RunCli) -> dict[str, str]:
    cycles = json.loads(run_cli("scan", "--format", "json").stdout)["cycles"]
    return {cycle["modules"][0]: cycle["id"] for cycle in cycles if cycle["kind"] == "eager"}


def test_a_cycle_that_crashes(run_cli: RunCli, knot: Path) -> None:
    text = run_cli("explain", cycle_ids(run_cli)["p.a"]).stdout
    assert text.startswith("cycle ")
    assert "\n  p.a  crashes\n    ImportError: cannot import name 'f'" in text
    assert "\n  p.b  crashes\n    ImportError: cannot import name 'g'" in text
    assert "\nimport p.a  crashes\n" in text
    assert text.endswith(
        "\n  so the verdict is crash: 2 of its 2 modules come to this as first import\n"
    )


def test_a_cycle_that_does_no_harm(run_cli: RunCli, knot: Path) -> None:
    text = run_cli("explain", cycle_ids(run_cli)["p.d"]).stdout
    assert "\n  p.d  imports\n  p.e  imports\n" in text
    assert text.endswith(
        "\n  so the verdict is benign: from whichever of its 2 modules the import begins,"
        " none lacks another when it needs it\n"
    )


def test_a_cycle_through_an_attribute_of_the_package(run_cli: RunCli, project: Project) -> None:
    """It is the package that lacks the name, but the sub-module that is half-way."""
    root = project(
        {
            "p/__init__.py": "",
            "p/a.py": "import p.b\n\n\nclass Base:\n    pass\n",
            "p/b.py": "import p.a\n\n\nclass Derived(p.a.Base):\n    pass\n",
        }
    )
    text = run_cli("explain", cycle_ids(run_cli)["p.a"]).stdout
    assert "crash: imports fail because of it" in text
    assert "reads a of p (finished), but that is a sub-module, which is half-way:" in text
    said = python("import p.a", root).stderr.splitlines()[-1]
    assert f"\n  {said}\n" in text


def test_the_answer_as_data(run_cli: RunCli, knot: Path) -> None:
    data: dict[str, Any] = json.loads(run_cli("explain", "p.a", "--format", "json").stdout)
    assert (data["schema_version"], data["root"]) == (1, ".")
    (story,) = data["stories"]
    timeline = story["timeline"]
    assert (story["kind"], timeline["entry"], timeline["outcome"]) == ("module", "p.a", "crash")
    assert [moment["t"] for moment in timeline["moments"]] == [1, 2, 3]
    last = timeline["moments"][-1]
    assert last["at"] == {
        "module": "p.b",
        "path": "p/b.py",
        "line": 1,
        "text": "from p.a import f",
    }
    assert (last["kind"], last["asked"], last["name"]) == ("raise", "p.a", "f")
    assert (last["state"], last["waits_at"], last["binding"]["line"]) == ("half-way", 2, 5)
    assert timeline["why"].startswith("crash: p.b needs f of p.a")


def test_imports_and_cycles_as_data(run_cli: RunCli, knot: Path) -> None:
    scanned = json.loads(run_cli("scan", "--format", "json").stdout)
    (story,) = json.loads(run_cli("explain", "p/d.py:5", "--format", "json").stdout)["stories"]
    assert story["kind"] == "import"
    assert {**story["import"], "plan": None} in scanned["imports"]
    assert story["deferred"]["timeline"] is None
    assert story["hoist"]["hoisted"]["below"] == 1
    identifier = cycle_ids(run_cli)["p.a"]
    (story,) = json.loads(run_cli("explain", identifier, "--format", "json").stdout)["stories"]
    assert story["cycle"] in scanned["cycles"]
    assert [entry["outcome"] for entry in story["entries"]] == ["crash", "crash"]
    assert story["timeline"]["outcome"] == "crash"


def test_two_imports_on_a_line_are_two_stories(project: Project) -> None:
    project({"m.py": "def f():\n    import json; import csv\n    return json, csv\n"})
    stories = explain("m.py:2", Path()).stories
    texts = [story.place.text for story in stories if isinstance(story, ImportStory)]
    assert texts == ["import json", "import csv"]


def test_a_large_package_is_told_in_a_page(run_cli: RunCli, project: Project) -> None:
    """Of many requests the most telling are shown, and the others are counted."""
    names = [f"m{number}" for number in range(40)]
    files = {"p/__init__.py": "X = 1\n" + "".join(f"import p.{name}\n" for name in names)}
    for name in names:
        files[f"p/{name}/__init__.py"] = "Y = 1\nfrom . import inner\n"
        files[f"p/{name}/inner.py"] = f"from p.{name} import Y\nfrom p import X\n"
    project(files)
    text = run_cli("explain", "p").stdout
    assert len(text.splitlines()) < 60
    assert "not shown: 33 more requests that are met (--format json)" in text
    assert text.endswith(
        "  ok: all 80 requests to half-way modules are met: each is for a name"
        " that was bound already\n"
    )
    data = json.loads(run_cli("explain", "p", "--format", "json").stdout)
    asks = [m for m in data["stories"][0]["timeline"]["moments"] if m["kind"] == "ask"]
    assert sum(1 + len(ask["alike"]) for ask in asks) == 80


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["p.aa"], "no module p.aa in the current folder: did you mean p.a?"),
        (["zzz"], "no module zzz in the current folder: --in PATH says where to look"),
        (["p.a", "--in", "none"], "no such file or folder: none"),
        (["none/"], "no such file or folder: none"),
        (["p/none.py"], "no such file or folder: p/none.py"),
        (["00000000"], "no cycle 00000000 in the current folder: there are "),
        (["a b"], "'a b' is no module, line or cycle: give a module"),
        (["p/a.py:3"], "p/a.py:3: no import there; they are at lines 1, 2"),
        (["p/__init__.py:1"], "p/__init__.py: there is no import in this file"),
        (["broken.py"], "cannot analyse broken.py: "),
        (["broken"], "cannot analyse broken.py: "),
    ],
    ids=" ".join,
)
def test_what_cannot_be_explained_is_one_line(
    arguments: list[str], message: str, run_cli: RunCli, knot: Path
) -> None:
    (knot / "broken.py").write_text("import (\n")
    result = run_cli("explain", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {message}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("target", ["p.a", "p/d.py:5", "p/a.py:2"])
def test_it_fits_a_terminal(target: str, columns: int, run_pty: Any, knot: Path) -> None:
    shown = run_pty("explain", "--no-progress", target, columns=columns)
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert "T1 " in text
    assert max(map(len, text.splitlines())) <= columns
