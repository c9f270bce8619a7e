"""A local import that cannot stand at the top as it is: which moves would let it.

In: a `Tree` and the import. Out: proposals, the cheapest first, each checked.

What blocks it the simulation says: the import is tried at the top, and where an entry fails, one
module asks another one, which is half-way, for a name. Either what the import wants goes below its
module, or what the other side wants does; or that side takes the name from where it is defined.
Where yet another one asks in vain after that, its import is cut as well.
"""

from collections.abc import Callable, Iterator

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
from cycleguard.relocate.trail import Verdict
from cycleguard.relocate.tree import Tree
from cycleguard.relocate.ways import Ways
from cycleguard.rewrite.rewrite import rewrite
from cycleguard.simulate.run import place_of

Moves = tuple[Proposal, ...]
"""What is done for one import, in order."""

Judge = Callable[[Moves, Tree], Verdict]
"""What is said of moves, and the project after them."""

_MOST_WAYS = 4
_MOST_FURTHER = 3
_MOST_CLEARED = 2


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

    def judge(moves: Moves, after: Tree) -> Verdict:
        worse = worse_outcome(tree, after)
        return Verdict(False, obstacle(after.outcomes[worse[0]])) if worse else Verdict()

    return candidates_for(tree, blocked, blocking(tree, blocked), judge, settings, most)


def candidates_for(
    tree: Tree,
    blocked: ResolvedImport,
    arcs: list[Arc],
    judge: Judge,
    settings: Settings,
    most: int,
) -> Iterator[tuple[Moves, Tree]]:
    """The same as far as the graph and `judge` tell.

    `arcs` are what `blocking` says. An import of a function that runs while its module is imported
    stays: at the top, it could stand below the call.
    """
    if blocked.statement.timing is Timing.EAGER:
        return
    obstructed: list[tuple[Moves, Tree, Arc]] = []
    for proposal in (*_turned(tree, blocked, arcs), *_moves(tree, blocked, arcs, settings, most)):
        after = tree.changed(proposal.files, proposal.created)
        if after and not worse_graph(tree, after, proposal.touched):
            verdict = judge((proposal,), after)
            if verdict.is_fine:
                yield (proposal,), after
            elif verdict.obstacle:
                obstructed.append(((proposal,), after, verdict.obstacle))
    for moves, after, arc in obstructed[:_MOST_CLEARED]:
        yield from _cleared(moves, after, arc, judge, settings)


def _cleared(
    moves: Moves, tree: Tree, arc: Arc, judge: Judge, settings: Settings
) -> Iterator[tuple[Moves, Tree]]:
    """The project without the imports that are in the way one after the other, if these are few."""
    obstacle: Arc | None = arc
    while obstacle and len(moves) <= _MOST_FURTHER:
        cut = _cut(tree, obstacle, settings) if obstacle in tree.level(CycleKind.EAGER) else None
        if cut is None:
            return
        moves, tree = (*moves, cut[0]), cut[1]
        verdict = judge(moves, tree)
        if verdict.is_fine:
            yield moves, tree
        obstacle = verdict.obstacle


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


def near(tree: Tree, blocked: ResolvedImport) -> frozenset[str]:
    """The modules whose texts say what could be done for `blocked`."""
    arcs = blocking(tree, blocked)
    wishes = {*wishes_for(tree, blocked), *_wishes_of(tree, arcs)}
    ends = {end for wish in wishes for end in (wish.source, wish.consumer)}
    targets = {target.module for target in blocked.internal}
    return frozenset({blocked.importer, *targets, *ends, *(end for arc in arcs for end in arc)})


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
