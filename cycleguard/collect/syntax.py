"""Source text to `ast`, also for syntax that is newer than the running interpreter.

What the host cannot parse is handed to LibCST, whose grammar is newer, and *lowered*: newer
constructs are overwritten in place by older ones that import, bind and read the same names on the
same lines. The result is for reading only; no lowered text ever reaches a file.
"""

import ast
import threading
import warnings

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper
from msgspec import Struct

_STACK_BYTES = 512 * 1024 * 1024
_LOWERABLE_CHARACTERS = 400_000
_LOWERABLE_LINE = 4_000


class Parsed(Struct, frozen=True):
    """A syntax tree and the lines on which a lowered ``lazy import`` starts."""

    tree: ast.Module
    lazy_lines: frozenset[int] = frozenset()


def parse(text: str) -> Parsed:
    """Parse `text`, lowering newer syntax if the host needs that.

    Raises:
        SyntaxError: neither the host nor LibCST can read it.
        RecursionError: nested deeper than CPython's own compiler goes.
    """
    try:
        return Parsed(_host_parse(text))
    except SyntaxError as error:
        lowered = _lower(text)
        if lowered is None:
            raise
        try:
            return Parsed(_host_parse(lowered.text), lowered.lazy_lines)
        except SyntaxError:
            raise error from None


def _host_parse(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except MemoryError as error:
        # CPython's parser reports its own stack limit so (Parser/pegen.h, MAXSTACK).
        raise RecursionError("parser stack overflow") from error


class _Lowered(Struct, frozen=True):
    text: str
    lazy_lines: frozenset[int]


def _lower(text: str) -> _Lowered | None:
    """Overwrite newer syntax; None if LibCST cannot parse `text` either.

    LibCST's parser recurses without a bound and would end the process on deep nesting, so it gets
    a thread with a stack that suits the largest text that is handed to it; its time grows with the
    square of an operator chain's length, hence the bound on lines.
    """
    if len(text) > _LOWERABLE_CHARACTERS or max(map(len, text.split("\n"))) > _LOWERABLE_LINE:
        return None
    result: list[_Lowered] = []
    before = threading.stack_size(_STACK_BYTES)
    try:
        thread = threading.Thread(target=lambda: result.extend(_lowered(text)))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    return result[0] if result else None


def _lowered(text: str) -> list[_Lowered]:
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
        self._edits: list[tuple[int, int, bytes]] = []
        self._lazy_starts: list[int] = []

    def lowered(self) -> _Lowered:
        """The text with all edits made, last first so that earlier spans stay true."""
        source = self._source
        for start, end, new in sorted(self._edits, reverse=True):
            source = source[:start] + new + source[end:]
        lines = frozenset(self._source.count(b"\n", 0, at) + 1 for at in self._lazy_starts)
        return _Lowered(source.decode(), lines)

    def visit_LazyImport(self, node: cst.LazyImport) -> None:
        """``lazy import a``: THIS PART is ``lazy``."""
        self._drop_keyword(node)

    def visit_LazyImportFrom(self, node: cst.LazyImportFrom) -> None:
        """``lazy from a import b``."""
        self._drop_keyword(node)

    def visit_TypeParameters(self, node: cst.TypeParameters) -> None:
        """``def f[T](x): ...``, ``class C[T]: ...``: PEP 695, THIS PART is ``[T]``."""
        start, end = self._span(node)
        self._edits.append((start, end, b"\\\n" * self._source.count(b"\n", start, end)))

    def visit_TypeAlias(self, node: cst.TypeAlias) -> None:
        """``type X = int``: the value is evaluated on demand, hence the lambda."""
        start, _ = self._span(node)
        name_start, _ = self._span(node.name)
        value_start, value_end = self._span(node.value)
        self._edits.append((start, name_start, b""))
        self._edits.append((value_start, value_start, b"(lambda: "))
        self._edits.append((value_end, value_end, b")"))

    def visit_TemplatedString(self, node: cst.TemplatedString) -> bool:
        """``t"{x}"``: PEP 750."""
        self._replace_with_reads(node)
        return False

    def visit_FormattedString(self, node: cst.FormattedString) -> bool:
        """``f"{x["a"]}"``: PEP 701 allows any quotes inside."""
        self._replace_with_reads(node)
        return False

    def visit_ConcatenatedString(self, node: cst.ConcatenatedString) -> bool:
        """``"a" f"{x}"``."""
        self._replace_with_reads(node)
        return False

    def visit_ExceptHandler(self, node: cst.ExceptHandler) -> None:
        """``except A, B:``: PEP 758, without parentheses."""
        if isinstance(node.type, cst.Tuple) and not node.type.lpar:
            start, end = self._span(node.type)
            self._edits += [(start, start, b"("), (end, end, b")")]

    def _drop_keyword(self, node: cst.CSTNode) -> None:
        start, _ = self._span(node)
        self._lazy_starts.append(start)
        rest = self._source[start + len(b"lazy") :]
        self._edits.append(
            (start, start + len(b"lazy") + len(rest) - len(rest.lstrip(b" \t")), b"")
        )

    def _replace_with_reads(self, node: cst.BaseExpression) -> None:
        """Put a tuple of the embedded expressions where a string with expressions stands."""
        start, end = self._span(node)
        reads = [self._text(inner) for inner in _embedded(node)]
        tuple_text = b"(" + b"".join(b"(" + read + b")," for read in reads) + b")"
        missing = self._source.count(b"\n", start, end) - tuple_text.count(b"\n")
        self._edits.append((start, end, tuple_text[:-1] + b"\n" * missing + b")"))

    def _text(self, node: cst.CSTNode) -> bytes:
        start, end = self._span(node)
        return self._source[start:end]

    def _span(self, node: cst.CSTNode) -> tuple[int, int]:
        span = self.get_metadata(ByteSpanPositionProvider, node)
        return span.start, span.start + span.length


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
