"""Branches and loops: which way is taken, and what becomes of a guess."""

from cycleguard.model.program import (
    Case,
    Compare,
    Constant,
    Expression,
    For,
    If,
    Match,
    Raise,
    Statement,
    While,
)
from cycleguard.simulate.defining import Defining
from cycleguard.simulate.errors import GuessedError
from cycleguard.simulate.folding import compare, is_false
from cycleguard.simulate.names import Scope
from cycleguard.simulate.values import UNKNOWN, SequenceValue, Value
from cycleguard.simulate.world import Policy, World

_LONGEST_LOOP = 64


class LeftLoopError(Exception):
    """``break`` or ``continue`` on its way to the loop."""

    def __init__(self, is_break: bool) -> None:
        super().__init__()
        self.is_break = is_break


class Branching(Defining):
    """Goes one way where there are several."""

    def __init__(self, world: World, policy: Policy) -> None:
        super().__init__(world, policy)
        self.uncertain = 0
        self.handlers_before_guess = 0

    @property
    def is_on_a_guess(self) -> bool:
        """Whether the way to the statement that runs was the policy's choice."""
        return bool(self.uncertain) or self.is_guessing

    def run_if(self, statement: If, scope: Scope) -> None:
        """``if``: one way, or the other if that is refused."""
        holds, is_known = self.condition(statement.test, scope)
        chosen, other = statement.body, statement.orelse
        # if os.environ.get("FAST"): import fast
        is_lone_guess = not (is_known or other or scope.is_function)
        if other and not is_known:
            self.note_alternatives(scope)
        elif is_lone_guess and not holds:
            self.flag(scope.module, "skipped")
        if not holds:
            chosen, other = other, chosen
        if not is_known and not self.is_in_call and _refuses(statement) and not holds:
            self.note_demand()
        if is_lone_guess and holds:
            self._branch_under(statement.test, chosen, scope)
            return
        # A guess that ends in the program's own refusal was the wrong one.
        if not self._branch(chosen, scope, is_known):
            self._branch(other, scope, is_known)

    def _branch_under(self, test: Expression, body: tuple[Statement, ...], scope: Scope) -> None:
        """Run a branch that has no other, and remember which names are there only with it."""
        module, before = scope.module, frozenset(scope.module.namespace)
        self.open_tests.append((module, test))
        try:
            self._branch(body, scope, is_known=False)
        finally:
            self.open_tests.pop()
        for name in module.namespace.keys() - before:
            self.bound_under[module.name, name] = test, module.namespace[name]

    def note_alternatives(self, scope: Scope) -> None:
        """One of several ways was taken on a guess; each may bind names that are read later."""
        if not scope.is_function:
            self.flag(scope.module, "guessed")

    def _branch(self, body: tuple[Statement, ...], scope: Scope, is_known: bool) -> bool:
        """Run a branch; whether it went through."""
        self.uncertain += not is_known
        handlers = self.handlers_before_guess
        if not is_known:
            self.handlers_before_guess = self.handlers
        try:
            self.block(body, scope)
        except GuessedError:
            if is_known:
                raise
            return False
        finally:
            self.uncertain -= not is_known
            self.handlers_before_guess = handlers
        return True

    def _loop(self, body: tuple[Statement, ...], scope: Scope, is_known: bool) -> bool:
        """Run a loop's body once; whether the loop goes on."""
        try:
            if not is_known:
                self.note_alternatives(scope)
            self._branch(body, scope, is_known)
        except LeftLoopError as left:
            return not left.is_break
        return True

    def run_for(self, statement: For, scope: Scope) -> None:
        """``for``: over the known items, or once."""
        iterable = self.iterated(self.evaluate(statement.iterable, scope))
        if isinstance(iterable, SequenceValue):
            for item in iterable.items:
                self.store(statement.target, item, scope)
                if not self._loop(statement.body, scope, is_known=True):
                    return
        else:
            # for name in found: ...
            # del name
            self.store(statement.target, UNKNOWN, scope)
            self.note_alternatives(scope)
            if self.decide(UNKNOWN)[0] and not self._loop(statement.body, scope, is_known=False):
                return
        self.block(statement.orelse, scope)

    def run_while(self, statement: While, scope: Scope) -> None:
        """``while``: as long as it is known to go on, or once."""
        for _ in range(_LONGEST_LOOP):
            holds, is_known = self.condition(statement.test, scope)
            if not holds:
                self._branch(statement.orelse, scope, is_known)
                return
            if not self._loop(statement.body, scope, is_known) or not is_known:
                return

    def run_match(self, statement: Match, scope: Scope) -> None:
        """``match``: the first case that fits."""
        subject = self.evaluate(statement.subject, scope)
        is_sure = True
        for case in statement.cases:
            matches, is_known = self._matches(case, subject, scope)
            # The cases above were passed over on a guess.
            is_sure = is_known = is_known and is_sure
            if not matches:
                continue
            for name in case.names:
                self.bind(scope, name, subject if case.is_default else UNKNOWN)
            if case.guard is not None:
                holds, is_guard_known = self.decide(self.evaluate(case.guard, scope))
                is_sure = is_known = is_known and is_guard_known
                if not holds:
                    continue
            if not is_known:
                self.note_alternatives(scope)
            self._branch(case.body, scope, is_known)
            return

    def _matches(self, case: Case, subject: Value, scope: Scope) -> tuple[bool, bool]:
        """Whether a pattern matches, and whether that is known."""
        if case.is_default:
            return True, True
        if case.values is None:
            for read in case.reads:
                self.evaluate(read, scope)
            return self.decide(UNKNOWN)
        known: list[bool | None] = []
        for value in case.values:
            known.append(compare("Eq", subject, self.evaluate(value, scope)))
            if known[-1]:
                return True, True
        holds, is_known = self.decide(UNKNOWN if None in known else Constant(False))
        # case None: fits where ``if subject`` does not hold
        is_opposite = all(map(is_false, case.values))
        return not holds if is_opposite and not is_known else holds, is_known


def _refuses(statement: If) -> bool:
    """Whether a body refuses to go on without something that was looked for and is not there."""
    # if found is None: raise ...
    is_absent = isinstance(statement.test, Compare) and is_false(statement.test.right)
    return is_absent and bool(statement.body) and isinstance(statement.body[-1], Raise)
