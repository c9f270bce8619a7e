"""From moves to replacements of a file's text: the imports above, the blocks below.

In: moves whose names are settled. Out: all replacements, and what became of comments.
"""

import ast
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.collect.source import SourceText
from cycleguard.model.edits import DeleteDuplicate
from cycleguard.model.placement import Anchor
from cycleguard.model.program import Statement as ProgramStatement
from cycleguard.rewrite.area import Area
from cycleguard.rewrite.carry import Carried, carried
from cycleguard.rewrite.items import without
from cycleguard.rewrite.module_names import ModuleNames, typing_blocks
from cycleguard.rewrite.moves import Move, Object, Wanted
from cycleguard.rewrite.reading import read_statement
from cycleguard.rewrite.removal import Cut, removed
from cycleguard.rewrite.settings import Style
from cycleguard.rewrite.sites import ImportNode, Suite
from cycleguard.rewrite.statements import Item, Statement, bound_by
from cycleguard.rewrite.text import Replacement
from cycleguard.rewrite.typing_block import TypingBlock

_FLAG = "TYPE_CHECKING"


class File(Struct, frozen=True, eq=False):
    """What is known of the file; `asked` are the names that other files import from it."""

    tree: ast.Module
    source: SourceText
    program: tuple[ProgramStatement, ...]
    names: ModuleNames
    lazy_lines: frozenset[int]
    style: Style
    asked: frozenset[str]


class Writer:
    """Puts the moves of one file into its text."""

    def __init__(self, file: File, moves: Sequence[Move]) -> None:
        self._file = file
        self._moves = moves
        self._area = Area(file.tree, file.source, file.program, file.style, file.lazy_lines)
        self._typing = TypingBlock(
            file.tree, file.source, self._area.manners, file.style.first_party
        )
        self._leaving = _leaving(moves)
        self._gone = frozenset(
            node for node, (move, names) in self._leaving.items() if not _rest(move, names)
        )
        self.carried: dict[int, Carried] = {}
        # What the names that the moves bring stand for.
        self._brought: dict[str, Object] = {}

    def replacements(self) -> list[Replacement]:
        """All changes but those of uses."""
        cuts = [*self._local_cuts(), *self._typing_cuts()]
        self._typing.leave_out(frozenset(cut.node for cut in cuts if cut.rest is None))
        for move in self._moves:
            self._bring(move)
        if self._typing.is_filled and self._typing.block is None:
            self._area.add_block(self._typing.new_block(self._flag()))
        body = Suite(self._file.tree, self._file.tree.body)
        cuts += (Cut(body, node) for node in self._area.gone())
        block = self._typing.block
        filled = frozenset([id(block.body)] if block and self._typing.is_filled else ())
        return [
            *self._area.replacements(),
            *self._typing.replacements(),
            *removed(cuts, self._file.source, self._area.manners.wrap, filled),
        ]

    def _local_cuts(self) -> Iterator[Cut]:
        for move in self._moves:
            found = carried(move, self._gone, self._file.source)
            first, names = self._leaving[move.site.node]
            if first is move:
                yield Cut(
                    move.site.suite,
                    move.site.node,
                    _rest(move, names),
                    found.lines_above,
                    found.takes_comment,
                )
            else:
                # The comments of the whole statement have gone along with its first name.
                found = Carried(found.items)
            self.carried[id(move.edit)] = found

    def _bring(self, move: Move) -> None:
        found = self.carried[id(move.edit)]
        above, beside = found.above, found.beside
        for wanted in move.wanted:
            local = found.items[wanted.local]
            item = replace(wanted.item, above=local.above, beside=local.beside)
            statement = Statement(
                wanted.statement.module,
                wanted.statement.level,
                (item,),
                above=above,
                beside=beside,
            )
            self._bring_one(move, replace(wanted, statement=statement))
            above, beside = (), ""

    def _bring_one(self, move: Move, wanted: Wanted) -> None:
        names, bound = self._file.names, wanted.bound
        if move.is_typing:
            if not names.has(bound, wanted.stands_for):
                self._typing.add(wanted.statement)
            return
        has = names.has(bound, wanted.stands_for) or self._brought.get(bound) == wanted.stands_for
        # import a.b: binds a as `import a` does, and loads more
        is_dotted = not wanted.statement.is_from and bound != wanted.item.bound
        is_done = isinstance(move.edit, DeleteDuplicate) or not is_dotted
        if has and (is_done or self._area.imports(wanted.statement)):
            self._area.annotate(bound, wanted.statement)
            return
        self._brought[bound] = wanted.stands_for
        self._area.add(wanted.statement, move.anchor)

    # Imports under TYPE_CHECKING that are superfluous once the module has them.

    def _typing_cuts(self) -> Iterator[Cut]:
        drops: dict[ast.stmt, set[str]] = {}
        for move in self._moves:
            for node, name in move.typing_drops:
                drops.setdefault(node, set()).add(name)
        gone_blocks: list[ast.If] = []
        for block in typing_blocks(self._file.tree):
            rests = {node: self._rest_of(node, drops[node]) for node in block.body if node in drops}
            is_gone = all(node in rests and not rests[node] for node in block.body)
            is_filled = block is self._typing.block and any(m.is_typing for m in self._moves)
            if is_gone and not block.orelse and not is_filled:
                gone_blocks.append(block)
                yield Cut(Suite(self._file.tree, self._file.tree.body), block)
            else:
                for node, rest in rests.items():
                    yield Cut(Suite(block, block.body), node, rest)
        if gone_blocks:
            self._drop_flag(gone_blocks)

    def _rest_of(self, node: ast.stmt, names: set[str]) -> Statement | None:
        statement = read_statement(self._file.source.text_of(node))
        if all(bound_by(statement, item) in names for item in statement.items):
            return None
        return without(statement, names)

    def _drop_flag(self, gone: Sequence[ast.If]) -> None:
        """Do without ``TYPE_CHECKING`` if nothing reads it any more, here or from elsewhere."""
        if not self._file.asked.isdisjoint((_FLAG, "*")):
            return
        inside = {node for block in gone for node in ast.walk(block)}
        if self._file.names.is_read_outside(_FLAG, inside):
            return
        for node in self._file.names.plain_imports(_FLAG):
            self._area.drop(node, _FLAG)

    def _flag(self) -> str:
        """How the file says ``TYPE_CHECKING``; imported if it does not yet."""
        names = self._file.names
        if names.has(_FLAG, Object("typing", _FLAG)):
            return _FLAG
        if names.has("typing", Object("typing", "")):
            return f"typing.{_FLAG}"
        self._area.add(Statement("typing", 0, (Item(_FLAG),)), Anchor.TOP_BLOCK)
        return _FLAG


def _leaving(moves: Sequence[Move]) -> dict[ImportNode, tuple[Move, set[str]]]:
    """For each statement its first move, and all names that leave it."""
    found: dict[ImportNode, tuple[Move, set[str]]] = {}
    for move in moves:
        _, names = found.setdefault(move.site.node, (move, set()))
        names.update(move.names)
    return found


def _rest(move: Move, names: set[str]) -> Statement | None:
    """What is left of a statement; None if nothing is."""
    if all(bound_by(move.statement, item) in names for item in move.statement.items):
        return None
    return without(move.statement, names)
