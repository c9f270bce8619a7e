"""How a file sets its imports: what the project's settings say, else what the file does.

In: its runs of imports and the project's `Style`. Out: `Manners`, read by `area`.
"""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from cycleguard.collect.source import SourceText
from cycleguard.rewrite.entries import Entry, Run
from cycleguard.rewrite.ordering import Order
from cycleguard.rewrite.placing import order_of
from cycleguard.rewrite.reading import read_statement
from cycleguard.rewrite.settings import Style
from cycleguard.rewrite.statements import Wrap

_SAMPLES = 5


class Manners(Struct, frozen=True):
    """`combines_as`: ``from m import a as b, c``; `is_single_line`: a statement for each name."""

    order: Order
    wrap: Wrap
    combines_as: bool
    is_single_line: bool


def manners_of(runs: Sequence[Run], source: SourceText, style: Style) -> Manners:
    """Learn from the statements that are there."""
    entries = [entry for run in runs for entry in run.entries]
    combines_as, is_single = style.combine_as_imports, style.force_single_line
    return Manners(
        order=order_of([group for run in runs for group in run.groups], style),
        wrap=_wrap(entries, source, style.width),
        combines_as=_combines_as(entries) if combines_as is None else combines_as,
        is_single_line=_is_single_line(entries) if is_single is None else is_single,
    )


def _wrap(entries: Sequence[Entry], source: SourceText, width: int) -> Wrap:
    """The way of most ``from`` statements of several lines."""
    usual = Wrap(width)
    found: Counter[Wrap] = Counter()
    long = [e for e in entries if e.node and e.statement.is_from and e.end_line > e.line]
    for entry in long[:_SAMPLES]:
        if entry.node is None:
            continue
        statement = read_statement(source.text_of(entry.node))
        if all(item.starts_line for item in statement.items):
            found[usual] += 1
        elif statement.layout.has_brackets:
            first = len(f"from {statement.source} import (")
            is_aligned = len(statement.layout.indent) == first
            found[Wrap(width, is_one_per_line=False, is_aligned=is_aligned)] += 1
    return found.most_common(1)[0][0] if found else usual


def _combines_as(entries: Sequence[Entry]) -> bool:
    # from m import a as b, c
    return any(
        len(entry.statement.items) > 1 and any(item.asname for item in entry.statement.items)
        for entry in entries
        if entry.statement.is_from
    )


def _is_single_line(entries: Sequence[Entry]) -> bool:
    statements = [entry.statement for entry in entries if entry.statement.is_from]
    if any(len(statement.items) > 1 for statement in statements):
        return False
    # from m import a as b: isort gives that a statement of its own in any case
    plain = [statement for statement in statements if not statement.items[0].asname]
    sources = Counter(statement.source for statement in plain if statement.source)
    # from m import a⏎ from m import b
    return any(count > 1 for count in sources.values())
