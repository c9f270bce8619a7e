"""New imports under the file's ``if TYPE_CHECKING:``, or under a new one.

In: the file, then statements. Out: replacements where the file has such a block, else its text.
"""

import ast
from collections.abc import Iterator

from cycleguard.collect.source import SourceText
from cycleguard.rewrite.entries import Entry, Run, runs_of
from cycleguard.rewrite.joining import has, join
from cycleguard.rewrite.manners import Manners
from cycleguard.rewrite.module_names import typing_blocks
from cycleguard.rewrite.placing import spot_for
from cycleguard.rewrite.statements import Statement
from cycleguard.rewrite.text import Replacement
from cycleguard.rewrite.written import group_text, run_replacements

_INDENT = "    "


class TypingBlock:
    """The imports for type checkers of one file."""

    def __init__(
        self, tree: ast.Module, source: SourceText, manners: Manners, first_party: frozenset[str]
    ) -> None:
        self._source = source
        self._manners = manners
        self._first_party = first_party
        # if TYPE_CHECKING: import a  (has no lines to add to)
        self.block = next((b for b in typing_blocks(tree) if b.body[0].lineno > b.lineno), None)
        indent = _INDENT
        if self.block:
            first = self.block.body[0]
            indent = source.lines[first.lineno - 1][: source.column(first) - 1]
        body = self.block.body if self.block else []
        self._runs = runs_of(body, source, first_party, indent) or [Run([], indent)]
        self.is_filled = False

    def add(self, statement: Statement) -> None:
        """Import one more name, unless the block does already."""
        entries = [e for run in self._runs for e in run.entries if not e.is_gone]
        is_there = any(has(entry, statement) for entry in entries)
        self.is_filled = self.is_filled or not is_there
        if join(statement, entries, self._manners, self._source):
            return
        spot = spot_for(statement, self._runs, self._manners.order, self._first_party)
        if spot.is_new_group:
            spot.run.groups.insert(spot.group, [])
        spot.run.groups[spot.group].insert(spot.index, Entry(statement))

    def leave_out(self, gone: frozenset[ast.stmt]) -> None:
        """Know which statements of the block go, so that nothing is set beside them."""
        for entry in (entry for run in self._runs for entry in run.entries):
            entry.is_gone = entry.node in gone

    def replacements(self) -> Iterator[Replacement]:
        """The changes to the block that is there."""
        if self.block is None:
            return
        for run in self._runs:
            if any(entry.node and not entry.is_gone for entry in run.entries):
                yield from run_replacements(run, self._source, self._manners.wrap)
            elif self.is_filled:
                first = self.block.body[0]
                place = self._source.offset(first.lineno, 0)
                yield Replacement(place, place, f"{self._text(run)}\n")

    def new_block(self, test: str) -> str:
        """The text of the whole block where the file has none."""
        return f"if {test}:\n{self._text(self._runs[0])}"

    def _text(self, run: Run) -> str:
        groups = ([e for e in group if e.node is None] for group in run.groups)
        texts = (group_text(group, run.indent, self._manners.wrap) for group in groups if group)
        return "\n\n".join(texts)
