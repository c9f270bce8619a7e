"""The imports of one file while names move between modules: dropped, added, sent elsewhere.

In: bytes and what is to change. Out: bytes. Statements are set as the file sets them.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.collect.program import compile_module
from cycleguard.collect.source import SourceText
from cycleguard.collect.syntax import parse
from cycleguard.model.modules import Module
from cycleguard.model.placement import Anchor
from cycleguard.rewrite.area import Area
from cycleguard.rewrite.items import without
from cycleguard.rewrite.module_names import typing_blocks
from cycleguard.rewrite.reading import read_statement
from cycleguard.rewrite.removal import Cut, removed
from cycleguard.rewrite.setting import rendered
from cycleguard.rewrite.settings import Style
from cycleguard.rewrite.sites import ImportNode, Suite, suites_of
from cycleguard.rewrite.statements import Item, Statement, Wrap, bound_by
from cycleguard.rewrite.text import EditableText, Replacement
from cycleguard.rewrite.typing_block import TypingBlock

_FLAG = "TYPE_CHECKING"
Lines = Mapping[int, frozenset[str]]
"""Bound names by the line of their import statement."""


class Changes(Struct, frozen=True):
    """`drops` are names that no longer are imported; `adds` and `typing` statements of one name.

    `typing` go under ``if TYPE_CHECKING``.
    """

    drops: Lines = {}
    adds: tuple[Statement, ...] = ()
    typing: tuple[Statement, ...] = ()


def with_imports(content: bytes, module: Module, changes: Changes, style: Style) -> bytes:
    """The file with its imports changed.

    Raises:
        SyntaxError, UnicodeError: it cannot be edited.
    """
    if changes.drops and changes.typing:
        # What goes and what comes may be one block: one after the other.
        content = with_imports(content, module, Changes(changes.drops), style)
        changes = Changes({}, changes.adds, changes.typing)
    text = EditableText(content)
    parsed = parse(text.text)
    source = SourceText(text.text)
    style = replace(style, first_party=style.first_party | {module.name.partition(".")[0]})
    lazy = frozenset(line for line, _ in parsed.lazy_starts)
    program = compile_module(parsed.tree, parsed.lazy_starts)
    area = Area(parsed.tree, source, program, style, lazy)
    typing = TypingBlock(parsed.tree, source, area.manners, style.first_party)
    cuts = list(_cuts(parsed.tree, source, changes.drops, area))
    _drop_flag(parsed.tree, cuts, area)
    typing.leave_out(frozenset(cut.node for cut in cuts if cut.rest is None))
    for statement in changes.adds:
        area.add(statement, Anchor.TOP_BLOCK)
    for statement in changes.typing:
        typing.add(statement)
    if typing.is_filled and typing.block is None:
        area.add_block(typing.new_block(_flag(parsed.tree, area)))
    cuts += (Cut(Suite(parsed.tree, parsed.tree.body), node) for node in area.gone())
    filled = frozenset([id(typing.block.body)] if typing.block and typing.is_filled else ())
    return text.replaced(
        [
            *area.replacements(),
            *typing.replacements(),
            *removed(cuts, source, area.manners.wrap, filled),
        ]
    )


def _cuts(tree: ast.Module, source: SourceText, drops: Lines, area: Area) -> Iterator[Cut]:
    """Cuts for the statements in blocks; `area` is told of those that stand in none."""
    typing = {id(block): block for block in typing_blocks(tree)}
    for suite in _suites(tree):
        cuts: list[Cut] = []
        for node in suite.statements:
            names = drops.get(node.lineno, frozenset())
            if not isinstance(node, ImportNode) or not names:
                continue
            statement = read_statement(source.text_of(node))
            bound = [bound_by(statement, item) for item in statement.items]
            leaving = [name for name in bound if name in names]
            if isinstance(suite.owner, ast.Module):
                for name in leaving:
                    area.drop(node, name)
            elif leaving:
                rest = None if len(leaving) == len(bound) else without(statement, leaving)
                cuts.append(Cut(suite, node, rest))
        gone = {cut.node for cut in cuts if cut.rest is None}
        block = typing.get(id(suite.owner))
        # if TYPE_CHECKING: of which nothing is left
        if block and gone.issuperset(block.body) and not block.orelse:
            yield Cut(Suite(tree, tree.body), block)
        else:
            yield from cuts


def _drop_flag(tree: ast.Module, cuts: Iterable[Cut], area: Area) -> None:
    """Do without ``TYPE_CHECKING`` if the blocks that go were all that read it."""
    gone = {id(part) for cut in cuts if isinstance(cut.node, ast.If) for part in ast.walk(cut.node)}
    reads = (n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == _FLAG)
    if not gone or any(id(node) not in gone for node in reads):
        return
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (_FLAG, None) in {
            (alias.name, alias.asname) for alias in node.names
        }:
            area.drop(node, _FLAG)


def _suites(tree: ast.Module) -> Iterator[Suite]:
    pending = [Suite(tree, tree.body)]
    while pending:
        suite = pending.pop()
        yield suite
        for node in suite.statements:
            pending += suites_of(node)


def _flag(tree: ast.Module, area: Area) -> str:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module in ("typing", "typing_extensions"):
            for alias in node.names:
                if alias.name == _FLAG:
                    return alias.asname or alias.name
        # import typing as t
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "typing":
                    return f"{alias.asname or alias.name}.{_FLAG}"
    area.add(Statement("typing", 0, (Item(_FLAG),)), Anchor.TOP_BLOCK)
    return _FLAG


class Redirection(Struct, frozen=True):
    """Where a name comes from now: of the module as the statement is to name it."""

    module: str | None
    level: int
    original: str


def redirected(content: bytes, moves: Mapping[int, Mapping[str, Redirection]]) -> bytes:
    """The file with names of import statements taken from elsewhere, each in its place.

    Args:
        content: the file.
        moves: by the line of the statement, and the bound name.

    Raises:
        SyntaxError, UnicodeError: it cannot be edited.
    """
    text = EditableText(content)
    source = SourceText(text.text)
    tree = parse(text.text).tree
    found: list[Replacement] = []
    for suite in _suites(tree):
        for node in suite.statements:
            if isinstance(node, ast.ImportFrom) and node.lineno in moves:
                found.append(_in_place(source, suite, node, moves[node.lineno]))
    return text.replaced(found)


def _in_place(
    source: SourceText, suite: Suite, node: ImportNode, moves: Mapping[str, Redirection]
) -> Replacement:
    statement = read_statement(source.text_of(node))
    line = source.lines[node.lineno - 1]
    column = source.column(node) - 1
    indent = line[:column]
    is_inline = bool(indent.strip()) or source.behind(node).lstrip().startswith(";")
    groups: dict[tuple[str | None, int], list[Item]] = {}
    for item in statement.items:
        move = moves.get(bound_by(statement, item))
        if move:
            # from old import x as y: from new import x as y
            asname = item.asname if move.original == item.name else item.bound
            moved = replace(item, name=move.original, asname=asname)
            groups.setdefault((move.module, move.level), []).append(moved)
    wrap = Wrap()
    pieces: list[str] = []
    leaving = [bound_by(statement, i) for i in statement.items if bound_by(statement, i) in moves]
    margin = "" if is_inline else indent
    if len(leaving) < len(statement.items):
        pieces.append(rendered(without(statement, leaving), wrap, margin))
    for (module, level), items in groups.items():
        if not pieces and len(groups) == 1:
            whole = replace(statement, module=module, level=level, items=tuple(items))
            pieces.append(rendered(whole, wrap, margin))
        else:
            one = tuple(replace(item, starts_line=False) for item in items)
            pieces.append(rendered(Statement(module, level, one), wrap, margin))
    start, end = source.span(node)
    return Replacement(start, end, ("; " if is_inline else f"\n{indent}").join(pieces))
