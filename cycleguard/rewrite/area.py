"""The module-level imports of a file while moved ones are added to them.

In: the file, then one statement after the other. Out: replacements of its text. `placing` says
where among others a statement goes, `head` where in a file that has none.
"""

import ast
from collections.abc import Iterator

from msgspec.structs import replace

from cycleguard.collect.nodes import Definition, first_line
from cycleguard.collect.source import SourceText
from cycleguard.model.placement import Anchor, insertion_point, is_barrier
from cycleguard.model.program import Statement as ProgramStatement
from cycleguard.rewrite.entries import Entry, Run, read_entry, runs_of
from cycleguard.rewrite.head import blank_lines, blanks_before, line_below_head
from cycleguard.rewrite.items import without
from cycleguard.rewrite.joining import annotate, comments_of, has, join
from cycleguard.rewrite.manners import Manners, manners_of
from cycleguard.rewrite.ordering import Section, section_of
from cycleguard.rewrite.placing import Spot, spot_for
from cycleguard.rewrite.settings import Style
from cycleguard.rewrite.sites import ImportNode
from cycleguard.rewrite.statements import Statement, bound_by
from cycleguard.rewrite.text import Replacement
from cycleguard.rewrite.written import group_text, run_replacements


class Area:
    """The imports at the top level of one file.

    Args:
        tree: the file.
        source: its text.
        program: what `model.placement` decides by.
        style: how the project sets imports.
        lazy_lines: lines of PEP 810 imports, which take no other names.
    """

    def __init__(
        self,
        tree: ast.Module,
        source: SourceText,
        program: tuple[ProgramStatement, ...],
        style: Style,
        lazy_lines: frozenset[int],
    ) -> None:
        self._body = tree.body
        self._source = source
        self._program = program
        self._first_party = style.first_party
        self._lazy_lines = lazy_lines
        self._runs = runs_of(tree.body, source, style.first_party)
        self.manners: Manners = manners_of(self._runs, source, style)
        stars = (e.line for run in self._runs for e in run.entries if _is_star(e))
        self._last_star = max(stars, default=0)
        # Imports below a line where there are none yet.
        self._new: dict[int, Run] = {}
        self._block = ""
        self._known_runs: dict[Anchor, Run] = {}
        self._known_above: dict[Anchor, list[Run]] = {}

    def add(self, statement: Statement, anchor: Anchor) -> None:
        """Import the one name of a statement, unless it is imported already."""
        # What lies outside of the project can be in no cycle: it goes where it looks best.
        is_outside = section_of(statement, self._first_party) < Section.FIRST_PARTY
        anchor = Anchor.TOP_BLOCK if is_outside else anchor
        runs = [self._run_at(anchor)]
        if is_outside and runs[0] in self._runs:
            line, _ = runs[0].lines
            above = self._runs_above(anchor)
            runs = [run for run in above if not self._is_cut_off(run, line)] or runs
            runs = [run for run in runs if not self._is_skipped(run)] or runs
        if runs[-1] in self._runs and all(map(self._is_skipped, runs)):
            runs = [self._new_run(runs[-1].lines[1])]
        known = [entry for run in (*self._runs_above(anchor), *runs) for entry in run.entries]
        known = [entry for entry in known if self._takes_names(entry)]
        if not join(statement, known, self.manners, self._source):
            self._put(statement, runs)

    def _takes_names(self, entry: Entry) -> bool:
        if entry.is_gone or entry.line in self._lazy_lines:
            return False
        # What a star import binds must not hide a name that is imported above.
        return entry.node is None or entry.line > self._last_star

    def imports(self, statement: Statement) -> bool:
        """Whether a statement of the file, wherever at its top level, has the same name of it."""
        return any(has(entry, statement) for entry in self._entries())

    def annotate(self, bound: str, statement: Statement) -> None:
        """Give the entry that binds a name the comments of a statement that goes."""
        for entry in self._entries():
            if any(bound_by(entry.statement, item) == bound for item in entry.statement.items):
                annotate(entry, comments_of(statement), self._source)
                return

    def drop(self, node: ImportNode, name: str) -> None:
        """Import one name less."""
        entry = next(entry for entry in self._entries() if entry.node is node)
        if all(bound_by(entry.statement, item) == name for item in entry.statement.items):
            entry.is_gone = True
        else:
            read_entry(entry, self._source)
            entry.statement = without(entry.statement, (name,))

    def add_block(self, text: str) -> None:
        """Put a block of other statements below the imports."""
        self._block = text

    def gone(self) -> list[ast.stmt]:
        """The statements to take out of the text: what stands in their place is not here."""
        return [
            entry.node
            for run in self._runs
            if not _is_replaced(run)
            for entry in run.entries
            if entry.node and entry.is_gone
        ]

    def replacements(self) -> Iterator[Replacement]:
        """The changed text of the file's imports."""
        last = self._run_at(Anchor.TOP_BLOCK)
        for run in self._runs:
            block = self._block if run is last else ""
            if _is_replaced(run):
                yield self._overwritten(run, block)
            elif any(entry.node and not entry.is_gone for entry in run.entries):
                yield from run_replacements(run, self._source, self.manners.wrap, block)
        for line, run in self._new.items():
            parts = [self._text(run), self._block if run is last else ""]
            if any(parts):
                yield self._below(line, "\n\n".join(part for part in parts if part))

    def _text(self, run: Run) -> str:
        groups = ([e for e in group if e.node is None] for group in run.groups)
        wrap = self.manners.wrap
        return "\n\n".join(group_text(group, run.indent, wrap) for group in groups if group)

    def _overwritten(self, run: Run, block: str) -> Replacement:
        """New statements in the place of a run of which nothing stays."""
        nodes = [entry.node for entry in run.entries if entry.node]
        start, end = self._source.span(nodes[0])[0], self._source.span(nodes[-1])[1]
        text = "\n\n".join(part for part in (self._text(run), block) if part)
        return Replacement(start, end, text)

    def _entries(self) -> list[Entry]:
        runs = (*self._runs, *self._new.values())
        return [entry for run in runs for entry in run.entries]

    # Where a statement goes.

    def _run_at(self, anchor: Anchor) -> Run:
        """The run that `insertion_point` ends; one without entries where there is none."""
        if anchor not in self._known_runs:
            self._known_runs[anchor] = self._find_run(anchor)
        return self._known_runs[anchor]

    def _find_run(self, anchor: Anchor) -> Run:
        point = insertion_point(self._program, anchor)
        if not point:
            return self._new_run(line_below_head(self._body, self._source))
        line = self._program[point - 1].line
        nodes = [node for node in self._body if first_line(node) == line]
        run = next((run for node in nodes[::-1] if (run := self._run_of(node))), None)
        if run is None:
            return self._new_run(max(node.end_lineno or node.lineno for node in nodes))
        return run

    def _new_run(self, line: int) -> Run:
        return self._new.setdefault(line, Run([]))

    def _run_of(self, node: ast.stmt) -> Run | None:
        found = (run for run in self._runs if any(e.node is node for e in run.entries))
        return next(found, None)

    def _runs_above(self, anchor: Anchor) -> list[Run]:
        """The runs that are in one piece with the place of `anchor`: no definition between."""
        if anchor not in self._known_above:
            self._known_above[anchor] = self._find_above(anchor)
        return self._known_above[anchor]

    def _find_above(self, anchor: Anchor) -> list[Run]:
        point = insertion_point(self._program, anchor)
        line = self._program[point - 1].line if point else 0
        definitions = [node.lineno for node in self._body if isinstance(node, Definition)]
        start = max((number for number in definitions if number < line), default=0)
        start = max(start, self._last_star)
        return [run for run in self._runs if run.lines[0] <= line and run.lines[1] > start]

    def _is_cut_off(self, run: Run, line: int) -> bool:
        """Whether something runs between a run and `line` that imports should stay below."""
        _, end = run.lines
        return any(end < each.line < line and is_barrier(each) for each in self._program)

    def _is_skipped(self, run: Run) -> bool:
        """Whether a run is set apart from the imports of the file: ``import a  # isort:skip``."""
        behind = [
            self._source.behind(entry.node)
            for entry in run.entries
            if entry.node and section_of(entry.statement, self._first_party) != Section.FUTURE
        ]
        return bool(behind) and all("isort:skip" in text for text in behind)

    def _put(self, statement: Statement, runs: list[Run]) -> None:
        starred = [number for number, run in enumerate(runs) if any(map(_is_star, run.entries))]
        below = runs[starred[-1] + 1 :] if starred else runs
        if below:
            spot = spot_for(statement, below, self.manners.order, self._first_party)
        else:
            # Below the star: what it binds must not hide the new name.
            last = len(runs[-1].groups) - 1
            spot = Spot(runs[-1], last, len(runs[-1].groups[last]))
        if self._is_low(spot.run) and "noqa" not in statement.beside:
            beside = f"{statement.beside}  # noqa: E402".lstrip()
            statement = replace(statement, beside=beside)
        if spot.is_new_group:
            spot.run.groups.insert(spot.group, [])
        spot.run.groups[spot.group].insert(spot.index, Entry(statement))

    def _is_low(self, run: Run) -> bool:
        """Whether all imports of a run say that they know they are not at the top."""
        behind = [self._source.behind(entry.node) for entry in run.entries if entry.node]
        return bool(behind) and all("E402" in text for text in behind)

    # Imports where there were none.

    def _below(self, line: int, text: str) -> Replacement:
        """New imports below a line, with the blank lines that belong around them."""
        lines = self._source.lines
        below = blank_lines(line, self._source)
        is_end = line + below >= len(lines) or not any(lines[line + below :])
        after = 0 if is_end else blanks_before(self._body, line, self._source)
        start = self._source.offset(line, len(lines[line - 1])) if line else 0
        end = start + sum(len(each) + 1 for each in lines[line : line + below])
        if not line:
            return Replacement(0, end, f"{text}\n" + "\n" * after)
        if is_end:
            return Replacement(start, start, f"\n\n{text}")
        return Replacement(start, end, f"\n\n{text}" + "\n" * after)


def _is_star(entry: Entry) -> bool:
    return entry.statement.items[0].name == "*"


def _is_replaced(run: Run) -> bool:
    """Whether nothing of a run stays, and something new comes."""
    has_new = any(entry.node is None for entry in run.entries)
    return has_new and all(entry.is_gone for entry in run.entries if entry.node)
