"""A new import that an existing statement can take in: the same name, or the same module.

In: a statement of one name, and entries. Out: whether one of them has taken it in.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from cycleguard.collect.source import SourceText
from cycleguard.rewrite.comments import is_pragma
from cycleguard.rewrite.entries import Entry, read_entry
from cycleguard.rewrite.items import with_item
from cycleguard.rewrite.manners import Manners
from cycleguard.rewrite.placing import item_index
from cycleguard.rewrite.statements import Item, Statement


def join(
    statement: Statement, entries: Sequence[Entry], manners: Manners, source: SourceText
) -> bool:
    """Let an entry take in the one name of a statement, and its comments.

    Returns:
        Whether there is such an entry: one that imports the same, or else one of the same module.
    """
    same = next((entry for entry in entries if has(entry, statement)), None)
    if same:
        annotate(same, comments_of(statement), source)
        return True
    if not statement.is_from or manners.is_single_line:
        return False
    for entry in entries:
        if _may_take(entry, statement, manners):
            read_entry(entry, source)
            _take_in(entry, statement, manners, source)
            return True
    return False


def has(entry: Entry, statement: Statement) -> bool:
    """Whether an entry imports the same name of the same module, as the same."""
    item = statement.items[0]
    return _is_same_source(entry.statement, statement) and any(
        (each.name, each.asname) == (item.name, item.asname) for each in entry.statement.items
    )


def comments_of(statement: Statement) -> list[str]:
    """All comments of a statement of one name."""
    item = statement.items[0]
    every = (*statement.above, *item.above, item.beside, statement.beside)
    return [comment for comment in every if comment]


def annotate(entry: Entry, comments: Iterable[str], source: SourceText) -> None:
    """Give an entry the comments of one that would have been the same; pragmas were for that."""
    for comment in comments:
        if is_pragma(comment) or comment in _present(entry, source):
            continue
        if entry.node is None:
            above = (*entry.statement.above, comment)
            entry.statement = replace(entry.statement, above=above)
        elif _is_free_behind(entry, source):
            entry.beside = comment
        else:
            entry.above.append(comment)


def _present(entry: Entry, source: SourceText) -> list[str]:
    found = [*entry.statement.above, entry.statement.beside, *entry.above, entry.beside]
    found += (item.beside for item in entry.statement.items)
    if entry.node:
        found += (line.strip() for line in source.lines[entry.lead - 1 : entry.line - 1])
        found.append(source.behind(entry.node).strip())
    return found


def _is_free_behind(entry: Entry, source: SourceText) -> bool:
    """Whether a comment can be put behind an existing statement."""
    if entry.node is None or entry.beside or entry.line != entry.end_line:
        return False
    return not source.behind(entry.node).strip()


def _may_take(entry: Entry, statement: Statement, manners: Manners) -> bool:
    names = [each.name for each in entry.statement.items]
    if not _is_same_source(entry.statement, statement) or "*" in names:
        return False
    aliases = [statement.items[0].asname, *(each.asname for each in entry.statement.items)]
    return manners.combines_as or not any(aliases)


def _take_in(entry: Entry, statement: Statement, manners: Manners, source: SourceText) -> None:
    item, beside = statement.items[0], statement.beside
    if beside and is_pragma(beside) and not item.beside:
        # A pragma may be about the line of the statement: it stays there if it can.
        if entry.node is None and not entry.statement.beside:
            entry.statement = replace(entry.statement, beside=beside)
            beside = ""
        elif _is_free_behind(entry, source):
            entry.beside, beside = beside, ""
    whole = Item(
        item.name,
        item.asname,
        above=(*statement.above, *item.above),
        beside="  ".join(part for part in (item.beside, beside) if part),
    )
    index = item_index(entry.statement, whole, manners.order)
    entry.statement = with_item(entry.statement, whole, index, manners.wrap)


def _is_same_source(one: Statement, other: Statement) -> bool:
    return (one.module, one.level) == (other.module, other.level)
