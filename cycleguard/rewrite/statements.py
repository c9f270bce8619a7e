"""One import statement, taken apart and put together again, with its comments and its layout.

In: the text of a statement, read by LibCST. Out: the text of one that imports more, or less. The
way a statement was wrapped is kept; what gets too long is wrapped as the file wraps.
"""

from collections.abc import Iterable, Iterator, Sequence

import libcst as cst
from libcst.helpers import get_full_name_for_node
from msgspec import Struct
from msgspec.structs import replace


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


def read_statement(text: str) -> Statement:
    """Take the import statement `text` apart.

    Raises:
        SyntaxError: LibCST cannot read it.
    """
    try:
        line = cst.parse_statement(text)
    except cst.ParserSyntaxError as error:
        raise SyntaxError("LibCST cannot read this import") from error
    node = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
    if isinstance(node, cst.Import):
        return Statement(None, 0, tuple(_items(node.names, _Gap())))
    if not isinstance(node, cst.ImportFrom) or isinstance(node.names, cst.ImportStar):
        raise SyntaxError("this is no import of names")
    opening = _gap(node.lpar.whitespace_after) if node.lpar else _Gap()
    items = tuple(_items(node.names, opening))
    last = node.names[-1].comma
    comma = last if isinstance(last, cst.Comma) else None
    behind = [comma.whitespace_after] if comma else []
    closing = _gap(*behind, *([node.rpar.whitespace_before] if node.rpar else []))
    layout = Layout(
        has_brackets=node.lpar is not None,
        indent=next((g.indent for g in _gaps(node.names, opening) if g.is_newline), "    "),
        closing=closing.indent if closing.is_newline else None,
        has_trailing_comma=comma is not None,
        opening=opening.beside,
        last=closing.above,
    )
    module = get_full_name_for_node(node.module) if node.module else None
    return Statement(module, len(node.relative), items, layout)


class _Gap(Struct, frozen=True):
    """White space between two names: a comment, a line break, comments on lines of their own."""

    beside: str = ""
    is_newline: bool = False
    above: tuple[str, ...] = ()
    indent: str = ""


def _items(names: Sequence[cst.ImportAlias], opening: _Gap) -> Iterator[Item]:
    before = opening
    for alias in names:
        after = _after(alias)
        yield Item(
            alias.evaluated_name,
            alias.evaluated_alias,
            above=before.above,
            beside=after.beside,
            starts_line=before.is_newline,
        )
        before = after


def _gaps(names: Sequence[cst.ImportAlias], opening: _Gap) -> list[_Gap]:
    return [opening, *(_after(alias) for alias in names[:-1])]


def _after(alias: cst.ImportAlias) -> _Gap:
    # a,  # why
    if isinstance(alias.comma, cst.Comma):
        return _gap(alias.comma.whitespace_before, alias.comma.whitespace_after)
    return _Gap()


def _gap(*spaces: cst.BaseParenthesizableWhitespace) -> _Gap:
    result = _Gap()
    for space in spaces:
        # a, \⏎ b
        if isinstance(space, cst.SimpleWhitespace) and "\n" in space.value:
            indent = space.value.rpartition("\n")[2]
            result = replace(result, is_newline=True, indent=indent)
        elif isinstance(space, cst.ParenthesizedWhitespace):
            comment = space.first_line.comment
            above = tuple(line.comment.value for line in space.empty_lines if line.comment)
            indent = space.last_line.value
            beside = comment.value if comment else ""
            result = _Gap(result.beside or beside, True, result.above + above, indent)
    return result


def without(statement: Statement, names: Iterable[str]) -> Statement:
    """The statement without the items that bind `names`; at least one must be left."""
    gone = frozenset(names)
    kept: list[Item] = []
    starts_line = False
    for item in statement.items:
        starts_line = starts_line or item.starts_line
        if bound_by(statement, item) not in gone:
            kept.append(replace(item, starts_line=starts_line))
            starts_line = False
    rest = replace(statement, items=tuple(kept))
    # from m import (⏎ a,⏎): one name needs no brackets
    if len(kept) == 1 and not rest.has_comments:
        return replace(rest, items=(replace(kept[0], starts_line=False),), layout=Layout())
    return rest


def bound_by(statement: Statement, item: Item) -> str:
    """The name that `item` of the statement binds."""
    # import a.b
    if not statement.is_from and not item.asname:
        return item.name.partition(".")[0]
    return item.bound


def with_item(statement: Statement, item: Item, index: int, wrap: Wrap) -> Statement:
    """The statement with one more item, as the item number `index`."""
    items = list(statement.items)
    is_vertical = all(each.starts_line for each in items)
    if (item.above or item.beside) and not is_vertical:
        statement = one_per_line(statement)
        items, is_vertical = list(statement.items), True
    starts_line = is_vertical
    # A line that begins with the next item begins with the new one if the line before is full.
    if not is_vertical and index < len(items) and items[index].starts_line:
        if not _has_room(statement, index, item, wrap):
            starts_line = True
            items[index] = replace(items[index], starts_line=False)
    items.insert(index, replace(item, starts_line=starts_line))
    return replace(statement, items=tuple(items))


