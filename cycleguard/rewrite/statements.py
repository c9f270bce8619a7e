"""Import statements as values: what they import, with comments and layout.

Made from text by `reading`, changed by `items`, set as text by `setting`.
"""

import unicodedata

from msgspec import Struct


class Item(Struct, frozen=True):
    """One imported name: ``name as asname`` with the comments above and beside it.

    `starts_line` is true where it is the first of its line, in a statement of several.
    """

    name: str
    asname: str | None = None
    above: tuple[str, ...] = ()
    beside: str = ""
    starts_line: bool = False

    def __str__(self) -> str:
        return f"{self.name} as {self.asname}" if self.asname else self.name

    @property
    def bound(self) -> str:
        """The name that ``from m import`` binds for this item."""
        return self.asname or self.name


class Layout(Struct, frozen=True):
    """How a statement of several lines is set.

    `indent` stands before continuation lines, `closing` before the bracket that ends them; None
    where it stands behind the last name. `opening` is a comment behind the opening bracket, `last`
    are those above the closing one.
    """

    has_brackets: bool = False
    indent: str = "    "
    closing: str | None = None
    has_trailing_comma: bool = False
    opening: str = ""
    last: tuple[str, ...] = ()


class Wrap(Struct, frozen=True):
    """How a file sets imports that do not fit on a line of `width`.

    One name per line between brackets of their own, or as many as fit; continuation lines are
    indented by four columns, or below the first name if `is_aligned`.
    """

    width: int = 88
    is_one_per_line: bool = True
    is_aligned: bool = False


class Statement(Struct, frozen=True):
    """An import statement. `module` is None for ``import a``; `level` counts leading dots.

    `above` and `beside` are comments of the statement as a whole.
    """

    module: str | None
    level: int
    items: tuple[Item, ...]
    layout: Layout = Layout()
    above: tuple[str, ...] = ()
    beside: str = ""

    @property
    def source(self) -> str:
        """What stands behind ``from``."""
        return "." * self.level + (self.module or "")

    @property
    def is_from(self) -> bool:
        """Whether this is ``from m import x``."""
        return self.module is not None or self.level > 0

    @property
    def plain(self) -> str:
        """The statement on one line, without comments."""
        names = ", ".join(map(str, self.items))
        return f"from {self.source} import {names}" if self.is_from else f"import {names}"

    @property
    def has_comments(self) -> bool:
        """Whether comments stand inside the statement."""
        inside = self.layout.opening or self.layout.last
        return bool(inside or any(item.above or item.beside for item in self.items))


def bound_by(statement: Statement, item: Item) -> str:
    """The name that `item` of the statement binds, as Python normalises it (PEP 3131)."""
    # import a.b
    if not statement.is_from and not item.asname:
        return normalised(item.name.partition(".")[0])
    return normalised(item.bound)


def normalised(name: str) -> str:
    """The identifier that a spelling stands for."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)
