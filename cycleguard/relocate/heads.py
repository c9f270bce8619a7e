"""Where the imports of a file end, and which of their names can be taken out one by one.

In: bytes. Out: a `Head`.
"""

import ast

from msgspec import Struct

from cycleguard.collect.nodes import Definition
from cycleguard.collect.source import SourceText
from cycleguard.collect.syntax import parse
from cycleguard.rewrite.reading import read_statement
from cycleguard.rewrite.statements import Item, bound_by
from cycleguard.rewrite.text import EditableText


class Head(Struct, frozen=True):
    """The imports of one file.

    `last_line`: the first definitions go below it. `items` are the names of each ``from`` import at
    module level with their own comments, by line and bound name; those with comments that are about
    the whole statement are left out.
    """

    last_line: int
    items: dict[int, dict[str, Item]]


def head_of(content: bytes) -> Head:
    """Read the imports of a file.

    Raises:
        SyntaxError, UnicodeError: it cannot be edited.
    """
    source = SourceText(EditableText(content).text)
    body = parse(source.text).tree.body
    last = 0
    for number, node in enumerate(body):
        if isinstance(node, Definition):
            break
        if (number == 0 and isinstance(node, ast.Expr)) or _is_import(node):
            last = node.end_lineno or node.lineno
    items: dict[int, dict[str, Item]] = {}
    for node in body:
        if isinstance(node, ast.ImportFrom) and node.names[0].name != "*":
            found = _items(source, node)
            if found is not None:
                items[node.lineno] = found
    return Head(last, items)


def _is_import(node: ast.stmt) -> bool:
    # if TYPE_CHECKING: import a
    if isinstance(node, ast.If):
        return all(map(_is_import, node.body))
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _items(source: SourceText, node: ast.ImportFrom) -> dict[str, Item] | None:
    if "#" not in "".join(source.lines[node.lineno - 1 : node.end_lineno]):
        return {a.asname or a.name: Item(a.name, a.asname) for a in node.names}
    statement = read_statement(source.text_of(node))
    is_free = not statement.layout.opening and not statement.layout.last
    if is_free and "#" not in source.behind(node):
        return {bound_by(statement, item): item for item in statement.items}
    return None
