"""A machine that loads most modules once, however many entries lead to them.

While a module loads, all that its outcome can depend on is noted: the names that it looks up in
``sys.modules``, and what it finds in modules that are half-way or that a sub-module may cover. The
outcome is kept, and put in place wherever the same is found again. If nothing half-way was seen,
that holds for every entry, else for as long as the half-way module stays the same object. A module
that was there at the time and is absent now is put in place first, if its own load is kept for good
and has not looked at anything that would be half-way by then.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cycleguard.model.names import is_within
from cycleguard.simulate.errors import Frame, GuessedError, SimulatedError
from cycleguard.simulate.loading import INJECTED
from cycleguard.simulate.machine import Machine
from cycleguard.simulate.state import Mark
from cycleguard.simulate.values import ExternalValue, ModuleValue, Value
from cycleguard.simulate.world import Policy, World

_Write = tuple[dict[str, object], str, object]
# Modules under way, outermost first, each with the line that it stands at.
Standing = tuple[tuple[str, int], ...]
_NOT_THERE = object()
_ALL = "*"
# Loads of one module that are kept, each for other surroundings, for good and for the time being.
_MOST_KEPT = 8
_MOST_PASSING = 2


@dataclass(slots=True)
class _Recorder:
    """What is seen while one module loads."""

    name: str
    start: Mark
    created_start: int
    asked_before: dict[str, bool]
    depth: int
    touched: dict[str, None] = field(default_factory=dict)
    reads: dict[tuple[str, str], object] = field(default_factory=dict)
    failed: dict[str, None] = field(default_factory=dict)
    passed: dict[str, Standing] = field(default_factory=dict)


@dataclass(slots=True)
class Delta:
    """The outcome of a load.

    `expected` are the states of names that were looked up and not loaded on the way, `loaded` the
    modules that were, in order, `failed` those that raised and were caught. `children` are those
    that are set on a parent which was there before or is kept by itself, and `writes` is what else
    changed. `reads` are names of modules that may come to another value, and what was found there:
    those of packages that a sub-module may cover, those of modules that were half-way. `is_passing`
    where one of them was half-way, or is not kept itself: then it can be of use for this entry
    only. Errors in `silent` have their chain from this load's own frame on. `own_tables` are the
    name spaces that were made, by id, without those of kept loads on the way. `passed` are the
    modules that got to a place of interest, with what was under way below this load. One that
    `is_dropped` is no longer kept.
    """

    name: str
    catches_import_error: bool
    expected: dict[str, object]
    loaded: dict[str, ModuleValue | None]
    failed: frozenset[str]
    children: frozenset[str]
    writes: list[_Write]
    silent: list[tuple[Frame, SimulatedError]]
    asked: dict[str, bool]
    touched: dict[str, None]
    reads: dict[tuple[str, str], object]
    own_tables: dict[int, object]
    passed: dict[str, Standing]
    is_passing: bool
    failure: "_Failure | None" = None
    is_dropped: bool = False


@dataclass(slots=True)
class _Failure:
    """How a load ended in an error, which holds as long as nothing outside it has been guessed.

    `error` has the chain from the module's own frame on. Whether an error is certain, and what
    becomes of it, depends on `circumstances`; what it says, on the modules that were half-way.
    """

    error: SimulatedError
    circumstances: tuple[bool, frozenset[str]]
    half_way: frozenset[str]


class SharedMachine(Machine):
    """A machine with a memory of finished loads."""

    def __init__(self, world: World, policy: Policy) -> None:
        super().__init__(world, policy)
        self._recorders: list[_Recorder] = []
        self._known: dict[tuple[str, bool], list[Delta]] = {}
        self._origins: dict[tuple[str, int], Delta] = {}
        self._kept_modules: dict[int, ModuleValue] = {}
        self._passing: dict[tuple[str, bool], list[Delta]] = {}
        self._kept_tables: dict[int, object] = {}

    def touch(self, name: str) -> None:
        """Note a look-up for the load that is under way, its parents first.

        They would be loaded first if the module were absent.
        """
        if self._recorders and name not in self._recorders[-1].touched:
            recorder = self._recorders[-1]
            for end in [*_dots(name), len(name)]:
                if not is_within(recorder.name, name[:end]):
                    recorder.touched.setdefault(name[:end])
            recorder.touched.setdefault(name)

    def touch_parent(self, name: str) -> None:
        """Note that a package was looked up; those above the loading module are there anyway."""
        if self._recorders and not is_within(self._recorders[-1].name, name):
            self._recorders[-1].touched.setdefault(name)

    def note_read(self, module: ModuleValue, name: str) -> None:
        """Note what a module had under a name that may come to another value."""
        if not self._recorders:
            return
        if module.is_initialising or name in self.children.get(module.name, ()):
            recorder = self._recorders[-1]
            recorder.touched.setdefault(module.name)
            recorder.reads.setdefault((module.name, name), module.namespace.get(name, _NOT_THERE))

    def note_passed(self, name: str, absent: Standing = ()) -> None:
        """Note that a module has got to a place of interest, and which modules lacked then."""
        if self._recorders:
            self._recorders[-1].passed[name] = self.standing(self._recorders[-1].depth) + absent

    def standing(self, depth: int = 0) -> Standing:
        """What is under way, without the outermost `depth`."""
        return tuple((running.module.name, running.line) for running in self.stack[depth:])

    def note_all_read(self, module: ModuleValue) -> None:
        """Note that all names of a module were looked at: later, there may be more."""
        if self._recorders and module.is_initialising:
            self._recorders[-1].reads[module.name, _ALL] = None

    @property
    def has_met_order(self) -> bool:
        """As above, in the loads under way too."""
        return super().has_met_order or any("order" in r.asked_before for r in self._recorders)

    def load_module(self, name: str) -> Value:
        """Load a module, or put a kept load in place."""
        if self.taken_out:
            # What is kept of a module is one object, and by now there are two.
            return super().load_module(name)
        key = (name, self.expects_import_error())
        known, passing = self._known.setdefault(key, []), self._passing.setdefault(key, [])
        for kept in (*known, *passing):
            plan = self._plan(kept)
            if plan is not None and self.may_put_in_place(plan):
                for each in plan[:-1]:
                    self._put_in_place(each)
                    self._bind_in_parent(each.name, each.loaded[each.name])
                self._put_in_place(kept)
                if kept.failure is not None:
                    error = kept.failure.error
                    raise error.with_chain((*self.frames(), *error.chain))
                return self.modules[name] or ExternalValue(name)
        circumstances = self._circumstances()
        recorder = self.start_recording(name)
        try:
            value = super().load_module(name)
        except SimulatedError as error:
            if len(known) < _MOST_KEPT and not self.is_on_a_guess:
                delta = self._delta(recorder)
                if delta is not None:
                    below = error.with_chain(error.chain[len(self.stack) :])
                    half_way = self._half_way(delta.expected)
                    delta.failure = _Failure(below, circumstances, half_way)
                    self._keep(delta, passing if delta.is_passing else known)
            self.stop_recording()
            raise
        except GuessedError:
            self.stop_recording()
            raise
        if isinstance(value, ModuleValue) and len(known) < _MOST_KEPT:
            delta = self._delta(recorder)
            if delta is not None:
                self._keep(delta, passing if delta.is_passing else known)
        self.stop_recording()
        return value

    def _circumstances(self) -> tuple[bool, frozenset[str]]:
        return self.has_met_order, frozenset().union(*self._handled)

    def _half_way(self, names: Iterable[str]) -> frozenset[str]:
        found = ((name, self.modules.get(name)) for name in names)
        return frozenset(name for name, module in found if module and module.is_initialising)

    def _keep(self, delta: Delta, where: list[Delta]) -> None:
        where.append(delta)
        if not delta.is_passing:
            for loaded, module in delta.loaded.items():
                self._origins.setdefault((loaded, id(module)), delta)
        elif len(where) > _MOST_PASSING:
            dropped = where.pop(0)
            dropped.is_dropped = True
            for table in dropped.own_tables:
                self._kept_tables.pop(table, None)

    def may_put_in_place(self, plan: list[Delta]) -> bool:
        """Whether kept loads may stand for a run; `hoists` has a say in this."""
        return True

    def start_recording(self, name: str = "") -> _Recorder:
        """Note look-ups and guesses apart from those before."""
        recorder = _Recorder(name, self.mark(), len(self.created), self.asked, len(self.stack))
        self.asked = {}
        self._recorders.append(recorder)
        return recorder

    def stop_recording(self) -> None:
        """Add what was noted to what was noted before."""
        recorder = self._recorders.pop()
        self.asked = recorder.asked_before | self.asked
        if self._recorders:
            self._recorders[-1].touched.update(recorder.touched)
            self._recorders[-1].failed.update(recorder.failed)
            self._add_reads(recorder.reads)
            self._add_passed(recorder.passed)

    def drop_recording(self) -> None:
        """Forget what was noted: it is about to be taken back."""
        self.asked = self._recorders.pop().asked_before

    def settle(self, entry: str, *, is_crash: bool) -> None:
        """Take what has finished as kept: it stays while the entries below are visited."""
        for module in self.modules.values():
            if module is not None:
                self._kept_modules[id(module)] = module
        self._kept_tables.update(self._tables_made(0))
        self.created.clear()

    def _plan(self, delta: Delta) -> list[Delta] | None:
        """The kept loads to put in place, in order, so that `delta` comes last; None if none do."""
        planned: dict[str, object] = {}
        plan: list[Delta] = []
        if delta.failure is not None:
            if self.is_on_a_guess or delta.failure.circumstances != self._circumstances():
                return None
            if delta.failure.half_way != self._half_way(delta.expected):
                return None
        return plan if self._add_to_plan(delta, planned, plan, frozenset()) else None

    def _add_to_plan(
        self,
        delta: Delta,
        planned: dict[str, object],
        plan: list[Delta],
        half_way: frozenset[str],
    ) -> bool:
        """Add `delta` and what it needs; `half_way` would be when it is loaded in truth."""
        if not half_way.isdisjoint(delta.touched.keys()):
            return False
        within = half_way.union(delta.loaded)
        # What is absent comes in the order in which it was looked up.
        for name in delta.touched:
            state = delta.expected.get(name)
            if isinstance(state, ModuleValue) and name not in planned and name not in self.modules:
                origin = self._origins.get((name, id(state)))
                if origin is None or origin.name != name:
                    return False
                if any(name[:end] in within for end in _dots(name)):
                    return False
                package, _, child = name.rpartition(".")
                # It had outlived its package, which would be loaded first if it were absent too.
                if package and package not in planned and package not in self.modules:
                    return False
                # from package import name: what covers the sub-module keeps it from being loaded.
                is_read = (package, child) in delta.reads
                if is_read and self._found(package, child, planned) is not _NOT_THERE:
                    return False
                if not self._is_handled_alike(origin, delta):
                    return False
                if not self._add_to_plan(origin, planned, plan, within):
                    return False
        if not self._fits(delta, planned):
            return False
        planned.update(delta.loaded)
        plan.append(delta)
        return True

    def _is_handled_alike(self, first: Delta, second: Delta) -> bool:
        is_alike = first.catches_import_error == second.catches_import_error
        return is_alike or self.policy.has_optional

    def _fits(self, delta: Delta, planned: dict[str, object]) -> bool:
        modules = self.modules

        def state(name: str) -> object:
            # Nobody imports what injects an alias for want of the alias.
            is_planned = name in planned and not name.startswith(INJECTED)
            return planned[name] if is_planned else modules.get(name, _NOT_THERE)

        return (
            all(state(name) is wanted for name, wanted in delta.expected.items())
            and all(state(name) in (_NOT_THERE, module) for name, module in delta.loaded.items())
            and all(
                self._found(module, name, planned) is value
                for (module, name), value in delta.reads.items()
            )
        )

    def _found(self, module: str, name: str, planned: dict[str, object]) -> object:
        child = planned.get(f"{module}.{name}", _NOT_THERE)
        if child is not _NOT_THERE:
            return child
        package = planned.get(module) or self.modules.get(module)
        if not isinstance(package, ModuleValue):
            return _NOT_THERE
        return package.namespace.get(name, _NOT_THERE)

    def _put_in_place(self, delta: Delta) -> None:
        there = self.modules.keys() & delta.loaded.keys()
        for loaded, module in delta.loaded.items():
            if loaded in there:
                continue
            self.write(self.modules, loaded, module)
            if loaded in delta.children:
                self._bind_in_parent(loaded, module)
        for table, key, value in delta.writes:
            self.write(table, key, value)
        above = self.frames()
        for frame, error in delta.silent:
            # What loads that are there already have swallowed, they swallowed before.
            if not any(each.module in there and each.function is None for each in error.chain):
                self.silent.append((frame, error.with_chain(above + error.chain)))
        self.asked.update(delta.asked)
        if self._recorders:
            self._recorders[-1].touched.update(delta.touched)
            self._recorders[-1].failed.update(dict.fromkeys(delta.failed))
            self._add_reads(delta.reads)
            self._add_passed(delta.passed)

    def _add_reads(self, reads: dict[tuple[str, str], object]) -> None:
        known = self._recorders[-1].reads
        for key, value in reads.items():
            known.setdefault(key, value)

    def _add_passed(self, passed: dict[str, Standing]) -> None:
        recorder = self._recorders[-1]
        above = self.standing(recorder.depth)
        for name, below in passed.items():
            recorder.passed[name] = above + below

    def _bind_in_parent(self, name: str, module: ModuleValue | None) -> None:
        parent_name, _, child = name.rpartition(".")
        parent = self.modules.get(parent_name)
        if parent is not None:
            self.write(parent.namespace, child, module or ExternalValue(name))

    def _delta(self, recorder: _Recorder) -> Delta | None:
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
            name: self.modules.get(name, _NOT_THERE)
            for name in recorder.touched
            if name not in loaded
        }
        reads = {
            (module, name): value
            for (module, name), value in recorder.reads.items()
            if module not in loaded and not _is_own_child(loaded, f"{module}.{name}", value)
        }
        if any(name == _ALL for _, name in reads):
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
            failed=frozenset((entered.keys() | recorder.failed.keys()) - loaded.keys()),
            children=frozenset(children),
            writes=others,
            silent=[
                (frame, error.with_chain(error.chain[recorder.depth :]))
                for frame, error in self.silent[recorder.start.silent :]
            ],
            asked=dict(self.asked),
            touched=dict(recorder.touched),
            reads=reads,
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
    return name in loaded and found in (_NOT_THERE, loaded[name])


def _dots(name: str) -> Iterator[int]:
    return (place for place, character in enumerate(name) if character == ".")
