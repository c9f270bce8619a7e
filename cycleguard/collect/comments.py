"""Comments of function-local imports by tokens: for functions that nest too deeply for LibCST."""

import io
import tokenize
from collections.abc import Iterable

from cycleguard.collect.source import SourceText
from cycleguard.model.imports import ImportStatement


def comments_by_tokens(
    statements: Iterable[ImportStatement], source: SourceText, line: int, end_line: int
) -> dict[ImportStatement, tuple[str, ...]]:
    """The comments above, in and behind each of `statements`, all between the two lines."""
    found = _comments(source.lines[line - 1 : end_line], line)
    return {statement: _belonging(statement, source, found) for statement in statements}


def _belonging(
    statement: ImportStatement, source: SourceText, found: dict[int, str]
) -> tuple[str, ...]:
    first = statement.line
    if not source.lines[first - 1][: statement.column - 1].strip():
        while source.lines[first - 2].lstrip()[:1] in ("", "#"):
            first -= 1
    lines = range(first, statement.end_line + 1)
    return tuple(found[line] for line in lines if line in found)


def _comments(lines: list[str], first_line: int) -> dict[int, str]:
    """The comment of each line that has one."""
    reader = io.StringIO("\n".join(["if True:", *lines, ""])).readline
    comments: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(reader):
            if token.type == tokenize.COMMENT:
                comments[token.start[0] + first_line - 2] = token.string
    except (tokenize.TokenError, SyntaxError):
        # Syntax that is newer than the host's tokenizer: what came before it is known.
        return comments
    return comments
