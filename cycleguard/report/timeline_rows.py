"""The rows of a timeline: what is left out, and what shares a row.

Of very many requests that are met the most telling are kept. Chains of modules that only wait for
each other become one row.
"""

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.model.timeline import Answer, Kind, Moment

_LONGEST_CHAIN = 2
_MOST_REQUESTS = 8
# From what is least a matter of course.
_TELLING = (Answer.BOUND, Answer.FALLBACK, Answer.OBJECT, Answer.SUBMODULE)


class Row(Struct, frozen=True):
    """One moment, or several that are told together; `label` numbers them."""

    label: str
    moments: tuple[Moment, ...]
    ended: tuple[str, ...]
    others: int


def shortened(moments: tuple[Moment, ...]) -> tuple[tuple[Moment, ...], int]:
    """The moments without some of very many requests; the second value counts those."""
    asks = [number for number, moment in enumerate(moments) if moment.kind is Kind.ASK]
    asks.sort(key=lambda n: (_TELLING.index(moments[n].answer), -len(moments[n].alike), n))
    dropped = frozenset(asks[_MOST_REQUESTS:])
    needed: set[int] = set()
    under_way: list[int] = []
    for number, moment in enumerate(moments):
        under_way = [n for n in under_way if moments[n].asked not in moment.ended]
        if moment.kind is Kind.START:
            under_way.append(number)
        elif number not in dropped:
            needed.update(under_way, [number])
    left_out = sum(1 + len(moments[number].alike) for number in dropped)
    return (tuple(_kept(moments, needed)) if dropped else moments), left_out


def _kept(moments: tuple[Moment, ...], needed: set[int]) -> Iterator[Moment]:
    """The needed moments, with all that has finished since the last needed one."""
    told = {moments[n].asked for n in needed if moments[n].kind is Kind.START}
    ended: list[str] = []
    others = 0
    for number, moment in enumerate(moments):
        ended += [name for name in moment.ended if name in told]
        others += moment.others + sum(name not in told for name in moment.ended)
        if number in needed:
            yield replace(moment, ended=tuple(ended), others=others)
            ended, others = [], 0


def folded(moments: tuple[Moment, ...]) -> list[Row]:
    """Number the moments, and put chains together that lead from one that matters to the next."""
    matters = {name for m in moments if m.kind is not Kind.START for name in (m.asked, m.asker)}
    rows: list[Row] = []
    number = 1
    for group in _groups(moments, matters):
        last = number + len(group) - 1
        label = f"T{number}" if last == number else f"T{number}-T{last}"
        # What finished inside a chain is told with it, at its head.
        ended = tuple(name for moment in group for name in moment.ended)
        rows.append(Row(label, group, ended, sum(moment.others for moment in group)))
        number = last + 1
    return rows


def _groups(moments: tuple[Moment, ...], matters: set[str]) -> Iterator[tuple[Moment, ...]]:
    chain: list[Moment] = []
    for moment in moments:
        is_link = moment.kind is Kind.START and moment.at is not None
        if is_link and not {moment.asked, waiting(moment)} & matters:
            chain.append(moment)
            continue
        yield from _settled(chain)
        chain = []
        yield (moment,)
    yield from _settled(chain)


def _settled(chain: list[Moment]) -> Iterator[tuple[Moment, ...]]:
    if len(chain) > _LONGEST_CHAIN:
        yield tuple(chain)
    else:
        yield from ((moment,) for moment in chain)


def waiting(moment: Moment) -> str:
    """The module that waits while another one starts; empty for the first import."""
    return moment.called_at.module if moment.called_at else moment.asker
