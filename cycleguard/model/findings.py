"""What `classify` says of each function-local and each dynamic import.

Read next by `report`. The reasons themselves stand in `cycleguard.model.catalogue`.
"""

from enum import StrEnum

from msgspec import Struct

from cycleguard.model.moved import MovePlan
from cycleguard.model.resolved import ResolvedImport


class Decision(StrEnum):
    """The four classes of the design."""

    MOVE_TO_TOP = "move-to-top"
    LEAVE = "leave"
    RELOCATE = "relocate-to-utils"
    SPLIT = "split-module"


class Action(StrEnum):
    """How a decision is carried out."""

    HOIST = "hoist"
    DELETE_DUPLICATE = "delete-duplicate"
    DELETE_SELF_IMPORT = "delete-self-import"
    REDIRECT = "redirect"
    QUALIFY = "qualify"
    GUARD = "guard"
    RELOCATE = "relocate"
    SPLIT = "split"
    KEEP = "keep"
    LAZY = "lazy"
    PLUGIN = "plugin"


class Applicability(StrEnum):
    """How far the action may be carried out without a person: ruff's three words."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY_ONLY = "display-only"


class Outcome(StrEnum):
    """What CPython does when a module is imported first."""

    OK = "ok"
    CRASH = "crash"
    SILENT = "silent"
    UNTESTED = "untested"
    UNKNOWN = "unknown"


class Step(Struct, frozen=True):
    """One link of a chain of evidence: a statement that was running when the next one began."""

    module: str
    path: str
    line: int
    text: str


class Hoist(Struct, frozen=True):
    """What would happen if a function-local import stood at the top of its file as it is.

    `entry` is the module imported first where the outcome shows; `error` CPython's exception
    class; `chain` the statements under way, outermost first. `module` is the module that was
    half-way and `name` what was wanted of it: the binding that blocks the move.
    """

    outcome: Outcome = Outcome.UNKNOWN
    entry: str | None = None
    error: str | None = None
    message: str | None = None
    chain: tuple[Step, ...] = ()
    module: str | None = None
    name: str | None = None


class Otherwise(Struct, frozen=True):
    """What would be said of an import if no comment beside it said to leave it."""

    decision: Decision
    applicability: Applicability
    code: str
    text: str


class Finding(Struct, frozen=True):
    """The verdict on one import: what to do, and why.

    `code` is a key of the catalogue; `text` says the reason for this very import. `remark` is its
    few-word form for tables. `evidence` are further facts, one line each. `suppressed` is the
    reason that the user gave in a comment, if any; `otherwise` is None where no comment decides.
    `plan` is what would move, None where nobody has looked.
    """

    resolved: ResolvedImport
    decision: Decision
    action: Action
    applicability: Applicability
    code: str
    text: str
    evidence: tuple[str, ...] = ()
    hoist: Hoist = Hoist()
    suppressed: str | None = None
    otherwise: Otherwise | None = None
    plan: MovePlan | None = None
