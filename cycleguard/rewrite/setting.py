"""The text of an import statement: as it was wrapped, or wrapped as the file wraps.

In: a `Statement`. Out: its text, without the comments that stand around it.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from cycleguard.rewrite.statements import Layout, Statement, Wrap


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
