"""Calls: functions, methods, constructors and decorators of the project run their bodies.

Calls of anything else give an unknown value; only those that touch modules are modelled.
"""

import importlib.util
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from cycleguard.model.program import Constant, Define, Parameters, Statement
from cycleguard.simulate.classes import linearised, look_up
from cycleguard.simulate.errors import BudgetError, GuessedError, SimulatedError
from cycleguard.simulate.evaluating import Evaluating, Scope
from cycleguard.simulate.folded_calls import fold_builtin, fold_method
from cycleguard.simulate.folding import (
    described,
    is_without_operators,
    kinds_of,
    literal,
    own_name,
    text,
    truth,
)
from cycleguard.simulate.importing import ATTRIBUTE_ERROR
from cycleguard.simulate.state import Running
from cycleguard.simulate.values import (
    STARRED,
    UNKNOWN,
    AttachValue,
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
    MethodValue,
    ModuleValue,
    Namespace,
    PartialValue,
    PendingValue,
    SequenceValue,
    SuperValue,
    SuppressValue,
    Value,
    handed_on,
    opened,
)
from cycleguard.simulate.world import Policy, World

# Methods of texts, lists, sets and mappings that go through what they are given.
_ITERATING = frozenset(
    "extend update join fromkeys union difference intersection symmetric_difference "
    "difference_update intersection_update symmetric_difference_update issubset issuperset "
    "isdisjoint".split()
)
_DEEPEST_CALL = 40
_LONGEST_CALL = 4_000
# Statements that calls from one module's body may take, those of one function and all together.
_MOST_PER_FUNCTION = 800
_MOST_PER_BODY = 2_500
_DESCRIPTORS = {
    "builtins.property": "property",
    "functools.cached_property": "property",
    "builtins.staticmethod": "staticmethod",
    "builtins.classmethod": "classmethod",
}
_CONSUMERS = frozenset(
    f"builtins.{name}"
    for name in (
        "list tuple set frozenset dict sorted sum min max any all zip enumerate iter next"
    ).split()
)
# Modules of the standard library whose functions, called on a function, give one like it.
_DECORATING = frozenset({"abc", "contextlib", "dataclasses", "functools", "typing"})
_RUNS_CODE = ("builtins.exec", "builtins.eval")


