"""Comprehensions and generator expressions: what they read, and what is known of their items."""

from cycleguard.model.program import Comprehension
from cycleguard.simulate.evaluating import Evaluating
from cycleguard.simulate.folding import distinct, text
from cycleguard.simulate.names import Scope
from cycleguard.simulate.values import (
    UNKNOWN,
    MappingValue,
    PendingValue,
    SequenceValue,
    Value,
)


class Comprehending(Evaluating):
    """Runs comprehensions."""

    def comprehension(self, node: Comprehension, scope: Scope) -> Value:
        """A comprehension, run at once; a generator expression, which runs when it is iterated.

        Source: ``compiler_comprehension`` (Python/compile.c): the first iterable is evaluated where
        the comprehension stands, at once.
        """
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
        if not is_exact:
            return UNKNOWN
        held = SequenceValue(tuple(found))
        return distinct(held) if node.is_set else held

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
