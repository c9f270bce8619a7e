"""Which of the events of an entry are told.

A failure is told by what went wrong; a success by the requests to half-way modules, those for the
same and with the same answer together. Either way, with the starts of the modules that were
half-way at that moment. Read next by `moments`.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.model.findings import Outcome, Step
from cycleguard.model.timeline import Answer, Need, State
from cycleguard.simulate.errors import Frame, SimulatedError
from cycleguard.simulate.timeline import Event, EventKind, Record

_MOST_SWALLOWED = 2
_PASSED_THROUGH = (Answer.OBJECT, Answer.SUBMODULE)

# Events by their number, each with the like of it that it stands for.
Chosen = dict[int, tuple[Event, ...]]


class Scene(Struct, frozen=True):
    """The events of an entry, and the error that ended it, if one did.

    Told are only those under the statement `focus` and, of requests, those to modules `among`. Then
    outcome and error are those of the statement; `later` is where the import fails in spite of it.
    """

    events: tuple[Event, ...]
    outcome: Outcome
    error: SimulatedError | None
    focus: Step | None = None
    among: frozenset[str] = frozenset()
    later: Frame | None = None

    @property
    def is_reached(self) -> bool:
        """Whether the statement that was asked about runs."""
        return any(self.is_in_focus(event) for event in self.events)

    def is_in_focus(self, event: Event) -> bool:
        """Whether it happens while the statement that was asked about is under way."""
        return self.focus is None or any(map(self.is_focus, event.stack))

    def is_wanted(self, event: Event) -> bool:
        """Whether a request is one of those that are told."""
        is_among = not self.among or {event.module, event.stack[-1].module} <= self.among
        return is_among and self.is_in_focus(event)

    def is_focus(self, frame: Frame) -> bool:
        """Whether this is the statement that was asked about."""
        focus = self.focus
        return focus is not None and (frame.module, frame.line) == (focus.module, focus.line)

    def raised(self, error: SimulatedError | None) -> int | None:
        """The number of the event that raised `error`, or what `error` was made from."""
        if error is None:
            return None
        return _number_of_raise(self.events, error)


def make_scene(
    record: Record, focus: Step | None = None, among: frozenset[str] = frozenset()
) -> Scene:
    """The events of `record`; an error that was not noted when raised is put in its place."""
    error = record.result.error
    events = list(record.events)
    is_silent = record.result.outcome is Outcome.SILENT
    if error is not None and not is_silent and _number_of_raise(events, error) is None:
        raised = Event(
            EventKind.RAISE, error.module or "", error.chain, name=error.missing, error=error
        )
        events.insert(_place_of(error, events), raised)
    outcome = record.result.outcome or Outcome.UNKNOWN
    return _narrowed(Scene(tuple(events), outcome, error, focus, among))


def choose(scene: Scene) -> Chosen:
    """What is told of `scene`, in order."""
    chosen = _failures(scene) or _requests(scene) or _runs(scene)
    starts: Chosen = {n: () for number in chosen for n in _starts(scene, number)}
    return dict(sorted({**starts, **chosen}.items()))


def _narrowed(scene: Scene) -> Scene:
    """The scene with the outcome of the statement that was asked about."""
    error = scene.error
    if scene.focus is None or error is None or not scene.is_reached:
        return scene
    if scene.outcome is Outcome.SILENT:
        return scene if _failures(scene) else replace(scene, outcome=Outcome.OK, error=None)
    raised = scene.raised(error)
    if raised is None or scene.is_in_focus(scene.events[raised]):
        return scene
    later = error.chain[-1] if error.chain else None
    return replace(scene, outcome=Outcome.OK, error=None, later=later)


def _number_of_raise(events: Iterable[Event], error: SimulatedError) -> int | None:
    for number, event in enumerate(events):
        if event.kind is EventKind.RAISE and event.error in (error, error.__cause__):
            return number
    return None


def _place_of(error: SimulatedError, events: list[Event]) -> int:
    """Before the end of the module that the error ended."""
    innermost = next((f.module for f in reversed(error.chain) if f.function is None), None)
    ends = (
        number
        for number in range(len(events) - 1, -1, -1)
        if events[number].kind is EventKind.FAIL and events[number].module == innermost
    )
    return next(ends, len(events))


def _failures(scene: Scene) -> Chosen:
    """The errors that were swallowed, and the one that was not; before that, the last few."""
    swallowed: list[tuple[int, int | None]] = []
    for number, event in enumerate(scene.events):
        if event.kind is EventKind.SWALLOW:
            raised = scene.raised(event.error)
            cause = event if raised is None else scene.events[raised]
            if scene.is_in_focus(cause) or scene.is_in_focus(event):
                swallowed.append((number, raised))
    if scene.outcome is not Outcome.SILENT:
        last = scene.raised(scene.error)
        swallowed = [*swallowed[-_MOST_SWALLOWED:], *([(last, None)] if last is not None else [])]
    return {number: () for pair in swallowed for number in pair if number is not None}


def _requests(scene: Scene) -> Chosen:
    by_statement: dict[tuple[Frame, ...], list[int]] = {}
    for number, event in enumerate(scene.events):
        if event.kind is EventKind.ASK and scene.is_wanted(event):
            by_statement.setdefault(event.stack, []).append(number)
    groups: dict[tuple[object, ...], list[int]] = {}
    for number in sorted(n for each in by_statement.values() for n in _telling(scene, each)):
        event = scene.events[number]
        groups.setdefault((event.module, event.need, event.answer), []).append(number)
    return {
        first: tuple(scene.events[number] for number in others)
        for first, *others in groups.values()
    }


def _telling(scene: Scene, numbers: list[int]) -> Iterator[int]:
    """Of the requests of one statement, not those to packages that it only passes through."""
    for number in numbers:
        event = scene.events[number]
        others = [scene.events[n] for n in numbers if n != number]
        is_on_the_way = event.answer in _PASSED_THROUGH and any(
            other.module.startswith(f"{event.module}.")
            or (other.module == event.module and other.need is not Need.OBJECT)
            for other in others
        )
        if not is_on_the_way:
            yield number


def _runs(scene: Scene) -> Chosen:
    """The statement that was asked about, where nothing that it loads asks anything half-way."""
    if scene.focus is None:
        return {}
    runs = [
        number
        for number, event in enumerate(scene.events)
        if event.kind is EventKind.RUN and scene.is_in_focus(event)
    ]
    if any(scene.events[number].state is State.ABSENT for number in runs):
        return {n: () for n, event in enumerate(scene.events) if _is_started_by_focus(scene, event)}
    if not runs:
        return {}
    # The longest name is what is imported, the others are the packages above it.
    return {max(runs, key=lambda n: (len(scene.events[n].module), -n)): ()}


def _is_started_by_focus(scene: Scene, event: Event) -> bool:
    is_start = event.kind is EventKind.START and bool(event.stack)
    return is_start and scene.is_focus(event.stack[-1])


def _starts(scene: Scene, number: int) -> Iterator[int]:
    """The starts of the modules that are half-way when an event happens."""
    wanted = {f.module for f in scene.events[number].stack if f.function is None}
    for n in range(number - 1, -1, -1):
        event = scene.events[n]
        if event.kind is EventKind.START and event.module in wanted:
            wanted.remove(event.module)
            yield n