class Calling(Evaluating):
    """Calls of every kind of value."""

    def __init__(self, world: World, policy: Policy) -> None:
        super().__init__(world, policy)
        self._calls: list[object] = []
        self._steps = 0
        self._spent: dict[int, int] = {}
        self._spent_in_all = 0
        self.guesses_before_call = 0

    @contextmanager
    def outside_calls(self) -> Iterator[None]:
        """A module's body, although a call may have asked for it, is no part of that call."""
        calls, steps, guesses = self._calls, self._steps, self.guesses_before_call
        are_turned, spent, in_all = self.turns_guesses, self._spent, self._spent_in_all
        self._calls, self._steps, self.turns_guesses = [], 0, False
        self._spent, self._spent_in_all = {}, 0
        try:
            yield
        finally:
            self._calls, self._steps, self.guesses_before_call = calls, steps, guesses
            self.turns_guesses, self._spent, self._spent_in_all = are_turned, spent, in_all

    @property
    def is_in_call(self) -> bool:
        """Whether a function of the project runs."""
        return bool(self._calls)

    @property
    def is_guessing(self) -> bool:
        """Whether the way to the statement that runs was a guess, inside the outermost call."""
        return bool(self._calls) and self.guesses > self.guesses_before_call

    @abstractmethod
    def type_new(self, metaclass: ClassValue, names: Value) -> Value:
        """``type.__new__`` for the class that is being made."""

    @abstractmethod
    def run_block(self, statements: tuple[Statement, ...], scope: Scope) -> Value | None:
        """Execute statements; the value of a ``return``, None if none was reached."""

    def call(self, function: Value, arguments: tuple[Value, ...]) -> Value:
        """Call `function` with positional arguments."""
        return self.call_with(function, arguments, {})

    def call_with(
        self, function: Value, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """Call any value."""
        if isinstance(function, FunctionValue):
            return self._call_function(function, arguments, keywords)
        for argument in arguments:
            # build(DESCRIPTOR, globals()): whoever gets the name space may bind anything
            if isinstance(argument, GlobalsValue):
                self.flag(argument.module, "open")
        if isinstance(function, BoundValue):
            return self._call_function(function.function, (function.receiver, *arguments), keywords)
        if isinstance(function, ClassValue):
            return self._construct(function, arguments, keywords)
        if isinstance(function, LambdaValue):
            return self._call_lambda(function, arguments, keywords)
        if isinstance(function, InstanceValue):
            method = self.protocol(function, "__call__", "is not callable")
            if isinstance(method, FunctionValue):
                return self._call_function(method, (function, *arguments), keywords)
            return UNKNOWN
        if isinstance(function, ExternalValue):
            return self._call_outside(function, arguments, keywords)
        return self._call_rare(function, arguments, keywords)

    def _call_rare(
        self, function: Value, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        if isinstance(function, PartialValue):
            given = (*function.arguments, *arguments)
            return self.call_with(function.function, given, {**function.keywords, **keywords})
        if isinstance(function, MethodValue):
            return self._call_method(function, arguments, keywords)
        if isinstance(function, LazyValue):
            return self.call_with(self.real(function), arguments, keywords)
        if isinstance(function, ModuleValue) or function == Constant(None):
            # A finished sub-module covers a function of its name in the parent package.
            raise self.type_error(f"{described(function)} is not callable", function)
        return UNKNOWN

    def _call_method(
        self, method: MethodValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        receiver = method.receiver
        if isinstance(receiver, GlobalsValue):
            return self._call_on_globals(receiver.module, method.name, arguments, keywords)
        if isinstance(receiver, SuperValue):
            return self._call_on_super(receiver, method.name, arguments, keywords)
        if method.name in _ITERATING:
            for argument in arguments:
                self.iterate(argument)
        return fold_method(receiver, method.name, arguments) or UNKNOWN

    def _call_on_globals(
        self,
        module: ModuleValue,
        name: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
    ) -> Value:
        key = text(arguments[0]) if arguments else None
        held = module.namespace.get(key) if key else None
        default = arguments[1] if len(arguments) > 1 else Constant(None)
        if name == "update":
            self._update_globals(module, arguments, keywords)
            return Constant(None)
        if key is None or (held is None and module.is_open):
            if name in ("setdefault", "pop", "clear", "__setitem__"):
                self.flag(module, "open")
            return UNKNOWN
        if name == "setdefault" and held is None:
            self.write(module.namespace, key, default)
        elif name == "__setitem__":
            self.write(module.namespace, key, default)
        elif name == "pop":
            self.remove(module.namespace, key)
        elif name not in ("get", "setdefault"):
            return UNKNOWN
        return default if held is None else held

    def _update_globals(
        self, module: ModuleValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> None:
        known = dict(keywords)
        for argument in arguments:
            if isinstance(argument, MappingValue) and argument.is_whole:
                known |= argument.items
            else:
                self.flag(module, "open")
        for name, value in known.items():
            self.write(module.namespace, name, value)

    def _call_on_super(
        self,
        receiver: SuperValue,
        name: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
    ) -> Value:
        """What ``object`` and ``type`` do when no class of the project stands before them."""
        if name == "__new__" and arguments and isinstance(arguments[0], ClassValue):
            if len(arguments) > 3:
                return self.type_new(arguments[0], arguments[3])
            return InstanceValue(arguments[0], self.table())
        if name == "__call__" and isinstance(receiver.receiver, ClassValue):
            return self._make_instance(receiver.receiver, arguments, keywords)
        return UNKNOWN

    def iterate(self, value: Value) -> None:
        """Run what iterating `value` runs: a generator's body, ``__iter__`` of an object."""
        if isinstance(value, GeneratorValue):
            self._run_function(value.function, value.scope)
        elif isinstance(value, InstanceValue):
            method = self.protocol(value, "__iter__", "is not iterable")
            if isinstance(method, FunctionValue):
                self.iterate(self._call_function(method, (value,), {}))
        elif isinstance(value, PendingValue):
            value.run()

    def protocol(self, value: InstanceValue, name: str, complaint: str) -> Value | None:
        """The method of a class that an operation needs; None if it may be from outside.

        Source: ``_PyObject_MakeTpCall`` (Objects/call.c) and ``PyObject_GetIter``
        (Objects/abstract.c).
        """
        found = look_up(value.cls, name)
        is_closed = not any(each.is_open for each in linearised(value.cls))
        if found is None and is_closed and look_up(value.cls, "__getitem__") is None:
            raise self.type_error(f"'{value.cls.name}' object {complaint}", value)
        return found

    def iterated(self, value: Value) -> Value:
        """Iterate `value`; its items where they are known."""
        if isinstance(value, PendingValue):
            return value.run()
        if is_without_operators(value):
            raise self.type_error(f"{described(value)} is not iterable", value)
        self.iterate(value)
        return value

    def count_step(self) -> None:
        """Count one statement of a called function; too many end the outermost call."""
        if self._calls:
            self._steps += 1
            if self._steps > _LONGEST_CALL:
                raise BudgetError

    def call_special(
        self,
        name: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        scope: Scope,
    ) -> Value | None:
        """Outside functions that import or reach into name spaces; None for all others."""
        if name in ("importlib.import_module", "builtins.__import__", "importlib.__import__"):
            return self._dynamic_import(name, arguments, keywords, scope)
        if name in ("builtins.globals", "builtins.vars", "builtins.locals") and not arguments:
            is_module = name.endswith("globals") or scope.names is scope.module.namespace
            if scope.module is not self.body:
                self.note_all_read(scope.module)
            return GlobalsValue(scope.module) if is_module else UNKNOWN
        if name in ("builtins.getattr", "builtins.hasattr", "builtins.setattr"):
            return self._attribute_call(name, arguments)
        if name in ("sys.modules.get", "sys.modules.pop") and arguments:
            return self._registered(name, arguments)
        if name == "builtins.super":
            return self._super(arguments, scope)
        if name in _RUNS_CODE:
            self.flag(scope.module, "open")
            return UNKNOWN
        if name == "lazy_loader.attach":
            return self._attach(arguments, keywords)
        if name == "contextlib.suppress":
            return SuppressValue(frozenset(kind for a in arguments for kind in kinds_of(a)))
        if name == "functools.wraps" and arguments:
            return PartialValue(
                ExternalValue("functools.update_wrapper"), (), {"wrapped": arguments[0]}
            )
        if name == "functools.partial" and arguments:
            return PartialValue(arguments[0], arguments[1:], keywords)
        return self._calls_back(name, arguments, keywords)

    def _registered(self, function: str, arguments: tuple[Value, ...]) -> Value:
        """``sys.modules.get("a")``, ``sys.modules.pop("a")``."""
        name = text(arguments[0])
        if name is None or not self.world.is_internal(name):
            return UNKNOWN
        self.touch(name)
        found = self.modules.get(name)
        if found is None:
            is_known = name not in self.modules and name in self.world.modules
            return (*arguments[1:], Constant(None))[0] if is_known else UNKNOWN
        if function.endswith("pop"):
            self.take_out(name)
        return found

    def _calls_back(
        self, name: str, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value | None:
        """Builtins that iterate what they get, and those that call what they get on each item."""
        if name == "builtins.map" and len(arguments) > 1:
            return PendingValue(lambda: self._call_on_each(arguments[0], arguments[1:]))
        if name == "builtins.filter" and len(arguments) == 2:
            return PendingValue(lambda: self._filtered(arguments[0], arguments[1]))
        if name == "builtins.int" and len(arguments) == 1:
            _check_number(arguments[0])
        if name not in _CONSUMERS:
            return fold_builtin(name, arguments) if not keywords else None
        iterables = arguments[:1] if name == "builtins.next" else arguments
        items = tuple(self.iterated(argument) for argument in iterables)
        if keywords.get("key", Constant(None)) != Constant(None) and len(items) == 1:
            self._call_on_each(keywords["key"], items)
        elif not keywords:
            return fold_builtin(name, items)
        return None

    def _call_on_each(self, function: Value, iterables: tuple[Value, ...]) -> Value:
        held = [self.iterated(iterable) for iterable in iterables]
        known = [each.items for each in held if isinstance(each, SequenceValue)]
        if len(known) < len(held):
            self.call(function, (UNKNOWN,) * len(held))
            return UNKNOWN
        given = zip(*known, strict=False)
        return SequenceValue(tuple(self.call(function, each) for each in given))

    def _filtered(self, function: Value, iterable: Value) -> Value:
        """Source: ``filter_next`` (Python/bltinmodule.c): by itself it keeps what is true."""
        held = self.iterated(iterable)
        if function == Constant(None):
            results: Value = held
        else:
            results = self._call_on_each(function, (held,))
        if not isinstance(held, SequenceValue) or not isinstance(results, SequenceValue):
            return UNKNOWN
        kept = [truth(each) for each in results.items]
        if None in kept:
            return UNKNOWN
        return SequenceValue(
            tuple(item for item, is_kept in zip(held.items, kept, strict=True) if is_kept)
        )

    def _super(self, arguments: tuple[Value, ...], scope: Scope) -> Value:
        """Source: ``super_init_without_args`` (Objects/typeobject.c)."""
        if len(arguments) == 2 and isinstance(arguments[0], ClassValue):
            return SuperValue(arguments[0], arguments[1])
        owner = scope.cell.get("class")
        receiver = scope.names.get(scope.first) if scope.first else None
        if arguments or owner is None or receiver is None:
            return UNKNOWN
        return SuperValue(owner, receiver)

    def _call_function(
        self, function: FunctionValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        code = function.code
        if code.body is None:
            code = self.world.read_function(function.module.name, code.line, code.end_line)
            function.code = code
        if not code.runs_when_called or (self._is_spent(code) and not code.is_generator):
            return UNKNOWN
        scope = self._bound(code.parameters, function.defaults, arguments, keywords)
        if code.is_generator:
            return GeneratorValue(function, scope)
        return self._run_function(function, scope)

    def _run_function(self, function: FunctionValue, names: Namespace) -> Value:
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
        mark, silent, guesses = self.mark(), len(self.silent), self.guesses
        try:
            return self._run_code(code, scope)
        except SimulatedError:
            if self.guesses == guesses:
                raise
            # Values decide where a function goes: it is taken to go where it can.
            self.undo(mark)
            del self.silent[silent:]
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

    def _call_lambda(
        self, function: LambdaValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
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

    def _construct(
        self, cls: ClassValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """Source: ``type_call`` (Objects/typeobject.c), or the metaclass's own ``__call__``."""
        hook = look_up(self.metaclass_of(cls), "__call__")
        if isinstance(hook, FunctionValue):
            made = self._call_function(hook, (cls, *arguments), keywords)
            return made if made != UNKNOWN else InstanceValue(cls, self.table())
        return self._make_instance(cls, arguments, keywords)

    def _make_instance(
        self, cls: ClassValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        instance = InstanceValue(cls, self.table())
        new = look_up(cls, "__new__")
        new = new.function if isinstance(new, DescriptorValue) else new
        if isinstance(new, FunctionValue):
            made = self._call_function(new, (cls, *arguments), keywords)
            if isinstance(made, InstanceValue):
                instance = made
            elif made != UNKNOWN:
                return made
        for name in ("__init__", "__post_init__"):
            method = look_up(cls, name)
            if isinstance(method, FunctionValue):
                given = (arguments, keywords) if name == "__init__" else ((), {})
                self._call_function(method, (instance, *given[0]), given[1])
        return instance

    def _call_outside(
        self, function: ExternalValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        if function.name == "functools.update_wrapper" and arguments:
            wrapped = keywords.get("wrapped") or (*arguments, UNKNOWN)[1]
            return _wrapper(arguments[0], wrapped, self.table())
        if function.name in _DESCRIPTORS and len(arguments) == 1:
            return DescriptorValue(_DESCRIPTORS[function.name], arguments[0])
        for argument in arguments:
            # list(generator()), dict(...): whoever gets a generator is taken to iterate it
            is_generator = isinstance(argument, (GeneratorValue, PendingValue))
            if is_generator and not function.is_result:
                self.iterate(argument)
        is_decorator = function.name.partition(".")[0] in _DECORATING
        if is_decorator and len(arguments) == 1 and self._hands_on(function, arguments[0]):
            return self._handed_on(function.name, arguments[0])
        return ExternalValue(f"{function.name.removesuffix('()')}()")

    def decorate(self, decorator: Value, value: Value) -> Value:
        """What ``@decorator`` makes of a function or class."""
        # @wraps(f): what is decorated stays itself
        if isinstance(decorator, ExternalValue) and decorator.is_result:
            return self._handed_on(decorator.name, value)
        made = self.call(decorator, (value,))
        if isinstance(decorator, ExternalValue) and isinstance(made, ExternalValue):
            return (
                self._handed_on(decorator.name, value) if self._hands_on(decorator, value) else made
            )
        return made

    def _handed_on(self, decorator: str, value: Value) -> Value:
        made = handed_on(decorator, value)
        if isinstance(made, FunctionValue) and isinstance(value, FunctionValue):
            if made.namespace is not value.namespace:
                self.created.append(made.namespace)
        return made

    def _hands_on(self, decorator: ExternalValue, decorated: Value) -> bool:
        """Whether a decorator from outside leaves what it gets as it is: @cache, @attr.s.

        What a third-party decorator makes of a function is anybody's guess.
        """
        if isinstance(decorated, ClassValue):
            return not decorator.name.startswith("builtins.")
        is_standard = self.world.is_stdlib(decorator.name)
        is_builtin = decorator.name.startswith("builtins.")
        return isinstance(decorated, FunctionValue) and is_standard and not is_builtin

    def _dynamic_import(
        self,
        function: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        scope: Scope,
    ) -> Value:
        values = dict(zip(("name", "package"), arguments, strict=False)) | keywords
        name = text(values.get("name", UNKNOWN))
        if name is None:
            return UNKNOWN
        if function != "importlib.import_module":
            return self._dunder_import(name, arguments, keywords, scope)
        if name.startswith("."):
            package = text(values.get("package", UNKNOWN))
            if not package:
                return UNKNOWN
            name = importlib.util.resolve_name(name, package)
        self.note_called(name)
        return self.import_module(name)

    def _dunder_import(
        self,
        name: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        scope: Scope,
    ) -> Value:
        positional = dict(
            zip(("name", "globals", "locals", "fromlist", "level"), arguments, strict=False)
        )
        values = positional | keywords
        level = literal(values.get("level", Constant(0)))
        names = values.get("fromlist", SequenceValue(()))
        if level is None or not isinstance(level[0], int):
            return UNKNOWN
        name = self.absolute_name(scope.module, name, level[0])
        self.note_called(name)
        wanted = [text(item) for item in names.items] if isinstance(names, SequenceValue) else []
        if not wanted:
            return self.import_statement(name)
        return self.import_base(name, [item for item in wanted if item])

    def _attribute_call(self, function: str, arguments: tuple[Value, ...]) -> Value | None:
        base = arguments[0] if arguments else UNKNOWN
        name = text(arguments[1]) if len(arguments) > 1 else None
        if not isinstance(base, ModuleValue):
            return self._attribute_call_on_object(function, base, name, arguments)
        if function.endswith("setattr"):
            if name is None:
                self.flag(base, "open")
            else:
                self.write(base.namespace, name, arguments[2] if len(arguments) > 2 else UNKNOWN)
            return Constant(None)
        if name is None:
            return UNKNOWN
        found = self.module_attribute(base, name)
        if function.endswith("hasattr"):
            return Constant(found is not None)
        if found is not None:
            return found
        if len(arguments) > 2:
            error = self.missing_attribute(base, name)
            self.note_silent(error)
            return arguments[2]
        raise self.missing_attribute(base, name)

    def _attribute_call_on_object(
        self, function: str, base: Value, name: str | None, arguments: tuple[Value, ...]
    ) -> Value | None:
        if function.endswith("setattr"):
            if name is None and isinstance(base, ClassValue):
                base.is_open = True
            elif name is not None and isinstance(base, (ClassValue, FunctionValue, InstanceValue)):
                self.write(base.namespace, name, arguments[2] if len(arguments) > 2 else UNKNOWN)
            return None
        if name is None:
            return UNKNOWN
        is_caught = function.endswith("hasattr") or len(arguments) > 2
        try:
            with self.handling(ATTRIBUTE_ERROR if is_caught else frozenset()):
                found = self.attribute(base, name)
        except SimulatedError as error:
            if error.kind != "AttributeError":
                raise
            if function.endswith("hasattr"):
                return Constant(False)
            if len(arguments) > 2:
                return arguments[2]
            raise
        except GuessedError:
            # The value may not be what it is taken for, and the caller is ready for either.
            if is_caught:
                return UNKNOWN
            raise
        return UNKNOWN if function.endswith("hasattr") else found

    def _attach(self, arguments: tuple[Value, ...], keywords: dict[str, Value]) -> Value:
        # lazy_loader.attach(__name__, ["sub"], {"sub": ["name"]})
        names = ("package_name", "submodules", "submod_attrs")
        values = dict(zip(names, arguments, strict=False)) | keywords
        package = text(values.get("package_name", UNKNOWN))
        submodules = literal(values.get("submodules", SequenceValue(())))
        attributes = values.get("submod_attrs", MappingValue({}, is_whole=True))
        if package is None or submodules is None or not isinstance(attributes, MappingValue):
            return UNKNOWN
        listed = submodules[0] if isinstance(submodules[0], tuple) else ()
        pairs = [
            (str(name), submodule)
            for submodule, value in attributes.items.items()
            for known in [literal(value)]
            if known is not None and isinstance(known[0], tuple)
            for name in known[0]
        ]
        every = frozenset(map(str, listed)) | frozenset(attributes.items)
        attached = AttachValue(package, every, tuple(pairs))
        exported = [*sorted(map(str, listed)), *(name for name, _ in pairs)]
        return SequenceValue((attached, UNKNOWN, SequenceValue(tuple(map(Constant, exported)))))


def _check_number(value: Value) -> None:
    """``int("no")``, whose ValueError shows what is caught there."""
    literal = text(value)
    try:
        if literal is not None:
            int(literal)
    except ValueError as error:
        raise SimulatedError("ValueError", str(error), is_order=False) from None


def _wrapper(wrapper: Value, wrapped: Value, names: Namespace) -> Value:
    """Source: ``update_wrapper`` (Lib/functools.py): the attributes are those of the wrapped."""
    if isinstance(wrapper, FunctionValue) and isinstance(wrapped, FunctionValue):
        copied: Namespace = {
            "__wrapped__": wrapped,
            "__name__": Constant(own_name(wrapped)),
            "__module__": wrapped.namespace.get("__module__", Constant(wrapped.module.name)),
        }
        names.update({**wrapper.namespace, **wrapped.namespace, **copied})
        return replace(wrapper, namespace=names, is_open=wrapper.is_open or wrapped.is_open)
    return opened(wrapper)
