"""Statements: the machine that executes a module's program as CPython would.

One path is followed at a time. Where the source does not tell which way it goes, the policy does;
`entries` runs the machine under several policies and compares.
"""

import builtins

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
    Opaque,
    Raise,
    Return,
    Sequence,
    Statement,
    Subscript,
    Try,
    While,
    With,
)
from cycleguard.simulate.calling import Calling
from cycleguard.simulate.errors import GuessedError, SimulatedError
from cycleguard.simulate.evaluating import Scope
from cycleguard.simulate.folding import text
from cycleguard.simulate.values import (
    UNKNOWN,
    BoundValue,
    ClassValue,
    DescriptorValue,
    ExternalValue,
    FunctionValue,
    GlobalsValue,
    InstanceValue,
    LazyValue,
    ModuleValue,
    SequenceValue,
    Value,
)
from cycleguard.simulate.world import Policy, World

_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


class _LeftLoopError(Exception):
    """``break`` or ``continue`` on its way to the loop."""


class _ReturnedError(Exception):
    """``return`` on its way to the call."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class Machine(Calling):
    """Executes programs. Public: `run_body`, `run_import`, and what it inherits."""

    def __init__(self, world: World, policy: Policy) -> None:
        super().__init__(world, policy)
        self._handled: list[frozenset[str]] = []
        self._uncertain = 0
        self._raised: list[SimulatedError] = []

    def run_body(self, module: ModuleValue) -> None:
        """Execute a module's program in its name space."""
        scope = Scope(module, module.namespace)
        program = self.world.programs.get(module.name, ())
        for number, statement in enumerate(program):
            self.before_statement(module, number)
            self._run(statement, scope)
        self.before_statement(module, len(program))

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

    def expects_import_error(self) -> bool:
        """Whether a handler for ImportError surrounds the statement that runs."""
        return any(kinds & _IMPORT_ERRORS for kinds in self._handled)

    def catches(self, error: SimulatedError) -> bool:
        """Whether a handler that surrounds the statement that runs catches `error`."""
        return any(kinds & set(error.ancestors) for kinds in self._handled)

    def _block(self, statements: tuple[Statement, ...], scope: Scope) -> None:
        for statement in statements:
            self._run(statement, scope)

    def _run(self, statement: Statement, scope: Scope) -> None:
        self.stack[-1].line = statement.line
        self.count_step()
        if isinstance(statement, Import):
            self._import(statement, scope)
        elif isinstance(statement, ImportFrom):
            self._import_from(statement, scope)
        elif isinstance(statement, Assign):
            value = self.evaluate(statement.value, scope)
            for target in statement.targets:
                self._store(target, value, scope)
        elif isinstance(statement, Define):
            self._define(statement, scope)
        elif isinstance(statement, DefineClass):
            self._define_class(statement, scope)
        elif isinstance(statement, Evaluate):
            self._evaluate_statement(statement, scope)
        elif isinstance(statement, If):
            holds, is_known = self.decide(self.evaluate(statement.test, scope))
            self._branch(statement.body if holds else statement.orelse, scope, is_known)
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
                holds, is_known = self.decide(self.evaluate(statement.test, scope))
                self._loop(statement.body if holds else (), scope, is_known)
                self._branch(() if holds else statement.orelse, scope, is_known)
            case Match():
                self._match(statement, scope)
            case Raise():
                self._raise(statement, scope)
            case Return(value=value):
                raise _ReturnedError(self.evaluate(value, scope) if value else Constant(None))
            case Leave():
                raise _LeftLoopError
            case Global():
                pass

    def _import(self, statement: Import, scope: Scope) -> None:
        for alias in statement.names:
            name = alias.asname or alias.name.partition(".")[0]
            if statement.is_lazy:
                self._bind(scope, name, LazyValue(alias.name, None))
            elif alias.asname:
                self._bind(scope, name, self.import_as(alias.name))
            else:
                self._bind(scope, name, self.import_statement(alias.name))

    def _import_from(self, statement: ImportFrom, scope: Scope) -> None:
        module = scope.module
        if statement.module == "__future__":
            return
        name = self.absolute_name(module, statement.module, statement.level)
        if statement.is_lazy:
            for alias in statement.names:
                self._bind(scope, alias.asname or alias.name, LazyValue(name, alias.name))
            return
        base = self.import_base(name, [alias.name for alias in statement.names])
        for alias in statement.names:
            if alias == Alias("*"):
                self.import_star(base, module)
            else:
                value = self.import_from(base, alias.name)
                self._bind(scope, alias.asname or alias.name, value)

    def _bind(self, scope: Scope, name: str, value: Value) -> None:
        names = scope.module.namespace if name in scope.global_names else scope.names
        self.write(names, name, value)

    def _store(self, target: Expression, value: Value, scope: Scope) -> None:
        if isinstance(target, Load):
            self._bind(scope, target.name, value)
        elif isinstance(target, Sequence):
            items = value.items if isinstance(value, SequenceValue) else ()
            if len(items) != len(target.items):
                items = (UNKNOWN,) * len(target.items)
            for part, item in zip(target.items, items, strict=True):
                self._store(part, item, scope)
        elif isinstance(target, Opaque):
            # first, *rest = value
            for part in target.parts:
                self._store(part, UNKNOWN, scope)
        elif isinstance(target, Attribute):
            base = self.evaluate(target.base, scope)
            if isinstance(base, (ModuleValue, InstanceValue, ClassValue)):
                self.write(base.namespace, target.name, value)
        elif isinstance(target, Subscript):
            self._store_item(target, value, scope)

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
            known = self.modules.get(key) if key else None
            if isinstance(value, ModuleValue) and key:
                self.write(self.modules, key, value)
            elif known is not None:
                self.flag(known, "open")
            elif key:
                self.write(self.modules, key, None)

    def _delete(self, target: Expression, scope: Scope) -> None:
        if isinstance(target, Load):
            self.load(target.name, scope)
            self.remove(scope.names, target.name)
        elif isinstance(target, Sequence):
            for part in target.items:
                self._delete(part, scope)
        elif isinstance(target, Attribute):
            base = self.evaluate(target.base, scope)
            if isinstance(base, (ModuleValue, InstanceValue, ClassValue)):
                self.remove(base.namespace, target.name)
        elif isinstance(target, Subscript):
            base = self.evaluate(target.base, scope)
            key = text(self.evaluate(target.index, scope))
            if isinstance(base, ExternalValue) and base.name == "sys.modules" and key:
                self.remove(self.modules, key)
            elif isinstance(base, GlobalsValue) and key:
                self.remove(base.module.namespace, key)

    def _evaluate_statement(self, statement: Evaluate, scope: Scope) -> None:
        value = statement.value
        self.evaluate(value, scope)
        if not isinstance(value, Call) or not isinstance(value.function, Attribute):
            return
        method = value.function
        if method.name not in ("update", "append", "extend"):
            return
        held = self.evaluate(method.base, scope)
        # globals().update(...)
        if isinstance(held, GlobalsValue) and method.name == "update":
            self.flag(held.module, "open")
        # names.append(x), __all__.extend([...])
        elif isinstance(held, SequenceValue) and isinstance(method.base, Load):
            added = self.evaluate(value.arguments[0], scope) if value.arguments else UNKNOWN
            self._bind(scope, method.base.name, _grown(held, method.name, added))

    def _augment(self, statement: Augment, scope: Scope) -> None:
        added = self.evaluate(statement.value, scope)
        if not isinstance(statement.target, Load):
            if isinstance(statement.target, (Attribute, Subscript)):
                self.evaluate(statement.target, scope)
            return
        held = self.load(statement.target.name, scope)
        new = _grown(held, "extend", added) if isinstance(held, SequenceValue) else UNKNOWN
        self._bind(scope, statement.target.name, new)

    def _annotate(self, statement: Annotate, scope: Scope) -> None:
        value = self.evaluate(statement.value, scope) if statement.value else None
        if value is not None:
            self._store(statement.target, value, scope)
        if statement.annotation is not None and not scope.is_function:
            self.evaluate(statement.annotation, scope)

    def _branch(self, body: tuple[Statement, ...], scope: Scope, is_known: bool) -> None:
        self._uncertain += not is_known
        try:
            self._block(body, scope)
        except GuessedError:
            if is_known:
                raise
        finally:
            self._uncertain -= not is_known

    def _loop(self, body: tuple[Statement, ...], scope: Scope, is_known: bool) -> None:
        try:
            self._branch(body, scope, is_known)
        except _LeftLoopError:
            return

    def _for(self, statement: For, scope: Scope) -> None:
        iterable = self.evaluate(statement.iterable, scope)
        self.iterate(iterable)
        if isinstance(iterable, SequenceValue):
            for item in iterable.items:
                self._store(statement.target, item, scope)
                self._loop(statement.body, scope, is_known=True)
        else:
            runs, _ = self.decide(UNKNOWN)
            if runs:
                self._store(statement.target, UNKNOWN, scope)
                self._loop(statement.body, scope, is_known=False)
        self._block(statement.orelse, scope)

    def _with(self, statement: With, scope: Scope) -> None:
        managers: list[Value] = []
        swallows = frozenset[str]()
        for value_node, target in statement.items:
            manager = self.evaluate(value_node, scope)
            managers.append(manager)
            entered = self._manager_call(manager, "__enter__")
            self.iterate(manager)
            if target is not None:
                self._store(target, entered, scope)
            # with contextlib.suppress(ImportError):
            if manager == ExternalValue("contextlib.suppress()"):
                swallows = self._suppressed(value_node, scope)
        self._guarded_block(statement.body, scope, swallows)
        for manager in reversed(managers):
            self._manager_call(manager, "__exit__")

    def _suppressed(self, node: Expression, scope: Scope) -> frozenset[str]:
        arguments = node.arguments if isinstance(node, Call) else ()
        return self._kinds(SequenceValue(tuple(self.evaluate(a, scope) for a in arguments)))

    def _guarded_block(
        self, body: tuple[Statement, ...], scope: Scope, swallows: frozenset[str]
    ) -> None:
        self._handled.append(swallows)
        try:
            self._block(body, scope)
        except SimulatedError as error:
            if not swallows & set(error.ancestors):
                raise
            self.note_silent(error)
        finally:
            self._handled.pop()

    def _manager_call(self, manager: Value, name: str) -> Value:
        if not isinstance(manager, InstanceValue):
            return UNKNOWN
        method = self.look_up(manager.cls, name)
        if isinstance(method, FunctionValue):
            return self.call(BoundValue(method, manager), (UNKNOWN,) * (3 * (name == "__exit__")))
        return UNKNOWN

    def _match(self, statement: Match, scope: Scope) -> None:
        self.evaluate(statement.subject, scope)
        chosen: Case | None = None
        for case in statement.cases:
            for read in case.reads:
                self.evaluate(read, scope)
            runs, _ = self.decide(Constant(True) if case.is_default else UNKNOWN)
            if runs:
                chosen = case
                break
        if chosen is not None:
            for name in chosen.names:
                self._bind(scope, name, UNKNOWN)
            if chosen.guard is not None:
                self.evaluate(chosen.guard, scope)
            self._branch(chosen.body, scope, chosen.is_default)

    def _try(self, statement: Try, scope: Scope) -> None:
        try:
            self._try_body(statement, scope)
        finally:
            # A finally that fails replaces what was on its way, as in CPython.
            self._block(statement.final, scope)

    def _try_body(self, statement: Try, scope: Scope) -> None:
        kinds = frozenset(
            kind for handler in statement.handlers for kind in self._handler_kinds(handler, scope)
        )
        caught: SimulatedError | None = None
        self._handled.append(kinds)
        try:
            self._block(statement.body, scope)
        except SimulatedError as error:
            caught = error
        finally:
            self._handled.pop()
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
                        self._bind(scope, handler.name, UNKNOWN)
                    self._block(handler.body, scope)
                    if handler.name:
                        self.remove(scope.names, handler.name)
                finally:
                    self._raised.pop()
                # Only a handler that does not raise swallows the failure.
                self.note_silent(error)
                return
        raise error

    def _handler_kinds(self, handler: Handler, scope: Scope) -> frozenset[str]:
        if handler.kind is None:
            return frozenset({"BaseException"})
        return self._kinds(self.evaluate(handler.kind, scope))

    def _kinds(self, value: Value) -> frozenset[str]:
        if isinstance(value, SequenceValue):
            return frozenset(kind for item in value.items for kind in self._kinds(item))
        if isinstance(value, ExternalValue):
            return frozenset({value.name.rpartition(".")[2]})
        return frozenset()

    def _raise(self, statement: Raise, scope: Scope) -> None:
        if statement.error is None:
            if self._raised:
                raise self._raised[-1]
            raise GuessedError
        kinds = _ancestors(self.evaluate(statement.error, scope))
        error = SimulatedError(
            kinds[0], "raised by the program itself", is_order=False, ancestors=kinds
        )
        error.chain = self.frames()
        if (self._uncertain or self.is_guessing) and not self.catches(error):
            raise GuessedError
        raise error

    def _define(self, statement: Define, scope: Scope) -> None:
        decorators = [self.evaluate(decorator, scope) for decorator in statement.decorators]
        for default in statement.parameters.defaults:
            self.evaluate(default, scope)
        for _, keyword_default in statement.parameters.keyword_only:
            if keyword_default is not None:
                self.evaluate(keyword_default, scope)
        for annotation in statement.annotations:
            self.evaluate(annotation, scope)
        value: Value = FunctionValue(scope.module, statement, self.enclosing(scope))
        self._bind(scope, statement.name, self._decorated(value, decorators))

    def _decorated(self, value: Value, decorators: list[Value]) -> Value:
        for decorator in reversed(decorators):
            # @wraps(f): what is decorated stays itself
            if isinstance(decorator, ExternalValue) and decorator.is_result:
                continue
            value = self.call(decorator, (value,))
        return value

    def _define_class(self, statement: DefineClass, scope: Scope) -> None:
        """Source: LOAD_BUILD_CLASS, ``builtin___build_class__`` (Python/bltinmodule.c)."""
        decorators = [self.evaluate(decorator, scope) for decorator in statement.decorators]
        bases = tuple(self.evaluate(base, scope) for base in statement.bases)
        keywords = {name: self.evaluate(value, scope) for name, value in statement.keywords}
        for base in bases:
            if isinstance(base, ModuleValue):
                raise self._not_a_class(base)
        names = self.table()
        inner = Scope(scope.module, names, self.enclosing(scope), global_names=scope.global_names)
        self._block(statement.body, inner)
        value = ClassValue(
            scope.module, statement.name, bases, names, keywords.pop("metaclass", None)
        )
        self._after_class(value, keywords)
        self._bind(scope, statement.name, self._decorated(value, decorators))

    def _not_a_class(self, base: ModuleValue) -> SimulatedError:
        error = SimulatedError(
            "TypeError",
            "module() takes at most 2 arguments (3 given)",
            module=base.name,
            missing=base.name.rpartition(".")[2],
        )
        error.chain = self.frames()
        return error

    def _after_class(self, cls: ClassValue, keywords: dict[str, Value]) -> None:
        """Run what making a class runs.

        Source: ``type_new_set_names`` and ``type_new_init_subclass`` (Objects/typeobject.c), and
        a metaclass's own ``__new__`` and ``__init__``.
        """
        metaclass = self.metaclass_of(cls)
        for name in ("__new__", "__init__"):
            method = self.look_up(metaclass, name) if metaclass else None
            method = method.function if isinstance(method, DescriptorValue) else method
            if isinstance(method, FunctionValue):
                receiver = metaclass if name == "__new__" and metaclass else cls
                self.call_with(method, (receiver, Constant(cls.name), UNKNOWN, UNKNOWN), keywords)
        for name, value in list(cls.namespace.items()):
            if isinstance(value, InstanceValue):
                method = self.look_up(value.cls, "__set_name__")
                if isinstance(method, FunctionValue):
                    self.call(method, (value, cls, Constant(name)))
        for base in cls.bases:
            hook = self.look_up(base, "__init_subclass__") if isinstance(base, ClassValue) else None
            hook = hook.function if isinstance(hook, DescriptorValue) else hook
            if isinstance(hook, FunctionValue):
                self.call_with(hook, (cls,), keywords)
                break


def _grown(held: SequenceValue, how: str, added: Value) -> Value:
    if how == "append":
        return SequenceValue((*held.items, added))
    if how == "extend" and isinstance(added, SequenceValue):
        return SequenceValue((*held.items, *added.items))
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
