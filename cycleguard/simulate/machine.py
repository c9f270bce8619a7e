"""Statements: the machine that executes a module's program as CPython would.

One path is followed at a time. Where the source does not tell which way it goes, the policy does;
`entries` runs the machine under several policies and compares.
"""

import builtins
import sys
from dataclasses import dataclass

from cycleguard.model.imports import Alias
from cycleguard.model.program import (
    Annotate,
    Assign,
    Attribute,
    Augment,
    Call,
    Case,
    Constant,
    Define,
    DefineClass,
    Delete,
    Evaluate,
    Expression,
    For,
    Global,
    Handler,
    If,
    Import,
    ImportFrom,
    Leave,
    Load,
    Match,
    Raise,
    Return,
    Sequence,
    Starred,
    Statement,
    Subscript,
    Try,
    While,
    With,
)
from cycleguard.simulate.classes import look_up, metaclass_of
from cycleguard.simulate.errors import GuessedError, SimulatedError
from cycleguard.simulate.evaluating import Scope
from cycleguard.simulate.folding import compare, described, difference, kinds_of, text, truth
from cycleguard.simulate.special_calls import SpecialCalls
from cycleguard.simulate.values import (
    UNKNOWN,
    BoundValue,
    ClassValue,
    DescriptorValue,
    ExternalValue,
    FunctionValue,
    GeneratorValue,
    GlobalsValue,
    InstanceValue,
    LambdaValue,
    LazyValue,
    MappingValue,
    ModuleValue,
    SequenceValue,
    SuppressValue,
    Value,
)
from cycleguard.simulate.world import Policy, World

_MUTATORS = frozenset(
    "append extend insert remove pop clear update add discard sort reverse".split()
)
_LONGEST_LOOP = 64


class _LeftLoopError(Exception):
    """``break`` or ``continue`` on its way to the loop."""

    def __init__(self, is_break: bool) -> None:
        super().__init__()
        self.is_break = is_break


@dataclass(slots=True)
class _Making:
    """A class whose body has run and whose metaclass is being called."""

    cls: ClassValue
    keywords: dict[str, Value]
    names: MappingValue
    is_done: bool = False


class _ReturnedError(Exception):
    """``return`` on its way to the call."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class Machine(SpecialCalls):
    """Executes programs. Public: `run_body`, `run_import`, and what it inherits."""

    def __init__(self, world: World, policy: Policy) -> None:
        super().__init__(world, policy)
        self._uncertain = 0
        self._handlers_before_guess = 0
        self._raised: list[SimulatedError] = []
        self._making: list[_Making] = []

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
            self._block(statements, scope)
        except _ReturnedError as returned:
            return returned.value
        except _LeftLoopError:
            return None
        return None

    @property
    def is_on_a_guess(self) -> bool:
        """Whether the way to the statement that runs was the policy's choice."""
        return bool(self._uncertain) or self.is_guessing

    def _block(self, statements: tuple[Statement, ...], scope: Scope) -> None:
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
            self._define(statement, scope)
        elif isinstance(statement, DefineClass):
            self._define_class(statement, scope)
        elif isinstance(statement, Evaluate):
            self._evaluate_statement(statement, scope)
        elif isinstance(statement, If):
            self._if(statement, scope)
        elif isinstance(statement, Try):
            self._try(statement, scope)
        else:
            self._run_rare(statement, scope)

    def _run_rare(self, statement: Statement, scope: Scope) -> None:
        match statement:
            case Annotate():
                self._annotate(statement, scope)
            case Augment():
                self._augment(statement, scope)
            case Delete(targets=targets):
                for target in targets:
                    self._delete(target, scope)
            case With():
                self._with(statement, scope)
            case For():
                self._for(statement, scope)
            case While():
                self._while(statement, scope)
            case Match():
                self._match(statement, scope)
            case Raise():
                self._raise(statement, scope)
            case Return(value=value):
                raise _ReturnedError(self.evaluate(value, scope) if value else Constant(None))
            case Leave(is_break=is_break):
                raise _LeftLoopError(is_break)
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

    def store(self, target: Expression, value: Value, scope: Scope) -> None:
        """Assign `value` to `target`."""
        if isinstance(target, Load):
            self.bind(scope, target.name, value)
        elif isinstance(target, Sequence):
            self._unpack(target, value, scope)
        elif isinstance(target, Starred):
            self.store(target.value, value, scope)
        elif isinstance(target, Attribute):
            base = self.evaluate(target.base, scope)
            if isinstance(base, (ModuleValue, InstanceValue, ClassValue, FunctionValue)):
                self.write(base.namespace, target.name, value)
            elif isinstance(base, Constant):
                message = f"{described(base)} has no attribute '{target.name}'"
                raise self.fault("AttributeError", message)
        elif isinstance(target, Subscript):
            self._store_item(target, value, scope)

    def _unpack(self, target: Sequence, value: Value, scope: Scope) -> None:
        """Source: UNPACK_SEQUENCE and UNPACK_EX (Python/bytecodes.c)."""
        held = self.iterated(value)
        items = list(held.items) if isinstance(held, SequenceValue) else []
        stars = [n for n, part in enumerate(target.items) if isinstance(part, Starred)]
        if stars and len(items) >= len(target.items) - 1:
            after = len(items) - (len(target.items) - stars[0] - 1)
            middle = SequenceValue(tuple(items[stars[0] : after]))
            items = [*items[: stars[0]], middle, *items[after:]]
        if len(items) != len(target.items):
            items = [UNKNOWN] * len(target.items)
        for part, item in zip(target.items, items, strict=True):
            self.store(part, item, scope)

    def _store_item(self, target: Subscript, value: Value, scope: Scope) -> None:
        base = self.evaluate(target.base, scope)
        key = text(self.evaluate(target.index, scope))
        if isinstance(base, GlobalsValue):
            if key is None:
                self.flag(base.module, "open")
            else:
                self.write(base.module.namespace, key, value)
        elif isinstance(base, ExternalValue) and base.name == "sys.modules":
            # sys.modules[__name__] = Lazy(): whatever is put there may have any name
            self.touch(key or "")
            known = self.modules.get(key) if key else None
            if isinstance(value, ModuleValue) and key:
                self.write(self.modules, key, value)
            elif known is not None:
                self.flag(known, "open")
                self.flag(known, "replaced")
            elif key:
                self.write(self.modules, key, None)
        elif isinstance(base, (MappingValue, SequenceValue)):
            self.store(target.base, _with_item(base, key, value), scope)

    def _delete(self, target: Expression, scope: Scope) -> None:
        if isinstance(target, Load):
            self.load(target.name, scope)
            self.remove(scope.names, target.name)
            if scope.names is scope.module.namespace:
                self.note_deleted(scope.module, target.name)
        elif isinstance(target, Sequence):
            for part in target.items:
                self._delete(part, scope)
        elif isinstance(target, Attribute):
            base = self.evaluate(target.base, scope)
            if isinstance(base, ModuleValue) and not base.is_open:
                if target.name not in base.namespace:
                    raise self.missing_attribute(base, target.name)
            if isinstance(base, (ModuleValue, InstanceValue, ClassValue)):
                self.remove(base.namespace, target.name)
            if isinstance(base, ModuleValue):
                self.note_deleted(base, target.name)
        elif isinstance(target, Subscript):
            base = self.evaluate(target.base, scope)
            key = text(self.evaluate(target.index, scope))
            if isinstance(base, ExternalValue) and base.name == "sys.modules" and key:
                self.take_out(key)
            elif isinstance(base, GlobalsValue) and key:
                self.remove(base.module.namespace, key)
                self.note_deleted(base.module, key)

    def _evaluate_statement(self, statement: Evaluate, scope: Scope) -> None:
        value = statement.value
        result = self.evaluate(value, scope)
        if not isinstance(value, Call) or not isinstance(value.function, Attribute):
            return
        # names.append(x), __all__.extend([...]), settings.update(...)
        method, named = value.function.name, value.function.base
        if isinstance(named, Load) and method in _MUTATORS and result == UNKNOWN:
            held = self.load(named.name, scope)
            if isinstance(held, (SequenceValue, MappingValue)):
                is_plain = len(value.arguments) == 1 and not value.keywords
                added = self.evaluate(value.arguments[0], scope) if is_plain else UNKNOWN
                self._rebind(named.name, _grown(held, method, added), scope)

    def _rebind(self, name: str, value: Value, scope: Scope) -> None:
        """Put a changed value where `name` is read from."""
        is_local = name in scope.names or name in scope.local_names
        names = scope.names if is_local else scope.module.namespace
        self.write(names, name, value)

    def _augment(self, statement: Augment, scope: Scope) -> None:
        held = self.evaluate(statement.target, scope)
        added = self.evaluate(statement.value, scope)
        if statement.operator != "Add":
            self.check_operands([held, added])
            new = difference(held, added) if statement.operator == "Sub" else UNKNOWN
        elif isinstance(held, SequenceValue):
            new = _grown(held, "extend", added)
        else:
            new = self.sum_of([held, added])
        self.store(statement.target, new, scope)

    def _annotate(self, statement: Annotate, scope: Scope) -> None:
        value = self.evaluate(statement.value, scope) if statement.value else None
        if value is not None:
            self.store(statement.target, value, scope)
        is_evaluated = not scope.is_function and not scope.module.flags.get("postponed")
        if statement.annotation is not None and is_evaluated:
            self.evaluate(statement.annotation, scope)

    def _if(self, statement: If, scope: Scope) -> None:
        holds, is_known = self.condition(statement.test, scope)
        chosen, other = statement.body, statement.orelse
        if other and not is_known:
            self._note_alternatives(scope)
        if not holds:
            chosen, other = other, chosen
        # A guess that ends in the program's own refusal was the wrong one.
        if not self._branch(chosen, scope, is_known):
            self._branch(other, scope, is_known)

    def _note_alternatives(self, scope: Scope) -> None:
        """One of several ways was taken on a guess; each may bind names that are read later."""
        if not scope.is_function:
            self.flag(scope.module, "guessed")

    def _branch(self, body: tuple[Statement, ...], scope: Scope, is_known: bool) -> bool:
        """Run a branch; whether it went through."""
        self._uncertain += not is_known
        handlers = self._handlers_before_guess
        if not is_known:
            self._handlers_before_guess = self.handlers
        try:
            self._block(body, scope)
        except GuessedError:
            if is_known:
                raise
            return False
        finally:
            self._uncertain -= not is_known
            self._handlers_before_guess = handlers
        return True

    def _loop(self, body: tuple[Statement, ...], scope: Scope, is_known: bool) -> bool:
        """Run a loop's body once; whether the loop goes on."""
        try:
            if not is_known:
                self._note_alternatives(scope)
            self._branch(body, scope, is_known)
        except _LeftLoopError as left:
            return not left.is_break
        return True

    def _for(self, statement: For, scope: Scope) -> None:
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
            self._note_alternatives(scope)
            if self.decide(UNKNOWN)[0] and not self._loop(statement.body, scope, is_known=False):
                return
        self._block(statement.orelse, scope)

    def _while(self, statement: While, scope: Scope) -> None:
        for _ in range(_LONGEST_LOOP):
            holds, is_known = self.condition(statement.test, scope)
            if not holds:
                self._branch(statement.orelse, scope, is_known)
                return
            if not self._loop(statement.body, scope, is_known) or not is_known:
                return

    def _with(self, statement: With, scope: Scope) -> None:
        self._with_items(statement.items, statement.body, scope)

    def _with_items(
        self,
        items: tuple[tuple[Expression, Expression | None], ...],
        body: tuple[Statement, ...],
        scope: Scope,
    ) -> None:
        """Source: the compiler nests the items (``compiler_with``, Python/compile.c)."""
        if not items:
            self._block(body, scope)
            return
        (node, target), *rest = items
        manager = self.evaluate(node, scope)
        if isinstance(manager, ModuleValue) or manager == Constant(None):
            raise self.type_error(f"{described(manager)} is no context manager", manager)
        entered = self._manager_call(manager, "__enter__")
        # @contextlib.contextmanager: the body of the generator
        if isinstance(manager, GeneratorValue):
            self.iterate(manager)
        if target is not None:
            self.store(target, entered, scope)
        kinds = manager.kinds if isinstance(manager, SuppressValue) else frozenset[str]()
        try:
            with self.handling(kinds):
                self._with_items(tuple(rest), body, scope)
        except SimulatedError as error:
            is_swallowed = kinds & set(error.ancestors)
            if not is_swallowed and truth(self._manager_call(manager, "__exit__")) is not True:
                raise
            self.note_silent(error)
        else:
            self._manager_call(manager, "__exit__")

    def _manager_call(self, manager: Value, name: str) -> Value:
        method = look_up(manager.cls, name) if isinstance(manager, InstanceValue) else None
        if isinstance(method, FunctionValue):
            return self.call(BoundValue(method, manager), (UNKNOWN,) * (3 * (name == "__exit__")))
        return UNKNOWN

    def _match(self, statement: Match, scope: Scope) -> None:
        subject = self.evaluate(statement.subject, scope)
        for case in statement.cases:
            matches, is_known = self._matches(case, subject, scope)
            if not matches:
                continue
            for name in case.names:
                self.bind(scope, name, subject if case.is_default else UNKNOWN)
            if case.guard is not None:
                holds, is_guard_known = self.decide(self.evaluate(case.guard, scope))
                is_known = is_known and is_guard_known
                if not holds:
                    continue
            if not is_known:
                self._note_alternatives(scope)
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
        return self.decide(UNKNOWN if None in known else Constant(False))

    def _try(self, statement: Try, scope: Scope) -> None:
        try:
            self._try_body(statement, scope)
        finally:
            # A finally that fails replaces what was on its way, as in CPython.
            self._block(statement.final, scope)

    def _try_body(self, statement: Try, scope: Scope) -> None:
        swallowing = (handler for handler in statement.handlers if not _raises_again(handler))
        kinds = frozenset(kind for each in swallowing for kind in self._named_kinds(each, scope))
        caught: SimulatedError | None = None
        try:
            with self.handling(kinds):
                self._block(statement.body, scope)
        except SimulatedError as error:
            caught = error
        if caught is None:
            self._block(statement.orelse, scope)
        else:
            self._handle(caught, statement, scope)

    def _handle(self, error: SimulatedError, statement: Try, scope: Scope) -> None:
        for handler in statement.handlers:
            if self._handler_kinds(handler, scope) & set(error.ancestors):
                self._raised.append(error)
                try:
                    if handler.name:
                        self.bind(scope, handler.name, UNKNOWN)
                    self._block(handler.body, scope)
                finally:
                    self._raised.pop()
                    if handler.name:
                        self.remove(scope.names, handler.name)
                # Only a handler that does not raise swallows the failure.
                self.stack[-1].line = handler.line
                self.note_silent(error)
                return
        raise error

    def _handler_kinds(self, handler: Handler, scope: Scope) -> frozenset[str]:
        """Source: ``CHECK_EXC_MATCH`` (Python/bytecodes.c): only exception classes can be named."""
        if handler.kind is None:
            return frozenset({"BaseException"})
        named = self.evaluate(handler.kind, scope)
        for each in named.items if isinstance(named, SequenceValue) else (named,):
            if isinstance(each, (ModuleValue, FunctionValue, Constant)):
                message = "catching classes that do not inherit from BaseException is not allowed"
                raise self.type_error(message, each)
        return kinds_of(named)

    def _named_kinds(self, handler: Handler, scope: Scope) -> frozenset[str]:
        """The exceptions that a handler names, read off before anything is evaluated."""
        if handler.kind is None:
            return frozenset({"BaseException"})
        nodes = handler.kind.items if isinstance(handler.kind, Sequence) else (handler.kind,)
        known = (
            scope.module.namespace.get(n.name, Constant(None)) for n in nodes if isinstance(n, Load)
        )
        named = {node.name for node in nodes if isinstance(node, (Load, Attribute))}
        return frozenset(named).union(*map(kinds_of, known))

    def _raise(self, statement: Raise, scope: Scope) -> None:
        # except ImportError: raise ... : the program does not do without it after all
        if self._raised and self._raised[-1].is_guess:
            raise GuessedError
        if statement.error is None:
            if self._raised:
                raise self._raised[-1]
            raise GuessedError
        kinds = _ancestors(self.evaluate(statement.error, scope))
        error = SimulatedError(kinds[0], _message(statement.error), is_order=False, ancestors=kinds)
        error.chain = self.frames()
        # What a call raises by itself depends on values, and those are known in part only; a guess
        # that ends in a refusal was the wrong one, whoever may be ready for that.
        is_doubtful = self.is_on_a_guess or self.is_in_call
        if is_doubtful and not self.catches(error, since=self._handlers_before_guess):
            if not self._uncertain:
                self.note_refusal()
            elif not self.is_in_call:
                self.note_demand()
            raise GuessedError
        raise error

    def _define(self, statement: Define, scope: Scope) -> None:
        decorators = [self.evaluate(decorator, scope) for decorator in statement.decorators]
        defaults = self.defaults_of(statement.parameters, scope)
        if not scope.module.flags.get("postponed"):
            for annotation in statement.annotations:
                self.evaluate(annotation, scope)
        closure = self.enclosing(scope)
        value: Value = FunctionValue(
            scope.module, statement, self.table(), closure, scope.cell, defaults=defaults
        )
        self.bind(scope, statement.name, self._decorated(value, decorators))

    def _decorated(self, value: Value, decorators: list[Value]) -> Value:
        for decorator in reversed(decorators):
            value = self.decorate(decorator, value)
        return value

    def _define_class(self, statement: DefineClass, scope: Scope) -> None:
        """Source: LOAD_BUILD_CLASS, ``builtin___build_class__`` (Python/bltinmodule.c)."""
        decorators = [self.evaluate(decorator, scope) for decorator in statement.decorators]
        bases = tuple(self.real(self.evaluate(base, scope)) for base in statement.bases)
        keywords = {name: self.evaluate(value, scope) for name, value in statement.keywords}
        names, cell = self.table(), dict[str, ClassValue]()
        inner = Scope(
            scope.module,
            names,
            self.enclosing(scope),
            global_names=scope.global_names,
            cell=cell,
        )
        self._block(statement.body, inner)
        metaclass = keywords.pop("metaclass", None)
        cls = ClassValue(scope.module, statement.name, bases, names, metaclass)
        cell["class"] = cls
        self.bind(scope, statement.name, self._decorated(self._made(cls, keywords), decorators))

    def _made(self, cls: ClassValue, keywords: dict[str, Value]) -> Value:
        """Call the metaclass, after the body: ``metaclass(name, bases, names)``."""
        if isinstance(cls.metaclass, (ModuleValue, FunctionValue, LambdaValue, Constant)):
            arguments = (Constant(cls.name), SequenceValue(cls.bases), UNKNOWN)
            return self.call_with(cls.metaclass, arguments, keywords)
        for base in cls.bases:
            if isinstance(base, ModuleValue) or base == Constant(None):
                raise self.type_error(f"{described(base)} is no base class", base)
        names = MappingValue(dict(cls.namespace), is_whole=True)
        self._making.append(_Making(cls, keywords, names))
        try:
            self._run_metaclass(cls, keywords)
        finally:
            self._making.pop()
        return cls

    def _run_metaclass(self, cls: ClassValue, keywords: dict[str, Value]) -> None:
        """Source: ``type_call`` on the metaclass (Objects/typeobject.c)."""
        metaclass = metaclass_of(cls)
        given = (Constant(cls.name), SequenceValue(cls.bases), self._making[-1].names)
        new = look_up(metaclass, "__new__")
        new = new.function if isinstance(new, DescriptorValue) else new
        if isinstance(new, FunctionValue) and metaclass is not None:
            self.call_with(new, (metaclass, *given), keywords)
        self.type_new(metaclass, given[2])
        init = look_up(metaclass, "__init__")
        if isinstance(init, FunctionValue):
            self.call_with(init, (cls, *given), keywords)

    def type_new(self, metaclass: ClassValue | None, names: Value) -> Value:
        """What ``type.__new__`` runs for the class that is being made, once.

        If it gets the `names` of the class's body, and nothing of it is from outside, then no other
        attributes are there.

        Source: ``type_new_set_names`` and ``type_new_init_subclass`` (Objects/typeobject.c).
        """
        if not self._making:
            return UNKNOWN
        making = self._making[-1]
        cls = making.cls
        if making.is_done or metaclass_of(cls) is not metaclass:
            return UNKNOWN
        making.is_done = True
        meta_is_closed = metaclass is None or not metaclass.is_open
        is_closed = meta_is_closed and all(map(_is_closed_base, cls.bases))
        cls.is_open = names is not making.names or not is_closed
        for name, value in list(cls.namespace.items()):
            if isinstance(value, InstanceValue):
                self._set_name(cls, name, value)
        hook = look_up(cls, "__init_subclass__", behind=cls)
        hook = hook.function if isinstance(hook, DescriptorValue) else hook
        if isinstance(hook, FunctionValue):
            self.call_with(hook, (cls,), making.keywords)
        return cls

    def _set_name(self, cls: ClassValue, name: str, value: InstanceValue) -> None:
        """Source: ``type_new_set_names``: up to Python 3.11 any failure becomes a RuntimeError."""
        method = look_up(value.cls, "__set_name__")
        if not isinstance(method, FunctionValue):
            return
        try:
            self.call(method, (value, cls, Constant(name)))
        except SimulatedError as error:
            if sys.version_info >= (3, 12):
                raise
            message = f"Error calling __set_name__ on '{value.cls.name}' instance '{name}'"
            wrapped = SimulatedError(
                "RuntimeError",
                message,
                module=error.module,
                missing=error.missing,
                is_certain=error.is_certain,
                is_order=error.is_order,
            )
            wrapped.chain = error.chain
            raise wrapped from error


