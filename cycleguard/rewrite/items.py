"""An import statement with one name more, or some less; its layout is kept.

In: a `Statement`. Out: another.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from cycleguard.rewrite.setting import one_per_line, rendered
from cycleguard.rewrite.statements import Item, Layout, Statement, Wrap, bound_by


def without(statement: Statement, names: Iterable[str]) -> Statement:
    """The statement without the items that bind `names`; at least one must be left."""
    gone = frozenset(names)
    kept: list[Item] = []
    starts_line = False
    for item in statement.items:
        starts_line = starts_line or item.starts_line
        if bound_by(statement, item) not in gone:
            kept.append(replace(item, starts_line=starts_line))
            starts_line = False
    rest = replace(statement, items=tuple(kept))
    # from m import (⏎ a,⏎): one name needs no brackets
    if len(kept) == 1 and not rest.has_comments:
        return replace(rest, items=(replace(kept[0], starts_line=False),), layout=Layout())
    return rest


def with_item(statement: Statement, item: Item, index: int, wrap: Wrap) -> Statement:
    """The statement with one more item, as the item number `index`."""
    items = list(statement.items)
    is_vertical = all(each.starts_line for each in items)
    if (item.above or item.beside) and not is_vertical:
        statement = one_per_line(statement)
        items, is_vertical = list(statement.items), True
    starts_line = is_vertical
    # A line that begins with the next item begins with the new one if the line before is full.
    if not is_vertical and index < len(items) and items[index].starts_line:
        if not _has_room(statement, index, item, wrap):
            starts_line = True
            items[index] = replace(items[index], starts_line=False)
    items.insert(index, replace(item, starts_line=starts_line))
    return replace(statement, items=tuple(items))


def _has_room(statement: Statement, index: int, item: Item, wrap: Wrap) -> bool:
    before = replace(statement, items=statement.items[:index])
    last = rendered(before, wrap).split("\n")[-1]
    return len(last) + len(f" {item},") <= wrap.width
