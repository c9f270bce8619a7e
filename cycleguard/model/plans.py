"""What `plan` gives: each import that moves, each that stays and why, the files as they are to be.

Made by `plan`, read by `report` and written by `apply`. Places are those before any edit.
"""

from collections import Counter
from enum import StrEnum

from msgspec import Struct

from cycleguard.model.edits import Edit, FileChange
from cycleguard.model.findings import Action, Applicability, Finding, Step
from cycleguard.model.proposals import CycleEnd
from cycleguard.model.proposals import Proposal as Restructuring


class Proposal(Struct, frozen=True):
    """A change that stands or falls as a whole: some edits of imports, or whole files.

    `variants` are edits of the file `path`, best first: the next one is tried where one does harm.
    `finding` is what `classify` says of the import that they are about. Without variants, `files`
    are whole contents by path, None for a file that goes; new files are among them, and `action`
    and `title` say what is done.
    """

    id: str
    module: str
    path: str
    code: str
    text: str
    variants: tuple[Edit, ...] = ()
    files: tuple[tuple[str, bytes | None], ...] = ()
    action: Action = Action.RELOCATE
    title: str = ""
    applicability: Applicability = Applicability.SAFE
    finding: Finding | None = None


class Stay(StrEnum):
    """Who says that an import stays: a rule, the rewriter, the simulation, the graph, the user."""

    RULE = "rule"
    REWRITER = "rewriter"
    SIMULATION = "simulation"
    GRAPH = "graph"
    USER = "user"


class Edited(Struct, frozen=True):
    """An import that moves or goes.

    `statements` are what binds its names at module level now; `renamed` pairs of old and new names.
    `stale` are comments that go, `doubtful` those that stay and may be untrue. `round` counts from
    1: what moved in one round made room for the next.
    """

    path: str
    line: int
    column: int
    module: str
    scope: str
    statement: str
    action: Action
    applicability: Applicability
    code: str
    text: str
    names: tuple[str, ...]
    statements: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    stale: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    round: int = 1


class Moved(Struct, frozen=True):
    """A change of whole files that is carried out: what a `Proposal` with `files` comes to."""

    id: str
    action: Action
    applicability: Applicability
    code: str
    title: str
    text: str
    files: tuple[str, ...]
    round: int = 1


class Left(Struct, frozen=True):
    """A function-local import that stays, or a part of one.

    `needs_unsafe`: it would be changed with ``--unsafe``. `chain` are the statements under way
    where the simulation speaks against it.
    """

    path: str
    line: int
    column: int
    module: str
    scope: str
    statement: str
    by: Stay
    code: str
    text: str
    needs_unsafe: bool = False
    chain: tuple[Step, ...] = ()


class FixPlan(Struct, frozen=True):
    """All of a repair. Tuples are sorted by place; paths are relative to `root`.

    `moves` are definitions that go to another module, in the order in which that was decided;
    `cycles` are those that were to be ended.
    """

    root: str
    edited: tuple[Edited, ...]
    left: tuple[Left, ...]
    changes: tuple[FileChange, ...]
    rounds: int
    moved: tuple[Moved, ...] = ()
    moves: tuple[Restructuring, ...] = ()
    cycles: tuple[CycleEnd, ...] = ()

    @property
    def actions(self) -> dict[Action, int]:
        """How many edits of each action."""
        found = Counter(each.action for each in self.edited)
        found.update(each.action for each in self.moved)
        return {action: found[action] for action in Action if found[action]}
