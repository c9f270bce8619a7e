"""Functions of the project: what calling them binds, runs and gives, within a budget."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from cycleguard.model.program import Constant, Define, Parameters, Statement
from cycleguard.simulate.comprehending import Comprehending
from cycleguard.simulate.errors import BudgetError, GuessedError, SimulatedError
from cycleguard.simulate.names import Scope
from cycleguard.simulate.state import Running
from cycleguard.simulate.values import (
    STARRED,
    UNKNOWN,
    FunctionValue,
    GeneratorValue,
    LambdaValue,
    MappingValue,
    Namespace,
    SequenceValue,
    Value,
)
from cycleguard.simulate.world import Policy, World

_DEEPEST_CALL = 40
_LONGEST_CALL = 4_000
# Statements that calls from one module's body may take, those of one function and all together.
_MOST_PER_FUNCTION = 800
_MOST_PER_BODY = 2_500


class Functions(Comprehending):
    """Runs the bodies of functions and lambdas."""

    def __init__(self, world: World, policy: Policy) -> None:
        super().__init__(world, policy)
        self._calls: list[object] = []
        self._steps = 0
        self._spent: dict[int, int] = {}
        self._spent_in_all = 0
        self.guesses_before_call = 0

    @property
    def is_in_call(self) -> bool:
        """Whether a function of the project runs."""
        return bool(self._calls)

    @property
    def is_guessing(self) -> bool:
        """Whether the way to the statement that runs was a guess, inside the outermost call."""
        return bool(self._calls) and self.guesses > self.guesses_before_call

    @abstractmethod
    def run_block(self, statements: tuple[Statement, ...], scope: Scope) -> Value | None:
        """Execute statements; the value of a ``return``, None if none was reached."""

    @contextmanager
    def outside_calls(self) -> Iterator[None]:
        """A module's body, although a call may have asked for it, is no part of that call.

        What it guesses says nothing of the way that the call has taken.
        """
        calls, steps, guesses = self._calls, self._steps, (self.guesses, self.guesses_before_call)
        are_turned, spent, in_all = self.turns_guesses, self._spent, self._spent_in_all
        self._calls, self._steps, self.turns_guesses = [], 0, False
        self._spent, self._spent_in_all = {}, 0
        try:
            yield
        finally:
            self._calls, self._steps = calls, steps
            self.guesses, self.guesses_before_call = guesses
            self.turns_guesses, self._spent, self._spent_in_all = are_turned, spent, in_all

    def count_step(self) -> None:
        """Count one statement of a called function; too many end the outermost call."""
        if self._calls:
            self._steps += 1
            if self._steps > _LONGEST_CALL:
                raise BudgetError

    def call_function(
        self, function: FunctionValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """Call a function of the project."""
        code = function.code
        if code.body is None:
            code = self.world.read_function(function.module.name, code.line, code.end_line)
            function.code = code
        if not code.runs_when_called or (self._is_spent(code) and not code.is_generator):
            return UNKNOWN
        scope = self._bound(code.parameters, function.defaults, arguments, keywords)
        if code.is_generator:
            return GeneratorValue(function, scope)
        return self.run_function(function, scope)

    def run_function(self, function: FunctionValue, names: Namespace) -> Value:
        """Run the body of a function with the locals `names`."""
        code = function.code
        scope = Scope(
            function.module,
            names,
            function.closure,
            is_function=True,
            local_names=frozenset(code.local_names),
            global_names=frozenset(code.global_names),
            cell=function.owner,
            first=code.parameters.names[0] if code.parameters.names else None,
        )
        if code in self._calls[-3:] and self._calls.count(code) > 2:
            return UNKNOWN
        return self._within_budget(code, scope)

    def call_lambda(
        self, function: LambdaValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """Call a lambda."""
        names = self._bound(function.parameters, function.defaults, arguments, keywords)
        if len(self._calls) >= _DEEPEST_CALL:
            return UNKNOWN
        scope = Scope(function.module, names, function.closure, is_function=True)
        self._calls.append(function)
        try:
            return self.evaluate(function.body, scope)
        finally:
            self._calls.pop()

    def _bound(
        self,
        parameters: Parameters,
        defaults: Mapping[str, Value],
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
    ) -> Namespace:
        """The locals that a call starts with; an argument that nobody can tell is unknown."""
        names = self.table()
        is_open = STARRED in arguments or "**" in keywords
        if parameters.rest is not None:
            more = arguments[len(parameters.names) :]
            names[parameters.rest] = UNKNOWN if is_open else SequenceValue(more)
        if parameters.keywords is not None:
            known = {*parameters.names, *(name for name, _ in parameters.keyword_only)}
            others = {name: value for name, value in keywords.items() if name not in known}
            names[parameters.keywords] = UNKNOWN if is_open else MappingValue(others, is_whole=True)
        for name in (*parameters.names, *(name for name, _ in parameters.keyword_only)):
            names[name] = UNKNOWN if is_open else defaults.get(name, UNKNOWN)
        before = arguments[: arguments.index(STARRED)] if STARRED in arguments else arguments
        names.update(zip(parameters.names, before, strict=False))
        names.update({name: value for name, value in keywords.items() if name in names})
        return names

    def _is_spent(self, code: Define) -> bool:
        """Whether a call from the module's own body would be one too many."""
        if self._calls or self.turns_guesses:
            return False
        is_spent = self._spent.get(id(code), 0) > _MOST_PER_FUNCTION
        return is_spent or self._spent_in_all > _MOST_PER_BODY

    def _within_budget(self, code: Define, scope: Scope) -> Value:
        if len(self._calls) >= _DEEPEST_CALL:
            return UNKNOWN
        if self._is_spent(code):
            return UNKNOWN
        if self._calls or self.turns_guesses:
            return self._run_code(code, scope)
        mark, guesses = self.mark(), self.guesses
        try:
            return self._run_code(code, scope)
        except SimulatedError:
            if self.guesses == guesses:
                raise
            # Values decide where a function goes: it is taken to go where it can.
            self.undo(mark)
            return self._run_otherwise(code, scope)

    def _run_otherwise(self, code: Define, scope: Scope) -> Value:
        """Run a function with every guess turned round."""
        self.turns_guesses = True
        try:
            return self._run_code(code, scope)
        finally:
            self.turns_guesses = False

    def _run_code(self, code: Define, scope: Scope) -> Value:
        is_outermost = not self._calls
        guesses = self.guesses
        if is_outermost:
            self.guesses_before_call = guesses
        self._calls.append(code)
        self.stack.append(Running(scope.module, function=code.name))
        try:
            value = self.run_block(code.body or (), scope) or Constant(None)
            # Another branch may have given another constant, or more than None.
            is_guess = isinstance(value, Constant) and self.guesses > guesses
            return UNKNOWN if is_guess else value
        except (BudgetError, GuessedError):
            if not is_outermost:
                raise
            return UNKNOWN
        finally:
            self.stack.pop()
            self._calls.pop()
            if is_outermost:
                self._spent[id(code)] = self._spent.get(id(code), 0) + self._steps
                self._spent_in_all += self._steps
                self._steps = 0
