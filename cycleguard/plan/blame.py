"""Which entries a change makes worse, and which proposals that is to be blamed on.

In: what does not import cleanly before and after, and whose the new lines are. Out: for each entry
that is worse the proposals on the way to its failure; of those, the few to drop.
"""

from collections.abc import Iterable, Mapping

from cycleguard.model.findings import Outcome
from cycleguard.plan.batch import Line
from cycleguard.simulate.entries import Result
from cycleguard.simulate.errors import SimulatedError

_ORDER = (Outcome.OK, Outcome.SILENT, Outcome.UNKNOWN, Outcome.CRASH)


def worse(before: Mapping[str, Result], after: Mapping[str, Result]) -> dict[str, Result]:
    """The entries of `after` that end worse than `before`, or as badly in another way."""
    found = ((name, result) for name, result in sorted(after.items()))
    return {name: result for name, result in found if _is_worse(before.get(name), result)}


def _is_worse(known: Result | None, result: Result) -> bool:
    if result.outcome is Outcome.OK:
        return False
    if known is None:
        return True
    was, now = _outcome(known), _outcome(result)
    if was is Outcome.CRASH:
        # It is broken as it is: nothing that it does can be spoilt.
        return False
    if was is now:
        return _cause(known) != _cause(result)
    return _ORDER.index(now) > _ORDER.index(was)


def _outcome(result: Result) -> Outcome:
    return result.outcome or Outcome.UNKNOWN


def _cause(result: Result) -> tuple[str | None, ...]:
    error = result.error
    return (error.kind, error.module, error.missing) if error else ()


def suspects(
    error: SimulatedError | None, owned: Mapping[int, frozenset[str]]
) -> tuple[frozenset[str], ...]:
    """The proposals whose statements are under way at the failure, outermost first.

    Those above the module that is half-way have no part in the cycle: they are not blamed, unless
    there is no other. `owned` are those of each frame of the chain of `error` that has some.
    """
    if error is None:
        return ()
    wanted = {error.module, f"{error.module}.{error.missing}"}
    starts = [number for number, frame in enumerate(error.chain) if frame.module in wanted]
    within = [number for number in sorted(owned) if starts and number >= starts[0]]
    return tuple(owned[number] for number in within or sorted(owned))


def owned_frames(
    error: SimulatedError | None, owners: Mapping[Line, set[str]]
) -> dict[int, frozenset[str]]:
    """The proposals that lines of the chain of `error` come from, by the number of the frame."""
    lines = [(frame.module, frame.line) for frame in error.chain] if error else []
    return {n: frozenset(owners[line]) for n, line in enumerate(lines) if line in owners}


def chosen(ways: Mapping[str, tuple[frozenset[str], ...]]) -> frozenset[str]:
    """Few proposals without which none of the failures can come about as it did.

    Each failure needs all the statements of its way: one has to go. Those that are on most ways go
    first; of equals, the one nearest to a failure, and then the first by name.
    """
    pending = {entry: way for entry, way in ways.items() if way}
    dropped: set[str] = set()
    while pending:
        counts: dict[str, int] = {}
        depth: dict[str, int] = {}
        for way in pending.values():
            for number, owners in enumerate(way):
                for name in owners - dropped:
                    counts[name] = counts.get(name, 0) + 1
                    depth[name] = max(depth.get(name, 0), number)
        worst = min(counts, key=lambda name: (-counts[name], -depth[name], name))
        dropped |= _always_with(worst, counts, pending.values())
        pending = {
            entry: way
            for entry, way in pending.items()
            if not any(owners <= dropped for owners in way)
        }
    return frozenset(dropped)


def _always_with(
    worst: str, counts: Mapping[str, int], ways: Iterable[tuple[frozenset[str], ...]]
) -> frozenset[str]:
    """The proposals that made the same statement as `worst`, wherever one of them is under way."""
    common = (owners for way in ways for owners in way if worst in owners)
    shared = frozenset[str].intersection(*common)
    return frozenset(name for name in shared if counts.get(name) == counts[worst])
