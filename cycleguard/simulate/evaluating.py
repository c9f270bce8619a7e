"""Expressions: what they read, in CPython's order, and what is known of their value."""

import builtins
from abc import abstractmethod

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
    Sequence,
    Subscript,
    Walrus,
)
from cycleguard.simulate.errors import SimulatedError
from cycleguard.simulate.folding import compare, external, literal, text, truth
from cycleguard.simulate.importing import Importing
from cycleguard.simulate.state import MODULE_NAMES
from cycleguard.simulate.values import (
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
    ModuleValue,
    Namespace,
    SequenceValue,
    Value,
)


class Scope(Struct, frozen=True):
    """Where code runs: its module, the name space that it binds in, and those around it.

    `names` is the module's own name space at module level, a class's in its body, a function's
    locals in a function; `closure` are the function scopes around it, innermost first.
    """

    module: ModuleValue
    names: Namespace
    closure: tuple[Namespace, ...] = ()
    is_function: bool = False
    local_names: frozenset[str] = frozenset()
    global_names: frozenset[str] = frozenset()


class Evaluating(Importing):
    """Evaluates expressions; calls are `calling`'s."""

    def evaluate(self, node: Expression, scope: Scope) -> Value:
        """The value of `node`; every read, import and call on the way happens."""
        if isinstance(node, Load):
            return self.load(node.name, scope)
        if isinstance(node, Constant):
            return node
        if isinstance(node, Attribute):
            return self.attribute(self.evaluate(node.base, scope), node.name)
        if isinstance(node, Call):
            return self._call(node, scope)
        if isinstance(node, Opaque):
            for part in node.parts:
                self.evaluate(part, scope)
            return UNKNOWN
        if isinstance(node, Sequence):
            return SequenceValue(tuple(self.evaluate(item, scope) for item in node.items))
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
        if name in module.namespace:
            return self._settled(scope, name, module.namespace[name])
        if name in MODULE_NAMES or (name == "__path__" and module.is_package):
            return self._own_name(module, name)
        if hasattr(builtins, name):
            return external(f"builtins.{name}")
        if module.is_open or (scope.is_function and name in ("__class__",)):
            return UNKNOWN
        raise self._unbound(module, name)

    def attribute(self, base: Value, name: str) -> Value:
        """``base.name``."""
        if isinstance(base, ModuleValue):
            value = self.module_attribute(base, name)
            if value is None:
                raise self.missing_attribute(base, name)
            return value
        if isinstance(base, ExternalValue):
            return external(f"{base.name}.{name}")
        if isinstance(base, InstanceValue):
            return self._instance_attribute(base, name)
        if isinstance(base, ClassValue):
            return self._class_attribute(base, name)
        return UNKNOWN

    def look_up(self, cls: ClassValue, name: str) -> Value | None:
        """`name` in a class or its bases of the project, as the class holds it.

        Bases are searched depth first: good enough for where a name is defined at all.
        """
        pending: list[Value] = [cls]
        seen: set[int] = set()
        while pending:
            current = pending.pop(0)
            if isinstance(current, ClassValue) and id(current) not in seen:
                seen.add(id(current))
                if name in current.namespace:
                    return current.namespace[name]
                pending = [*current.bases, *pending]
        return None

    def decide(self, value: Value) -> tuple[bool, bool]:
        """Whether a condition holds, and whether that is known or the policy's choice."""
        known = truth(value)
        if known is not None:
            return known, True
        self.guess()
        return self.policy.takes_branches, False

    def guess(self) -> None:
        """Note that from here on the way is the policy's."""
        self.asked["branch"] = True
        self.guesses += 1

    @abstractmethod
    def iterate(self, value: Value) -> None:
        """Run what iterating `value` runs."""

    @abstractmethod
    def call_with(
        self, function: Value, arguments: tuple[Value, ...], keywords: dict[str, Value]
    ) -> Value:
        """Call `function` with positional and keyword arguments."""

    def _evaluate_rare(self, node: Expression, scope: Scope) -> Value:
        if isinstance(node, Subscript):
            return self._subscript(node, scope)
        if isinstance(node, Mapping):
            return self._mapping(node, scope)
        if isinstance(node, Compare):
            left, right = self.evaluate(node.left, scope), self.evaluate(node.right, scope)
            result = compare(node.operator, left, right)
            return UNKNOWN if result is None else Constant(result)
        if isinstance(node, Logic):
            return self._logic(node, scope)
        if isinstance(node, Not):
            known = truth(self.evaluate(node.value, scope))
            return UNKNOWN if known is None else Constant(not known)
        if isinstance(node, Conditional):
            holds, _ = self.decide(self.evaluate(node.test, scope))
            return self.evaluate(node.body if holds else node.orelse, scope)
        if isinstance(node, Join):
            return self._join([self.evaluate(part, scope) for part in node.parts])
        if isinstance(node, Walrus):
            value = self.evaluate(node.value, scope)
            self.write(scope.names, node.name, value)
            return value
        if isinstance(node, Lambda):
            for default in node.parameters.defaults:
                self.evaluate(default, scope)
            return LambdaValue(scope.module, node.parameters, node.body, self.enclosing(scope))
        assert isinstance(node, Comprehension)
        return self._comprehension(node, scope)

    def enclosing(self, scope: Scope) -> tuple[Namespace, ...]:
        """The scopes that a function defined in `scope` closes over; class bodies are none."""
        return (scope.names, *scope.closure) if scope.is_function else scope.closure

    def _settled(self, scope: Scope, name: str, value: Value) -> Value:
        """Import what a lazy name stands for."""
        if isinstance(value, LazyValue):
            return self.resolve_lazy(scope.module, name, value)
        return value

    def _own_name(self, module: ModuleValue, name: str) -> Value:
        if name == "__name__":
            return Constant(module.name)
        return Constant(module.package) if name == "__package__" else UNKNOWN

    def _unbound(self, module: ModuleValue, name: str) -> SimulatedError:
        return self.failure("NameError", f"name '{name}' is not defined", module, name)

    def _call(self, node: Call, scope: Scope) -> Value:
        function = self.evaluate(node.function, scope)
        arguments = tuple(self.evaluate(argument, scope) for argument in node.arguments)
        keywords = {name: self.evaluate(value, scope) for name, value in node.keywords}
        if isinstance(function, ExternalValue):
            special = self.call_special(function.name, arguments, keywords, scope)
            if special is not None:
                return special
        return self.call_with(function, arguments, keywords)

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
        found = self.look_up(base.cls, name)
        if isinstance(found, FunctionValue):
            return BoundValue(found, base)
        if isinstance(found, DescriptorValue):
            return self._descriptor(found, base, base.cls)
        if found is not None:
            return found
        fallback = self.look_up(base.cls, "__getattr__")
        if isinstance(fallback, FunctionValue):
            return self.call_with(fallback, (base, Constant(name)), {})
        return base.cls if name == "__class__" else UNKNOWN

    def _class_attribute(self, base: ClassValue, name: str) -> Value:
        found = self.look_up(base, name)
        if isinstance(found, DescriptorValue) and found.kind != "property":
            return self._descriptor(found, base, base)
        if found is not None:
            return found
        metaclass = self.metaclass_of(base)
        inherited = self.look_up(metaclass, name) if metaclass else None
        return BoundValue(inherited, base) if isinstance(inherited, FunctionValue) else UNKNOWN

    def metaclass_of(self, cls: ClassValue) -> ClassValue | None:
        """The metaclass of the project that `cls` has or inherits."""
        if isinstance(cls.metaclass, ClassValue):
            return cls.metaclass
        for base in cls.bases:
            found = self.metaclass_of(base) if isinstance(base, ClassValue) else None
            if found is not None:
                return found
        return None

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
            hook = self.look_up(base, "__class_getitem__")
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

    def _join(self, parts: list[Value]) -> Value:
        texts = [text(part) for part in parts]
        if all(piece is not None for piece in texts):
            return Constant("".join(piece for piece in texts if piece))
        if parts and all(isinstance(part, SequenceValue) for part in parts):
            sequences = (part for part in parts if isinstance(part, SequenceValue))
            return SequenceValue(tuple(item for part in sequences for item in part.items))
        return UNKNOWN

    def _comprehension(self, node: Comprehension, scope: Scope) -> Value:
        iterable = self.evaluate(node.iterable, scope)
        if node.is_lazy:
            return UNKNOWN
        self.iterate(iterable)
        items = iterable.items if isinstance(iterable, SequenceValue) else (UNKNOWN,)
        if not isinstance(iterable, SequenceValue):
            self.guess()
            if not self.policy.takes_branches:
                return UNKNOWN
        for item in items:
            names: Namespace = dict.fromkeys(node.targets, UNKNOWN)
            if len(node.targets) == 1:
                names = {node.targets[0]: item}
            inner = Scope(scope.module, names, self.enclosing(scope), is_function=True)
            for part in node.inner:
                self.evaluate(part, inner)
        return UNKNOWN
