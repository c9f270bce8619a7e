"""Loads that are kept: what each came to, and what has to be as it was for that to hold again."""

from collections.abc import Iterable
from dataclasses import dataclass

from cycleguard.simulate.errors import Frame, SimulatedError
from cycleguard.simulate.recording import ALL, NOT_THERE, Noted, Recorder, RecordingMachine
from cycleguard.simulate.values import ExternalValue, ModuleValue
from cycleguard.simulate.world import Policy, World

# A module, and whether somebody below expects its import to fail.
Key = tuple[str, bool]
# What the error of a load depends on: whether order has had a say, and what is handled below.
Circumstances = tuple[bool, frozenset[str]]
Failed = tuple[SimulatedError, Circumstances]
_Write = tuple[dict[str, object], str, object]
# Loads of one module that are kept, each for other surroundings, for good and for the time being.
_MOST_KEPT = 8
_MOST_PASSING = 2


@dataclass(slots=True, kw_only=True)
class Delta(Noted):
    """The outcome of a load, and what it saw.

    `expected` are the states of names that were looked up and not loaded on the way, `loaded` the
    modules that were, in order. `children` are those that are set on a parent which was there
    before or is kept by itself, and `writes` is what else changed. `is_passing` where a module that
    it saw was half-way, or is not kept itself: then it can be of use for this entry only. Errors in
    `silent` have their chain from this load's own frame on. `own_tables` are the name spaces that
    were made, by id, without those of kept loads on the way. One that `is_dropped` is no longer
    kept.
    """

    name: str
    catches_import_error: bool
    expected: dict[str, object]
    loaded: dict[str, ModuleValue | None]
    children: frozenset[str]
    writes: list[_Write]
    silent: list[tuple[Frame, SimulatedError]]
    asked: dict[str, bool]
    own_tables: dict[int, object]
    is_passing: bool
    failure: "Failure | None" = None
    is_dropped: bool = False


@dataclass(slots=True)
class Failure:
    """How a load ended in an error, which holds as long as nothing outside it has been guessed.

    `error` has the chain from the module's own frame on. Whether an error is certain, and what
    becomes of it, depends on `circumstances`; what it says, on the modules that were half-way.
    """

    error: SimulatedError
    circumstances: Circumstances
    half_way: frozenset[str]


