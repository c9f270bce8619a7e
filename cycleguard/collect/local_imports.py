"""The second look, over LibCST: what `ast` drops of function-local imports, their comments.

LibCST is a hundred times slower than `ast`, so it is given no more than the line of the import and
the comments above it. The two looks must agree about the names that the line imports.
"""

import ast
from collections.abc import Iterator, Sequence

import libcst as cst
from msgspec import Struct

from cycleguard.collect.source import SourceText

_Import = cst.Import | cst.ImportFrom


class _Imported(Struct, frozen=True):
    """An import as LibCST sees it: the names it imports and its comments."""

    names: tuple[str, ...]
    comments: tuple[str, ...]


def comments_of(siblings: Sequence[ast.stmt], index: int, source: SourceText) -> tuple[str, ...]:
    """The comments above, beside and inside an import statement.

    Args:
        siblings: the statements of a block.
        index: which of them is the import.
        source: the file.

    Raises:
        SyntaxError: LibCST does not know the syntax yet.
    """
    first, last = _mates(siblings, index)
    after = siblings[first - 1].end_lineno or 0 if first else 0
    lines = _lines(siblings[first], siblings[last], after, source)
    try:
        read = list(_imports("\n".join([*lines, ""])))
    except cst.ParserSyntaxError as error:
        message = "LibCST cannot read this import, although Python can"
        raise SyntaxError(message, ("", siblings[index].lineno, 0, "")) from error
    nodes = [n for n in siblings[first : last + 1] if isinstance(n, (ast.Import, ast.ImportFrom))]
    names = [tuple(alias.name for alias in node.names) for node in nodes]
    if names != [imported.names for imported in read]:
        raise AssertionError(f"ast and LibCST disagree about line {siblings[index].lineno}")
    return next(i.comments for i, n in zip(read, nodes, strict=True) if n is siblings[index])


def _mates(siblings: Sequence[ast.stmt], index: int) -> tuple[int, int]:
    """The first and last of the statements that share a line: ``import a; import b``."""
    first = last = index
    while first and siblings[first - 1].end_lineno == siblings[first].lineno:
        first -= 1
    while last + 1 < len(siblings) and siblings[last + 1].lineno == siblings[last].end_lineno:
        last += 1
    return first, last


def _lines(first: ast.stmt, last: ast.stmt, after: int, source: SourceText) -> list[str]:
    """The text of a line of statements, and the comments above it that are below line `after`."""
    lines = source.lines[first.lineno - 1 : last.end_lineno]
    start = source.column(first) - 1
    # if x: import a
    if lines[0][:start].strip():
        return [lines[0][start:], *lines[1:]]
    above: list[str] = []
    number = first.lineno - 1
    while number > after and _is_above(source.lines[number - 1], start):
        above.insert(0, source.lines[number - 1].strip())
        number -= 1
    return [*above, lines[0].lstrip(), *lines[1:]]


def _is_above(line: str, indentation: int) -> bool:
    """Whether a line is blank, or a comment that does not end a deeper block."""
    text = line.lstrip()
    return not text or (text[0] == "#" and len(line) - len(text) <= indentation)


def _imports(text: str) -> Iterator[_Imported]:
    """The imports on the only line of statements in `text`."""
    module = cst.parse_module(text)
    for line in module.body:
        if isinstance(line, cst.SimpleStatementLine):
            above = [blank.comment for blank in (*module.header, *line.leading_lines)]
            behind = line.trailing_whitespace.comment
            for node in line.body:
                if isinstance(node, _Import):
                    comments = (*above, *_inner_comments(node), behind)
                    yield _Imported(_names(node), tuple(c.value for c in comments if c))


def _names(node: _Import) -> tuple[str, ...]:
    if isinstance(node.names, cst.ImportStar):
        return ("*",)
    return tuple(alias.evaluated_name for alias in node.names)


def _inner_comments(node: _Import) -> list[cst.Comment]:
    # from a import (  # THIS PART
    #     b,
    # )
    if isinstance(node, cst.Import) or node.lpar is None:
        return []
    collector = _Comments()
    node.visit(collector)
    return collector.found


class _Comments(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[cst.Comment] = []

    def visit_Comment(self, node: cst.Comment) -> None:
        self.found.append(node)
