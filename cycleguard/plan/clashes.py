"""Which edits cannot be made together with the others: a first look, cheaper than a full trial.

In: a project with all edits made. Out: the few to drop. All that goes wrong is found in one run,
under the first policy; whether what is left is safe, `settle` asks afterwards.
"""

from collections.abc import Mapping

from cycleguard.collect.functions import FunctionSource
from cycleguard.model.findings import Outcome
from cycleguard.pipeline import Resolved
from cycleguard.plan.batch import Rendered, Turn, names_with
from cycleguard.plan.blame import chosen, suspects
from cycleguard.plan.dropped import Dropped, because
from cycleguard.simulate.build import build_world
from cycleguard.simulate.entries import Result
from cycleguard.simulate.run import entry_names
from cycleguard.simulate.together import Added, Clash, simulate_together


def clashing(
    after: Resolved, before: Mapping[str, Result], turns: Mapping[str, Turn], rendered: Rendered
) -> dict[str, Dropped]:
    """The proposals to drop, and why; `before` is how the entries end without the edits."""
    owners = _owners(after, turns, rendered)
    if not owners:
        return {}
    read_function = FunctionSource(after.project, after.contents).read
    world = build_world(after.project, after.facts, read_function)
    entries = [
        name
        for name in entry_names(after.project)
        if name not in before or before[name].outcome is not Outcome.CRASH
    ]
    clashes = simulate_together(world, entries, owners)
    ways = {str(number): _way(clash, owners) for number, clash in enumerate(clashes)}
    found: dict[str, Dropped] = {}
    for name in chosen(ways):
        met = (int(number) for number, way in ways.items() if any(name in each for each in way))
        first = clashes[min(met)]
        found[name] = because({first.entry: first.error}, first.doubt)
    return found


def _owners(
    after: Resolved, turns: Mapping[str, Turn], rendered: Rendered
) -> dict[Added, frozenset[str]]:
    """Which proposals an import of a name at module level comes from."""
    found: dict[Added, set[str]] = {}
    for name, turn in turns.items():
        facts = after.facts.get(turn.proposal.module)
        done = rendered.done.get(name)
        if done is None or facts is None:
            continue
        for text in done.statements:
            for line, alias in names_with(text, facts):
                added = Added((turn.proposal.module, line), alias)
                found.setdefault(added, set()).add(name)
    return {added: frozenset(names) for added, names in found.items()}


def _way(clash: Clash, owners: Mapping[Added, frozenset[str]]) -> tuple[frozenset[str], ...]:
    if clash.error is None:
        return (owners[clash.way[-1][0]],)
    return suspects(clash.error, {number: owners[added] for added, number in clash.way})
