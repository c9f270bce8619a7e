"""Definitions as text: taken out of one file, put into another, with what belongs to them.

Comments right above, decorators and inner blank lines travel; the blank lines around are left as
``ruff format`` would have them.
"""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

from cycleguard.collect.nodes import Definition, first_line
from cycleguard.collect.source import SourceText
from cycleguard.collect.syntax import parse
from cycleguard.model.symbols import Part, Span
from cycleguard.rewrite.text import EditableText, Replacement

_DEFINITION = re.compile(r"(@|(async\s+)?def\b|class\b)", re.MULTILINE)


class Block(Struct, frozen=True):
    """The text of statements without a newline at the end; `is_apart`: below a blank line."""

    text: str
    is_apart: bool = True


def blocks_of(source: SourceText, part: Part) -> list[Block]:
    """The text of each statement of a part."""
    return [
        Block(
            "\n".join(source.lines[span.first - 1 : span.last]),
            span.first < 2 or not source.lines[span.first - 2].strip(),
        )
        for span in part.spans
    ]


def without(content: bytes, spans: Iterable[Span]) -> bytes:
    """A file without some of its lines.

    Raises:
        SyntaxError, UnicodeError: it cannot be edited.
    """
    text = EditableText(content)
    source = SourceText(text.text)
    definitions = _definitions(source)
    starts = frozenset(first_line(node) for node in definitions)
    ends = frozenset(node.end_lineno or node.lineno for node in definitions)
    return text.replaced(
        _cut(source, first, last, starts, ends) for first, last in _joined(spans, source)
    )


def _joined(spans: Iterable[Span], source: SourceText) -> list[tuple[int, int]]:
    """Spans with nothing but blank lines between them as one."""
    joined: list[tuple[int, int]] = []
    for span in sorted(spans):
        if joined and not any(
            line.strip() for line in source.lines[joined[-1][1] : span.first - 1]
        ):
            joined[-1] = (joined[-1][0], span.last)
        else:
            joined.append((span.first, span.last))
    return joined


def _cut(
    source: SourceText, first: int, last: int, starts: frozenset[int], ends: frozenset[int]
) -> Replacement:
    lines = source.lines
    above = _blanks(lines[: first - 1][::-1])
    below = _blanks(lines[last:])
    is_first, is_last = above == first - 1, last + below >= len(lines)
    if is_first:
        return Replacement(0, _start(source, last + below + 1), "")
    if is_last:
        # The newline of the last line that stays is the file's last.
        return Replacement(_start(source, first - above), len(source.text), "")
    following = last + below + 1
    blanks = max(above, below)
    if first - above - 1 not in ends:
        blanks = min(blanks, 1)
    while lines[following - 1].startswith("#") and following < len(lines):
        following += 1
    if following in starts:
        blanks = max(blanks, 2)
    start = _start(source, first - above)
    return Replacement(start, _start(source, last + below + 1), "\n" * blanks)


def _start(source: SourceText, line: int) -> int:
    return source.offset(line, 0) if line <= len(source.lines) else len(source.text)


def _definitions(source: SourceText) -> list[Definition]:
    return [node for node in parse(source.text).tree.body if isinstance(node, Definition)]


def _blanks(lines: Sequence[str]) -> int:
    return next((n for n, line in enumerate(lines) if line.strip(" \t")), len(lines))


def with_text(content: bytes, blocks: Sequence[Block], line: int) -> bytes:
    """A file with more statements below one of its lines; 0 for the very top.

    Raises:
        SyntaxError, UnicodeError: it cannot be edited, or does not take these characters.
    """
    text = EditableText(content)
    source = SourceText(text.text)
    lines = source.lines
    below = _blanks(lines[line:])
    is_end = line + below >= len(lines)
    new = joined_blocks(blocks)
    above = lines[line - 1] if line else ""
    is_below_definition = above[:1] in (" ", "\t", "@") or bool(_DEFINITION.match(above))
    gap = 2 if is_below_definition or _DEFINITION.match(_code(blocks[0].text)) else 1
    start = source.offset(line, len(lines[line - 1])) if line else 0
    lead = "\n" * (gap + 1) if line else ""
    if is_end:
        return text.replaced([Replacement(start, len(source.text), f"{lead}{new}\n")])
    following = "\n".join(lines[line + below :])
    is_definition = _DEFINITION.match(_code(following)) or _DEFINITION.match(_code(blocks[-1].text))
    after = 2 if is_definition else max(below, 1)
    end = _start(source, line + below + 1)
    return text.replaced([Replacement(start, end, f"{lead}{new}\n" + "\n" * after)])


def joined_blocks(blocks: Sequence[Block]) -> str:
    """Statements one below the other; two blank lines around definitions, as they stood else."""
    text = ""
    for number, block in enumerate(blocks):
        if number:
            both = (blocks[number - 1].text, block.text)
            is_definition = any(_DEFINITION.match(_code(each)) for each in both)
            text += "\n" * (1 + block.is_apart + (block.is_apart and is_definition))
        text += block.text
    return text


def _code(block: str) -> str:
    """The text from its first line that is no comment."""
    lines = block.split("\n")
    start = next((n for n, line in enumerate(lines) if line.strip() and line[0] != "#"), 0)
    return "\n".join(lines[start:])
