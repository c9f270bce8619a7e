"""A local import that cannot stand at the top as it is: which moves would let it.

In: a `Tree` and the import. Out: proposals, the cheapest first, each checked.

What blocks it the simulation says: the import is tried at the top, and where an entry fails, one
module asks another one, which is half-way, for a name. Either what the import wants goes below its
module, or what the other side wants does; or that side takes the name from where it is defined.
Where yet another one asks in vain after that, its import is cut as well.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from cycleguard.graph.arcs import Arc
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edges import Timing
from cycleguard.model.edits import FileEdit, Hoist, Place
from cycleguard.model.proposals import Impossible, Proposal
from cycleguard.model.resolved import ResolvedImport
from cycleguard.relocate.check import obstacle, worse_graph, worse_outcome
from cycleguard.relocate.moving import move
from cycleguard.relocate.places import Settings
from cycleguard.relocate.reexported import redirection
from cycleguard.relocate.routes import (
    Choice,
    Wish,
    choices,
    definitions,
    edge_wishes,
    sorted_choices,
)
from cycleguard.relocate.sketch import Outline, sketch_of_move
from cycleguard.relocate.tree import Tree
from cycleguard.relocate.ways import Ways
from cycleguard.rewrite.rewrite import rewrite
from cycleguard.simulate.run import place_of

Moves = tuple[Proposal, ...]
"""What is done for one import, in order."""

_MOST_WAYS = 4


def proposals_for(
    tree: Tree, blocked: ResolvedImport, settings: Settings, most: int = 8
) -> Iterator[tuple[Moves, Tree]]:
    """The moves after which `blocked` stands at the top and every entry imports as before.

    Args:
        tree: the project.
        blocked: a function-local import of modules of the project.
        settings: how new modules are called.
        most: how many moves to try.
    """
    arcs: list[Arc] = blocking(tree, blocked)
    further: Arc | None = None
    for moves, after in candidates_for(tree, blocked, arcs, [], settings, most):
        worse = worse_outcome(tree, after)
        if not worse:
            yield moves, after
        further = further or obstacle(after, worse[:1])
    if further:
        for moves, after in candidates_for(tree, blocked, arcs, [further], settings, 2):
            if not worse_outcome(tree, after):
                yield moves, after


def candidates_for(
    tree: Tree,
    blocked: ResolvedImport,
    arcs: list[Arc],
    further: list[Arc],
    settings: Settings,
    most: int,
) -> Iterator[tuple[Moves, Tree]]:
    """The same as far as the graph tells: whether every entry imports has not been asked.

    `arcs` are what `blocking` says, `further` what was in the way after a first move. An import of
    a function that runs while its module is imported stays: at the top, it could stand below the
    call.
    """
    if blocked.statement.timing is Timing.EAGER:
        return
    for proposal in (*_turned(tree, blocked, arcs), *_moves(tree, blocked, arcs, settings, most)):
        after = tree.changed(proposal.files, proposal.created)
        if after and not worse_graph(tree, after, proposal.touched):
            cleared = _cleared(after, further, settings)
            if cleared:
                yield (proposal, *cleared[0]), cleared[1]


def _cleared(tree: Tree, arcs: list[Arc], settings: Settings) -> tuple[Moves, Tree] | None:
    """The project without some imports, each cut in the cheapest way; None if one cannot be."""
    made: list[Proposal] = []
    for arc in arcs:
        if arc not in tree.level(CycleKind.EAGER):
            continue
        found = _cut(tree, arc, settings)
        if found is None:
            return None
        made.append(found[0])
        tree = found[1]
    return tuple(made), tree


def _cut(tree: Tree, arc: Arc, settings: Settings) -> tuple[Proposal, Tree] | None:
    for way in Ways(tree, CycleKind.EAGER, settings).of(arc)[:_MOST_WAYS]:
        proposal = way.proposal(tree)
        if isinstance(proposal, Impossible):
            continue
        after = tree.changed(proposal.files, proposal.created)
        if after and arc not in after.level(CycleKind.EAGER):
            if not worse_graph(tree, after, proposal.touched):
                return proposal, after
    return None


def _turned(tree: Tree, blocked: ResolvedImport, arcs: list[Arc]) -> Iterator[Proposal]:
    """The import at the top, and the other side asks the defining module."""
    for importer, imported in arcs:
        edges = [edge for edge in tree.edges_from(importer) if edge.imported == imported]
        found = redirection(tree, edges)
        turned = tree.changed(found.files) if found else None
        hoisted = _hoisted(turned, blocked) if turned else None
        if found and hoisted:
            files = {path: hoisted.contents[path] for path in (*found.files, blocked.path)}
            where = f"line {blocked.statement.line} of {blocked.importer}"
            story = (*found.story, f"the import of {where} goes to the top")
            yield replace(found, files=files, story=story)


def _moves(
    tree: Tree, blocked: ResolvedImport, arcs: list[Arc], settings: Settings, most: int
) -> Iterator[Proposal]:
    wishes = {*wishes_for(tree, blocked), *_wishes_of(tree, arcs)}
    found = [choice for wish in wishes for choice in choices(tree, wish, settings, blocked)]
    fine = sorted_choices(choice for choice in found if not _ties(tree, blocked, choice))
    for choice in fine[:most]:
        proposal = move(tree, choice.route)
        if isinstance(proposal, Proposal):
            yield proposal


def _ties(tree: Tree, blocked: ResolvedImport, choice: Choice) -> bool:
    """Whether a move makes a new cycle, with the import at the top."""
    importer, route = blocked.importer, choice.route
    names = {n for t in blocked.internal if t.module == route.source for n in t.names}
    moved = {route.source} if names and names <= choice.load.names else set[str]()
    ends = {target.module for target in blocked.internal} - moved
    ends |= {route.target.name} if moved else set()
    sketch = sketch_of_move(tree, route, choice.load)
    eager = sketch.adds[CycleKind.EAGER] | {(importer, end) for end in ends - {importer}}
    sketch = replace(sketch, adds={**sketch.adds, CycleKind.EAGER: eager})
    return Outline(tree).changed(sketch).ties(sketch)


def _hoisted(tree: Tree, blocked: ResolvedImport) -> Tree | None:
    """The project with the import at the top of its file; None where the file forbids it."""
    module = tree.modules[blocked.importer]
    for each in tree.by_importer.get(blocked.importer, ()):
        statement = each.statement
        is_same = statement.scope == blocked.statement.scope and statement.is_local
        if is_same and statement.statement == blocked.statement.statement:
            edit = Hoist(Place(statement.line, statement.column))
            file = FileEdit(module.path, module.name, module.is_package, (edit,))
            facts = tree.facts[module.name]
            result = rewrite(tree.read(module.name), file, facts, tree.style(module.name))
            return tree.changed({module.path: result.content}) if result.done else None
    return None


def blocking(tree: Tree, blocked: ResolvedImport) -> list[Arc]:
    """Who asks which module for a name too early, with the import at the top."""
    hoist = tree.hoists.get(place_of(blocked))
    if hoist is None or not hoist.chain or not hoist.module:
        return []
    return [(hoist.chain[-1].module, hoist.module)]


def _wishes_of(tree: Tree, arcs: list[Arc]) -> Iterator[Wish]:
    for importer, imported in arcs:
        for edge in tree.edges_from(importer):
            if edge.imported == imported:
                yield from edge_wishes(tree, edge)


def wishes_for(tree: Tree, blocked: ResolvedImport) -> Iterator[Wish]:
    """What would have to be elsewhere for `blocked` to move."""
    consumer = blocked.importer
    for target in blocked.internal:
        if not target.names or target.module == consumer:
            continue
        for source, names in definitions(tree, target.module, target.names).items():
            if source != consumer:
                yield Wish(consumer, source, names)
            last = tree.loads.path(source, consumer)[-2:-1]
            yield from _wishes_of(tree, [(importer, consumer) for importer in last])
