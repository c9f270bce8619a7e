"""What would move where: a repair that moves definitions, without the files that it gives.

Made by `relocate`, told by `report`.
"""

from msgspec import Struct


class Moved(Struct, frozen=True, order=True):
    """Names that go from one module to another, and how many lines of text that is."""

    names: tuple[str, ...]
    source: str
    target: str
    lines: int


class MovePlan(Struct, frozen=True):
    """The move that would let an import stand at the top of its file.

    `created` are the paths of new files, `redirected` modules that would import from another one,
    `story` sentences that tell the move. Empty where a move was looked for and none was found.
    """

    moved: tuple[Moved, ...] = ()
    created: tuple[str, ...] = ()
    redirected: tuple[str, ...] = ()
    story: tuple[str, ...] = ()
