"""The second look, over LibCST: what `ast` drops of function-local imports, their comments.

LibCST is a hundred times slower than `ast`, so it is given only the outermost functions that hold
imports, one slice of the file each. The join with the first look is by order within the function,
and a disagreement about how many imports there are is an error of ours, not of the user's file.
Functions that nest too deeply for LibCST are read by their tokens.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

import libcst as cst
from msgspec import Struct
from msgspec.structs import replace

from cycleguard.collect.comments import comments_by_tokens
from cycleguard.collect.name_uses import FunctionNode
from cycleguard.collect.source import SourceText
from cycleguard.model.imports import ImportStatement

_Import = cst.Import | cst.ImportFrom
# LibCST's parser recurses without a bound, and its time grows with the square of the depth.
_DEEPEST = 400


class LocalImport(Struct, frozen=True):
    """A function-local import as LibCST sees it: the names it binds and its comments."""

    names: tuple[str, ...]
    comments: tuple[str, ...]


def with_comments(
    imports: Iterable[ImportStatement], source: SourceText, functions: Mapping[int, FunctionNode]
) -> tuple[ImportStatement, ...]:
    """Add to each function-local import the comments that belong to it.

    Args:
        imports: what the first look found, in source order.
        source: the file.
        functions: the outermost functions that hold imports, by their first line.
    """
    imports = tuple(imports)
    by_function: dict[int, list[ImportStatement]] = {}
    for statement in imports:
        if statement.is_local and statement.function:
            by_function.setdefault(statement.function.line, []).append(statement)
    comments: dict[ImportStatement, tuple[str, ...]] = {}
    for line, statements in by_function.items():
        node = functions[line]
        if _is_deep(node):
            comments.update(comments_by_tokens(statements, source, line, node.end_lineno or line))
            continue
        for statement, local in _joined(statements, read_function(source, line, node)):
            comments[statement] = local.comments
    return tuple(replace(s, comments=comments[s]) if s in comments else s for s in imports)


def read_function(source: SourceText, line: int, node: FunctionNode) -> tuple[LocalImport, ...]:
    """The imports of a function whose first line is `line`, in source order.

    Raises:
        SyntaxError: LibCST does not know the syntax yet.
    """
    # A form feed at the start of a line counts as nothing to Python, as white space to LibCST.
    lines = [text.lstrip("\f") for text in source.lines[line - 1 : node.end_lineno]]
    # An indented function is a syntax error by itself; a block header makes it a module.
    header = ["if True:"] if lines[0][:1].isspace() else []
    try:
        module = cst.parse_module("\n".join([*header, *lines, ""]))
    except cst.ParserSyntaxError as error:
        message = "LibCST cannot read this function, although Python can"
        raise SyntaxError(message, ("", line, 0, "")) from error
    return tuple(_in_block(module.body))


def _is_deep(function: FunctionNode) -> bool:
    level: list[ast.AST] = [function]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True


def _joined(
    statements: Sequence[ImportStatement], locals_: Sequence[LocalImport]
) -> list[tuple[ImportStatement, LocalImport]]:
    names = [tuple(alias.name for alias in statement.names) for statement in statements]
    if names != [local.names for local in locals_]:
        place = f"{statements[0].scope}, line {statements[0].line}"
        raise AssertionError(f"ast and LibCST disagree about the imports of {place}")
    return list(zip(statements, locals_, strict=True))


def _in_block(
    statements: Iterable[cst.BaseStatement | cst.BaseSmallStatement],
) -> Iterator[LocalImport]:
    for statement in statements:
        # import a  # why
        if isinstance(statement, cst.SimpleStatementLine):
            above = [line.comment for line in statement.leading_lines]
            yield from _in_line(statement.body, above, statement.trailing_whitespace.comment)
        elif isinstance(statement, cst.BaseCompoundStatement):
            yield from _in_compound(statement)


def _in_compound(node: cst.CSTNode) -> Iterator[LocalImport]:
    """Blocks and clauses of a compound statement, in source order.

    Children are asked for only below statements, so expressions cost nothing.
    """
    # elif ...: the loop keeps long chains off Python's stack
    current: cst.CSTNode | None = node
    while current is not None:
        node, current = current, None
        for child in _clauses(node):
            if isinstance(child, cst.IndentedBlock):
                yield from _in_block(child.body)
            # def f(): import a  # why
            elif isinstance(child, cst.SimpleStatementSuite):
                yield from _in_line(child.body, [], child.trailing_whitespace.comment)
            elif isinstance(child, cst.If):
                current = child
            else:
                yield from _in_compound(child)


def _clauses(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if isinstance(node, cst.Match):
        yield from node.cases
        return
    for name in ("body", "handlers", "orelse", "finalbody"):
        value = getattr(node, name, None)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, Sequence):
            yield from value


def _in_line(
    body: Sequence[cst.BaseSmallStatement],
    above: Sequence[cst.Comment | None],
    behind: cst.Comment | None,
) -> Iterator[LocalImport]:
    for node in body:
        if isinstance(node, _Import):
            comments = (*above, *_inner_comments(node), behind)
            yield LocalImport(_names(node), tuple(c.value for c in comments if c))


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
