"""What `relocate` gives: changes of files that end a cycle, as one unit, with what is said of them.

Read next by `plan`, which tries them, and by `report`.
"""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from cycleguard.model.findings import Action, Applicability
from cycleguard.model.modules import Module
from cycleguard.model.moved import Moved, MovePlan


class Proposal(Struct, frozen=True):
    """One repair.

    `story` are sentences that say what it does; `remarks` what changes all the same: the reasons
    why it is not safe. `redirected` are modules whose imports name another module now, `kept` those
    that still import from the old one, so that it is loaded as before. `files` are new contents by
    path, `created` the modules among them that are new.
    """

    id: str
    action: Action
    moved: tuple[Moved, ...]
    story: tuple[str, ...]
    remarks: tuple[str, ...]
    redirected: tuple[str, ...]
    files: dict[str, bytes]
    created: tuple[Module, ...] = ()
    kept: tuple[str, ...] = ()
    applicability: Applicability = Applicability.UNSAFE

    @property
    def lines(self) -> int:
        """How many lines move."""
        return sum(moved.lines for moved in self.moved)

    @property
    def touched(self) -> frozenset[str]:
        """The modules whose files change."""
        ends = (module for moved in self.moved for module in (moved.source, moved.target))
        return frozenset((*ends, *self.redirected))

    @property
    def cost(self) -> tuple[int, int, str]:
        """What to choose by: lines that move and files that change, then the name."""
        return self.lines + 3 * len(self.files) + 12 * len(self.created), len(self.files), self.id


def preview(proposals: Iterable[Proposal]) -> MovePlan:
    """What some repairs do, one after the other, without the files."""
    made = tuple(proposals)
    return MovePlan(
        moved=tuple(moved for each in made for moved in each.moved),
        created=tuple(module.path for each in made for module in each.created),
        redirected=tuple(sorted({name for each in made for name in each.redirected})),
        story=tuple(line for each in made for line in each.story),
    )


class Hold(StrEnum):
    """What keeps an import that closes a cycle; the later, the nearer it came to be cut."""

    STAR = "star-import"
    WHOLE = "module-as-a-whole"
    UNDEFINED = "no-definition"
    STAYS = "definition-stays"
    PLACE = "no-place"
    LARGE = "too-large"
    BACK = "leads-back"
    CIRCLE = "another-circle"
    FILE = "file-forbids"
    HARM = "harm"
    ENTRY = "breaks-an-entry"


class Held(Struct, frozen=True):
    """Why an import cannot be cut: the kind of reason, and the one that was met, as a clause."""

    hold: Hold
    text: str


def nearest(found: Iterable[Held]) -> Held | None:
    """The reason that the attempt which came furthest has met; None if there was none."""
    order = tuple(Hold)
    return max(found, key=lambda held: (order.index(held.hold), held.text), default=None)


class Stuck(Struct, frozen=True):
    """An import, as importer and imported, that closes a cycle and that nothing can cut."""

    importer: str
    imported: str
    held: Held


class Crash(Struct, frozen=True):
    """A module that fails as the first import: how, with CPython's class and text of the error."""

    module: str
    outcome: str
    error: str
    message: str


class CycleEnd(Struct, frozen=True):
    """A cycle that was worked on: `modules` before, and the sizes of what is left of it after.

    `stuck` are imports that close what is left and that nothing can cut. `is_cut_short`: as many
    changes were tried as are tried at most. `rest` are the modules of what is left; `crashes` those
    of them that fail when they are imported first, after all changes, and `unknown` those of which
    the simulation does not know it. `gone`, `added` and `kept` are the imports, as importer and
    imported, among the modules of the cycle and new ones, after all changes.
    """

    kind: str
    modules: tuple[str, ...]
    left: tuple[int, ...]
    stuck: tuple[Stuck, ...] = ()
    is_cut_short: bool = False
    rest: tuple[str, ...] = ()
    crashes: tuple[Crash, ...] = ()
    unknown: tuple[str, ...] = ()
    gone: tuple[tuple[str, str], ...] = ()
    added: tuple[tuple[str, str], ...] = ()
    kept: tuple[tuple[str, str], ...] = ()

    @property
    def is_benign(self) -> bool:
        """Whether every module of what is left imports, whichever is imported first."""
        return not self.crashes and not self.unknown


UNREADABLE = "the result cannot be read as Python"


class Impossible(Struct, frozen=True):
    """Why a move cannot be made, as a clause."""

    text: str
