"""Calls: functions, methods, constructors and decorators of the project run their bodies.

Calls of anything else give an unknown value; only those that touch modules are modelled.
"""

import importlib.util
from abc import abstractmethod

from cycleguard.model.program import Constant, Define, Global, Parameters, Statement
from cycleguard.simulate.errors import BudgetError, GuessedError, SimulatedError
from cycleguard.simulate.evaluating import Evaluating, Scope
from cycleguard.simulate.folding import literal, text
from cycleguard.simulate.state import Running
from cycleguard.simulate.values import (
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
    MappingValue,
    ModuleValue,
    Namespace,
    SequenceValue,
    Value,
)
from cycleguard.simulate.world import Policy, World

_DEEPEST_CALL = 40
_LONGEST_CALL = 4_000
_DESCRIPTORS = {
    "builtins.property": "property",
    "functools.cached_property": "property",
    "builtins.staticmethod": "staticmethod",
    "builtins.classmethod": "classmethod",
}
_WRAPPERS = ("functools.wraps", "functools.update_wrapper")
_RUNS_CODE = ("builtins.exec", "builtins.eval")


class Calling(Evaluating):
    """Calls of every kind of value."""

    def __init__(self, world: World, policy: Policy) -> None:
        super().__init__(world, policy)
        self._calls: list[object] = []
        self._steps = 0
        self.guesses_before_call = 0

    @property
    def is_guessing(self) -> bool:
        """Whether the way to the statement that runs was a guess, inside the outermost call."""
        return bool(self._calls) and self.guesses > self.guesses_before_call

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
            method = self.look_up(function.cls, "__call__")
            if isinstance(method, FunctionValue):
                return self._call_function(method, (function, *arguments), keywords)
            return UNKNOWN
        if isinstance(function, ModuleValue):
            # A finished sub-module covers a function of its name in the parent package.
            raise self._not_callable(function)
        if isinstance(function, ExternalValue):
            return self._call_outside(function, arguments, keywords)
        return UNKNOWN

    def iterate(self, value: Value) -> None:
        """Run what iterating `value` runs: a generator's body, ``__iter__`` of an object."""
        if isinstance(value, GeneratorValue):
            self._run_function(value.function, value.scope)
        elif isinstance(value, InstanceValue):
            method = self.look_up(value.cls, "__iter__")
            if isinstance(method, FunctionValue):
                self.iterate(self._call_function(method, (value,), {}))

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
            is_module = name.endswith("globals") or not scope.is_function
            return GlobalsValue(scope.module) if is_module else UNKNOWN
        if name in ("builtins.getattr", "builtins.hasattr", "builtins.setattr"):
            return self._attribute_call(name, arguments)
        if name in _RUNS_CODE:
            self.flag(scope.module, "open")
            return UNKNOWN
        if name == "lazy_loader.attach":
            return self._attach(arguments, keywords)
        return None

    def _call_function(
        self, function: FunctionValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        code = function.code
        if code.body is None:
            code = self.world.read_function(function.module.name, code.line, code.end_line)
            function.code = code
        scope = self._bound(function.module, code.parameters, arguments, keywords, function.closure)
        if not code.runs_when_called:
            return UNKNOWN
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
            global_names=_global_names(code),
        )
        if code in self._calls[-3:] and self._calls.count(code) > 2:
            return UNKNOWN
        return self._within_budget(code, scope)

    def _within_budget(self, code: Define, scope: Scope) -> Value:
        if len(self._calls) >= _DEEPEST_CALL:
            return UNKNOWN
        is_outermost = not self._calls
        if is_outermost:
            self.guesses_before_call = self.guesses
        self._calls.append(code)
        self.stack.append(Running(scope.module))
        try:
            return self.run_block(code.body or (), scope) or Constant(None)
        except (BudgetError, GuessedError):
            if not is_outermost:
                raise
            return UNKNOWN
        finally:
            self.stack.pop()
            self._calls.pop()
            if is_outermost:
                self._steps = 0

    def _call_lambda(
        self, function: LambdaValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        names = self._bound(
            function.module, function.parameters, arguments, keywords, function.closure
        )
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
        module: ModuleValue,
        parameters: Parameters,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        closure: tuple[Namespace, ...],
    ) -> Namespace:
        names = self.table()
        names.update(dict.fromkeys(parameters.rest, UNKNOWN))
        defaults = parameters.defaults
        for name, default in zip(parameters.names[::-1], defaults[::-1], strict=False):
            names[name] = default if isinstance(default, Constant) else UNKNOWN
        for name, value in parameters.keyword_only:
            names[name] = value if isinstance(value, Constant) else UNKNOWN
        for name in parameters.names:
            names.setdefault(name, UNKNOWN)
        names.update(zip(parameters.names, arguments, strict=False))
        names.update({name: value for name, value in keywords.items() if name in names})
        return names

    def _construct(
        self, cls: ClassValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """Source: ``type_call`` (Objects/typeobject.c), or the metaclass's own ``__call__``."""
        metaclass = self.metaclass_of(cls)
        hook = self.look_up(metaclass, "__call__") if metaclass else None
        instance = InstanceValue(cls, self.table())
        if isinstance(hook, FunctionValue):
            self._call_function(hook, (cls, *arguments), keywords)
        new = self.look_up(cls, "__new__")
        new = new.function if isinstance(new, DescriptorValue) else new
        if isinstance(new, FunctionValue):
            made = self._call_function(new, (cls, *arguments), keywords)
            if not isinstance(made, (InstanceValue,)) and made != UNKNOWN:
                return made
        for name in ("__init__", "__post_init__"):
            method = self.look_up(cls, name)
            if isinstance(method, FunctionValue):
                given = (arguments, keywords) if name == "__init__" else ((), {})
                self._call_function(method, (instance, *given[0]), given[1])
        return instance

    def _call_outside(
        self, function: ExternalValue, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        if function.name in _DESCRIPTORS and len(arguments) == 1:
            return DescriptorValue(_DESCRIPTORS[function.name], arguments[0])
        for argument in arguments:
            # list(generator()), dict(...): whoever gets a generator is taken to iterate it
            if isinstance(argument, GeneratorValue) and not function.is_result:
                self.iterate(argument)
        if len(arguments) == 1 and self._hands_on(function, arguments[0]):
            return arguments[0]
        return ExternalValue(f"{function.name.removesuffix('()')}()")

    def _hands_on(self, decorator: ExternalValue, decorated: Value) -> bool:
        """Whether a decorator from outside leaves what it gets as it is: @cache, @attr.s.

        What a third-party decorator makes of a function is anybody's guess.
        """
        if isinstance(decorated, ClassValue):
            return not decorator.name.startswith("builtins.")
        is_standard = self.world.is_stdlib(decorator.name) and decorator.name not in _WRAPPERS
        is_builtin = decorator.name.startswith("builtins.")
        return isinstance(decorated, FunctionValue) and is_standard and not is_builtin

    def _not_callable(self, module: ModuleValue) -> SimulatedError:
        name = module.name.rpartition(".")[2]
        error = SimulatedError(
            "TypeError", "'module' object is not callable", module=module.name, missing=name
        )
        error.chain = self.frames()
        return error

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
        wanted = [text(item) for item in names.items] if isinstance(names, SequenceValue) else []
        if not wanted:
            return self.import_statement(name)
        return self.import_base(name, [item for item in wanted if item])

    def _attribute_call(self, function: str, arguments: tuple[Value, ...]) -> Value | None:
        base = arguments[0] if arguments else UNKNOWN
        name = text(arguments[1]) if len(arguments) > 1 else None
        if not isinstance(base, ModuleValue):
            return None if function.endswith("setattr") else UNKNOWN
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


def _global_names(code: Define) -> frozenset[str]:
    declarations = (s for s in code.body or () if isinstance(s, Global))
    return frozenset(name for declaration in declarations for name in declaration.names)
