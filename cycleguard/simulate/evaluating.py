"""Expressions: what they read, in CPython's order, and what is known of their value."""

import builtins
import functools
from abc import abstractmethod
from collections.abc import Mapping as ReadMapping

from msgspec import Struct

from cycleguard.model.program import (
    Attribute,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Expression,
    Join,
    Lambda,
    Load,
    Logic,
    Mapping,
    Not,
    Opaque,
    Operation,
    Parameters,
    Sequence,
    Subscript,
    Walrus,
)
from cycleguard.model.program import Starred as StarredNode
from cycleguard.simulate.classes import linearised, look_up, metaclass_of
from cycleguard.simulate.errors import SimulatedError
from cycleguard.simulate.folding import (
    compare,
    described,
    external,
    is_without_operators,
    literal,
    own_name,
    text,
    truth,
)
from cycleguard.simulate.importing import Importing
from cycleguard.simulate.state import MODULE_NAMES
from cycleguard.simulate.values import (
    STARRED,
    UNKNOWN,
    BoundValue,
    ClassValue,
    DescriptorValue,
    ExternalValue,
    FunctionValue,
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
    Value,
)

_PLAIN = (ModuleValue, FunctionValue, LambdaValue, Constant, SequenceValue)
_FUNCTION_NAMES = frozenset(dir(lambda: None))
_ORDERINGS = frozenset({"Lt", "LtE", "Gt", "GtE"})
_DEFAULTS = frozenset({"__defaults__", "__kwdefaults__"})
_ATTRIBUTES: dict[type, frozenset[str]] = {
    LambdaValue: _FUNCTION_NAMES,
    PartialValue: frozenset(dir(functools.partial(print))),
}


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


