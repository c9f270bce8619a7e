"""The proposals that are safe together: all are tried, the blamed ones retreat, until nobody is.

In: a project, how its entries end as it is, and proposals. Out: `Settled`: the project with the
proposals that are left, what was done, and why the others were dropped.
"""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.graph.growth import grown
from cycleguard.model.edits import Edit, Hoist, Qualify, Redirect, Refused
from cycleguard.model.modules import Skipped
from cycleguard.model.plans import Proposal, Stay
from cycleguard.pipeline import Options, Resolved, simulate_entries
from cycleguard.plan.arcs import closing_turns
from cycleguard.plan.batch import Rendered, Renderer, Turn, edits_by_module, lines_of
from cycleguard.plan.blame import chosen, owned_frames, suspects, worse
from cycleguard.plan.clashes import clashing
from cycleguard.plan.dropped import Dropped, because
from cycleguard.plan.names import public_names
from cycleguard.plan.tree import Reader
from cycleguard.simulate.entries import Result

Failures = Mapping[str, Result]


class Settled(Struct, frozen=True):
    """The project with the proposals that are safe together, and how its entries end."""

    resolved: Resolved
    failures: Failures
    rendered: Rendered
    turns: dict[str, Turn]
    dropped: dict[str, Dropped]


class _Try(Struct, frozen=True):
    """One look at a set of proposals."""

    resolved: Resolved
    rendered: Rendered
    failures: Failures
    bad: dict[str, Result]


