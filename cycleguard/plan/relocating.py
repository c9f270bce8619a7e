"""Moves for single imports: for each that cannot stand at the top, the cheapest that lets it.

In: a `Tree` and the rows of a plan that stay. Out: a `Trail` of moves that no entry suffers from.
"""

from collections.abc import Callable, Iterable

from cycleguard.graph.arcs import Arc
from cycleguard.model.catalogue import CATALOGUE
from cycleguard.model.plans import Left, Stay
from cycleguard.model.resolved import ResolvedImport
from cycleguard.plan.preview import MOVING
from cycleguard.relocate.blocked import Moves, blocking, candidates_for, near
from cycleguard.relocate.places import Settings
from cycleguard.relocate.trail import Step, Trail, Verdict
from cycleguard.relocate.tree import Tree

_MOST_PLACES = 4
_BLOCKED = frozenset(("breaks-an-entry", "no-eager-cycle"))
_Refused = dict[tuple[str, ...], Arc | None]
"""The moves that were tried for one import, by their ids, and what was in the way then."""


class Relocating:
    """Looks for moves, and remembers for which imports there is none.

    Args:
        settings: how new modules are called.
        progress: told what is going on.
    """

    def __init__(self, settings: Settings, progress: Callable[[str], None]) -> None:
        self._settings = settings
        self._progress = progress
        self._hopeless: set[frozenset[tuple[str, bytes]]] = set()

    def moves(self, start: Tree, left: Iterable[Left]) -> Trail:
        """Move what blocks local imports of a project."""
        trail = Trail(start)
        about = {row: _about(start, row) for row in left if _may_move(row)}
        # For what is about the same texts as before, nothing would be found again.
        pending = [row for row, texts in about.items() if texts and texts not in self._hopeless]
        refused: list[_Refused] = [{} for _ in pending]
        asked = list(range(len(pending)))
        while asked:
            for number in asked:
                self._progress(f"looking for a place for what {pending[number].module} needs")
                step = self._step(trail, pending[number], number, refused[number])
                if step:
                    trail.add(step)
            self._progress("importing every module in the simulation")
            judged = trail.judge()
            asked = []
            gone = frozenset[str]()
            for step in judged.taken_back:
                # The first is to blame.
                if not gone:
                    refused[step.owner][_ids(step.proposals)] = judged.obstacle
                if not gone or not trail.repeat(step, gone):
                    asked.append(step.owner)
                    gone |= step.modules
        owners = {step.owner for step in trail.steps}
        self._hopeless |= {about[row] for n, row in enumerate(pending) if n not in owners}
        return trail

    def _step(self, trail: Trail, row: Left, number: int, refused: _Refused) -> Step | None:
        """The cheapest moves for one import that nothing speaks against so far."""
        first, blocked = _found(trail.start, row), _found(trail.tree, row)
        if first is None or blocked is None:
            return None

        def judge(moves: Moves, after: Tree) -> Verdict:
            if _ids(moves) in refused:
                return Verdict(is_fine=False, obstacle=refused[_ids(moves)])
            return trail.glance(Step(moves, after).modules, after)

        arcs = blocking(trail.start, first)
        found = candidates_for(trail.tree, blocked, arcs, judge, self._settings, _MOST_PLACES)
        return next((Step(moves, after, number) for moves, after in found), None)


def _ids(moves: Moves) -> tuple[str, ...]:
    return tuple(move.id for move in moves)


def _may_move(row: Left) -> bool:
    if row.by is Stay.USER:
        return False
    entry = CATALOGUE.get(row.code)
    return row.code in _BLOCKED or (entry is not None and entry.decision in MOVING)


def _found(tree: Tree, row: Left) -> ResolvedImport | None:
    """The import of a row: its line may have changed, its function and text have not."""
    for resolved in tree.by_importer.get(row.module, ()):
        statement = resolved.statement
        is_same = statement.scope == row.scope and statement.statement == row.statement
        if is_same and statement.is_local and resolved.internal:
            return resolved
    return None


def _about(tree: Tree, row: Left) -> frozenset[tuple[str, bytes]]:
    """The import of a row, and the texts that say what can be done for it; empty if it is gone."""
    found = _found(tree, row)
    if found is None:
        return frozenset()
    own = (f"{row.module}:{row.scope}", row.statement.encode(errors="surrogatepass"))
    names = near(tree, found) & tree.facts.keys()
    return frozenset({own, *((name, tree.read(name)) for name in names)})
