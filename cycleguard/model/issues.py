"""What `gate` finds wrong, one value per thing to show. Read next by `report`."""

from msgspec import Struct

from cycleguard.model.findings import Step
from cycleguard.model.modules import Skipped
from cycleguard.model.rules import Level


class Issue(Struct, frozen=True):
    """One finding of the gate, at the line of an import statement wherever there is one.

    `message` is a sentence without its full stop. `steps` are statements in the order in which they
    run, or the way round a cycle. `modules` are further modules with the same trouble. `applies`
    says whether `cycleguard fix` can repair it. `identities` are what a baseline calls it: they
    hold no line number.
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
    is_fixable: bool = False
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