class Evaluating(Importing):
    """Evaluates expressions; calls are `calling`'s."""

    def evaluate(self, node: Expression, scope: Scope) -> Value:
        """The value of `node`; every read, import and call on the way happens."""
        if isinstance(node, Load):
            return self.load(node.name, scope)
        if isinstance(node, Constant):
            return node
        if isinstance(node, Attribute):
            base = node.base
            called = base.name if isinstance(base, (Load, Attribute)) else None
            return self.attribute(self.evaluate(base, scope), node.name, called)
        if isinstance(node, Call):
            return self._call(node, scope)
        if isinstance(node, Opaque):
            for part in node.parts:
                self.evaluate(part, scope)
            return UNKNOWN
        if isinstance(node, Sequence):
            return self._sequence(node.items, scope)
        return self._evaluate_rare(node, scope)

    def load(self, name: str, scope: Scope) -> Value:
        """Read a name: locals, enclosing functions, globals, builtins.

        Source: LOAD_NAME, LOAD_GLOBAL, LOAD_DEREF (Python/bytecodes.c).
        """
        if name not in scope.global_names:
            if name in scope.names:
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
            return self._own_name(module, name)
        if hasattr(builtins, name):
            return external(f"builtins.{name}")
        if module.is_open or (scope.is_function and name in ("__class__",)):
            return UNKNOWN
        # A branch that was not taken on a guess would have bound it: its own file relies on that.
        is_guess = not scope.is_function and module.flags.get("guessed")
        if is_guess and name in self.bindable(module.name):
            return UNKNOWN
        raise self._unbound(module, name)

    def attribute(self, base: Value, name: str, called: str | None = None) -> Value:
        """``base.name``, where the source calls the base `called`."""
        if isinstance(base, ModuleValue):
            value = self.module_getattr(base, name)
            if value is None:
                raise self.missing_attribute(base, name)
            return value
        if isinstance(base, ExternalValue):
            return external(f"{base.name}.{name}")
        if isinstance(base, InstanceValue):
            return self._instance_attribute(base, name)
        if isinstance(base, ClassValue):
            return self._class_attribute(base, name)
        if isinstance(base, SuperValue):
            return self._super_attribute(base, name)
        return self._plain_attribute(base, name, called)

    def _super_attribute(self, base: SuperValue, name: str) -> Value:
        """Source: ``super_getattro`` (Objects/typeobject.c)."""
        receiver = base.receiver
        start = receiver.cls if isinstance(receiver, InstanceValue) else receiver
        if isinstance(start, ClassValue) and base.owner not in linearised(start):
            # In a method of a metaclass, the receiver is a class made by it.
            start = metaclass_of(start) or base.owner
        found = look_up(start if isinstance(start, ClassValue) else base.owner, name, base.owner)
        if isinstance(found, DescriptorValue) and isinstance(start, ClassValue):
            return self._descriptor(found, receiver, start)
        if isinstance(found, FunctionValue):
            is_static = name == "__new__"
            return found if is_static else BoundValue(found, receiver)
        return MethodValue(base, name) if found is None else found

    def _plain_attribute(self, base: Value, name: str, called: str | None) -> Value:
        if isinstance(base, (SequenceValue, MappingValue, GlobalsValue)):
            return MethodValue(base, name)
        if isinstance(base, LazyValue):
            return self.attribute(self.real(base), name, called)
        if isinstance(base, FunctionValue):
            return self._function_attribute(base, name, called)
        if isinstance(base, Constant):
            if not hasattr(base.value, name):
                raise self._stand_in(base, name, called)
            return MethodValue(base, name)
        known = _ATTRIBUTES.get(type(base))
        if known is not None and name not in known:
            raise self._stand_in(base, name, called)
        return UNKNOWN

    def _function_attribute(self, base: FunctionValue, name: str, called: str | None) -> Value:
        if name in _DEFAULTS:
            # func.__kwdefaults__.update(...): whoever asks for the defaults may change them
            for parameter in base.defaults:
                self.write(base.defaults, parameter, UNKNOWN)
        if name == "__module__":
            return base.namespace.get(name, Constant(base.module.name))
        if base.is_open or name in _FUNCTION_NAMES:
            return UNKNOWN
        if name in base.namespace:
            return base.namespace[name]
        # f.__func__, f.__wrapped__: who asks for these looks what kind of callable it has
        if name.startswith("__"):
            return UNKNOWN
        raise self._stand_in(base, name, called)

    def _stand_in(self, base: Value, name: str, called: str | None) -> SimulatedError:
        """The AttributeError of a value that may stand where a sub-module of its name is meant."""
        if any(self.is_bound_in_module_called(n, name) for n in (called, own_name(base)) if n):
            self.note_order()
        return self.fault("AttributeError", f"{described(base)} has no attribute '{name}'")

    def decide(self, value: Value) -> tuple[bool, bool]:
        """Whether a condition holds, and whether that is known or the policy's choice."""
        known = truth(value)
        if known is not None:
            return known, True
        self.guess()
        return self.policy.takes_branches != self.turns_guesses, False

    def condition(self, test: Expression, scope: Scope) -> tuple[bool, bool]:
        """`decide` for a test; ``not`` turns a guess round: of two opposites, one holds."""
        if isinstance(test, Not):
            holds, is_known = self.condition(test.value, scope)
            return not holds, is_known
        return self.decide(self.evaluate(test, scope))

    def guess(self) -> None:
        """Note that from here on the way is the policy's."""
        self.asked["branch"] = True
        self.guesses += 1

    def defaults_of(self, parameters: Parameters, scope: Scope) -> dict[str, Value]:
        """The values of default arguments, evaluated where the function is defined."""
        values = [self.evaluate(default, scope) for default in parameters.defaults]
        named = self.table()
        named.update(zip(parameters.names[::-1], values[::-1], strict=False))
        for name, default in parameters.keyword_only:
            if default is not None:
                named[name] = self.evaluate(default, scope)
        return named

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

    @abstractmethod
    def store(self, target: Expression, value: Value, scope: Scope) -> None:
        """Assign `value` to `target`."""

    @abstractmethod
    def iterated(self, value: Value) -> Value:
        """Iterate `value`; its items where they are known."""

    @abstractmethod
    def iterate(self, value: Value) -> None:
        """Run what iterating `value` runs."""

    @abstractmethod
    def call_with(
        self, function: Value, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """Call `function` with positional and keyword arguments."""

    def _sequence(self, nodes: tuple[Expression, ...], scope: Scope) -> Value:
        items = self._arguments(nodes, scope)
        return UNKNOWN if STARRED in items else SequenceValue(items)

    def _arguments(self, nodes: tuple[Expression, ...], scope: Scope) -> tuple[Value, ...]:
        """The values of `nodes`, starred ones spread out where their items are known."""
        values: list[Value] = []
        for node in nodes:
            if isinstance(node, StarredNode):
                held = self.iterated(self.evaluate(node.value, scope))
                values.extend(held.items if isinstance(held, SequenceValue) else (STARRED,))
            else:
                values.append(self.evaluate(node, scope))
        return tuple(values)

    def _evaluate_rare(self, node: Expression, scope: Scope) -> Value:
        if isinstance(node, Subscript):
            return self._subscript(node, scope)
        if isinstance(node, Mapping):
            return self._mapping(node, scope)
        if isinstance(node, Compare):
            left, right = self.evaluate(node.left, scope), self.evaluate(node.right, scope)
            # NAME > 1
            if node.operator in _ORDERINGS:
                self.check_operands([left, right])
            result = compare(node.operator, left, right)
            return UNKNOWN if result is None else Constant(result)
        if isinstance(node, Logic):
            return self._logic(node, scope)
        if isinstance(node, Not):
            known = truth(self.evaluate(node.value, scope))
            return UNKNOWN if known is None else Constant(not known)
        if isinstance(node, Conditional):
            holds, _ = self.condition(node.test, scope)
            return self.evaluate(node.body if holds else node.orelse, scope)
        if isinstance(node, Join):
            parts = [self.evaluate(part, scope) for part in node.parts]
            return self._format(parts) if node.is_format else self.sum_of(parts)
        if isinstance(node, Operation):
            self.check_operands([self.evaluate(part, scope) for part in node.operands])
            return UNKNOWN
        if isinstance(node, Walrus):
            value = self.evaluate(node.value, scope)
            # In a comprehension, the name is that of the scope around it (PEP 572).
            while scope.around is not None:
                scope = scope.around
            self.bind(scope, node.name, value)
            return value
        if isinstance(node, Lambda):
            defaults = self.defaults_of(node.parameters, scope)
            closure = self.enclosing(scope)
            return LambdaValue(scope.module, node.parameters, node.body, closure, defaults)
        if isinstance(node, StarredNode):
            # f"{[*parts]}": a part of something that is not looked into
            self.iterated(self.evaluate(node.value, scope))
            return UNKNOWN
        assert isinstance(node, Comprehension), node
        return self._comprehension(node, scope)

    def enclosing(self, scope: Scope) -> tuple[Namespace, ...]:
        """The scopes that a function defined in `scope` closes over; class bodies are none."""
        return (scope.names, *scope.closure) if scope.is_function else scope.closure

    def _settled(self, scope: Scope, name: str, value: Value) -> Value:
        """Import what a lazy name stands for."""
        if isinstance(value, LazyValue) and not value.is_proxy:
            return self.resolve_lazy(scope.module, name, value)
        return value

    def _own_name(self, module: ModuleValue, name: str) -> Value:
        if name == "__name__":
            return Constant(module.name)
        return Constant(module.package) if name == "__package__" else UNKNOWN

    def _unbound(self, module: ModuleValue, name: str) -> SimulatedError:
        error = self.failure("NameError", f"name '{name}' is not defined", module, name)
        # What a body reads before it binds it is missing from every entry.
        error.is_order = error.is_order and (self.is_in_call or module.name in self.world.stars)
        return error

    def _call(self, node: Call, scope: Scope) -> Value:
        function = self.evaluate(node.function, scope)
        arguments = self._arguments(node.arguments, scope)
        keywords = self._keywords(node, scope)
        if isinstance(function, ExternalValue):
            special = self.call_special(function.name, arguments, keywords, scope)
            if special is not None:
                return special
        return self.call_with(function, arguments, keywords)

    def _keywords(self, node: Call, scope: Scope) -> dict[str, Value]:
        keywords: dict[str, Value] = {}
        for name, value_node in node.keywords:
            value = self.evaluate(value_node, scope)
            # f(**{"a": 1})
            if name == "**" and isinstance(value, MappingValue) and value.is_whole:
                keywords.update(value.items)
            else:
                keywords[name] = value
        return keywords

    @abstractmethod
    def call_special(
        self,
        name: str,
        arguments: tuple[Value, ...],
        keywords: dict[str, Value],
        scope: Scope,
    ) -> Value | None:
        """Calls of outside functions that touch modules; None for all others."""

    def _instance_attribute(self, base: InstanceValue, name: str) -> Value:
        if name in base.namespace:
            return base.namespace[name]
        found = look_up(base.cls, name)
        if isinstance(found, FunctionValue):
            return BoundValue(found, base)
        if isinstance(found, DescriptorValue):
            return self._descriptor(found, base, base.cls)
        if found is not None:
            return self._got(found, base, base.cls)
        fallback = look_up(base.cls, "__getattr__")
        if isinstance(fallback, FunctionValue):
            return self.call_with(fallback, (base, Constant(name)), {})
        return base.cls if name == "__class__" else UNKNOWN

    def _class_attribute(self, base: ClassValue, name: str) -> Value:
        found = look_up(base, name)
        if isinstance(found, DescriptorValue) and found.kind != "property":
            return self._descriptor(found, base, base)
        if found is not None:
            return self._got(found, Constant(None), base)
        inherited = look_up(metaclass_of(base), name)
        if isinstance(inherited, FunctionValue):
            return BoundValue(inherited, base)
        is_closed = not any(each.is_open for each in linearised(base))
        is_plain = not hasattr(type, name) and not name.startswith("__")
        if is_closed and inherited is None and is_plain:
            if self.is_bound_in_module_called(base.name, name):
                self.note_order()
            message = f"type object '{base.name}' has no attribute '{name}'"
            raise self.fault("AttributeError", message)
        return UNKNOWN

    def _got(self, found: Value, receiver: Value, owner: ClassValue) -> Value:
        """What a class attribute gives that may have a ``__get__`` of its own.

        A metaclass from outside may have made anything of it: members of an enumeration.
        """
        if isinstance(found, Constant) and any(each.is_open for each in linearised(owner)):
            return UNKNOWN
        getter = look_up(found.cls, "__get__") if isinstance(found, InstanceValue) else None
        if isinstance(getter, FunctionValue):
            return self.call_with(getter, (found, receiver, owner), {})
        return found

    def _descriptor(self, found: DescriptorValue, receiver: Value, owner: ClassValue) -> Value:
        function = found.function
        if found.kind == "property":
            return self.call_with(function, (receiver,), {})
        if found.kind == "classmethod" and isinstance(function, FunctionValue):
            return BoundValue(function, owner)
        return function

    def _subscript(self, node: Subscript, scope: Scope) -> Value:
        base = self.evaluate(node.base, scope)
        index = self.evaluate(node.index, scope)
        if isinstance(base, ExternalValue) and base.name == "sys.modules":
            self.touch(text(index) or "")
            found = self.modules.get(text(index) or "")
            return found if found is not None else UNKNOWN
        if isinstance(base, GlobalsValue):
            return base.module.namespace.get(text(index) or "", UNKNOWN)
        if isinstance(base, MappingValue):
            return base.items.get(text(index) or "", UNKNOWN)
        if isinstance(base, SequenceValue):
            key = literal(index)
            if key and isinstance(key[0], int) and -len(base.items) <= key[0] < len(base.items):
                return base.items[key[0]]
            # sys.version_info[:2]: comparisons with a shorter tuple come out the same
            return (
                SequenceValue(base.items[:2]) if base == external("sys.version_info") else UNKNOWN
            )
        if isinstance(base, ClassValue):
            # Generic[T], and __class_getitem__ where the project defines it
            hook = look_up(base, "__class_getitem__")
            if isinstance(hook, (FunctionValue, DescriptorValue)):
                function = hook.function if isinstance(hook, DescriptorValue) else hook
                self.call_with(function, (base, index), {})
                return UNKNOWN
            return base
        return UNKNOWN

    def _mapping(self, node: Mapping, scope: Scope) -> Value:
        items: dict[str, Value] = {}
        is_whole = True
        for key_node, value_node in zip(node.keys, node.values, strict=True):
            key = text(self.evaluate(key_node, scope))
            value = self.evaluate(value_node, scope)
            if key is None:
                is_whole = False
            else:
                items[key] = value
        return MappingValue(items, is_whole)

    def _logic(self, node: Logic, scope: Scope) -> Value:
        value: Value = UNKNOWN
        for number, part in enumerate(node.values):
            value = self.evaluate(part, scope)
            if number == len(node.values) - 1:
                break
            known = truth(value)
            if known is None:
                # Whether the rest is read is not known: it is under one policy, not the other.
                self.guess()
                if not self.policy.takes_branches:
                    return UNKNOWN
                for rest in node.values[number + 1 :]:
                    self.evaluate(rest, scope)
                return UNKNOWN
            if known is not node.is_and:
                return value
        return value

    def _format(self, parts: list[Value]) -> Value:
        texts = [piece for part in parts if (piece := text(part)) is not None]
        return Constant("".join(texts)) if len(texts) == len(parts) else UNKNOWN

    def sum_of(self, parts: list[Value]) -> Value:
        """``a + b + ...``."""
        known = [literal(part) for part in parts]
        boxes = [box[0] for box in known if box is not None]
        texts = [box for box in boxes if isinstance(box, str)]
        if len(texts) == len(parts):
            return Constant("".join(texts))
        numbers = [box for box in boxes if isinstance(box, int)]
        if len(numbers) == len(parts):
            return Constant(sum(numbers))
        if parts and all(isinstance(part, SequenceValue) for part in parts):
            sequences = (part for part in parts if isinstance(part, SequenceValue))
            return SequenceValue(tuple(item for part in sequences for item in part.items))
        self.check_operands(parts)
        return UNKNOWN

    def check_operands(self, operands: list[Value]) -> None:
        """No operator takes a module, a function or None, unless the other operand sees to it.

        Source: ``binary_op1`` and ``do_richcompare`` (Objects/abstract.c, Objects/object.c).
        """
        if all(isinstance(operand, _PLAIN) for operand in operands):
            odd = [operand for operand in operands if is_without_operators(operand)]
            if odd:
                raise self.type_error(f"unsupported operand: {described(odd[0])}", odd[0])

    def _comprehension(self, node: Comprehension, scope: Scope) -> Value:
        """Source: the first iterable is evaluated where the comprehension stands, at once."""
        first = self.evaluate(node.generators[0].iterable, scope)
        if node.is_lazy:
            return PendingValue(lambda: self._comprehend(node, first, scope))
        return self._comprehend(node, first, scope)

    def _comprehend(self, node: Comprehension, first: Value, scope: Scope) -> Value:
        inner = Scope(
            scope.module, self.table(), self.enclosing(scope), is_function=True, around=scope
        )
        found: list[Value] = []
        is_exact = self._generate(node, 0, first, inner, found)
        if len(node.elements) == 2:
            return self._made_mapping(found) if is_exact else UNKNOWN
        return SequenceValue(tuple(found)) if is_exact else UNKNOWN

    def _made_mapping(self, pairs: list[Value]) -> Value:
        items: dict[str, Value] = {}
        for pair in pairs:
            assert isinstance(pair, SequenceValue)
            key = text(pair.items[0])
            if key is None:
                return UNKNOWN
            items[key] = pair.items[1]
        return MappingValue(items, is_whole=True)

    def _generate(
        self, node: Comprehension, depth: int, iterable: Value, inner: Scope, found: list[Value]
    ) -> bool:
        """Run one ``for`` of a comprehension; whether its result is known."""
        generator = node.generators[depth]
        iterable = self.iterated(iterable)
        items = iterable.items if isinstance(iterable, SequenceValue) else (UNKNOWN,)
        is_exact = isinstance(iterable, SequenceValue)
        if not is_exact and not self.decide(UNKNOWN)[0]:
            return False
        for item in items:
            self.store(generator.target, item, inner)
            for condition in generator.conditions:
                holds, is_known = self.decide(self.evaluate(condition, inner))
                is_exact = is_exact and is_known
                if not holds:
                    break
            else:
                if depth + 1 < len(node.generators):
                    deeper = self.evaluate(node.generators[depth + 1].iterable, inner)
                    is_exact = self._generate(node, depth + 1, deeper, inner, found) and is_exact
                else:
                    values = tuple(self.evaluate(element, inner) for element in node.elements)
                    found.append(SequenceValue(values) if len(values) == 2 else values[0])
        return is_exact
