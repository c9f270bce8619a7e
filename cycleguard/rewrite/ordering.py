"""The order of import statements and of names in them, as isort defines it and ruff implements it.

Rules: `crates/ruff_linter/src/rules/isort/sorting.rs` and `order.rs`; natural order after `natord`.
"""

import re
import sys
from enum import IntEnum

from msgspec import Struct

from cycleguard.rewrite.statements import Item, Statement

_TOKEN = re.compile(r"\d+|\D")
_ZERO = ord("0")

Natural = tuple[tuple[int, int], ...]


class Section(IntEnum):
    """The groups of an import block, in their order."""

    FUTURE = 0
    STDLIB = 1
    THIRD_PARTY = 2
    FIRST_PARTY = 3
    LOCAL = 4


class Order(Struct, frozen=True):
    """The settings that change an order, by their isort names."""

    force_sort_within_sections: bool = False
    case_sensitive: bool = False
    order_by_type: bool = True


class ItemKey(Struct, frozen=True, order=True):
    """Compared field by field."""

    kind: int
    lowered: Natural
    exact: Natural
    asname: Natural


class StatementKey(Struct, frozen=True, order=True):
    """Compared field by field; `first` is empty for ``import a``."""

    style: int
    distance: tuple[int, int]
    lowered: Natural
    exact: Natural
    first: tuple[ItemKey, ...]
    asname: Natural


ORDERS = tuple(
    Order(within, case, by_type)
    for within in (False, True)
    for case in (False, True)
    for by_type in (True, False)
)


def section_of(statement: Statement, first_party: frozenset[str]) -> Section:
    """The section of a statement; ``import a, b`` has that of `a`."""
    if statement.level:
        return Section.LOCAL
    module = statement.module or statement.items[0].name
    top = module.partition(".")[0]
    if top == "__future__":
        return Section.FUTURE
    if top in first_party or top == "__main__":
        return Section.FIRST_PARTY
    return Section.STDLIB if top in sys.stdlib_module_names else Section.THIRD_PARTY


def statement_key(statement: Statement, order: Order) -> StatementKey:
    """What statements of one section are sorted by."""
    item = statement.items[0]
    is_from = statement.is_from
    module = (statement.module or "") if is_from else item.name
    return StatementKey(
        style=0 if order.force_sort_within_sections else int(is_from),
        # Absolute before relative, and of those the furthest first.
        distance=(1, -statement.level) if statement.level else (0, 0),
        lowered=_lowered(module, order),
        exact=natural(module),
        first=(item_key(item, order),) if is_from else (),
        asname=natural("" if is_from else item.asname or ""),
    )


def item_key(item: Item, order: Order) -> ItemKey:
    """What the names of one statement are sorted by."""
    return ItemKey(
        kind=_kind(item.name) if order.order_by_type else 0,
        lowered=_lowered(item.name, order),
        exact=natural(item.name),
        asname=natural(item.asname or ""),
    )


def natural(name: str) -> Natural:
    """A key that counts digits as numbers: ``a2`` before ``a10``."""
    return tuple(
        (_ZERO, int(token)) if token.isdecimal() else (ord(token), 0)
        for token in _TOKEN.findall(name)
    )


def _lowered(name: str, order: Order) -> Natural:
    return () if order.case_sensitive else natural(name.lower())


def _kind(name: str) -> int:
    """Constants, then classes, then all others."""
    if len(name) > 1 and name.isupper():
        return 0
    return 1 if name[:1].isupper() else 2
