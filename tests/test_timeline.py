"""A timeline says what scan says of the same entry, and shows what CPython does."""

from pathlib import Path

import pytest

from cycleguard.explain.stage import Stage
from cycleguard.model.findings import Outcome
from cycleguard.model.timeline import Answer, Binding, Kind, Moment, Need, State, Timeline
from cycleguard.pipeline import resolve
from cycleguard.simulate.entries import Result, simulate_entries
from tests.conftest import REPOSITORY
from tests.support.packages import random_package
from tests.support.prediction import Files, predict
from tests.support.telling import timelines
from tests.support.tracebacks import Traced, trace_import

FIRST_SEED = 3_000_100
PACKAGES = 50


Said = tuple[Outcome, str | None, str | None]


def told(timeline: Timeline) -> Said:
    return timeline.outcome, timeline.error, timeline.message


def predicted(result: Result) -> Said:
    error = result.error
    kind, message = (error.kind, error.message) if error else (None, None)
    return result.outcome or Outcome.UNKNOWN, kind, message


def test_of_every_module_of_the_paddle_fixture() -> None:
    stage = Stage(resolve([REPOSITORY / "fixtures" / "paddle_jit" / "paddle"]))
    results = simulate_entries(stage.world, stage.names)
    assert len(results) == 45
    for name, result in results.items():
        timeline = stage.timeline(name)
        assert told(timeline) == predicted(result)
        assert timeline.loaded == 45
        check_order(timeline)


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + PACKAGES))
def test_of_every_module_of_a_random_package(seed: int, tmp_path: Path) -> None:
    files = random_package(seed)
    results = predict(files)
    for name, timeline in timelines(files).items():
        assert told(timeline) == predicted(results[name])
        check_order(timeline)
        if timeline.outcome is Outcome.CRASH:
            check_crash(timeline, files, trace_import(tmp_path, files, name))


def test_the_random_packages_crash_often_enough() -> None:
    seeds = range(FIRST_SEED, FIRST_SEED + PACKAGES)
    outcomes = [r.outcome for seed in seeds for r in predict(random_package(seed)).values()]
    assert outcomes.count(Outcome.CRASH) >= PACKAGES


def check_order(timeline: Timeline) -> None:
    """Who asks or is asked half-way has started before, and has not ended."""
    under_way: list[str] = []
    for moment in timeline.moments:
        under_way = [n for n in under_way if n not in (*moment.ended, *moment.failed)]
        body = moment.called_at.module if moment.called_at else moment.asker
        assert body in ("", *under_way)
        if moment.state is State.HALF_WAY:
            assert moment.asked in under_way
            assert moment.waits_at is not None
        if moment.answer is Answer.BOUND and moment.kind is Kind.ASK and moment.binding:
            is_own = moment.binding.module == moment.asked
            assert not is_own or moment.binding.line <= (moment.waits_at or 0)
        if moment.kind is Kind.START:
            under_way.append(moment.asked)


def check_crash(timeline: Timeline, files: Files, truth: Traced | None) -> None:
    """The error is CPython's, and so are the statements that lead to it."""
    last = timeline.moments[-1]
    assert last.kind is Kind.RAISE
    assert truth is not None
    assert (timeline.error, last.error) == (truth.error, truth.error)
    # A message that the program makes itself is not read.
    assert truth.message.startswith(timeline.message or "") or not last.asked
    assert [path for path, _ in open_places(timeline)] == in_bodies(truth, open_places(timeline))
    for path, line in open_places(timeline):
        # Of a decorated definition CPython names the row of the decorator, or of `def`.
        if not files[path].splitlines()[line - 1].lstrip().startswith("@"):
            assert (path, line) in truth.places


def open_places(timeline: Timeline) -> list[tuple[str, int]]:
    """The statements that were under way at the end, outermost first."""
    moments = timeline.moments
    places: list[tuple[str, int]] = []
    for number, moment in enumerate(moments):
        later = [name for m in moments[number + 1 :] for name in (*m.ended, *m.failed)]
        is_over = moment.kind is Kind.START and moment.asked in later
        if moment.at is not None and moment.kind in (Kind.START, Kind.RAISE) and not is_over:
            if moment.kind is Kind.START or moment is moments[-1]:
                places.append((moment.at.path, moment.at.line))
    return places


