"""Where imports go in a file that has none, and how many blank lines stand around them.

Rules: PEP 8 (docstring, module dunders, imports) and the blank lines of ``ruff format``.
"""

import ast
import re
from collections.abc import Sequence

from cycleguard.collect.nodes import Definition, first_line
from cycleguard.collect.source import SourceText

_HEADER = re.compile(r"#!|.*coding[:=]|.*(copyright|licen[cs]e|\(c\)|©|spdx|vim:|-\*-)", re.I)


def line_below_head(body: Sequence[ast.stmt], source: SourceText) -> int:
    """The line below which the first import of a file goes; 0 for the very top.

    That is below the docstring, and ``__all__`` and its like; else below the comments that head the
    file rather than its first statement.
    """
    last = 0
    for number, node in enumerate(body):
        if not (number == 0 and _is_docstring(node)) and not _is_dunder(node):
            break
        last = node.end_lineno or node.lineno
    return last or _last_header_line(body, source)


def blank_lines(line: int, source: SourceText) -> int:
    """How many blank lines follow the line `line`."""
    count = 0
    while line + count < len(source.lines) and not source.lines[line + count].strip(" \t"):
        count += 1
    # The text behind the last newline is no line.
    return count - 1 if line + count == len(source.lines) and count else count


def blanks_before(body: Sequence[ast.stmt], line: int, source: SourceText) -> int:
    """How many blank lines stand between imports and what follows below `line`, as isort has it."""
    following = next((node for node in body if first_line(node) > line), None)
    if not isinstance(following, Definition):
        return 1
    # Comments right above a definition are part of it.
    start = line + blank_lines(line, source)
    return 2 if all(text.strip() for text in source.lines[start : first_line(following)]) else 1


def _is_docstring(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return False
    return isinstance(node.value.value, str)


def _is_dunder(node: ast.stmt) -> bool:
    # __all__ = ["a"], __version__: str = "1"
    targets: Sequence[ast.expr] = ()
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = (node.target,)
    names = [target.id if isinstance(target, ast.Name) else "" for target in targets]
    return bool(names) and all(name[:2] == "__" == name[-2:] for name in names)


def _last_header_line(body: Sequence[ast.stmt], source: SourceText) -> int:
    end = first_line(body[0]) - 1 if body else len(source.lines)
    header = 0
    start = 0
    for number in range(end + 1):
        text = source.lines[number].strip() if number < end else ""
        if text:
            continue
        # lines[start:number] is a paragraph of comments
        paragraph = source.lines[start:number]
        is_followed = number < end
        if paragraph and (is_followed or any(_HEADER.match(line) for line in paragraph)):
            header = number
        start = number + 1
    return header
