"""What `gate` finds wrong, one value per thing to show. Read next by `report`."""

from msgspec import Struct

from cycleguard.model.findings import Action, Step
from cycleguard.model.modules import Skipped
from cycleguard.model.rules import Level


class Replacement(Struct, frozen=True):
    """Lines `start` up to, not including, `end` become `text`; none of them where both are one."""

    start: int
    end: int
    text: str


class Issue(Struct, frozen=True):
    """One finding of the gate, at the line of an import statement wherever there is one.

    `message` is a sentence without its full stop. `steps` are statements in the order in which they
    run, or the way round a cycle. `modules` are further modules with the same trouble. `action` is
    what can be done about it safely, without a person; `fix` does it. `identities` are what a
    baseline calls it: they hold no line number.
    """

    rule: str
    level: Level
    path: str
    line: int
    column: int
    end_line: int
    module: str
    statement: str
    message: str
    remedy: str
    details: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    modules: tuple[str, ...] = ()
    action: Action | None = None
    fix: tuple[Replacement, ...] = ()
    identities: tuple[str, ...] = ()


class Judgement(Struct, frozen=True):
    """What the gate says of a project.

    `issues` fail the check, sorted. `known` counts what the baseline, or the older revision,
    allows; `allowed_by` names that one, empty without one. `skipped` are files that could not be
    analysed and that are no modules. `root` is the folder that paths are relative to.
    """

    root: str
    files: int
    issues: tuple[Issue, ...]
    known: int = 0
    allowed_by: str = ""
    skipped: tuple[Skipped, ...] = ()
