"""The whole repair: rounds of proposals, each on the project that the one before has made.

In: what `pipeline` has resolved, and what is wanted. Out: a `FixPlan`. Nothing is written. A round
knows nothing of those before it but the project, so a second run finds what the last round found:
nothing to do.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from cycleguard.errors import ApplyError
from cycleguard.graph.growth import fitting
from cycleguard.model.edits import ACTIONS, Done, FileChange, Place
from cycleguard.model.findings import Action, Applicability, Finding
from cycleguard.model.plans import Edited, FixPlan, Left, Moved, Proposal
from cycleguard.pipeline import Examined, Options, Resolved, examine
from cycleguard.plan.arcs import arcs_of
from cycleguard.plan.batch import Made, Renderer, Turn
from cycleguard.plan.check import check
from cycleguard.plan.dropped import EAGER_CYCLE, GROWING, Dropped, Kept
from cycleguard.plan.hazards import Hazards
from cycleguard.plan.origins import Origins
from cycleguard.plan.outside import tests_around
from cycleguard.plan.propose import Proposer, closing, place_of
from cycleguard.plan.settle import Failures, Settled, Settler
from cycleguard.plan.synonyms import Synonyms
from cycleguard.plan.tree import Reader, content_of
from cycleguard.simulate.run import Simulated

# Whether reasons of taste are overruled, and whether imports that fail alone are tried together.
_STAGES = ((False, False), (False, True), (True, False), (True, True))
ACTIONS_OF_FIX = frozenset(ACTIONS.values())
At = tuple[str, Place]
Source = Callable[[Examined], Iterable[Proposal | Kept]]
"""Makes proposals of whole files from an analysis, anew in every round, or says why not."""


class Wanted(Struct, frozen=True):
    """What a repair may do.

    `only` are the actions; `unsafe` overrules reasons of taste, and `may_grow` then allows cycles
    of eager imports to grow, where every entry imports all the same; `declined` are places, before
    any edit, that the user wants left alone.
    """

    only: frozenset[Action] = frozenset(Action)
    unsafe: bool = False
    declined: frozenset[At] = frozenset()
    may_grow: bool = True


class Planned(Struct, frozen=True):
    """A plan, and the project as it would be.

    `failures` are how its entries end before, `simulated` what is known of it after.
    """

    plan: FixPlan
    before: Resolved
    after: Resolved
    failures: Failures
    simulated: Simulated


def plan_repair(
    resolved: Resolved,
    wanted: Wanted,
    progress: Callable[[str], None] = lambda what: None,
    sources: Sequence[Source] = (),
    options: Options | None = None,
    failures: Failures | None = None,
) -> Planned:
    """Plan the largest repair that is safe as a whole.

    Args:
        resolved: the project.
        wanted: what may be done.
        progress: told what is going on.
        sources: give further proposals, of whole files.
        options: how many processes may work.
        failures: how its entries end, if they have been simulated.

    Raises:
        ApplyError: a file has changed while it was being read.
    """
    return _Rounds(resolved, wanted, progress, sources, options or Options()).run(failures)


class _Rounds:
    def __init__(
        self,
        resolved: Resolved,
        wanted: Wanted,
        progress: Callable[[str], None],
        sources: Sequence[Source],
        options: Options,
    ) -> None:
        self._options = options
        self._sources = sources
        self._moved: list[Moved] = []
        self._before = resolved
        self._now = resolved
        self._wanted = wanted
        self._progress = progress
        self._reader = Reader()
        self._made: Made = {}
        self._tests = tests_around(resolved)
        self._edited: list[Edited] = []
        self._number = 0
        self._stage = 0
        self._origins = Origins(resolved)

    def run(self, failures: Failures | None) -> Planned:
        before: Failures | None = None
        while True:
            self._number += 1
            self._progress(f"round {self._number}: following imports")
            examined = examine(self._now, failures, self._options)
            before = examined.simulated.failures if before is None else before
            stays, settled = self._first_that_works(examined)
            if settled is None:
                break
            self._accept(settled)
            failures = settled.failures
        left = self._left(examined, stays)
        plan = FixPlan(
            root=self._before.project.root,
            edited=tuple(sorted(self._edited, key=_place)),
            left=tuple(sorted(left, key=_place)),
            changes=self._changes(),
            rounds=self._number - 1,
            moved=tuple(sorted(self._moved, key=lambda each: each.id)),
        )
        return Planned(plan, self._before, self._now, before, examined.simulated)

    def _first_that_works(self, examined: Examined) -> tuple[dict[At, Dropped], Settled | None]:
        """What is done in this round, if anything; else why each import stays.

        What worked in the round before is tried first: the stages before it had nothing to do then,
        and are asked again when it has not either.
        """
        stays: dict[At, Dropped] = {}
        stages = _STAGES[: 4 if self._wanted.unsafe else 2]
        for number in (*range(self._stage, len(stages)), *range(self._stage)):
            unsafe, together = stages[number]
            found, settled = self._round(examined, unsafe=unsafe, together=together)
            if settled.turns:
                self._stage = number
                return found, settled
            # Of an import that fails alone, the rules know more.
            if unsafe == self._wanted.unsafe and not together:
                stays = found
        return stays, None

    def _round(
        self, examined: Examined, *, unsafe: bool, together: bool
    ) -> tuple[dict[At, Dropped], Settled]:
        failures, may_grow = examined.simulated.failures, unsafe and self._wanted.may_grow
        hazards = Hazards(self._now, self._tests)
        proposer = Proposer(
            examined, failures, hazards, self._wanted.only, unsafe=unsafe, together=together
        )
        declined = self._origins.now(self._wanted.declined)
        proposed = proposer.propose(dict.fromkeys(declined, "you declined it"))
        stays = dict(proposed.stays)
        proposals = {each.id: each for each in proposed.proposals}
        for each in self._from_sources(examined):
            if isinstance(each, Kept):
                stays[each.path, each.place] = each.why
            else:
                proposals[each.id] = each
        for proposal in proposals.values():
            for path in (proposal.path, *(path for path, _ in proposal.files)):
                self._check_unchanged(path)
        arcs = {name: arcs_of(Turn(each)) for name, each in proposals.items()}
        for name in sorted(proposals.keys() - fitting(self._now.edges, arcs)):
            if may_grow:
                proposals[name] = closing(proposals[name])
            else:
                stays[_at(proposals.pop(name))] = GROWING if self._wanted.unsafe else EAGER_CYCLE
        renderer = Renderer(self._now, Synonyms(self._now), self._made)
        settler = Settler(
            self._now,
            failures,
            renderer,
            self._reader,
            may_grow=may_grow,
            progress=self._progress,
            options=self._options,
        )
        settled = settler.settle(proposals.values())
        for name, why in settled.dropped.items():
            if name not in settled.turns and proposals[name].finding is not None:
                stays[_at(proposals[name])] = why
        self._applicability = Applicability.UNSAFE if unsafe else Applicability.SAFE
        return stays, settled

    def _accept(self, settled: Settled) -> None:
        check(self._now, settled)
        for name, turn in sorted(settled.turns.items()):
            finding = turn.proposal.finding
            if finding is not None:
                done = settled.rendered.done[name]
                self._edited.append(self._edit(finding, turn.proposal, done))
            else:
                self._moved.append(self._move(turn.proposal))
        dones = {
            _at(turn.proposal): settled.rendered.done[name]
            for name, turn in settled.turns.items()
            if turn.edit is not None
        }
        self._origins.move_on(self._now, settled.resolved, dones)
        self._now = settled.resolved

    def _from_sources(self, examined: Examined) -> Iterable[Proposal | Kept]:
        """What an action that is asked for by its name proposes, safe or not."""
        for source in self._sources:
            for each in source(examined):
                if isinstance(each, Kept) or each.action in self._wanted.only:
                    yield each

    def _move(self, proposal: Proposal) -> Moved:
        is_safe = self._applicability is Applicability.SAFE
        return Moved(
            id=proposal.id,
            action=proposal.action,
            applicability=proposal.applicability if is_safe else Applicability.UNSAFE,
            code=proposal.code,
            title=proposal.title,
            text=proposal.text,
            files=tuple(sorted(path for path, _ in proposal.files)),
            round=self._number,
        )

    def _edit(self, finding: Finding, proposal: Proposal, done: Done) -> Edited:
        statement = finding.resolved.statement
        path, place = self._origins.origin(place_of(finding))
        return Edited(
            path=path,
            line=place.line,
            column=place.column,
            module=proposal.module,
            scope=statement.scope,
            statement=statement.statement,
            action=ACTIONS[type(done.edit)],
            applicability=self._applicability,
            code=proposal.code,
            text=proposal.text,
            names=done.names,
            statements=done.statements,
            renamed=done.renamed,
            stale=done.stale,
            doubtful=done.doubtful,
            round=self._number,
        )

    def _left(self, examined: Examined, stays: Mapping[At, Dropped]) -> list[Left]:
        return [
            self._stay(finding, stays[place_of(finding)])
            for finding in examined.analysis.findings
            if finding.resolved.statement.is_local
        ]

    def _stay(self, finding: Finding, why: Dropped) -> Left:
        statement = finding.resolved.statement
        path, place = self._origins.origin(place_of(finding))
        return Left(
            path=path,
            line=place.line,
            column=place.column,
            module=finding.resolved.importer,
            scope=statement.scope,
            statement=statement.statement,
            by=why.by,
            code=why.code,
            text=why.text,
            needs_unsafe=why.needs_unsafe,
            chain=why.chain,
        )

    def _changes(self) -> tuple[FileChange, ...]:
        found: list[FileChange] = []
        paths = {module.path for module in self._before.project.modules}
        for path, after in sorted(self._now.contents.items()):
            before = content_of(self._before, path) if path in paths else None
            if before != after:
                found.append(FileChange(path, before, after))
        for path in sorted(paths - {module.path for module in self._now.project.modules}):
            found.append(FileChange(path, content_of(self._before, path), None))
        return tuple(found)

    def _check_unchanged(self, path: str) -> None:
        """A file is still what the analysis has read: its facts are the same. New ones are fine."""
        module = next((m for m in self._now.project.modules if m.path == path), None)
        if module is None or path in self._now.contents:
            return
        content = content_of(self._now, path)
        if self._reader.facts(module, content) != self._now.facts[module.name]:
            raise ApplyError(f"{path} has changed since it was read; run the command again")
        self._now.contents[path] = content


def _at(proposal: Proposal) -> At:
    assert proposal.finding is not None, "only whole files have none"
    return place_of(proposal.finding)


def _place(row: Edited | Left) -> tuple[str, int, int]:
    return row.path, row.line, row.column
