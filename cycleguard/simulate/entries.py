"""Every module as the first import of a fresh interpreter: ok, crash, silent or unknown.

Entries are walked as the tree that their names form: importing ``a.b.c`` starts with ``a`` and
``a.b``, so what those do is run once, and taken back when the last entry below them is done.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.model.findings import Outcome
from cycleguard.model.names import with_packages
from cycleguard.options import Progress
from cycleguard.simulate.errors import GuessedError, SimulatedError
from cycleguard.simulate.machine import Machine
from cycleguard.simulate.sharing import SharedMachine
from cycleguard.simulate.world import POLICIES, Policy, World

_DEEPEST_RECURSION = 200_000


class Result(Struct, frozen=True):
    """What one entry came to under one policy; `error` is what was raised or swallowed.

    `outcome` None: the run ended in a way that says nothing about order. `may_fail`: it is ok, but
    whatever the policy, code that it runs refuses to as long as something is not set up.
    """

    outcome: Outcome | None
    error: SimulatedError | None
    asked: frozenset[str]
    may_fail: bool = False


def simulate_entries(world: World, names: Iterable[str]) -> dict[str, Result]:
    """Import each of `names` first, under every policy that could make a difference."""
    names = sorted(names)
    return over_policies(lambda policy: run_pass(world, policy, names))


def over_policies(run: Callable[[Policy], dict[str, Result]]) -> dict[str, Result]:
    """One answer for each entry, from as many runs over them as could make a difference."""
    passes: list[dict[str, Result]] = []
    asked: set[str] = set()
    for policy in POLICIES:
        if is_needed(policy, asked):
            passes.append(run(policy))
            asked.update(*(result.asked for result in passes[-1].values()))
    return {name: combined([results[name] for results in passes]) for name in passes[0]}


def run_pass(world: World, policy: Policy, names: Sequence[str]) -> dict[str, Result]:
    """Import each of `names` first, under one policy."""
    with deep_recursion():
        return visit_entries(SharedMachine(world, policy), names)


def is_needed(policy: Policy, asked: set[str]) -> bool:
    """Whether a run under `policy` can differ from one under the first policy."""
    is_first = policy == POLICIES[0]
    wants_branch = policy.takes_branches or "branch" in asked
    wants_optional = policy.has_optional or "optional" in asked
    return is_first or (wants_branch and wants_optional)


def combined(results: list[Result]) -> Result:
    """One answer from the policies' answers: where they differ, it is not known."""
    # A run that went wrong for want of knowledge does not speak against one that did not.
    known = [r for r in results if r.outcome not in (None, Outcome.UNKNOWN)]
    if not known:
        blamed = next((r for r in results if r.error is not None), results[0])
        return Result(Outcome.UNKNOWN, blamed.error, blamed.asked)
    outcomes = {result.outcome for result in known}
    # It does speak against a crash, which one way through the program cannot prove.
    if outcomes == {Outcome.CRASH} and len(known) < len(results):
        return Result(Outcome.UNKNOWN, known[0].error, known[0].asked)
    # Nor can two, if a way between the two might bind what they miss.
    untaken = [result for result in known if result.error and result.error.is_untaken]
    if outcomes == {Outcome.CRASH} and untaken:
        return Result(Outcome.UNKNOWN, untaken[0].error, untaken[0].asked)
    if len(outcomes) == 1:
        refuses = all("refused" in each.asked for each in results)
        return replace(known[0], may_fail=refuses and outcomes == {Outcome.OK})
    if outcomes == {Outcome.OK, Outcome.SILENT}:
        return next(result for result in known if result.outcome is Outcome.SILENT)
    worst = next((r for r in known if r.outcome is Outcome.CRASH), known[0])
    return Result(Outcome.UNKNOWN, worst.error, worst.asked)


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Room for chains of imports: the machine recurses in Python, not on the C stack."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _DEEPEST_RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def visit_entries(
    machine: Machine, names: Sequence[str], progress: Progress | None = None
) -> dict[str, Result]:
    """Import each of `names` first, what they have in common once; state is taken back.

    `progress` is told how many of how many modules have been imported.
    """
    children: dict[str, list[str]] = {}
    wanted = frozenset(names)
    for name in sorted({prefix for each in names for prefix in with_packages(each)}):
        children.setdefault(name.rpartition(".")[0], []).append(name)
    total = sum(map(len, children.values()))
    results: dict[str, Result] = {}

    def is_done() -> None:
        if progress is not None:
            progress(len(results), total)

    _visit_below("", machine, children, results, is_done)
    return {name: results[name] for name in wanted}


def _visit_below(
    parent: str,
    machine: Machine,
    children: Mapping[str, list[str]],
    results: dict[str, Result],
    is_done: Callable[[], None],
) -> None:
    for name in children.get(parent, ()):
        mark, asked = machine.mark(), dict(machine.asked)
        above = results.get(parent)
        if above is not None and above.outcome in (None, Outcome.CRASH, Outcome.UNKNOWN):
            # The parent's import fails first, and with it every entry below.
            results[name] = above
        else:
            results[name] = run_entry(machine, name)
        machine.settle(name, is_crash=results[name].outcome is Outcome.CRASH)
        is_done()
        _visit_below(name, machine, children, results, is_done)
        machine.undo(mark)
        machine.asked = asked


def run_entry(machine: Machine, name: str) -> Result:
    """Import `name` in the state that the machine is in; the state is kept."""
    error: SimulatedError | None = None
    outcome: Outcome | None = Outcome.OK
    try:
        machine.import_module(name)
    except SimulatedError as raised:
        error = raised
        outcome = Outcome.CRASH if raised.is_certain else Outcome.UNKNOWN
    except GuessedError:
        outcome = None
    if outcome is Outcome.OK and machine.silent:
        outcome, error = Outcome.SILENT, machine.silent[-1][1]
    return Result(outcome, error, frozenset(machine.asked))
