"""Expressions: what they read, in CPython's order, and what is known of their value."""

from abc import abstractmethod

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
    Slice,
    Subscript,
    Walrus,
)
from cycleguard.model.program import Starred as StarredNode
from cycleguard.simulate.classes import look_up
from cycleguard.simulate.folding import (
    compare,
    described,
    distinct,
    external,
    is_false,
    literal,
    text,
    truth,
)
from cycleguard.simulate.names import Scope
from cycleguard.simulate.operators import Operators
from cycleguard.simulate.state import MODULE_NAMES
from cycleguard.simulate.values import (
    STARRED,
    UNKNOWN,
    ClassValue,
    DescriptorValue,
    ExternalValue,
    FunctionValue,
    GlobalsValue,
    LambdaValue,
    MappingValue,
    ModuleValue,
    SequenceValue,
    SliceValue,
    Value,
)

_SAME = frozenset({"Is", "Eq"})
_ORDERINGS = frozenset({"Lt", "LtE", "Gt", "GtE"})


class Evaluating(Operators):
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
            held = self._sequence(node.items, scope)
            return distinct(held) if node.is_set else held
        return self._evaluate_rare(node, scope)

    def decide(self, value: Value) -> tuple[bool, bool]:
        """Whether a condition holds, and whether that is known or the policy's choice."""
        known = truth(value)
        if known is not None:
            return known, True
        self.guess()
        return self.policy.takes_branches != self.turns_guesses, False

    def condition(self, test: Expression, scope: Scope) -> tuple[bool, bool]:
        """`decide` for a test; ``not`` turns a guess round: of two opposites, one holds.

        ``value is None`` and its like are the opposite of ``value``.
        """
        if isinstance(test, Not):
            holds, is_known = self.condition(test.value, scope)
            return not holds, is_known
        if isinstance(test, Compare) and test.operator in _SAME and is_false(test.right):
            holds, is_known = self.decide(self.evaluate(test, scope))
            return holds if is_known else not holds, is_known
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
    def comprehension(self, node: Comprehension, scope: Scope) -> Value:
        """The value of a comprehension or a generator expression."""

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
        if isinstance(node, Slice):
            return SliceValue(tuple(self.evaluate(bound, scope) for bound in node.bounds))
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
            return self.format_of(parts) if node.is_format else self.sum_of(parts)
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
        return self.comprehension(node, scope)

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

    def _subscript(self, node: Subscript, scope: Scope) -> Value:
        base = self.evaluate(node.base, scope)
        index = self.evaluate(node.index, scope)
        self.check_index(base, index)
        if isinstance(base, ExternalValue) and base.name == "sys.modules":
            self.touch(text(index) or "")
            found = self.modules.get(text(index) or "")
            return found if found is not None else UNKNOWN
        if isinstance(base, GlobalsValue):
            return self._global_item(base.module, text(index))
        if isinstance(base, MappingValue):
            wanted = text(index)
            if base.is_whole and wanted is not None and wanted not in base.items:
                # OPTIONS["size"]: somebody fills the table in a way that is not followed, or later
                self.note_refusal()
            return base.items.get(wanted or "", UNKNOWN)
        if isinstance(base, SequenceValue):
            key = literal(index)
            if key and isinstance(key[0], int) and -len(base.items) <= key[0] < len(base.items):
                return base.items[key[0]]
            # sys.version_info[:2]: comparisons with a shorter tuple come out the same
            return (
                SequenceValue(base.items[:2]) if base == external("sys.version_info") else UNKNOWN
            )
        if isinstance(base, (ModuleValue, FunctionValue, LambdaValue)):
            raise self.type_error(f"{described(base)} is not subscriptable", base)
        if isinstance(base, ClassValue):
            # Generic[T], and __class_getitem__ where the project defines it
            hook = look_up(base, "__class_getitem__")
            if isinstance(hook, (FunctionValue, DescriptorValue)):
                function = hook.function if isinstance(hook, DescriptorValue) else hook
                self.call_with(function, (base, index), {})
                return UNKNOWN
            return base
        return UNKNOWN

    def _global_item(self, module: ModuleValue, name: str | None) -> Value:
        """``globals()[name]``."""
        if name is None or module.is_open or name in MODULE_NAMES:
            return UNKNOWN
        if name not in module.namespace:
            raise self.failure("KeyError", f"'{name}'", module, name)
        return module.namespace[name]

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
