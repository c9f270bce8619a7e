"""Aliases of modules in the analysis: edges, cycles, and when an alias is there."""

import pytest

from cycleguard.model.edges import Origin
from cycleguard.model.findings import Outcome
from cycleguard.pipeline import analyse
from tests.conftest import REPOSITORY, Project
from tests.constructs.shared import ALIAS, codes, edges, python


def test_a_cycle_through_an_alias_is_found(project: Project) -> None:
    folder = project(ALIAS)
    analysis = analyse([folder])
    assert edges(folder, Origin.ALIAS) == ["upstream.train -> local.ranks (eager)"]
    (cycle,) = analysis.cycles
    assert cycle.component.modules == ("local.ranks", "upstream.train")
    assert codes(analysis) == [("alias-closes-cycle", "local", 2)]
    outcomes = {entry.module: entry.outcome for entry in analysis.entries}
    assert outcomes["local.ranks"] is Outcome.CRASH
    printed = python("import local.ranks", folder)
    assert "cannot import name 'RANKS' from partially initialized module 'local.ranks'" in printed


def test_each_pair_of_a_batch_has_its_own_line(project: Project) -> None:
    both = "[\n    ('local.other', 'upstream.other'),\n    ('local.ranks', 'upstream.ranks'),\n]"
    ways = {
        "from cycleguard.runtime import inject_module_aliases_batch as inject\n\n"
        f"inject({both})\n": (5, "local/__init__.py:3: injects it"),
        "from cycleguard.runtime import bootstrap_default_aliases\n"
        f"DEFAULT_ALIASES = {both}\n\nbootstrap_default_aliases()\n": (
            4,
            "local/__init__.py:7: injects it",
        ),
    }
    for injector, (line, evidence) in ways.items():
        files = {**ALIAS, "local/__init__.py": injector, "local/other.py": ""}
        analysis = analyse([project(files)])
        (finding,) = analysis.runtime
        assert (finding.code, finding.at.line) == ("alias-closes-cycle", line)
        assert finding.at.text == "('local.ranks', 'upstream.ranks')"
        assert finding.evidence[0] == evidence


INJECTS = (
    "from cycleguard.runtime import inject_module_alias\n\n"
    "def inject():\n    inject_module_alias('local.ranks', 'upstream.ranks')\n\n"
)


@pytest.mark.parametrize(
    ("injector", "is_there"),
    [
        pytest.param("inject()\nimport upstream.train\n", True, id="above"),
        pytest.param("import upstream.train\ninject()\n", False, id="below"),
        pytest.param("import upstream.train\n", False, id="not called"),
        pytest.param("if inject:\n    inject()\nimport upstream.train\n", True, id="in a block"),
    ],
)
def test_an_alias_is_there_once_its_line_has_run(
    injector: str, is_there: bool, project: Project
) -> None:
    files = {"local/__init__.py": INJECTS + injector, "local/ranks.py": "RANKS = [0, 1]\n"}
    folder = project({**ALIAS, **files})
    outcomes = {entry.module: entry.outcome for entry in analyse([folder]).entries}
    assert ("local" not in outcomes) == is_there
    assert (python("import local; print('fine')", folder) == "fine") == is_there


def test_an_alias_without_a_way_back_is_fine(project: Project) -> None:
    folder = project({**ALIAS, "local/ranks.py": "RANKS = [0, 1]\n"})
    analysis = analyse([folder])
    assert codes(analysis) == []
    assert analysis.cycles == ()
    # Whether somebody has imported `local` before, the module itself does not say.
    assert [(e.module, e.outcome) for e in analysis.entries] == [
        ("upstream.train", Outcome.UNKNOWN)
    ]
    assert python("import local, upstream.train; print('fine')", folder) == "fine"
    assert "No module named" in python("import upstream.train", folder)


def test_the_fixture_fails_unless_somebody_injects_its_alias() -> None:
    folder = REPOSITORY / "fixtures" / "runtime_aliases"
    (entry,) = analyse([folder]).entries
    assert (entry.module, entry.outcome) == ("upstream.workers.trainer", Outcome.UNKNOWN)
    asked = "import upstream.workers.trainer"
    assert "No module named" in python(asked, folder)
    assert python(f"import local; {asked}; print('fine')", folder) == "fine"


def test_a_name_below_an_alias_and_an_alias_of_an_alias(project: Project) -> None:
    both = "[('local.ranks', 'upstream.ranks'), ('upstream.ranks', 'third.ranks')]"
    folder = project(
        {
            "local/__init__.py": (
                "from cycleguard.runtime import inject_module_aliases_batch as inject\n"
                f"inject({both}, create_parents=True)\n"
            ),
            "local/ranks/__init__.py": "",
            "local/ranks/all.py": "RANKS = [0]\n",
            "main.py": (
                "import local\nfrom third.ranks.all import RANKS\nfrom upstream import ranks\n"
            ),
        }
    )
    assert edges(folder, Origin.ALIAS) == [
        "main -> local.ranks (eager)",
        "main -> local.ranks.all (eager)",
    ]
    assert analyse([folder]).entries == ()
    assert python("import main; print(main.ranks.__name__)", folder) == "local.ranks"


def test_a_module_on_the_disk_is_no_alias_unless_it_is_shadowed(project: Project) -> None:
    files = {**ALIAS, "upstream/ranks.py": "RANKS = [7]\n"}
    assert edges(project(files), Origin.ALIAS) == []
    shown = {"local/__init__.py": files["local/__init__.py"].replace("')])", "')], shadow=True)")}
    assert edges(project(shown), Origin.ALIAS) == ["upstream.train -> local.ranks (eager)"]
