"""Names: where they are looked up, and where they are bound."""

import builtins
from collections.abc import Mapping as ReadMapping

from msgspec import Struct

from cycleguard.model.program import Expression, Logic
from cycleguard.simulate.attributes import Attributes
from cycleguard.simulate.errors import SimulatedError
from cycleguard.simulate.folding import external
from cycleguard.simulate.importing import own_attribute
from cycleguard.simulate.state import MODULE_NAMES
from cycleguard.simulate.values import UNKNOWN, ClassValue, LazyValue, ModuleValue, Namespace, Value
from cycleguard.simulate.world import Policy, World


class Scope(Struct, frozen=True):
    """Where code runs: its module, the name space that it binds in, and those around it.

    `names` is the module's own name space at module level, a class's in its body, a function's
    locals in a function; `closure` are the function scopes around it, innermost first. `around` is
    the scope that a comprehension stands in; `cell` holds the class around a method, and `first` is
    the name of its first parameter.
    """

    module: ModuleValue
    names: Namespace
    closure: tuple[Namespace, ...] = ()
    is_function: bool = False
    local_names: frozenset[str] = frozenset()
    global_names: frozenset[str] = frozenset()
    around: "Scope | None" = None
    cell: ReadMapping[str, ClassValue] = {}
    first: str | None = None


class Names(Attributes):
    """Reads and binds names."""

    def __init__(self, world: World, policy: Policy) -> None:
        super().__init__(world, policy)
        # The guessed conditions that the running statement stands under, and those that a name of
        # a module was bound under, with its value then.
        self.open_tests: list[tuple[ModuleValue, Expression]] = []
        self.bound_under: dict[tuple[str, str], tuple[Expression, Value]] = {}

    def load(self, name: str, scope: Scope) -> Value:
        """Read a name: locals, enclosing functions, globals, builtins.

        Source: LOAD_NAME, LOAD_GLOBAL, LOAD_DEREF (Python/bytecodes.c).
        """
        if name not in scope.global_names:
            if name in scope.names:
                if self.open_tests and not scope.is_function:
                    self._check_condition(scope, name)
                return self._settled(scope, name, scope.names[name])
            if name in scope.local_names:
                return UNKNOWN
            for outer in scope.closure:
                if name in outer:
                    return outer[name]
        module = scope.module
        if module.is_package or module is not self.body:
            self.note_read(module, name)
        if name in module.namespace:
            return self._settled(scope, name, module.namespace[name])
        if name in MODULE_NAMES or (name == "__path__" and module.is_package):
            return own_attribute(module, name)
        if hasattr(builtins, name):
            return external(f"builtins.{name}")
        if module.is_open or (scope.is_function and name in ("__class__",)):
            return UNKNOWN
        # A branch that was not taken on a guess would have bound it: its own file relies on that.
        is_guess = not scope.is_function and module.flags.get("guessed")
        if is_guess and name in self.bindable(module.name):
            return UNKNOWN
        raise self._unbound(module, name)

    def bind(self, scope: Scope, name: str, value: Value) -> None:
        """Bind `name` where an assignment in `scope` binds it."""
        if name in scope.global_names:
            self.write(scope.module.namespace, name, value)
            return
        if scope.is_function and name not in scope.local_names and name not in scope.names:
            # nonlocal name
            for outer in scope.closure:
                if name in outer:
                    self.write(outer, name, value)
                    return
        self.write(scope.names, name, value)

    def enclosing(self, scope: Scope) -> tuple[Namespace, ...]:
        """The scopes that a function defined in `scope` closes over; class bodies are none."""
        return (scope.names, *scope.closure) if scope.is_function else scope.closure

    def _check_condition(self, scope: Scope, name: str) -> None:
        """Of two conditions that nobody can tell, one may hold without the other."""
        found = self.bound_under.get((scope.module.name, name))
        if found is None or scope.names[name] is not found[1]:
            return
        tests = [test for module, test in self.open_tests if module is scope.module]
        if tests and not any(_implies(test, found[0]) for test in tests):
            raise self._unbound(scope.module, name)

    def _settled(self, scope: Scope, name: str, value: Value) -> Value:
        """Import what a lazy name stands for."""
        if isinstance(value, LazyValue) and not value.is_proxy:
            return self.resolve_lazy(scope.module, name, value)
        return value

    def _unbound(self, module: ModuleValue, name: str) -> SimulatedError:
        error = self.failure("NameError", f"name '{name}' is not defined", module, name)
        # What a body reads before it binds it is missing from every entry, if not by a guess.
        is_elsewhere = module.name in self.world.stars or module.flags.get("skipped", False)
        error.is_order = error.is_order and (self.is_in_call or is_elsewhere)
        return error


def _implies(test: Expression, other: Expression) -> bool:
    # if fast and wanted: ... after if fast: ...
    is_part = isinstance(test, Logic) and test.is_and and other in test.values
    return test == other or is_part
