"""One import statement, taken apart by LibCST: names, comments, and the way it is wrapped.

In: the text of a statement. Out: a `Statement`.
"""

from collections.abc import Iterator, Sequence

import libcst as cst
from libcst.helpers import get_full_name_for_node
from msgspec import Struct
from msgspec.structs import replace

from cycleguard.rewrite.statements import Item, Layout, Statement


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
