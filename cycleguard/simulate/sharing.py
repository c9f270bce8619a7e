"""A machine that loads most modules once, however many entries lead to them.

While a module loads, all that its outcome can depend on is noted: the names that it looks up in
``sys.modules``, and what it finds in modules that are half-way or that a sub-module may cover. The
outcome is kept, and put in place wherever the same is found again. If nothing half-way was seen,
that holds for every entry, else for as long as the half-way module stays the same object. A module
that was there at the time and is absent now is put in place first, if its own load is kept for good
and has not looked at anything that would be half-way by then.
"""

from cycleguard.simulate.errors import SimulatedError
from cycleguard.simulate.kept import Delta, KeepingMachine
from cycleguard.simulate.loading import INJECTED
from cycleguard.simulate.recording import NOT_THERE, dots
from cycleguard.simulate.values import ExternalValue, ModuleValue, Value


class SharedMachine(KeepingMachine):
    """A machine with a memory of finished loads."""

    def load_module(self, name: str) -> Value:
        """Load a module, or put a kept load in place."""
        if self.taken_out:
            # What is kept of a module is one object, and by now there are two.
            return super().load_module(name)
        key = (name, self.expects_import_error())
        for kept in self.kept(key):
            plan = self._plan(kept)
            if plan is not None and self.may_put_in_place(plan):
                return self._in_place(plan)
        circumstances = self.circumstances()
        recorder = self.start_recording(name)
        try:
            value = super().load_module(name)
            if isinstance(value, ModuleValue):
                self.keep(key, recorder)
            return value
        except SimulatedError as error:
            if not self.is_on_a_guess:
                self.keep(key, recorder, (error, circumstances))
            raise
        finally:
            self.stop_recording()

    def may_put_in_place(self, plan: list[Delta]) -> bool:
        """Whether kept loads may stand for a run; `hoists` has a say in this."""
        return True

    def _plan(self, delta: Delta) -> list[Delta] | None:
        """The kept loads to put in place, in order, so that `delta` comes last; None if none do."""
        planned: dict[str, object] = {}
        plan: list[Delta] = []
        if delta.failure is not None:
            if self.is_on_a_guess or delta.failure.circumstances != self.circumstances():
                return None
            if delta.failure.half_way != self.half_way(delta.expected):
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
                origin = self.origins.get((name, id(state)))
                if origin is None or origin.name != name or name in delta.found:
                    return False
                if any(name[:end] in within for end in dots(name)):
                    return False
                package, _, child = name.rpartition(".")
                # It had outlived its package, which would be loaded first if it were absent too.
                if package and package not in planned and package not in self.modules:
                    return False
                # from package import name: what covers the sub-module keeps it from being loaded.
                is_read = (package, child) in delta.reads
                if is_read and self._found(package, child, planned) is not NOT_THERE:
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
            return planned[name] if is_planned else modules.get(name, NOT_THERE)

        return (
            all(state(name) is wanted for name, wanted in delta.expected.items())
            and all(state(name) in (NOT_THERE, module) for name, module in delta.loaded.items())
            and all(
                self._found(module, name, planned) is value
                for (module, name), value in delta.reads.items()
            )
        )

    def _found(self, module: str, name: str, planned: dict[str, object]) -> object:
        child = planned.get(f"{module}.{name}", NOT_THERE)
        if child is not NOT_THERE:
            return child
        package = planned.get(module) or self.modules.get(module)
        if not isinstance(package, ModuleValue):
            return NOT_THERE
        return package.namespace.get(name, NOT_THERE)

    def _in_place(self, plan: list[Delta]) -> Value:
        """Put the loads of a plan in place; what the last one gives, or raises."""
        for each in plan[:-1]:
            self._put_in_place(each)
            self._bind_in_parent(each.name, each.loaded[each.name])
        last = plan[-1]
        self._put_in_place(last)
        if last.failure is not None:
            error = last.failure.error
            raise error.with_chain((*self.frames(), *error.chain))
        return self.modules[last.name] or ExternalValue(last.name)

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
        self.add_noted(delta)

    def _bind_in_parent(self, name: str, module: ModuleValue | None) -> None:
        parent_name, _, child = name.rpartition(".")
        parent = self.modules.get(parent_name)
        if parent is not None:
            self.write(parent.namespace, child, module or ExternalValue(name))
