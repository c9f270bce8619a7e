"""The passes under the other policies, in a process of their own while the first one goes on.

They are begun before anybody knows whether they are needed, and given up if not: what is asked for
does not depend on the number of processes.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection

import msgspec

from cycleguard.collect.functions import FunctionSource
from cycleguard.model.imports import ModuleFacts
from cycleguard.model.modules import Project
from cycleguard.processes import starting
from cycleguard.simulate.build import build_world
from cycleguard.simulate.entries import Result, run_pass
from cycleguard.simulate.world import POLICIES, Policy, World

Pass = Callable[[Policy], dict[str, Result]]

# Below, a second process costs more time than it saves.
_MANY_ENTRIES = 400


@contextmanager
def other_passes(
    world: World,
    project: Project,
    facts: Mapping[str, ModuleFacts],
    contents: Mapping[str, bytes],
    names: Sequence[str],
    jobs: int,
) -> Iterator[Pass]:
    """Give the function that has the results of a pass, under any policy but the first.

    Args:
        world: what `project`, `facts` and `contents` make.
        project: the project.
        facts: of its files.
        contents: files that are not as on the disk, by path.
        names: the entries, sorted.
        jobs: how many processes may work, this one included.
    """

    def here(policy: Policy) -> dict[str, Result]:
        return run_pass(world, policy, names)

    if jobs == 1 or len(names) < _MANY_ENTRIES:
        yield here
        return
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    encoded = msgspec.msgpack.encode(facts)
    arguments = (sender, project, encoded, dict(contents), list(names))
    process = context.Process(target=_work, args=arguments, daemon=True)
    with starting():
        process.start()
    sender.close()
    known: dict[Policy, dict[str, Result]] = {}

    def there(policy: Policy) -> dict[str, Result]:
        while policy not in known:
            try:
                each, results = receiver.recv()
            except EOFError:
                # The process has been killed: for want of memory, say.
                return here(policy)
            known[each] = results
        return known[policy]

    try:
        yield there
    finally:
        process.terminate()
        process.join()
        receiver.close()


def _work(
    sender: Connection,
    project: Project,
    encoded: bytes,
    contents: dict[str, bytes],
    names: list[str],
) -> None:
    facts = msgspec.msgpack.decode(encoded, type=dict[str, ModuleFacts])
    world = build_world(project, facts, FunctionSource(project, contents).read)
    for policy in POLICIES[1:]:
        sender.send((policy, run_pass(world, policy, names)))