class KeepingMachine(RecordingMachine):
    """A machine that keeps what loads came to."""

    def __init__(self, world: World, policy: Policy) -> None:
        super().__init__(world, policy)
        self._known: dict[Key, list[Delta]] = {}
        self._passing: dict[Key, list[Delta]] = {}
        self.origins: dict[tuple[str, int], Delta] = {}
        self._kept_modules: dict[int, ModuleValue] = {}
        self._kept_tables: dict[int, object] = {}

    def settle(self, entry: str, *, is_crash: bool) -> None:
        """Take what has finished as kept: it stays while the entries below are visited."""
        for module in self.modules.values():
            if module is not None:
                self._kept_modules[id(module)] = module
        self._kept_tables.update(self._tables_made(0))
        self.created.clear()

    def kept(self, key: Key) -> tuple[Delta, ...]:
        """The kept loads of a module, those for good first."""
        return (*self._known.get(key, ()), *self._passing.get(key, ()))

    def keep(self, key: Key, recorder: Recorder, failed: Failed | None = None) -> None:
        """Keep the load that `recorder` has seen, if others may rely on it; `failed` if it did."""
        known = self._known.setdefault(key, [])
        delta = self._delta(recorder) if len(known) < _MOST_KEPT else None
        if delta is None:
            return
        if failed is not None:
            error, circumstances = failed
            below = error.with_chain(error.chain[len(self.stack) :])
            delta.failure = Failure(below, circumstances, self.half_way(delta.expected))
        if delta.is_passing:
            self._keep_for_now(delta, self._passing.setdefault(key, []))
            return
        known.append(delta)
        for loaded, module in delta.loaded.items():
            self.origins.setdefault((loaded, id(module)), delta)

    def _keep_for_now(self, delta: Delta, passing: list[Delta]) -> None:
        passing.append(delta)
        if len(passing) > _MOST_PASSING:
            dropped = passing.pop(0)
            dropped.is_dropped = True
            for table in dropped.own_tables:
                self._kept_tables.pop(table, None)

    def circumstances(self) -> Circumstances:
        """What an error that is raised now depends on."""
        return self.has_met_order, frozenset().union(*self._handled)

    def half_way(self, names: Iterable[str]) -> frozenset[str]:
        """Those of `names` that are half-way."""
        found = ((name, self.modules.get(name)) for name in names)
        return frozenset(name for name, module in found if module and module.is_initialising)

    def _delta(self, recorder: Recorder) -> Delta | None:
        """What the load came to; None if it saw something half-way or changed it."""
        if self.taken_out:
            return None
        segment = self.journal[recorder.start.journal :]
        # A table that is kept already may be put in place by itself: it must not change for good.
        own_tables = self._tables_made(recorder.created_start)
        entered = {key: None for t, key, _ in segment if t is self.modules}
        # A module that failed on the way, and was caught, is among what has to be absent.
        loaded = {key: self.modules[key] for key in entered if key in self.modules}
        expected = {
            name: self.modules.get(name, NOT_THERE)
            for name in recorder.touched
            if name not in loaded
        }
        reads = {
            (module, name): value
            for (module, name), value in recorder.reads.items()
            if module not in loaded and not _is_own_child(loaded, f"{module}.{name}", value)
        }
        if any(name == ALL for _, name in reads):
            return None
        is_passing = any(
            isinstance(state, ModuleValue) and id(state) not in self._kept_modules
            for state in expected.values()
        )
        kept: list[_Write] = []
        others: list[_Write] = []
        children: set[str] = set()
        for table, key, old in segment:
            if id(table) in own_tables:
                continue
            kept.append((table, key, old))
            if table is self.modules:
                continue
            child = self._bound_child(table, key, loaded)
            if child is not None:
                children.add(child)
                continue
            if key not in table:
                return None
            is_passing = is_passing or id(table) not in self._kept_tables
            others.append((table, key, table.get(key)))
        self.journal[recorder.start.journal :] = kept
        self._kept_tables.update(own_tables)
        del self.created[recorder.created_start :]
        delta = Delta(
            name=recorder.name,
            catches_import_error=self.expects_import_error(),
            expected=expected,
            loaded=loaded,
            failed={name: None for name in (*entered, *recorder.failed) if name not in loaded},
            children=frozenset(children),
            writes=others,
            silent=[
                (frame, error.with_chain(error.chain[recorder.depth :]))
                for frame, error in self.silent[recorder.start.silent :]
            ],
            asked=dict(self.asked),
            touched=dict(recorder.touched),
            reads=reads,
            found=recorder.found,
            own_tables=own_tables,
            passed=recorder.passed,
            is_passing=is_passing,
        )
        if is_passing:
            self.created.append(delta)
        else:
            self._kept_modules.update((id(m), m) for m in loaded.values() if m is not None)
        return delta

    def _tables_made(self, start: int) -> dict[int, object]:
        """The name spaces made since `created` had `start` items, but those that are kept."""
        found: dict[int, object] = {}
        for made in self.created[start:]:
            if not isinstance(made, Delta):
                found[id(made)] = made
            elif made.is_dropped:
                found.update(made.own_tables)
        return {key: table for key, table in found.items() if key not in self._kept_tables}

    def _bound_child(
        self, table: dict[str, object], key: str, loaded: dict[str, ModuleValue | None]
    ) -> str | None:
        """The loaded sub-module that a write set on its parent package, if it did that."""
        value = table.get(key)
        if isinstance(value, ExternalValue):
            is_loaded = value.name in loaded and loaded[value.name] is None
        else:
            is_loaded = isinstance(value, ModuleValue) and loaded.get(value.name) is value
        if not is_loaded or not isinstance(value, (ExternalValue, ModuleValue)):
            return None
        parent_name, _, child = value.name.rpartition(".")
        parent = self.modules.get(parent_name)
        is_child = parent is not None and parent.namespace is table and child == key
        return value.name if is_child else None


def _is_own_child(loaded: dict[str, ModuleValue | None], name: str, found: object) -> bool:
    """Whether what was read is a loaded sub-module, or nothing at all before it was loaded."""
    return name in loaded and found in (NOT_THERE, loaded[name])
