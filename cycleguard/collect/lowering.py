"""Newer syntax overwritten by older syntax that imports, binds and reads the same names.

In: text that the running interpreter cannot parse. Out: text that it can, and the way back from a
place in it to the place in the original. For reading only; no lowered text ever reaches a file.
"""

import ast
import threading
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper
from msgspec import Struct

_STACK_BYTES = 512 * 1024 * 1024
_MOST_CHARACTERS = 400_000
_LONGEST_LINE = 4_000


class Edit(Struct, frozen=True, order=True):
    """The bytes from `start` to `end` become `new`."""

    start: int
    end: int
    new: bytes


class Lowered(Struct, frozen=True):
    """The result: `text`, the edits that made it, and where ``lazy`` keywords stood before.

    Places are those of `ast`: a line from 1 and a column in bytes from 0.
    """

    text: str
    original: bytes
    edits: tuple[Edit, ...]
    lazy_starts: frozenset[tuple[int, int]]


def lower(text: str) -> Lowered | None:
    """Overwrite newer syntax; None if LibCST cannot parse `text` either.

    LibCST's parser recurses without a bound and would end the process on deep nesting, so it gets
    a thread with a stack that suits the largest text that is handed to it; its time grows with the
    square of an operator chain's length, hence the bound on lines.
    """
    if len(text) > _MOST_CHARACTERS or max(map(len, text.split("\n"))) > _LONGEST_LINE:
        return None
    result: list[Lowered] = []
    before = threading.stack_size(_STACK_BYTES)
    try:
        thread = threading.Thread(target=lambda: result.extend(_lowered(text)))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    return result[0] if result else None


def relocate(tree: ast.Module, lowered: Lowered) -> None:
    """Move every node of `tree`, parsed from lowered text, to its place in the original."""
    places = _Places(lowered)
    for node in ast.walk(tree):
        if isinstance(node, (ast.stmt, ast.expr, ast.ExceptHandler, ast.arg, ast.keyword)):
            node.lineno, node.col_offset = places.original(node.lineno, node.col_offset)
            if node.end_lineno is not None and node.end_col_offset is not None:
                end = places.original(node.end_lineno, node.end_col_offset)
                node.end_lineno, node.end_col_offset = end


class _Places:
    def __init__(self, lowered: Lowered) -> None:
        self._before = _line_starts(lowered.original)
        self._after = _line_starts(lowered.text.encode())
        self._edits = lowered.edits
        growth = accumulate(len(e.new) - (e.end - e.start) for e in lowered.edits)
        # Where each edit begins in the lowered text: moved by all edits before it.
        self._starts = [
            e.start + moved for e, moved in zip(lowered.edits, [0, *growth], strict=False)
        ]

    def original(self, line: int, column: int) -> tuple[int, int]:
        """The place in the original text; for one inside new text, that of the edit."""
        offset = self._after[line - 1] + column
        index = bisect_left(self._starts, offset) - 1
        if index >= 0:
            edit = self._edits[index]
            behind = offset - self._starts[index] - len(edit.new)
            offset = edit.end + behind if behind >= 0 else edit.start
        return _place(offset, self._before)


def _lowered(text: str) -> list[Lowered]:
    try:
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        visitor = _NewerSyntax(text.encode())
        wrapper.visit(visitor)
    except (cst.ParserSyntaxError, RecursionError):
        return []
    return [visitor.lowered()]


