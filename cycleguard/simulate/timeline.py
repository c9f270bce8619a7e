"""One entry, watched: the machine notes who starts, who asks whom for what, and what fails.

Nothing is kept from one load to the next, so that nothing is skipped. `moments` picks from these
events what a reader wants to see.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.model.findings import Outcome
from cycleguard.model.placement import insertion_point
from cycleguard.model.program import Import, ImportFrom
from cycleguard.model.timeline import Answer, Need, State
from cycleguard.simulate.entries import Result, deep_recursion, run_entry, simulate_entries
from cycleguard.simulate.errors import Frame, GuessedError, SimulatedError
from cycleguard.simulate.machine import Machine
from cycleguard.simulate.state import doubt
from cycleguard.simulate.values import ModuleValue, Value
from cycleguard.simulate.world import POLICIES, Policy, World

_NEEDS = {"ImportError": Need.NAME, "AttributeError": Need.ATTRIBUTE, "NameError": Need.GLOBAL}

Place = tuple[str, int]


class EventKind(StrEnum):
    """What was noted."""

    START = "start"
    FINISH = "finish"
    FAIL = "fail"
    ASK = "ask"
    RUN = "run"
    RAISE = "raise"
    SWALLOW = "swallow"
    GUESS = "guess"


class Event(Struct, frozen=True):
    """Something that happened to `module` while the statements of `stack` were under way.

    `bound` is the statement that had bound `name`, where one had.
    """

    kind: EventKind
    module: str
    stack: tuple[Frame, ...]
    state: State = State.ABSENT
    need: Need = Need.OBJECT
    name: str | None = None
    answer: Answer = Answer.OBJECT
    bound: Frame | None = None
    error: SimulatedError | None = None


class Hoist(Struct, frozen=True):
    """A local import to run at the top of `module`, as `hoists` does."""

    module: str
    statement: Import | ImportFrom


class Record(Struct, frozen=True):
    """Everything that was noted of one entry, and what the entry came to."""

    entry: str
    result: Result
    events: tuple[Event, ...]


def record_entry(world: World, name: str, watched: Place | None = None) -> Record:
    """Import `name` first, and note what happens.

    Of several policies the one is followed whose answer is the entry's; `watched` is a module and
    a line whose imports are noted even if they find a module that has finished.
    """
    verdict = simulate_entries(world, [name])[name]
    record = None
    for policy in POLICIES:
        record = _recorded(RecordingMachine(world, policy, watched), name)
        if _is_alike(record.result, verdict):
            break
    assert record is not None
    # The errors of one run are not those of another: what was noted is about the run's own.
    return replace(record, result=Result(verdict.outcome, record.result.error, verdict.asked))


def record_hoist(world: World, name: str, hoist: Hoist) -> Record:
    """Import `name` first with a local import moved up; the result is that of the import alone."""
    place = (hoist.module, hoist.statement.line)
    machine = RecordingMachine(world, POLICIES[0], place, hoist)
    record = _recorded(machine, name)
    return replace(record, result=machine.hoist_result or record.result)


def insertion_line(world: World, module: str) -> int:
    """The last line above the place where a hoisted import of `module` is run."""
    program = world.programs.get(module, ())
    point = insertion_point(program)
    return program[point - 1].line if point else 0


def _recorded(machine: "RecordingMachine", name: str) -> Record:
    with deep_recursion():
        result = run_entry(machine, name)
    return Record(name, result, tuple(machine.events))


def _is_alike(result: Result, verdict: Result) -> bool:
    """Whether one run shows what was said of all."""
    if verdict.outcome is not Outcome.UNKNOWN and result.outcome is not verdict.outcome:
        return False
    known, said = result.error, verdict.error
    if known is None or said is None:
        return known is said
    return (known.kind, known.message, known.chain) == (said.kind, said.message, said.chain)


class RecordingMachine(Machine):
    """A machine that takes notes; `events` are in the order in which things happened."""

    def __init__(
        self,
        world: World,
        policy: Policy,
        watched: Place | None = None,
        hoist: Hoist | None = None,
    ) -> None:
        super().__init__(world, policy)
        self.events: list[Event] = []
        self.hoist_result: Result | None = None
        self._watched = watched
        self._hoist = hoist
        self._hoist_point = insertion_point(world.programs[hoist.module]) if hoist else -1
        self._name_spaces: dict[int, ModuleValue] = {}
        self._bound_by: dict[tuple[str, str], Frame] = {}
        # The modules of the ``from`` statements under way, which are asked for names, not as such.
        self._bases: list[tuple[int, str]] = []

    def run_body(self, module: ModuleValue) -> None:
        """Note when a module starts and how it ends."""
        self._name_spaces[id(module.namespace)] = module
        self.events.append(Event(EventKind.START, module.name, self.frames()[:-1]))
        try:
            super().run_body(module)
        except (SimulatedError, GuessedError):
            self.events.append(Event(EventKind.FAIL, module.name, self.frames()))
            raise
        self.events.append(Event(EventKind.FINISH, module.name, self.frames()))

    def before_statement(self, module: ModuleValue, number: int) -> None:
        """Run the hoisted import where it would be put."""
        hoist = self._hoist
        if hoist is None or module.name != hoist.module or number != self._hoist_point:
            return
        silent = len(self.silent)
        asked, self.asked = self.asked, {}
        outcome: Outcome | None = Outcome.OK
        error: SimulatedError | None = None
        try:
            self.run_import(module, hoist.statement)
            if len(self.silent) > silent:
                outcome, error = Outcome.SILENT, self.silent[-1][1]
            elif doubt(self.asked):
                outcome = Outcome.UNKNOWN
        except SimulatedError as raised:
            outcome, error = Outcome.CRASH if raised.is_certain else Outcome.UNKNOWN, raised
            if raised.is_certain and self.catches(raised):
                outcome = Outcome.SILENT
            raise
        except GuessedError:
            outcome = None
            raise
        finally:
            self.hoist_result = Result(outcome, error, frozenset(self.asked))
            self.asked = asked | self.asked

    def write(self, table: Mapping[str, object], key: str, value: object) -> None:
        """Remember which statement bound a module's name."""
        super().write(table, key, value)
        module = self._name_spaces.get(id(table))
        if module is not None and self.stack:
            top = self.stack[-1]
            frame = Frame(top.module.name, top.module.path, top.line, top.function)
            self._bound_by[module.name, key] = frame

    def import_module(self, name: str) -> Value:
        """Note an import that finds its module half-way, and one that is watched."""
        held = self.modules.get(name)
        if isinstance(held, ModuleValue) and held.is_initialising:
            if self._bases[-1:] != [(len(self.stack), name)]:
                self._note_ask(held, Need.OBJECT, None, Answer.OBJECT)
        elif self._is_watched() and self.world.is_internal(name):
            state = State.ABSENT if held is None else State.FINISHED
            self.events.append(Event(EventKind.RUN, name, self.frames(), state))
        return super().import_module(name)

    def import_base(self, name: str, names: Iterable[str]) -> Value:
        """``from name import names``: it is the names that are asked for."""
        self._bases.append((len(self.stack), name))
        try:
            return super().import_base(name, names)
        finally:
            self._bases.pop()

    def import_from(self, base: Value, name: str) -> Value:
        """Note what a half-way module gives."""
        found = super().import_from(base, name)
        self._note_found(base, Need.NAME, name, found)
        return found

    def attribute(self, base: Value, name: str, called: str | None = None) -> Value:
        """Note what a half-way module gives."""
        found = super().attribute(base, name, called)
        self._note_found(base, Need.ATTRIBUTE, name, found)
        return found

    def import_star(self, base: Value, into: ModuleValue) -> None:
        """Note whether a half-way module has all the names that it will ever have."""
        number = len(self.events)
        super().import_star(base, into)
        swallowed = self.events[number:]
        if swallowed and swallowed[-1].kind is EventKind.SWALLOW:
            lost = replace(swallowed[-1], need=Need.STAR, state=State.HALF_WAY)
            self.events[-1] = lost
        elif isinstance(base, ModuleValue):
            self._note_ask(base, Need.STAR, "*", Answer.BOUND)

    def failure(
        self,
        kind: str,
        message: str,
        module: ModuleValue,
        name: str,
        *,
        is_explained: bool = False,
    ) -> SimulatedError:
        """Note the name that is missing."""
        error = super().failure(kind, message, module, name, is_explained=is_explained)
        state = State.HALF_WAY if module.is_initialising else State.FINISHED
        need = _NEEDS[kind]
        self.events.append(
            Event(EventKind.RAISE, module.name, error.chain, state, need, name, error=error)
        )
        return error

    def fault(
        self, kind: str, message: str, module: str | None = None, *, is_stand_in: bool = False
    ) -> SimulatedError:
        """Note the value that is not what it is taken for."""
        error = super().fault(kind, message, module, is_stand_in=is_stand_in)
        state = State.FINISHED
        self.events.append(Event(EventKind.RAISE, module or "", error.chain, state, error=error))
        return error

    def note_silent(self, error: SimulatedError) -> None:
        """Note who takes an error away."""
        super().note_silent(error)
        if error.is_order and self.stack:
            name = error.missing
            self.events.append(
                Event(EventKind.SWALLOW, error.module or "", self.frames(), name=name, error=error)
            )

    def guess(self) -> None:
        """Note a condition that the source does not decide."""
        super().guess()
        self.events.append(Event(EventKind.GUESS, "", self.frames()[-1:]))

    def _note_found(self, base: Value, need: Need, name: str, found: Value) -> None:
        if not isinstance(base, ModuleValue):
            return
        if isinstance(found, ModuleValue) and found.is_initialising and need is Need.NAME:
            self._note_ask(found, Need.OBJECT, None, Answer.OBJECT)
        elif isinstance(found, ModuleValue) and found.name == f"{base.name}.{name}":
            self._note_ask(base, need, name, Answer.SUBMODULE)
        elif name in base.namespace:
            self._note_ask(base, need, name, Answer.BOUND)
        else:
            self._note_ask(base, need, name, Answer.FALLBACK)

    def _note_ask(self, module: ModuleValue, need: Need, name: str | None, answer: Answer) -> None:
        """Note a request that is met, unless it is the module's own or nothing is half-way."""
        asker = self.stack[-1].module if self.stack else None
        if asker is None or asker is module or not module.is_initialising:
            return
        bound = self._bound_by.get((module.name, name)) if name else None
        event = Event(
            EventKind.ASK, module.name, self.frames(), State.HALF_WAY, need, name, answer, bound
        )
        # ``import a.b as x`` looks a module up more than once.
        if self.events[-1:] != [event]:
            self.events.append(event)

    def _is_watched(self) -> bool:
        top = self.stack[-1] if self.stack else None
        return top is not None and (top.module.name, top.line) == self._watched
