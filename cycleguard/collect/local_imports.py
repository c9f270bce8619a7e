"""The second look, over LibCST: what `ast` drops of function-local imports, their comments.

LibCST is a hundred times slower than `ast`, so it is given the import alone, with the comment that
ends its line. The two looks must agree about the names imported.
"""

import ast
from collections.abc import Sequence

import libcst as cst

from cycleguard.collect.pragmas import comment_lines_above, mates
from cycleguard.collect.source import SourceText


def comments_of(siblings: Sequence[ast.stmt], index: int, source: SourceText) -> tuple[str, ...]:
    """The comments above, inside and behind an import statement, in source order.

    Args:
        siblings: the statements of a block.
        index: which of them is the import.
        source: the file.

    Raises:
        SyntaxError: LibCST does not know the syntax yet.
    """
    node = siblings[index]
    first, last = mates(siblings, index)
    above = _above(siblings[first], siblings[first - 1] if first else None, source)
    behind = source.behind(siblings[last]).lstrip(" \t\f;\\")
    try:
        module = cst.parse_module(f"{source.text_of(node)}  {behind}\n")
    except cst.ParserSyntaxError as error:
        message = "LibCST cannot read this import, although Python can"
        raise SyntaxError(message, ("", node.lineno, 0, "")) from error
    if not isinstance(node, (ast.Import, ast.ImportFrom)) or _names(module) != [
        alias.name for alias in node.names
    ]:
        raise AssertionError(f"ast and LibCST disagree about line {node.lineno}")
    return (*above, *_comments(module))


def _above(node: ast.stmt, previous: ast.stmt | None, source: SourceText) -> list[str]:
    """The comments on the lines between a statement and the `previous` one of its block."""
    count = comment_lines_above(node, previous, source)
    lines = source.lines[node.lineno - 1 - count : node.lineno - 1]
    return [text for line in lines if (text := line.strip())]


def _names(module: cst.Module) -> list[str]:
    names: list[str] = []
    for line in module.body:
        for node in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(node, (cst.Import, cst.ImportFrom)):
                aliases = () if isinstance(node.names, cst.ImportStar) else node.names
                names += [alias.evaluated_name for alias in aliases] or ["*"]
    return names


def _comments(module: cst.Module) -> list[str]:
    if "#" not in module.code:
        return []
    collector = _Collector()
    module.visit(collector)
    return collector.found


class _Collector(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def visit_Comment(self, node: cst.Comment) -> None:
        self.found.append(node.value)
