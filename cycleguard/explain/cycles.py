"""The story of a cycle: what each member does as the first import, and one entry in full."""

from collections.abc import Iterable

from cycleguard.explain.stage import Stage
from cycleguard.model.analysis import Cycle
from cycleguard.model.cycles import Verdict
from cycleguard.model.findings import Outcome
from cycleguard.model.names import packages_above
from cycleguard.model.timeline import CycleStory, EntryOutcome, Timeline
from cycleguard.pipeline import Examined
from cycleguard.simulate.run import is_between
from cycleguard.simulate.timeline import EventKind, Record, record_entry

_OUTCOMES = {
    Verdict.CRASH: Outcome.CRASH,
    Verdict.SILENT: Outcome.SILENT,
    Verdict.UNKNOWN: Outcome.UNKNOWN,
}
_MOST_ENTRIES_TRIED = 12


def story_of_cycle(stage: Stage, examined: Examined, cycle: Cycle) -> CycleStory:
    """Everything about one cycle."""
    members = frozenset(cycle.component.modules)
    outcomes = tuple(_outcome(examined, name) for name in cycle.component.modules)
    return CycleStory(cycle, outcomes, _timeline(stage, examined, cycle, members))


def _outcome(examined: Examined, name: str) -> EntryOutcome:
    result = examined.simulated.failures.get(name)
    if result is None:
        return EntryOutcome(name, Outcome.OK)
    kind, message = (result.error.kind, result.error.message) if result.error else (None, None)
    return EntryOutcome(name, result.outcome or Outcome.UNKNOWN, kind, message)


def _timeline(stage: Stage, examined: Examined, cycle: Cycle, members: frozenset[str]) -> Timeline:
    wanted = _OUTCOMES.get(cycle.verdict)
    failing = [
        name
        for name, result in sorted(examined.simulated.failures.items())
        if result.outcome is wanted
        and (result.error is None or is_between(result.error, members) or name in members)
    ]
    if failing:
        return stage.timeline(min(failing, key=lambda name: (name not in members, name)))
    entry = _entry_with_most_requests(stage, sorted(members), members)
    return stage.timeline_between(entry, members)


def _entry_with_most_requests(stage: Stage, entries: Iterable[str], members: frozenset[str]) -> str:
    """The entry on whose way the members ask most of each other half-way; of several the first."""
    best, most = "", -1
    tried: dict[str, frozenset[str]] = {}
    for name in entries:
        # Importing what its parent has loaded already is the same as importing the parent.
        if any(name in tried.get(above, ()) for above in packages_above(name)):
            continue
        if len(tried) == _MOST_ENTRIES_TRIED:
            break
        record = record_entry(stage.world, name)
        tried[name] = _loaded(record)
        number = sum(
            event.kind is EventKind.ASK
            and event.module in members
            and event.stack[-1].module in members
            for event in record.events
        )
        if number > most:
            best, most = name, number
    return best


def _loaded(record: Record) -> frozenset[str]:
    return frozenset(e.module for e in record.events if e.kind is EventKind.FINISH)
