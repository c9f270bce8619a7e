"""Taking import statements out of their blocks, and leaving the blocks as a person would.

In: cuts, each a statement or a part of one. Out: replacements. A block is never left empty; blank
lines that stood around a statement are left as ``ruff format`` would have them.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from cycleguard.collect.nodes import Definition, first_line
from cycleguard.collect.source import SourceText
from cycleguard.rewrite.setting import rendered
from cycleguard.rewrite.sites import Suite
from cycleguard.rewrite.statements import Statement, Wrap
from cycleguard.rewrite.text import Replacement


class Cut(Struct, frozen=True, eq=False):
    """A statement that goes; `rest` is what stays of it.

    `lines_above` are comment lines that go along; `takes_comment` says whether the comment behind
    it does.
    """

    suite: Suite
    node: ast.stmt
    rest: Statement | None = None
    lines_above: int = 0
    takes_comment: bool = False


def lines_with(suite: Suite, node: ast.stmt) -> list[ast.stmt]:
    """The statements that share a line with `node`, itself included: ``import a; x = 1``."""
    return next(cluster for cluster in _clusters(suite) if node in cluster)


def removed(
    cuts: Iterable[Cut], source: SourceText, wrap: Wrap, filled: frozenset[int] = frozenset()
) -> Iterator[Replacement]:
    """The text of all blocks without what is cut.

    Args:
        cuts: at most one for a statement.
        source: the text.
        wrap: how what stays of a statement is set.
        filled: the ids of lists of statements to which something is added, so that nothing needs to
            be put in the place of what goes.
    """
    by_suite: dict[int, list[Cut]] = {}
    for cut in cuts:
        by_suite.setdefault(id(cut.suite.statements), []).append(cut)
    for number, each in by_suite.items():
        yield from _SuiteRemoval(each, source, wrap, is_filled=number in filled).replacements()


class _SuiteRemoval:
    """The cuts of one block."""

    def __init__(
        self, cuts: Sequence[Cut], source: SourceText, wrap: Wrap, *, is_filled: bool
    ) -> None:
        self._suite = cuts[0].suite
        self._source = source
        self._wrap = wrap
        self._cuts = {cut.node: cut for cut in cuts}
        self._gone = {cut.node for cut in cuts if cut.rest is None}
        statements = self._suite.statements
        self._needs_pass = not is_filled and all(node in self._gone for node in statements)
        self._is_module = isinstance(self._suite.owner, ast.Module)

    def replacements(self) -> Iterator[Replacement]:
        deleted: list[tuple[int, int]] = []
        for number, cluster in enumerate(_clusters(self._suite)):
            if not any(node in self._cuts for node in cluster):
                continue
            is_whole = all(node in self._gone for node in cluster) and not self._is_inline(cluster)
            if is_whole and not (self._needs_pass and number == 0):
                above = self._cuts[cluster[0]].lines_above
                deleted.append((cluster[0].lineno - above, _end(cluster[-1])))
            else:
                yield from self._overwritten(cluster)
        for first, last in _joined(deleted, self._source):
            yield self._without_lines(first, last)

    def _is_inline(self, cluster: Sequence[ast.stmt]) -> bool:
        # if x: import a
        first = cluster[0]
        return bool(self._source.lines[first.lineno - 1][: self._source.column(first) - 1].strip())

    def _overwritten(self, cluster: Sequence[ast.stmt]) -> Iterator[Replacement]:
        """A line of which something stays, be it ``pass``."""
        start, end = self._source.span(cluster[0])[0], self._source.span(cluster[-1])[1]
        kept = [self._text(node) for node in cluster if node not in self._gone]
        if not kept:
            cut = self._cuts[cluster[0]]
            line = self._source.offset(cluster[0].lineno - cut.lines_above, 0)
            if cut.lines_above:
                yield Replacement(line, self._source.offset(cluster[0].lineno, 0), "")
            if any(self._cuts[node].takes_comment for node in cluster):
                last = _end(cluster[-1])
                end = self._source.offset(last, len(self._source.lines[last - 1]))
        yield Replacement(start, end, "; ".join(kept) or "pass")

    def _text(self, node: ast.stmt) -> str:
        cut = self._cuts.get(node)
        if cut is None or cut.rest is None:
            return self._source.text_of(node)
        line = self._source.lines[node.lineno - 1]
        indent = line[: len(line) - len(line.lstrip())]
        return rendered(cut.rest, self._wrap, indent)

    def _without_lines(self, first: int, last: int) -> Replacement:
        above = _blanks(self._source.lines[: first - 1][::-1])
        below = _blanks(self._source.lines[last:])
        blanks = self._blanks_left(first, last, above, below)
        # Blank lines that stay are those that stood there, the lower ones first.
        kept_below = min(below, blanks)
        kept_above = min(above, blanks - kept_below)
        text = "\n" * (blanks - kept_below - kept_above)
        start = self._source.offset(first - above + kept_above, 0)
        end = last + below - kept_below
        if end >= len(self._source.lines):
            # The last line of the file has no newline behind it.
            return Replacement(start, len(self._source.text), text)
        return Replacement(start, self._source.offset(end + 1, 0), text)

    def _blanks_left(self, first: int, last: int, above: int, below: int) -> int:
        before = [n for n in self._suite.statements if n not in self._gone and _end(n) < first]
        after = [n for n in self._suite.statements if n not in self._gone and n.lineno > last]
        lines = self._source.lines
        has_comment_above = first - above > 1 and _is_comment(lines[first - above - 2])
        next_line = lines[last + below] if last + below < len(lines) else ""
        has_comment_below = _is_comment(next_line) and self._is_inside(next_line)
        if not before and not has_comment_above and not self._needs_pass:
            # if x: and def f() below it: only a definition's own first line needs none in between
            is_below_head = isinstance(self._suite.owner, (Definition, ast.Module))
            return int(bool(after) and isinstance(after[0], Definition) and not is_below_head)
        if not after and not has_comment_below:
            return below
        # What a comment says above an import that goes, it says of the code below.
        if has_comment_above and not above and after and self._is_heading(first - 2):
            return 0
        needed = 0
        if after and isinstance(after[0], Definition) and not self._is_module:
            needed = 1
        return max(above, below, needed)

    def _is_heading(self, number: int) -> bool:
        """Whether the comment that ends with the line at `number` begins a paragraph."""
        lines = self._source.lines
        while number >= 0 and _is_comment(lines[number]):
            number -= 1
        first = self._suite.statements[0]
        return number < 0 or not lines[number].strip() or number + 1 < first.lineno

    def _is_inside(self, line: str) -> bool:
        node = self._suite.statements[0]
        indent = self._source.column(node) - 1
        return len(line) - len(line.lstrip()) >= indent


def _clusters(suite: Suite) -> list[list[ast.stmt]]:
    """Statements by the lines that they share."""
    clusters: list[list[ast.stmt]] = []
    for node in suite.statements:
        if clusters and _end(clusters[-1][-1]) == first_line(node):
            clusters[-1].append(node)
        else:
            clusters.append([node])
    return clusters


def _joined(ranges: Sequence[tuple[int, int]], source: SourceText) -> Iterator[tuple[int, int]]:
    """Ranges of lines with nothing but blank lines between them as one."""
    current: tuple[int, int] | None = None
    for first, last in sorted(ranges):
        if current and not any(line.strip() for line in source.lines[current[1] : first - 1]):
            current = (current[0], last)
            continue
        if current:
            yield current
        current = (first, last)
    if current:
        yield current


def _blanks(lines: Iterable[str]) -> int:
    count = 0
    for line in lines:
        # A form feed is there on purpose.
        if line.strip(" \t"):
            break
        count += 1
    return count


def _is_comment(line: str) -> bool:
    return line.lstrip(" \t\f").startswith("#")


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno
