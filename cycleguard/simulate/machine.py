"""Statements: the machine that executes a module's program as CPython would.

One path is followed at a time. Where the source does not tell which way it goes, the policy does;
`entries` runs the machine under several policies and compares.
"""

from cycleguard.model.imports import Alias
from cycleguard.model.program import (
    Annotate,
    Assert,
    Assign,
    Augment,
    Constant,
    Define,
    DefineClass,
    Delete,
    Evaluate,
    For,
    Global,
    If,
    Import,
    ImportFrom,
    Leave,
    Match,
    Raise,
    Return,
    Statement,
    Try,
    While,
    With,
)
from cycleguard.simulate.branching import LeftLoopError
from cycleguard.simulate.handling import Handling
from cycleguard.simulate.names import Scope
from cycleguard.simulate.values import LazyValue, ModuleValue, Value


class _ReturnedError(Exception):
    """``return`` on its way to the call."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class Machine(Handling):
    """Executes programs. Public: `run_body`, `run_import`, and what it inherits."""

    def run_body(self, module: ModuleValue) -> None:
        """Execute a module's program in its name space."""
        scope = Scope(module, module.namespace)
        program = self.world.programs.get(module.name, ())
        with self.outside_calls():
            for number, statement in enumerate(program):
                self.before_statement(module, number)
                self._run(statement, scope)
            self.before_statement(module, len(program))

    def settle(self, entry: str, *, is_crash: bool) -> None:
        """Called when an entry has been imported or has crashed, before those below it are."""

    def before_statement(self, module: ModuleValue, number: int) -> None:
        """Called before each top-level statement of a module; `hoists` looks in from here."""

    def run_import(self, module: ModuleValue, statement: Import | ImportFrom) -> None:
        """Execute an import statement as if it stood in the body of `module`."""
        self._run(statement, Scope(module, module.namespace))

    def run_block(self, statements: tuple[Statement, ...], scope: Scope) -> Value | None:
        """Execute a function's body; the returned value, None if it ran to its end."""
        try:
            self.block(statements, scope)
        except _ReturnedError as returned:
            return returned.value
        except LeftLoopError:
            return None
        return None

    def block(self, statements: tuple[Statement, ...], scope: Scope) -> None:
        """Execute statements one after the other."""
        for statement in statements:
            self._run(statement, scope)

    def _run(self, statement: Statement, scope: Scope) -> None:
        self.stack[-1].line = statement.line
        self.count_step()
        if self.world.aliases is not None:
            self.inject_aliases(scope.module, statement.line)
        if isinstance(statement, Import):
            self._import(statement, scope)
        elif isinstance(statement, ImportFrom):
            self._import_from(statement, scope)
        elif isinstance(statement, Assign):
            value = self.evaluate(statement.value, scope)
            for target in statement.targets:
                self.store(target, value, scope)
        elif isinstance(statement, Define):
            self.define(statement, scope)
        elif isinstance(statement, DefineClass):
            self.define_class(statement, scope)
        elif isinstance(statement, Evaluate):
            self.run_expression(statement, scope)
        elif isinstance(statement, If):
            self.run_if(statement, scope)
        elif isinstance(statement, Try):
            self.run_try(statement, scope)
        else:
            self._run_rare(statement, scope)

    def _run_rare(self, statement: Statement, scope: Scope) -> None:
        match statement:
            case Annotate():
                self.annotate(statement, scope)
            case Augment():
                self.augment(statement, scope)
            case Delete(targets=targets):
                for target in targets:
                    self.delete(target, scope)
            case With():
                self.run_with(statement, scope)
            case For():
                self.run_for(statement, scope)
            case While():
                self.run_while(statement, scope)
            case Match():
                self.run_match(statement, scope)
            case Raise():
                self.run_raise(statement, scope)
            case Assert():
                self.run_assert(statement, scope)
            case Return(value=value):
                raise _ReturnedError(self.evaluate(value, scope) if value else Constant(None))
            case Leave(is_break=is_break):
                raise LeftLoopError(is_break)
            case Global():
                pass

    def _import(self, statement: Import, scope: Scope) -> None:
        for alias in statement.names:
            name = alias.asname or alias.name.partition(".")[0]
            if scope.is_function:
                self.note_called(alias.name)
            if statement.is_lazy:
                is_whole = alias.asname is not None
                lazy = LazyValue(alias.name, None, statement.is_proxy, is_whole)
                self.bind(scope, name, lazy)
            elif alias.asname:
                self.bind(scope, name, self.import_as(alias.name))
            else:
                self.bind(scope, name, self.import_statement(alias.name))

    def _import_from(self, statement: ImportFrom, scope: Scope) -> None:
        module = scope.module
        if statement.module == "__future__":
            if Alias("annotations") in statement.names:
                self.flag(module, "postponed")
            return
        name = self.absolute_name(module, statement.module, statement.level)
        if statement.is_lazy:
            for alias in statement.names:
                lazy = LazyValue(name, alias.name, statement.is_proxy)
                self.bind(scope, alias.asname or alias.name, lazy)
            return
        if scope.is_function:
            self.note_called(name)
        base = self.import_base(name, [alias.name for alias in statement.names])
        for alias in statement.names:
            if alias == Alias("*"):
                self.import_star(base, module)
            else:
                value = self.import_from(base, alias.name)
                self.bind(scope, alias.asname or alias.name, value)
