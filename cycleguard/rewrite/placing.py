"""Where among existing imports a new one belongs.

In: runs of entries, and a statement. Out: the run, group and index for it. What is sorted stays
sorted; what is not gets the new one beside its nearest relative.
"""

from collections.abc import Sequence

from msgspec import Struct

from cycleguard.rewrite.entries import Entry, Group, Run
from cycleguard.rewrite.ordering import (
    ORDERS,
    Order,
    Section,
    item_key,
    section_of,
    statement_key,
)
from cycleguard.rewrite.settings import Style
from cycleguard.rewrite.statements import Item, Statement


class Spot(Struct, frozen=True, eq=False):
    """A place for a new entry: in an existing group, or as a group of its own."""

    run: Run
    group: int
    index: int
    is_new_group: bool = False


def order_of(groups: Sequence[Group], style: Style) -> Order:
    """The order that the groups are in; of several, that in which most are."""
    candidates = [order for order in ORDERS if _is_asked_for(order, style)] or list(ORDERS)
    return max(candidates, key=lambda order: sum(is_in_order(group, order) for group in groups))


def _is_asked_for(order: Order, style: Style) -> bool:
    asked = (
        (style.force_sort_within_sections, order.force_sort_within_sections),
        (style.case_sensitive, order.case_sensitive),
        (style.order_by_type, order.order_by_type),
    )
    return all(wanted in (None, has) for wanted, has in asked)


def is_in_order(group: Sequence[Entry], order: Order) -> bool:
    """Whether the entries of a group are sorted."""
    keys = [entry.key(order) for entry in group]
    return keys == sorted(keys)


def spot_for(
    statement: Statement, runs: Sequence[Run], order: Order, first_party: frozenset[str]
) -> Spot:
    """The best place in one of the `runs`; there is at least one."""
    section = section_of(statement, first_party)
    best: tuple[int, int, int, int] | None = None
    for r, run in enumerate(runs):
        for g, group in enumerate(run.groups):
            nearness = max(_kinship(entry.statement, statement) for entry in group)
            has_section = any(section_of(e.statement, first_party) == section for e in group)
            # In the section of its own, or beside modules of the same package.
            if has_section or nearness:
                score = 2 * has_section + bool(nearness)
                best = max(best or (0, 0, 0, 0), (score, nearness, r, g))
    if best is None:
        return _new_group(section, runs[-1], first_party)
    _, _, r, g = best
    group = runs[r].groups[g]
    sections = [section_of(entry.statement, first_party) for entry in group]
    # Nothing may stand above `from __future__`, sorted or not.
    first = max((n + 1 for n, each in enumerate(sections) if each is Section.FUTURE), default=0)
    return Spot(runs[r], g, max(first, _index(statement, group, order, first_party)))


def item_index(statement: Statement, item: Item, order: Order) -> int:
    """Where among the names of a statement a new one goes: sorted, or else at the end."""
    for candidate in (order, *ORDERS):
        keys = [item_key(each, candidate) for each in statement.items]
        if keys == sorted(keys):
            wanted = item_key(item, candidate)
            return sum(key <= wanted for key in keys)
    return len(statement.items)


def _index(statement: Statement, group: Group, order: Order, first_party: frozenset[str]) -> int:
    wanted = statement_key(statement, order)
    keys = [entry.key(order) for entry in group]
    if keys == sorted(keys):
        return sum(key <= wanted for key in keys)
    nearest = max(_kinship(entry.statement, statement) for entry in group)
    relatives = [
        n for n, entry in enumerate(group) if _kinship(entry.statement, statement) == nearest
    ]
    if not nearest:
        section = section_of(statement, first_party)
        of_section = [
            n for n, e in enumerate(group) if section_of(e.statement, first_party) == section
        ]
        return of_section[-1] + 1 if of_section else len(group)
    before = [n for n in relatives if keys[n] <= wanted]
    return before[-1] + 1 if before else relatives[0]


def _new_group(section: Section, run: Run, first_party: frozenset[str]) -> Spot:
    sections = [[section_of(e.statement, first_party) for e in group] for group in run.groups]
    # Sections that stand together in one group: the new one joins them.
    if len(run.groups) == 1 and len(set(sections[0])) > 1:
        before = [n for n, each in enumerate(sections[0]) if each <= section]
        return Spot(run, 0, before[-1] + 1 if before else 0)
    number = len(run.groups)
    while number and min(sections[number - 1]) > section:
        number -= 1
    return Spot(run, number, 0, is_new_group=True)


def _kinship(one: Statement, other: Statement) -> int:
    """How many leading parts of their modules two statements share."""
    if one.level or other.level:
        if one.level != other.level:
            return 0
        return 1 + _shared((one.module or "").split("."), (other.module or "").split("."))
    return _shared(_module(one).split("."), _module(other).split("."))


def _module(statement: Statement) -> str:
    return statement.module or statement.items[0].name


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