class _NewerSyntax(cst.CSTVisitor):
    """Collects byte spans of newer syntax and the text that goes there."""

    METADATA_DEPENDENCIES = (ByteSpanPositionProvider,)

    def __init__(self, source: bytes) -> None:
        super().__init__()
        self._source = source
        self._edits: list[Edit] = []
        self._lazy_starts: list[int] = []

    def lowered(self) -> Lowered:
        """The text with all edits made."""
        edits = sorted(self._edits)
        pieces: list[bytes] = []
        done = 0
        for edit in edits:
            pieces += [self._source[done : edit.start], edit.new]
            done = edit.end
        text = b"".join([*pieces, self._source[done:]]).decode()
        starts = _line_starts(self._source)
        lazy = frozenset(_place(at, starts) for at in self._lazy_starts)
        return Lowered(text, self._source, tuple(edits), lazy)

    def visit_LazyImport(self, node: cst.LazyImport) -> None:
        """``lazy import a``: THIS PART is ``lazy``."""
        self._drop_keyword(node)

    def visit_LazyImportFrom(self, node: cst.LazyImportFrom) -> None:
        """``lazy from a import b``."""
        self._drop_keyword(node)

    def visit_TypeParameters(self, node: cst.TypeParameters) -> bool:
        """``def f[T](x): ...``, ``class C[T]: ...``: PEP 695, THIS PART is ``[T]``."""
        start, end = self._span(node)
        self._edit(start, end, b"\\\n" * self._source.count(b"\n", start, end))
        return False

    def visit_TypeAlias(self, node: cst.TypeAlias) -> None:
        """``type X = int``: the value is evaluated on demand, hence the lambda."""
        self._edit(self._span(node)[0], self._span(node.name)[0], b"")
        start, end = self._span(node.value)
        self._edit(start, start, b"(lambda: ")
        self._edit(end, end, b")")

    def visit_TemplatedString(self, node: cst.TemplatedString) -> bool:
        """``t"{x}"``: PEP 750."""
        return self._lower_string(node)

    def visit_FormattedString(self, node: cst.FormattedString) -> bool:
        """``f"{x["a"]}"``: PEP 701 allows any quotes inside."""
        return self._lower_string(node)

    def visit_ConcatenatedString(self, node: cst.ConcatenatedString) -> bool:
        """``"a" f"{x["b"]}"``."""
        return self._lower_string(node)

    def visit_ExceptHandler(self, node: cst.ExceptHandler) -> None:
        """``except A, B:``: PEP 758, without parentheses."""
        self._put_in_parentheses(node.type)

    def visit_ExceptStarHandler(self, node: cst.ExceptStarHandler) -> None:
        """``except* A, B:``."""
        self._put_in_parentheses(node.type)

    def _put_in_parentheses(self, types: cst.BaseExpression | None) -> None:
        if isinstance(types, cst.Tuple) and not types.lpar:
            start, end = self._span(types)
            self._edit(start, start, b"(")
            self._edit(end, end, b")")

    def _drop_keyword(self, node: cst.CSTNode) -> None:
        start, _ = self._span(node)
        self._lazy_starts.append(start)
        rest = self._source[start + len(b"lazy") :]
        blanks = len(rest) - len(rest.lstrip(b" \t\f"))
        self._edit(start, start + len(b"lazy") + blanks, b"")

    def _lower_string(self, node: cst.BaseExpression) -> bool:
        """Put a tuple of the embedded expressions where the host cannot read the string."""
        start, end = self._span(node)
        if _is_readable(self._source[start:end]):
            return False
        embedded = _embedded(node)
        before = b"("
        for inner in embedded:
            inner_start, inner_end = self._span(inner)
            self._edit_lines(start, inner_start, before + b"(")
            inner.visit(self)
            start, before = inner_end, b"),"
        self._edit_lines(start, end, before, b")")
        return False

    def _edit_lines(self, start: int, end: int, new: bytes, last: bytes = b"") -> None:
        """Replace what may span lines by as many lines."""
        self._edit(start, end, new + b"\n" * self._source.count(b"\n", start, end) + last)

    def _edit(self, start: int, end: int, new: bytes) -> None:
        self._edits.append(Edit(start, end, new))

    def _span(self, node: cst.CSTNode) -> tuple[int, int]:
        span = self.get_metadata(ByteSpanPositionProvider, node)
        return span.start, span.start + span.length


def _is_readable(string: bytes) -> bool:
    try:
        ast.parse(b"(" + string + b")")
    except SyntaxError:
        return False
    return True


def _embedded(node: cst.CSTNode) -> list[cst.BaseExpression]:
    # f"{a!r:{width}}": a and width
    if isinstance(node, (cst.FormattedStringExpression, cst.TemplatedStringExpression)):
        spec = [inner for part in node.format_spec or () for inner in _embedded(part)]
        return [node.expression, *spec]
    if isinstance(node, (cst.FormattedString, cst.TemplatedString)):
        return [inner for part in node.parts for inner in _embedded(part)]
    if isinstance(node, cst.ConcatenatedString):
        return [*_embedded(node.left), *_embedded(node.right)]
    return []


def _line_starts(text: bytes) -> list[int]:
    return [0, *accumulate(len(line) + 1 for line in text.split(b"\n"))]


def _place(offset: int, starts: Sequence[int]) -> tuple[int, int]:
    line = bisect_left(starts, offset + 1)
    return line, offset - starts[line - 1]
