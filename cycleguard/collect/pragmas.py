"""Comments that speak to cycleguard: where they stand, and which import each belongs to.

`ast` drops comments, and only a tokenizer tells them from text in strings. Few files have any.
"""

import ast
import io
import re
import tokenize
from collections.abc import Sequence

from msgspec import Struct

from cycleguard.collect.nodes import blocks
from cycleguard.collect.source import SourceText
from cycleguard.model.imports import Pragma

_PRAGMA = re.compile(r"#\s*cycleguard\s*:", re.IGNORECASE)


class Reach(Struct, frozen=True):
    """The lines `first` to `last` whose comments speak of the import at `line`, `column`."""

    first: int
    last: int
    line: int
    column: int


class Comment(Struct, frozen=True):
    """A comment that speaks to cycleguard."""

    line: int
    text: str


def cycleguard_comments(source: SourceText) -> tuple[Comment, ...]:
    """All of a file, in order."""
    if "cycleguard" not in source.text.lower():
        return ()
    found: list[Comment] = []
    lines = io.StringIO(source.text).readline
    try:
        for token in tokenize.generate_tokens(lines):
            if token.type == tokenize.COMMENT:
                found += _parts(token.start[0], token.string)
    except (tokenize.TokenError, SyntaxError):
        # Syntax that this tokenizer does not know; what came before it counts.
        return tuple(found)
    return tuple(found)


def _parts(line: int, text: str) -> list[Comment]:
    """``# noqa: X  # cycleguard: leave[a]  # more``: from the second one on."""
    match = _PRAGMA.search(text)
    return [Comment(line, text[match.start() :])] if match else []


def reach_of(siblings: Sequence[ast.stmt], index: int, source: SourceText) -> tuple[int, int]:
    """The first and last line whose comments belong to one of the statements of a block.

    The comment lines right above it, its own lines, and the end of the line that it shares. Of a
    statement with a block, its first line alone.
    """
    node = siblings[index]
    first, last = mates(siblings, index)
    start = siblings[first].lineno
    above = comment_lines_above(siblings[first], siblings[first - 1] if first else None, source)
    end = node.lineno if blocks(node) else siblings[last].end_lineno or start
    return start - above, end


def mates(siblings: Sequence[ast.stmt], index: int) -> tuple[int, int]:
    """The first and last of the statements that share a line: ``import a; import b``."""
    first = last = index
    while first and siblings[first - 1].end_lineno == siblings[first].lineno:
        first -= 1
    while last + 1 < len(siblings) and siblings[last + 1].lineno == siblings[last].end_lineno:
        last += 1
    return first, last


def comment_lines_above(node: ast.stmt, previous: ast.stmt | None, source: SourceText) -> int:
    """How many lines between a statement and the `previous` one of its block are its comments.

    Blank lines between comments count.
    """
    start = source.column(node) - 1
    # if x: import a
    if source.lines[node.lineno - 1][:start].strip():
        return 0
    after = previous.end_lineno or 0 if previous else 0
    is_below_block = previous is not None and bool(blocks(previous))
    above = 0
    for number, line in enumerate(reversed(source.lines[after : node.lineno - 1]), 1):
        text = line.strip()
        if text and text[0] != "#":
            break
        # A deeper comment ends the block above.
        if text and is_below_block and len(line) - len(line.lstrip()) > start:
            break
        above = number if text else above
    return above


def placed(comments: Sequence[Comment], reaches: Sequence[Reach]) -> tuple[Pragma, ...]:
    """The comments with the imports that they belong to."""
    return tuple(
        Pragma(
            comment.line,
            comment.text,
            tuple(
                (reach.line, reach.column)
                for reach in reaches
                if reach.first <= comment.line <= reach.last
            ),
        )
        for comment in comments
    )
