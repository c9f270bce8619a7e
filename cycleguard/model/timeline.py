"""What happens, moment by moment, when a module is the first import of a fresh interpreter.

Made by `simulate.moments`, put together by `explain`, read by `report`.
"""

from enum import StrEnum

from msgspec import Struct

from cycleguard.model.analysis import Cycle
from cycleguard.model.findings import Finding, Outcome, Step


class Kind(StrEnum):
    """What a moment is.

    START: a module begins to load. ASK: somebody gets something from a half-way module. RUN: the
    import that was asked about runs, and its module has finished before. RAISE: somebody does not
    get what it asks for. SWALLOW: a handler, or the kind of the statement, takes an error away.
    """

    START = "start"
    ASK = "ask"
    RUN = "run"
    RAISE = "raise"
    SWALLOW = "swallow"


class Need(StrEnum):
    """What is wanted of a module."""

    OBJECT = "object"
    NAME = "name"
    ATTRIBUTE = "attribute"
    STAR = "star"
    GLOBAL = "global"


class Answer(StrEnum):
    """What the one who asks gets.

    OBJECT: the module as it is. BOUND: a name that a line above has bound. SUBMODULE: a sub-module
    that has finished. FALLBACK: what ``__getattr__`` or somebody outside gives. ABSENT: nothing.
    """

    OBJECT = "object"
    BOUND = "bound"
    SUBMODULE = "submodule"
    FALLBACK = "fallback"
    ABSENT = "absent"


class Binding(StrEnum):
    """What binds a name, or would.

    CONDITIONAL: a statement in a branch, a loop or a ``try``. STAR: probably a star import.
    SUBMODULE: the import system, when the sub-module of that name has finished; the place is where
    that stands. COVERED: a statement of the package, but the sub-module of that name has taken its
    place.
    """

    STATEMENT = "statement"
    CONDITIONAL = "conditional"
    STAR = "star"
    SUBMODULE = "submodule"
    COVERED = "covered"
    NONE = "none"


class State(StrEnum):
    """How far a module is when somebody asks for it."""

    ABSENT = "absent"
    HALF_WAY = "half-way"
    FINISHED = "finished"


class Moment(Struct, frozen=True):
    """One row of a timeline.

    `at` is the statement that runs, None for the import that starts it all; `asker` its module.
    Where it stands in a function, `function` is that function's name and `called_at` the statement
    at module level that leads to the call. `asked` is the module that starts or is asked, `state`
    how far it was, and `waits_at` the line that it stands at if it is half-way. `binding` is the
    line that bound `name`, or would have bound it. `is_used_later`: nothing more is asked of the
    module before it has finished. `ended` are modules of the timeline that have finished since the
    moment before, `others` counts the modules that have loaded to the end since then and are not
    told of, `failed` are those that an error ended. `alike` are other places that ask for the same
    and get it in the same way.
    """

    kind: Kind
    asker: str
    at: Step | None
    asked: str
    state: State
    function: str | None = None
    called_at: Step | None = None
    waits_at: int | None = None
    need: Need = Need.OBJECT
    name: str | None = None
    answer: Answer = Answer.OBJECT
    binding: Step | None = None
    binding_kind: Binding = Binding.NONE
    is_used_later: bool = False
    is_hoisted: bool = False
    error: str | None = None
    message: str | None = None
    ended: tuple[str, ...] = ()
    others: int = 0
    failed: tuple[str, ...] = ()
    alike: tuple[Step, ...] = ()


class Hoisted(Struct, frozen=True):
    """An import statement that is run at the top of its file: below the line `below`."""

    statement: Step
    below: int


class Timeline(Struct, frozen=True):
    """What the import of `entry` into a fresh interpreter comes to, and how.

    `moments` are those that matter, in order. `loaded` counts the modules that were loaded to the
    end. `focus` is the statement that was asked about, if it was one: then the outcome is that of
    the statement, `fails_later` is where the import fails for another cause, and `is_reached` is
    false where it fails before. `hoisted` is the statement that was moved for this run. `condition`
    is a place that the source does not decide, on whose choice an unknown outcome may rest.
    """

    entry: str
    outcome: Outcome
    error: str | None
    message: str | None
    moments: tuple[Moment, ...]
    loaded: int
    ended: tuple[str, ...] = ()
    others: int = 0
    is_certain: bool = True
    focus: Step | None = None
    is_reached: bool = True
    fails_later: Step | None = None
    hoisted: Hoisted | None = None
    condition: Step | None = None


class EntryOutcome(Struct, frozen=True):
    """One member of a cycle as the first import."""

    module: str
    outcome: Outcome
    error: str | None = None
    message: str | None = None


class Deferred(Struct, frozen=True):
    """When an import in `function` of `module` runs.

    `timeline` shows it running while modules are being imported, None if it does not.
    `has_finished`: `module` itself has been imported by then. `also` are other modules that make it
    run at import time, as the first import.
    """

    function: str
    module: str
    has_finished: bool = True
    timeline: Timeline | None = None
    also: tuple[str, ...] = ()


class ModuleStory(Struct, frozen=True):
    """The answer about a module as the first import."""

    timeline: Timeline


class ImportStory(Struct, frozen=True):
    """The answer about an import statement, or a call that imports.

    Inside a function there are the `finding`, when it runs (`deferred`) and, if it was tried, what
    would happen at the top of the file (`hoist`). At module level, `timeline` shows it where it
    stands, None if it never runs; of `entries` modules, the entries `failing` fail on the way
    through it.
    """

    place: Step
    finding: Finding | None = None
    deferred: Deferred | None = None
    hoist: Timeline | None = None
    timeline: Timeline | None = None
    failing: tuple[str, ...] = ()
    entries: int = 0


class CycleStory(Struct, frozen=True):
    """The answer about a cycle: what each member does as the first import, and one in full."""

    cycle: Cycle
    entries: tuple[EntryOutcome, ...]
    timeline: Timeline


Story = ModuleStory | ImportStory | CycleStory


class Explanation(Struct, frozen=True):
    """All that `explain` answers. Paths are relative to `root`, an absolute folder."""

    root: str
    stories: tuple[Story, ...]
