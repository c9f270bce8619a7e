"""The last look at a round: the project as it was read anew is the project that was promised.

In: the project before, and what a round has made of it. A difference is a bug of ours, or a file
that means something else than it seems: then nothing is written.
"""

from cycleguard.errors import ApplyError
from cycleguard.model.edges import Timing
from cycleguard.pipeline import Resolved
from cycleguard.plan.names import public_names
from cycleguard.plan.predict import predicted_edges, seen_edges
from cycleguard.plan.settle import Settled


def check(before: Resolved, settled: Settled) -> None:
    """Compare prediction and project.

    Raises:
        ApplyError: they differ.
    """
    after = settled.resolved
    for module, facts in before.facts.items():
        new = after.facts.get(module)
        if new is None:
            continue
        lost = public_names(facts) - public_names(new)
        if lost:
            raise _differs(module, f"{min(lost)} would be gone")
    edits = {name: turn for name, turn in settled.turns.items() if turn.edit is not None}
    for name, turn in edits.items():
        done = settled.rendered.done[name]
        bound = {binding.name for binding in after.facts[turn.proposal.module].bindings}
        absent = {_bound(text) for text in done.statements} - bound
        if absent:
            raise _differs(turn.proposal.module, f"{min(absent)} would not be bound")
    dones = {
        turn.proposal.id: (turn.proposal, settled.rendered.done[name])
        for name, turn in edits.items()
    }
    # Of whole files nothing is foretold.
    whole = _importers(settled)
    predicted, seen = predicted_edges(before, after, dones.values()), seen_edges(after)
    # A name that moves up leaves the block for type checkers, where it stood besides.
    spared = {edge for edge in predicted - seen if edge[2] == Timing.TYPING}
    for edge in sorted((predicted ^ seen) - spared):
        if edge[0] in whole:
            continue
        what = "is missing" if edge in predicted else "was not meant to be"
        importer, imported, timing = edge
        raise _differs(importer, f"an import of {imported} ({timing}) {what}")


def _importers(settled: Settled) -> frozenset[str]:
    paths = {path for turn in settled.turns.values() for path, _ in turn.proposal.files}
    return frozenset(m.name for m in settled.resolved.project.modules if m.path in paths)


def _bound(text: str) -> str:
    """The name that an import of one name binds."""
    last = text.split()[-1]
    return last if text.startswith("from ") or " as " in text else last.partition(".")[0]


def _differs(module: str, how: str) -> ApplyError:
    return ApplyError(
        f"the repair of {module} would not be what was planned ({how}); nothing was changed: "
        "please report this"
    )
