"""Calls of outside functions that import, reach into name spaces, or call back what they get."""

import importlib.util

from cycleguard.model.program import Constant
from cycleguard.simulate.calling import Calling
from cycleguard.simulate.classes import is_instance, is_subclass
from cycleguard.simulate.errors import GuessedError, SimulatedError
from cycleguard.simulate.folded_calls import fold_builtin
from cycleguard.simulate.folding import (
    described,
    is_without_operators,
    kinds_of,
    literal,
    text,
    truth,
)
from cycleguard.simulate.importing import ATTRIBUTE_ERROR
from cycleguard.simulate.names import Scope
from cycleguard.simulate.values import (
    UNKNOWN,
    AttachValue,
    ClassValue,
    ExternalValue,
    FunctionValue,
    GlobalsValue,
    InstanceValue,
    ManagerValue,
    MappingValue,
    ModuleValue,
    PartialValue,
    PendingValue,
    SequenceValue,
    SuperValue,
    Value,
)

_CONSUMERS = frozenset(
    f"builtins.{name}"
    for name in (
        "list tuple set frozenset dict sorted sum min max any all zip enumerate iter next"
    ).split()
)
_ASKS_A_CLASS = ("builtins.isinstance", "builtins.issubclass")


class SpecialCalls(Calling):
    """`call_special`, which goes before all other calls of outside functions."""

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
        if name == "builtins.exec":
            self.flag(scope.module, "open")
            return UNKNOWN
        if name == "lazy_loader.attach":
            return self._attach(arguments, keywords)
        if name == "contextlib.suppress":
            swallowed = frozenset(kind for a in arguments for kind in kinds_of(a))
            return ManagerValue(Constant(None), swallowed)
        if name == "contextlib.nullcontext":
            entered = keywords.get("enter_result", Constant(None))
            return ManagerValue(arguments[0] if arguments else entered)
        if name == "functools.wraps" and arguments:
            return PartialValue(
                ExternalValue("functools.update_wrapper"), (), {"wrapped": arguments[0]}
            )
        if name == "functools.partial" and arguments:
            return PartialValue(arguments[0], arguments[1:], keywords)
        return self._calls_back(name, arguments, keywords)

    def _super(self, arguments: tuple[Value, ...], scope: Scope) -> Value:
        """Source: ``super_init_without_args`` (Objects/typeobject.c)."""
        if len(arguments) == 2 and isinstance(arguments[0], ClassValue):
            return SuperValue(arguments[0], arguments[1])
        owner = scope.cell.get("class")
        receiver = scope.names.get(scope.first) if scope.first else None
        if arguments or owner is None or receiver is None:
            return UNKNOWN
        return SuperValue(owner, receiver)

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
            self.note_computed()
            return UNKNOWN
        if function != "importlib.import_module":
            return self._dunder_import(name, arguments, keywords, scope)
        if name.startswith("."):
            package = text(values.get("package", UNKNOWN))
            if not package:
                self.note_computed()
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
        if isinstance(found, ModuleValue):
            self.note_found(f"{base.name}.{name}")
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

    def _calls_back(
        self, name: str, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value | None:
        """Builtins that iterate what they get, and those that call what they get on each item."""
        if name == "builtins.map" and len(arguments) > 1:
            return PendingValue(lambda: self._call_on_each(arguments[0], arguments[1:]))
        if name == "builtins.filter" and len(arguments) == 2:
            return PendingValue(lambda: self._filtered(arguments[0], arguments[1]))
        if name in _ASKS_A_CLASS and len(arguments) == 2:
            return self._asks_a_class(name.partition(".")[2], arguments[0], arguments[1])
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

    def _asks_a_class(self, name: str, value: Value, cls: Value) -> Value | None:
        if is_without_operators(cls):
            message = f"{name}() arg 2 must be a type, not {described(cls)}"
            raise self.type_error(message, cls)
        known = is_instance(value, cls) if name == "isinstance" else is_subclass(value, cls)
        return None if known is None else Constant(known)

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


def _check_number(value: Value) -> None:
    """``int("no")``, whose ValueError shows what is caught there."""
    literal = text(value)
    try:
        if literal is not None:
            int(literal)
    except ValueError as error:
        raise SimulatedError("ValueError", str(error), is_order=False) from None
