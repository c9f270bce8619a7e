"""From the events of an entry to the `Timeline` that reports show."""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.model.findings import Outcome, Step
from cycleguard.model.imports import ModuleFacts
from cycleguard.model.timeline import Binding, Hoisted, Kind, Moment, Need, Timeline
from cycleguard.simulate.choosing import Chosen, Scene, choose, make_scene
from cycleguard.simulate.errors import Frame
from cycleguard.simulate.timeline import Event, EventKind, Record

_KINDS = {
    EventKind.START: Kind.START,
    EventKind.ASK: Kind.ASK,
    EventKind.RUN: Kind.RUN,
    EventKind.RAISE: Kind.RAISE,
    EventKind.SWALLOW: Kind.SWALLOW,
}
_Bound = tuple[Step | None, Binding]


class Sources(Struct, frozen=True):
    """The files behind the modules.

    `text` gives the statement on a line, `definition` the line of ``def`` below its decorators.
    """

    facts: Mapping[str, ModuleFacts]
    paths: Mapping[str, str]
    text: Callable[[str, int], str]
    definition: Callable[[str, int], int]

    def step(self, module: str, line: int) -> Step:
        """A place with its text."""
        return Step(module, self.paths.get(module, ""), line, self.text(module, line))


def tell(
    record: Record,
    sources: Sources,
    *,
    focus: Step | None = None,
    hoisted: Hoisted | None = None,
    among: frozenset[str] = frozenset(),
) -> Timeline:
    """The moments of `record` that matter.

    Args:
        record: what happened.
        sources: the files behind it.
        focus: only what happens under this statement.
        hoisted: the statement that was moved for this run.
        among: of requests that are met, only those between these modules.
    """
    scene = make_scene(record, focus, among)
    return _Teller(scene, sources, hoisted).timeline(record.entry)