class Settler:
    """Tries proposals on one project.

    Args:
        resolved: the project as it is.
        failures: how its entries end.
        renderer: makes the files.
        reader: reads them.
        may_grow: whether an eager cycle may become larger.
        progress: told what is being done.
        options: how many processes may work.
    """

    def __init__(
        self,
        resolved: Resolved,
        failures: Failures,
        renderer: Renderer,
        reader: Reader,
        *,
        may_grow: bool,
        progress: Callable[[str], None],
        options: Options,
    ) -> None:
        self._resolved = resolved
        self._failures = failures
        self._renderer = renderer
        self._reader = reader
        self._may_grow = may_grow
        self._progress = progress
        self._options = options
        self._dropped: dict[str, Dropped] = {}

    def settle(self, proposals: Iterable[Proposal]) -> Settled:
        """The largest set that could be found."""
        turns = {each.id: Turn(each) for each in sorted(proposals, key=lambda p: p.id)}
        may_clash = True
        while True:
            self._progress(f"trying {len(turns)} {'edit' if len(turns) == 1 else 'edits'} together")
            turns, rendered = self._carried_out(turns)
            after = self._reader.changed(self._resolved, rendered.files)
            if isinstance(after, Skipped):
                turns = self._without_file(turns, after)
                continue
            # Where nothing clashed, nothing does with fewer imports: what follows asks everything.
            clashes = clashing(after, self._failures, turns, rendered) if may_clash else {}
            if clashes:
                turns = self._retreat(turns, clashes)
                continue
            tried = self._tried(after, rendered)
            blamed = self._blamed(turns, tried)
            if not blamed:
                return Settled(
                    tried.resolved, tried.failures, tried.rendered, turns, dict(self._dropped)
                )
            fewer = self._retreat(turns, blamed)
            may_clash = any(turns[name] != turn for name, turn in fewer.items())
            turns = fewer

    def _carried_out(self, turns: dict[str, Turn]) -> tuple[dict[str, Turn], Rendered]:
        """The files; what is refused goes on to its next variant until the rewriter is content."""
        while True:
            rendered = self._renderer.render(turns.values())
            if not rendered.refused and not rendered.waiting:
                return turns, rendered
            turns = {name: turn for name, turn in turns.items() if name not in rendered.waiting}
            for name, refused in rendered.refused.items():
                narrower = _narrowed(turns[name], refused)
                if narrower is not None:
                    turns[name] = narrower
                    continue
                if name not in self._dropped:
                    self._dropped[name] = Dropped(Stay.REWRITER, refused.code, refused.text)
                self._go_on(turns, name)

    def _tried(self, after: Resolved, rendered: Rendered) -> _Try:
        if not rendered.files:
            return _Try(self._resolved, rendered, self._failures, {})
        failures = simulate_entries(after, self._options).failures
        return _Try(after, rendered, failures, worse(self._failures, failures))

    def _blamed(self, turns: dict[str, Turn], tried: _Try) -> dict[str, Dropped]:
        owners = lines_of(tried.rendered, turns.values(), tried.resolved)
        errors = {entry: result.error for entry, result in tried.bad.items()}
        ways = {e: suspects(error, owned_frames(error, owners)) for e, error in errors.items()}
        found = {
            name: because({e: errors[e] for e, way in ways.items() if _is_on(way, name)})
            for name in chosen(ways)
            if name in turns
        }
        found.update(self._losing(turns, tried))
        if tried.bad and not found:
            found = self._by_halves(turns, tried)
        if not found and not self._may_grow:
            found = self._growing(turns, tried)
        return found

    def _losing(self, turns: dict[str, Turn], tried: _Try) -> dict[str, Dropped]:
        """Proposals of whole files after which a module lacks a public name."""
        found: dict[str, Dropped] = {}
        paths = {module.path: module.name for module in self._resolved.project.modules}
        for name, turn in turns.items():
            for path, _ in turn.proposal.files:
                old = self._resolved.facts.get(paths.get(path, ""))
                new = tried.resolved.facts.get(paths.get(path, ""))
                lost = public_names(old) - public_names(new) if old and new else frozenset()
                if lost:
                    text = f"{paths[path]} would lose {min(lost)}"
                    found[name] = Dropped(Stay.REWRITER, "public-name-lost", text)
        return found

    def _growing(self, turns: dict[str, Turn], tried: _Try) -> dict[str, Dropped]:
        """Proposals that make a module import another one of a cycle that is larger than before."""
        own = edits_by_module(turns, tried.resolved)
        found: dict[str, Dropped] = {}
        for members in grown(self._resolved.edges, tried.resolved.edges):
            why = Dropped(
                Stay.GRAPH, "eager-cycle", f"would make an eager cycle of {len(members)} modules"
            )
            within = [name for module in sorted(members) for name in own.get(module, ())]
            moving = [name for name in within if _adds_imports(turns[name])]
            found.update(dict.fromkeys(moving or within, why))
        return found

    def _by_halves(self, turns: dict[str, Turn], tried: _Try) -> dict[str, Dropped]:
        """No statement of ours is under way: find the proposal that turns good into bad."""
        names = sorted(turns)
        low, high = 0, len(names)
        bad = tried.bad
        while high - low > 1:
            middle = (low + high) // 2
            self._progress(f"looking for the edit that breaks {next(iter(bad))}")
            part = {name: turns[name] for name in names[:middle]}
            rendered = self._renderer.render(part.values())
            after = self._reader.changed(self._resolved, rendered.files)
            # A file that cannot be read any more is as bad.
            broken = bad if isinstance(after, Skipped) else self._tried(after, rendered).bad
            if broken:
                high, bad = middle, broken
            else:
                low = middle
        name = names[high - 1]
        return {name: because({entry: result.error for entry, result in bad.items()})}

    def _without_file(self, turns: dict[str, Turn], skipped: Skipped) -> dict[str, Turn]:
        turns = dict(turns)
        for name, turn in list(turns.items()):
            if turn.proposal.path == skipped.path:
                self._dropped[name] = Dropped(Stay.REWRITER, "check-failed", skipped.reason)
                del turns[name]
        return turns

    def _retreat(self, turns: dict[str, Turn], blamed: dict[str, Dropped]) -> dict[str, Turn]:
        before, turns = turns, dict(turns)
        for name, why in sorted(blamed.items()):
            self._dropped.setdefault(name, why)
            self._go_on(turns, name)
        # A cycle is cheaper seen in the graph than by trying.
        while not self._may_grow:
            closing = closing_turns(self._resolved.edges, before, turns)
            if not closing:
                break
            for name in sorted(closing):
                self._go_on(turns, name)
        return turns

    def _go_on(self, turns: dict[str, Turn], name: str) -> None:
        following = turns[name].next
        if following is None:
            del turns[name]
        else:
            turns[name] = following


def _narrowed(turn: Turn, refused: Refused) -> Turn | None:
    """The same edit without the names that are refused, if others are left."""
    edit, finding = turn.edit, turn.proposal.finding
    if edit is None or finding is None or not refused.names:
        return None
    bound = dict.fromkeys(finding.resolved.statement.bound_names)
    if isinstance(edit, Redirect):
        left = tuple(d for d in edit.definitions if d.name not in refused.names)
        narrower: Edit = replace(edit, definitions=left)
        count = len(edit.definitions)
    else:
        asked = edit.names or tuple(bound)
        names = tuple(name for name in asked if name not in refused.names)
        narrower, count, left = replace(edit, names=names), len(asked), ()
        if not names:
            return None
        return Turn(_with_variant(turn, narrower), turn.number) if len(names) < count else None
    return Turn(_with_variant(turn, narrower), turn.number) if 0 < len(left) < count else None


def _with_variant(turn: Turn, edit: Edit) -> Proposal:
    variants = turn.proposal.variants
    return replace(
        turn.proposal, variants=(*variants[: turn.number], edit, *variants[turn.number + 1 :])
    )


def _adds_imports(turn: Turn) -> bool:
    return turn.edit is None or isinstance(turn.edit, (Hoist, Redirect, Qualify))


def _is_on(way: Iterable[frozenset[str]], name: str) -> bool:
    return any(name in owners for owners in way)
