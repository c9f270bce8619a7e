"""Edits of one file, made: bytes in, bytes out, and for each edit what was done or why not.

Nothing is decided here that `plan` has decided: whether an import may run at another time, whether
a cycle closes. What a file by itself forbids is refused: clashing names, guards that stand ready
for a failure, comments that vouch for a place. Only what has to change changes.
"""

import ast
from collections.abc import Sequence

from msgspec.structs import replace

from cycleguard.collect.source import SourceText
from cycleguard.collect.syntax import Parsed, parse
from cycleguard.model.edits import Done, Edit, FileEdit, Place, Refused, Rewritten
from cycleguard.model.imports import ModuleFacts
from cycleguard.rewrite.carry import Carried
from cycleguard.rewrite.check import difference
from cycleguard.rewrite.long_lines import folded_lines
from cycleguard.rewrite.module_names import ModuleNames
from cycleguard.rewrite.moves import Move
from cycleguard.rewrite.names import settle
from cycleguard.rewrite.quoting import is_postponed, quoted_annotations
from cycleguard.rewrite.reading import read_statement
from cycleguard.rewrite.refusals import site_refusal
from cycleguard.rewrite.scopes import scopes_of
from cycleguard.rewrite.settings import Style
from cycleguard.rewrite.sites import sites_of
from cycleguard.rewrite.text import EditableText, Replacement
from cycleguard.rewrite.uses import replaced_uses
from cycleguard.rewrite.wanted import Package, move_of
from cycleguard.rewrite.writing import File, Writer


def rewrite(content: bytes, file: FileEdit, facts: ModuleFacts, style: Style) -> Rewritten:
    """Make the edits of one file together.

    Args:
        content: the file.
        file: its edits; their places are places in `content`.
        facts: what `collect` says of `content`.
        style: how the project sets imports.

    Returns:
        The new bytes, with a `Done` or a `Refused` for each edit, in their order.
    """
    try:
        text = EditableText(content)
        parsed = parse(text.text)
    except (SyntaxError, RecursionError) as error:
        return _all_refused(content, file.edits, "unreadable-file", str(error))
    except UnicodeError as error:
        return _all_refused(content, file.edits, "encoding-not-exact", str(error))
    top = file.module.partition(".")[0]
    style = replace(style, first_party=style.first_party | {top})
    return _Session(text, parsed, file, facts, style).rewritten(content)


def _all_refused(content: bytes, edits: Sequence[Edit], code: str, text: str) -> Rewritten:
    return Rewritten(content, refused=tuple(Refused(edit, code, text) for edit in edits))


class _Session:
    """One file and its edits."""

    def __init__(
        self, text: EditableText, parsed: Parsed, edits: FileEdit, facts: ModuleFacts, style: Style
    ) -> None:
        self._text = text
        self._edits = edits
        self._facts = facts
        self._package = Package(edits)
        tree, source = parsed.tree, SourceText(text.text)
        root = scopes_of(tree)
        self._scopes = {scope.node: scope for scope in root.all() if scope.kind == "function"}
        lazy_lines = frozenset(line for line, _ in parsed.lazy_starts)
        names = ModuleNames(tree, root, self._package)
        self._file = File(tree, source, facts.program, names, lazy_lines, style, edits.asked)
        self._sites = sites_of(tree, source, facts.imports)
        self._taken: set[tuple[Place, str]] = set()

    def rewritten(self, content: bytes) -> Rewritten:
        """The file with as many of the edits as can be made together."""
        answers: dict[int, Done | Refused] = {}
        moves: list[Move] = []
        for edit in self._edits.edits:
            found = self._move(edit)
            if isinstance(found, Refused):
                answers[id(edit)] = found
            else:
                moves.append(found)
        settled, uses, refused = self._settled(moves)
        answers.update((id(each.edit), each) for each in refused)
        if settled:
            writer = Writer(self._file, settled)
            new = self._text.replaced([*writer.replacements(), *uses])
            new = self._folded(new) if uses else new
            problem = difference(self._file.source, settled, new)
            if problem:
                return _all_refused(content, self._edits.edits, "check-failed", problem)
            content = new
            done = (_done(move, writer.carried[id(move.edit)]) for move in settled)
            answers.update((id(each.edit), each) for each in done)
        ordered = [answers[id(edit)] for edit in self._edits.edits]
        return Rewritten(
            content,
            tuple(each for each in ordered if isinstance(each, Done)),
            tuple(each for each in ordered if isinstance(each, Refused)),
        )

    def _folded(self, new: bytes) -> bytes:
        """The file with lines that have become too long set as calls over several."""
        try:
            text = EditableText(new)
            tree = ast.parse(text.text)
        except (SyntaxError, RecursionError):
            return new
        width = self._file.style.width
        return text.replaced(folded_lines(self._text.text, text.text, tree, width))

    def _move(self, edit: Edit) -> Move | Refused:
        site = self._sites.get(edit.place)
        if site is None:
            return Refused(edit, "no-such-import", "there is no function-local import here")
        refusal = site_refusal(edit, site, self._facts, self._file.source)
        if refusal:
            return refusal
        try:
            statement = read_statement(self._file.source.text_of(site.node))
        except SyntaxError as error:
            return Refused(edit, "unreadable-file", str(error))
        found = move_of(edit, site, self._scopes[site.function], statement, self._package)
        if isinstance(found, Move):
            names = {(edit.place, name) for name in found.names}
            if names & self._taken:
                return Refused(edit, "edit-overlap", "another edit takes the same name")
            self._taken |= names
        return found

    def _settled(
        self, moves: Sequence[Move]
    ) -> tuple[tuple[Move, ...], list[Replacement], list[Refused]]:
        """The moves that can be made together, what becomes of uses, and the other moves."""
        refused: list[Refused] = []
        while True:
            settled, problems = settle(moves, self._file.names)
            refused += problems
            uses: list[Replacement] = []
            stuck: set[int] = set()
            alone: set[int] = set()
            for move in settled:
                found = self._uses(move)
                if isinstance(found, Refused) and move.shares:
                    alone.add(id(move.edit))
                elif isinstance(found, Refused):
                    refused.append(found)
                    stuck.add(id(move.edit))
                else:
                    uses += found
            if not stuck and not alone:
                # Two imports of one name in a function have the same uses.
                return settled, list(dict.fromkeys(uses)), refused
            # As they were: which names they can have depends on which others move.
            kept = {id(move.edit) for move in settled} - stuck
            moves = [
                replace(move, may_share=move.may_share and id(move.edit) not in alone)
                for move in moves
                if id(move.edit) in kept
            ]

    def _uses(self, move: Move) -> list[Replacement] | Refused:
        if move.is_typing:
            postponed = is_postponed(self._file.tree)
            return quoted_annotations(move, self._file.source, is_postponed=postponed)
        return replaced_uses(move, self._file.source)


def _done(move: Move, found: Carried) -> Done:
    return Done(
        move.edit,
        names=move.names,
        statements=tuple(dict.fromkeys(wanted.statement.plain for wanted in move.wanted)),
        renamed=tuple(
            (wanted.local, wanted.use) for wanted in move.wanted if wanted.use != wanted.local
        ),
        stale=found.stale,
        doubtful=found.doubtful,
    )