class _Teller:
    def __init__(self, scene: Scene, sources: Sources, hoisted: Hoisted | None) -> None:
        self._scene = scene
        self._events = scene.events
        self._sources = sources
        self._hoisted = hoisted
        self._chosen: Chosen = choose(scene)
        started = (self._events[n] for n in self._chosen)
        self._told = {e.module for e in started if e.kind is EventKind.START}

    def timeline(self, entry: str) -> Timeline:
        error = self._scene.error
        last = max(self._chosen, default=-1)
        ended, others = self._finished(last, len(self._events))
        return Timeline(
            entry=entry,
            outcome=self._scene.outcome,
            error=error.kind if error else None,
            message=error.message if error else None,
            moments=tuple(self._moments()),
            loaded=sum(event.kind is EventKind.FINISH for event in self._events),
            ended=ended,
            others=others,
            is_certain=error is None or error.is_certain,
            focus=self._scene.focus,
            is_reached=self._scene.is_reached,
            fails_later=self._step(self._scene.later) if self._scene.later else None,
            hoisted=self._hoisted,
            condition=self._condition(),
        )

    def _moments(self) -> Iterator[Moment]:
        before = -1
        for number, alike in self._chosen.items():
            moment = self._moment(self._events[number], alike)
            ended, others = self._finished(before, number)
            between = self._events[before + 1 : number]
            failed = tuple(event.module for event in between if event.kind is EventKind.FAIL)
            yield replace(moment, ended=ended, others=others, failed=failed)
            before = number

    def _finished(self, start: int, stop: int) -> tuple[tuple[str, ...], int]:
        """Which of the modules that are told of have finished in between, and how many others."""
        between = self._events[start + 1 : stop]
        names = [event.module for event in between if event.kind is EventKind.FINISH]
        told = tuple(name for name in names if name in self._told)
        return told, len(names) - len(told)

    def _moment(self, event: Event, alike: tuple[Event, ...]) -> Moment:
        top = event.stack[-1] if event.stack else None
        body = _body(event.stack)
        waits_at = self._waits_at(event)
        binding, kind = self._binding(event, waits_at)
        places = dict.fromkeys(self._step(each.stack[-1]) for each in (event, *alike) if each.stack)
        if top is not None:
            places.pop(self._step(top))
        return Moment(
            kind=_KINDS[event.kind],
            asker=top.module if top else "",
            at=self._step(top) if top else None,
            asked=event.module,
            state=event.state,
            function=top.function if top else None,
            called_at=self._step(body) if top and body and top.function else None,
            waits_at=waits_at,
            need=event.need,
            name=event.name,
            answer=event.answer,
            binding=binding,
            binding_kind=kind,
            is_used_later=self._is_used_later(event, alike),
            is_hoisted=top is not None and self._is_hoisted(top),
            error=event.error.kind if event.error else None,
            message=event.error.message if event.error else None,
            alike=tuple(places),
        )

    def _step(self, frame: Frame) -> Step:
        if self._hoisted is not None and self._is_hoisted(frame):
            return self._hoisted.statement
        return self._sources.step(frame.module, frame.line)

    def _is_hoisted(self, frame: Frame) -> bool:
        if self._hoisted is None or frame.function is not None:
            return False
        statement = self._hoisted.statement
        return (frame.module, frame.line) == (statement.module, statement.line)

    def _waits_at(self, event: Event) -> int | None:
        """The line that the body of the module which is asked stands at."""
        for frame in reversed(event.stack):
            if frame.module == event.module and frame.function is None:
                is_hoisted = self._hoisted is not None and self._is_hoisted(frame)
                return self._hoisted.below if is_hoisted and self._hoisted else frame.line
        return None

    def _binding(self, event: Event, waits_at: int | None) -> _Bound:
        """The line that has bound the name, or that would."""
        if event.bound is not None:
            return self._step(event.bound), Binding.STATEMENT
        if event.kind not in (EventKind.RAISE, EventKind.SWALLOW):
            return None, Binding.NONE
        if event.name is None:
            return self._covered(event.module)
        top = event.stack[-1]
        # from . import x: the statement that fails would itself bind the name
        own = top.line if top.module == event.module and top.function is None else None
        found = self._would_bind(event.module, event.name, waits_at or 0, own)
        child = f"{event.module}.{event.name}"
        if found[0] is None and child in self._sources.paths:
            frames = [f for f in event.stack if f.module == child and f.function is None]
            return (self._step(frames[-1]) if frames else None), Binding.SUBMODULE
        return found

    def _would_bind(self, module: str, name: str, waits_at: int, own: int | None) -> _Bound:
        """The first binding below the line that the module waits at, else the first there is."""
        facts = self._sources.facts.get(module)
        if facts is None:
            return None, Binding.NONE
        named = (b for b in facts.bindings if b.name == name and not b.never_at_import)
        bindings = [b for b in named if b.line != own]
        if bindings:
            found = next((b for b in bindings if b.line > waits_at), bindings[0])
            kind = Binding.CONDITIONAL if found.is_conditional else Binding.STATEMENT
            line = self._sources.definition(module, found.line)
            return self._sources.step(module, line), kind
        stars = [each.line for each in facts.imports if each.is_star]
        if stars and f"{module}.{name}" not in self._sources.paths:
            line = next((line for line in stars if line >= waits_at), stars[0])
            return self._sources.step(module, line), Binding.STAR
        return None, Binding.NONE

    def _covered(self, module: str) -> _Bound:
        """What a package binds under the name of a sub-module that is taken for it."""
        package, _, name = module.rpartition(".")
        step = self._would_bind(package, name, 0, None)[0] if package else None
        return step, Binding.COVERED if step else Binding.NONE

    def _is_used_later(self, event: Event, alike: tuple[Event, ...]) -> bool:
        """Whether those who got the module as such ask nothing of it before it has finished."""
        if event.kind is not EventKind.ASK or event.need is not Need.OBJECT:
            return False
        askers = {each.stack[-1].module for each in (event, *alike)}
        return not any(
            each.module == event.module
            and each.need is not Need.OBJECT
            and each.stack[-1].module in askers
            for each in self._events
            if each.kind in (EventKind.ASK, EventKind.RAISE) and each.stack
        )

    def _condition(self) -> Step | None:
        """The last condition above the failure that the source does not decide."""
        error, raised = self._scene.error, self._scene.raised(self._scene.error)
        if self._scene.outcome is not Outcome.UNKNOWN or error is None or raised is None:
            return None
        lines = {frame.module: frame.line for frame in error.chain}
        for event in reversed(self._events[:raised]):
            if event.kind is EventKind.GUESS and event.stack:
                frame = event.stack[-1]
                if frame.line <= lines.get(frame.module, 0):
                    return self._step(frame)
        return None


def _body(stack: tuple[Frame, ...]) -> Frame | None:
    """The innermost statement at module level."""
    return next((frame for frame in reversed(stack) if frame.function is None), None)