def in_bodies(truth: Traced, places: list[tuple[str, int]]) -> list[str]:
    """The paths of CPython's traceback without those that the timeline does not go through."""
    wanted = [path for path, _ in places]
    found: list[str] = []
    for path, _ in truth.places:
        if len(found) < len(wanted) and path == wanted[len(found)]:
            found.append(path)
    return found


HALF = {"p/__init__.py": ""}
SHAPES = {
    "a name that a line below binds": (
        {"p/a.py": "import sys\nfrom p import b\nX = 1\n", "p/b.py": "from p.a import X\n"},
        ("p.a", Need.NAME, "X", State.HALF_WAY, 2, 3, Binding.STATEMENT),
    ),
    "an attribute that a line below binds": (
        {"p/a.py": "import p.b\nX = 1\n", "p/b.py": "import p.a as a\nprint(a.X)\n"},
        ("p.a", Need.ATTRIBUTE, "X", State.HALF_WAY, 1, 2, Binding.STATEMENT),
    ),
    "an attribute of a module with a __getattr__ of its own": (
        {
            "p/a.py": (
                "def __getattr__(name):\n"
                "    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')\n\n\n"
                "import p.b\nX = 1\n"
            ),
            "p/b.py": "import p.a as a\nprint(a.X)\n",
        },
        ("p.a", Need.ATTRIBUTE, "X", State.HALF_WAY, 5, 6, Binding.STATEMENT),
    ),
    "a sub-module that is half-way": (
        {"p/a.py": "import p.b\n", "p/b.py": "import p.a\nprint(p.a.X)\n"},
        ("p", Need.ATTRIBUTE, "a", State.FINISHED, None, 1, Binding.SUBMODULE),
    ),
    "a global name of a function that is called too early": (
        {
            "p/a.py": "def f():\n    return LIMIT\n\n\nfrom p import b\nLIMIT = 1\n",
            "p/b.py": "from p.a import f\nf()\n",
        },
        ("p.a", Need.GLOBAL, "LIMIT", State.HALF_WAY, 5, 6, Binding.STATEMENT),
    ),
    "a name in a branch that is not taken": (
        {
            "p/a.py": "import sys\nif sys.version_info < (3,):\n    X = 1\nimport p.b\n",
            "p/b.py": "from p.a import X\n",
        },
        ("p.a", Need.NAME, "X", State.HALF_WAY, 4, 3, Binding.CONDITIONAL),
    ),
    "a name that a star import below binds": (
        {
            "p/a.py": "import p.b\nfrom p.c import *\n",
            "p/b.py": "from p.a import X\n",
            "p/c.py": "X = 1\n",
        },
        ("p.a", Need.NAME, "X", State.HALF_WAY, 1, 2, Binding.STAR),
    ),
    "a sub-module in the place of a function": (
        {
            "p/a.py": "from p.q import f\nf()\n",
            "p/q/__init__.py": "def f():\n    pass\n\n\nimport p.q.f\n",
            "p/q/f.py": "",
        },
        ("p.q.f", Need.OBJECT, None, State.FINISHED, None, 1, Binding.COVERED),
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_crash_says_what_would_have_bound_the_name(shape: str, tmp_path: Path) -> None:
    files, (asked, need, name, state, waits_at, line, kind) = SHAPES[shape]
    files = HALF | files
    timeline = timelines(files)["p.a"]
    last = timeline.moments[-1]
    assert (last.asked, last.need, last.name, last.state) == (asked, need, name, state)
    assert (last.waits_at, last.binding and last.binding.line) == (waits_at, line)
    assert last.binding_kind is kind
    check_crash(timeline, files, trace_import(tmp_path, files, "p.a"))


def asks(files: Files, entry: str = "p.a") -> list[Moment]:
    timeline = timelines(HALF | dict(files))[entry]
    assert timeline.outcome is Outcome.OK
    return [moment for moment in timeline.moments if moment.kind is Kind.ASK]


def test_a_name_that_a_line_above_has_bound() -> None:
    (ask,) = asks({"p/a.py": "X = 1\nimport p.b\n", "p/b.py": "from p.a import X\n"})
    assert (ask.answer, ask.name, ask.waits_at) == (Answer.BOUND, "X", 2)
    assert ask.binding is not None
    assert (ask.binding.line, ask.binding.text) == (1, "X = 1")


def test_a_module_as_an_object() -> None:
    (ask,) = asks({"p/a.py": "import p.b\nX = 1\n", "p/b.py": "import p.a\n"})
    assert (ask.answer, ask.asked, ask.is_used_later) == (Answer.OBJECT, "p.a", True)


def test_a_module_that_is_used_before_it_has_finished() -> None:
    files = {"p/a.py": "X = 1\nimport p.b\n", "p/b.py": "import p.a as a\nprint(a.X)\n"}
    module, name = asks(files)
    assert not module.is_used_later
    assert (name.need, name.name, name.answer) == (Need.ATTRIBUTE, "X", Answer.BOUND)


def test_a_submodule_that_has_finished() -> None:
    files = {"p/__init__.py": "import p.c\nimport p.a\n", "p/a.py": "from p import c\n"}
    (ask,) = asks({**files, "p/c.py": ""}, "p")
    assert (ask.asked, ask.name, ask.answer) == ("p", "c", Answer.SUBMODULE)


def test_a_name_that_the_package_makes_on_demand() -> None:
    package = "def __getattr__(name):\n    return 1\n\n\nimport p.a\n"
    (ask,) = asks({"p/__init__.py": package, "p/a.py": "from p import anything\n"}, "p")
    assert (ask.name, ask.answer) == ("anything", Answer.FALLBACK)


def test_requests_that_are_alike_are_told_once() -> None:
    imports = "".join(f"import p.b{n}\n" for n in range(5))
    files = {"p/a.py": f"X = 1\n{imports}"}
    files |= {f"p/b{n}.py": "from p.a import X\n" for n in range(5)}
    (ask,) = asks(files)
    assert [step.path for step in ask.alike] == [f"p/b{n}.py" for n in range(1, 5)]


def test_an_error_that_is_swallowed() -> None:
    files = HALF | {
        "p/a.py": "import p.b\nX = 1\n",
        "p/b.py": "try:\n    import p.c\nexcept ImportError:\n    pass\n",
        "p/c.py": "from p.a import X\n",
    }
    timeline = timelines(files)["p.a"]
    assert timeline.outcome is Outcome.SILENT
    raised, swallowed = timeline.moments[-2:]
    assert (raised.kind, raised.asked, raised.name) == (Kind.RAISE, "p.a", "X")
    assert (swallowed.kind, swallowed.failed) == (Kind.SWALLOW, ("p.c",))
    assert swallowed.at is not None
    assert (swallowed.at.path, swallowed.at.line) == ("p/b.py", 3)


def test_a_star_import_that_takes_what_is_there() -> None:
    files = HALF | {"p/a.py": "import p.b\nX = 1\n", "p/b.py": "from p.a import *\n"}
    timeline = timelines(files)["p.a"]
    last = timeline.moments[-1]
    assert timeline.outcome is Outcome.SILENT
    assert (last.kind, last.need, last.name, last.waits_at) == (Kind.SWALLOW, Need.STAR, "X", 1)
    assert last.binding is not None
    assert last.binding.line == 2


def test_an_unknown_outcome_names_the_condition() -> None:
    condition = "import os\nif os.environ.get('X'):\n    import p.b\nX = 1\n"
    files = HALF | {"p/a.py": condition, "p/b.py": "from p.a import X\n"}
    timeline = timelines(files)["p.a"]
    assert timeline.outcome is Outcome.UNKNOWN
    assert timeline.moments[-1].kind is Kind.RAISE
    assert timeline.condition is not None
    assert (timeline.condition.path, timeline.condition.line) == ("p/a.py", 2)


def test_a_clean_module_has_no_moments() -> None:
    timeline = timelines(HALF | {"p/a.py": "import p.b\n", "p/b.py": "import os\n"})["p.a"]
    assert (timeline.outcome, timeline.moments, timeline.loaded) == (Outcome.OK, (), 3)
