"""The text of one file with its lines, addressed as CPython's syntax trees address it."""

import ast
from itertools import accumulate

TOO_DEEP = "nested too deeply to be read"

_Located = ast.stmt | ast.expr | ast.keyword | ast.ExceptHandler


class SourceText:
    """A decoded file: text whose newlines are all line feeds."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self._starts: list[int] = []

    def column(self, node: _Located) -> int:
        """The 1-based character column where `node` starts (`ast` counts UTF-8 bytes)."""
        return self._characters(node.lineno, node.col_offset) + 1

    def span(self, node: _Located) -> tuple[int, int]:
        """Where `node` starts and ends in the text."""
        last = node.end_lineno or node.lineno
        start = self.offset(node.lineno, self._characters(node.lineno, node.col_offset))
        return start, self.offset(last, self._characters(last, node.end_col_offset or 0))

    def offset(self, line: int, column: int) -> int:
        """Where the line `line`, from 1, has its character `column`, from 0."""
        if not self._starts:
            self._starts = [0, *accumulate(len(each) + 1 for each in self.lines)]
        return self._starts[line - 1] + column

    def segment(self, node: _Located) -> str:
        """The text of `node` on one line, white space collapsed."""
        return " ".join(self.text_of(node).split())

    def text_of(self, node: _Located) -> str:
        """The text of `node` as it is."""
        last = node.end_lineno or node.lineno
        lines = self.lines[node.lineno - 1 : last]
        lines[-1] = lines[-1][: self._characters(last, node.end_col_offset or 0)]
        lines[0] = lines[0][self._characters(node.lineno, node.col_offset) :]
        return "\n".join(lines)

    def behind(self, node: _Located) -> str:
        """What follows `node` on its last line."""
        last = node.end_lineno or node.lineno
        return self.lines[last - 1][self._characters(last, node.end_col_offset or 0) :]

    def _characters(self, line: int, offset: int) -> int:
        text = self.lines[line - 1]
        if text.isascii():
            return offset
        return len(text.encode()[:offset].decode(errors="replace"))
