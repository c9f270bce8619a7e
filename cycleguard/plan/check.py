"""The last look at a round, and at moves: the project as it was read anew is the promised one.

In: the project before, and what a round has made of it. A difference is a bug of ours, or a file
that means something else than it seems: then nothing is written.
"""

from collections.abc import Iterable

from cycleguard.errors import ApplyError
from cycleguard.model.edges import Timing
from cycleguard.model.findings import Outcome
from cycleguard.model.imports import BindingKind
from cycleguard.model.proposals import Proposal as Restructuring
from cycleguard.pipeline import Resolved
from cycleguard.plan.names import public_names
from cycleguard.plan.predict import predicted_edges, seen_edges
from cycleguard.plan.settle import Failures, Settled
from cycleguard.relocate.check import is_worse


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
        # What `rewrite` does without where the last block for type checkers goes.
        lost = public_names(facts) - public_names(new) - {"TYPE_CHECKING"}
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


def check_moves(
    before: Resolved,
    after: Resolved,
    moves: Iterable[Restructuring],
    ends: tuple[Failures, Failures],
) -> None:
    """Look at the project with definitions moved: each is where it went, nothing public is gone.

    `ends` are how its entries end, before and after.

    Raises:
        ApplyError: a name is missing, or a module would import worse than it did.
    """
    for module, facts in before.facts.items():
        new = after.facts.get(module)
        bound = {binding.name for binding in new.bindings} if new else set[str]()
        own = {b.name for b in facts.bindings if b.kind is not BindingKind.IMPORT}
        lost = {name for name in own - bound if not name.startswith("_")}
        if new is None or lost:
            raise _differs(module, f"{min(lost, default=module)} would be gone")
    for moved in (each for move in moves for each in move.moved):
        target = after.facts.get(moved.target)
        bound = {binding.name for binding in target.bindings} if target else set[str]()
        missing = set(moved.names) - bound
        if missing:
            raise _differs(moved.target, f"{min(missing)} would not be bound")
    was, now = ends
    for name, result in sorted(now.items()):
        # What crashed in one way may do so in another, once its names stand elsewhere.
        if result.outcome is not Outcome.OK and is_worse(was.get(name), result):
            raise _differs(name, f"it would import worse: {result.outcome}")


def _bound(text: str) -> str:
    """The name that an import of one name binds."""
    last = text.split()[-1]
    return last if text.startswith("from ") or " as " in text else last.partition(".")[0]


def _differs(module: str, how: str) -> ApplyError:
    return ApplyError(
        f"the repair of {module} would not be what was planned ({how}); nothing was changed: "
        "please report this"
    )