def _has_room(statement: Statement, index: int, item: Item, wrap: Wrap) -> bool:
    before = replace(statement, items=statement.items[:index])
    last = rendered(before, wrap).split("\n")[-1]
    return len(last) + len(f" {item},") <= wrap.width


def one_per_line(statement: Statement, indent: str = "    ", closing: str = "") -> Statement:
    """The statement with brackets of its own lines and a name on each line."""
    items = tuple(replace(item, starts_line=True) for item in statement.items)
    layout = replace(
        statement.layout, has_brackets=True, indent=indent, closing=closing, has_trailing_comma=True
    )
    return replace(statement, items=items, layout=layout)


def rendered(statement: Statement, wrap: Wrap, indent: str = "") -> str:
    """The text of a statement, wrapped if it has to be; without its own comments.

    Args:
        statement: what to write.
        wrap: how to wrap what does not fit.
        indent: what stands before the statement on its line.
    """
    if not statement.is_from:
        return statement.plain
    is_long = any(item.starts_line for item in statement.items) or statement.has_comments
    line = statement.plain
    if statement.layout.has_brackets and not is_long:
        head, _, names = line.partition(" import ")
        line = f"{head} import ({names})"
    if not is_long and len(indent) + len(line) <= wrap.width:
        return line
    if statement.has_comments and not all(item.starts_line for item in statement.items):
        statement = one_per_line(statement, indent + "    ", indent)
    elif not is_long:
        statement = _broken(statement, wrap, indent)
    return _Setter(statement, wrap.width, indent).text()


def _broken(statement: Statement, wrap: Wrap, indent: str) -> Statement:
    """A statement of one line, made ready for several."""
    if wrap.is_one_per_line:
        return one_per_line(statement, indent + "    ", indent)
    first = len(f"from {statement.source} import (")
    margin = indent + " " * (first if wrap.is_aligned else 4)
    return replace(statement, layout=Layout(has_brackets=True, indent=margin))


class _Setter:
    """Sets the names of one statement on lines."""

    def __init__(self, statement: Statement, width: int, indent: str) -> None:
        self._statement = statement
        self._layout = statement.layout
        self._width = width
        self._lines: list[str] = []
        bracket = "(" if self._layout.has_brackets else ""
        # The first line stands behind the indentation of the statement.
        self._margin = len(indent)
        self._line = f"from {statement.source} import {bracket}"
        if self._layout.opening:
            self._line += f"  {self._layout.opening}"

    def text(self) -> str:
        is_pushed = False
        last = len(self._statement.items) - 1
        for number, item in enumerate(self._statement.items):
            comma = "," if number < last or self._layout.has_trailing_comma else ""
            piece = f"{item}{comma}"
            is_asked = item.starts_line and not is_pushed
            is_full = number > 0 and not self._fits(piece, is_last=number == last)
            is_behind_comment = number > 0 and self._statement.items[number - 1].beside
            if is_asked or item.above or is_behind_comment:
                self._break()
                is_pushed = False
            elif is_full:
                self._break()
                is_pushed = True
            self._own_lines(item.above)
            is_first = not self._line.strip() or self._line.endswith(("(", "import "))
            self._line += piece if is_first else f" {piece}"
            if item.beside:
                self._line += f"  {item.beside}"
        return self._closed()

    def _fits(self, piece: str, *, is_last: bool) -> bool:
        closing = 1 if is_last and self._layout.has_brackets and self._layout.closing is None else 0
        behind = 0 if self._layout.has_brackets else 2
        length = self._margin + len(self._line) + 1 + len(piece) + closing + behind
        return length <= self._width

    def _own_lines(self, comments: Iterable[str]) -> None:
        for comment in comments:
            self._line = f"{self._layout.indent}{comment}"
            self._break()

    def _break(self) -> None:
        # from m import a, \⏎ b
        line = self._line.rstrip() if self._layout.has_brackets else f"{self._line.rstrip()} \\"
        self._lines.append(line)
        self._margin = 0
        self._line = self._layout.indent

    def _closed(self) -> str:
        if not self._layout.has_brackets:
            return "\n".join((*self._lines, self._line))
        is_open = self._layout.closing is None and not self._statement.items[-1].beside
        if is_open and not self._layout.last:
            return "\n".join((*self._lines, f"{self._line})"))
        self._lines.append(self._line)
        self._lines += [f"{self._layout.indent}{comment}" for comment in self._layout.last]
        return "\n".join((*self._lines, f"{self._layout.closing or ''})"))
