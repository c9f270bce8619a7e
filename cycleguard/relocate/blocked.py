"""A local import that cannot stand at the top as it is: which moves would let it.

In: a `Tree` and the import. Out: proposals, the cheapest first, each checked.

The cycle that the import would close has two ends that a move can open: what it wants can go
below its module, or what the other side wants of its module can.
"""

from collections.abc import Iterator

from cycleguard.model.proposals import Proposal
from cycleguard.model.resolved import ResolvedImport
from cycleguard.relocate.check import worse_graph, worse_outcome
from cycleguard.relocate.moving import move
from cycleguard.relocate.places import Settings
from cycleguard.relocate.routes import Wish, choices, definitions, edge_wishes
from cycleguard.relocate.tree import Tree


def proposals_for(
    tree: Tree, blocked: ResolvedImport, settings: Settings, most: int = 8
) -> Iterator[tuple[Proposal, Tree]]:
    """The moves after which `blocked` stands at the top and every entry imports as before.

    Args:
        tree: the project.
        blocked: a function-local import of modules of the project.
        settings: how new modules are called.
        most: how many moves to try.
    """
    found = [
        choice
        for wish in wishes_for(tree, blocked)
        for choice in choices(tree, wish, settings, blocked)
    ]
    found.sort(key=lambda choice: (choice.cost, choice.route.source, choice.route.target.name))
    for choice in found[:most]:
        proposal = move(tree, choice.route)
        if isinstance(proposal, Proposal):
            after = tree.changed(proposal.files, proposal.created)
            if after and not worse_graph(tree, after, proposal.touched):
                if not worse_outcome(tree, after):
                    yield proposal, after


def wishes_for(tree: Tree, blocked: ResolvedImport) -> Iterator[Wish]:
    """What would have to be elsewhere for `blocked` to move."""
    consumer = blocked.importer
    for target in blocked.internal:
        if not target.names or target.module == consumer:
            continue
        for source, names in definitions(tree, target.module, target.names).items():
            if source != consumer:
                yield Wish(consumer, source, names)
            seen: set[tuple[str, str]] = set()
            path = tree.reach.path(source, consumer)
            for edge in path[-1:]:
                if edge.names and (edge.importer, edge.imported) not in seen:
                    seen.add((edge.importer, edge.imported))
                    yield from edge_wishes(tree, edge)