def _is_closed_base(base: Value) -> bool:
    """Whether all attributes of a base class are known: a class of the project, ``object``."""
    is_builtin = base in (ExternalValue("builtins.object"), ExternalValue("builtins.type"))
    return is_builtin or (isinstance(base, ClassValue) and not base.is_open)


def _raises_again(handler: Handler) -> bool:
    # except ImportError as error: raise RuntimeError("not built") from error
    return bool(handler.body) and isinstance(handler.body[-1], Raise)


def _message(error: Expression) -> str:
    """What a program says itself: ``raise ImportError("not on this system")``."""
    if isinstance(error, Call) and error.arguments and isinstance(error.arguments[0], Constant):
        return str(error.arguments[0].value)
    return "raised by the program itself"


def _grown(held: SequenceValue | MappingValue, how: str, added: Value) -> Value:
    if not isinstance(held, SequenceValue):
        return UNKNOWN
    if how == "append":
        return SequenceValue((*held.items, added))
    if how == "extend" and isinstance(added, SequenceValue):
        return SequenceValue((*held.items, *added.items))
    if how == "remove" and isinstance(added, Constant) and added in held.items:
        place = held.items.index(added)
        return SequenceValue((*held.items[:place], *held.items[place + 1 :]))
    return UNKNOWN


def _with_item(held: SequenceValue | MappingValue, key: str | None, value: Value) -> Value:
    """What ``held[key] = value`` leaves."""
    if isinstance(held, MappingValue) and key is not None:
        return MappingValue({**held.items, key: value}, held.is_whole)
    return UNKNOWN


def _ancestors(error: Value) -> tuple[str, ...]:
    """The class names that a handler may name to catch `error`."""
    if isinstance(error, InstanceValue):
        return _ancestors(error.cls)
    if isinstance(error, ClassValue):
        above = [name for base in error.bases for name in _ancestors(base)]
        return (error.name, *dict.fromkeys(above))
    if isinstance(error, ExternalValue):
        name = error.name.removesuffix("()").rpartition(".")[2]
        return _builtin_ancestors(name)
    return ("Exception", "BaseException")


def _builtin_ancestors(name: str) -> tuple[str, ...]:
    found = getattr(builtins, name, None)
    if isinstance(found, type) and issubclass(found, BaseException):
        return tuple(cls.__name__ for cls in found.__mro__ if cls is not object)
    return (name, "Exception", "BaseException")
