"""Operators on what is known: sums, texts, and operands that no operator takes."""

from cycleguard.model.program import Constant
from cycleguard.simulate.folding import described, is_without_operators, literal, text
from cycleguard.simulate.names import Names
from cycleguard.simulate.values import (
    UNKNOWN,
    FunctionValue,
    LambdaValue,
    ModuleValue,
    SequenceValue,
    SliceValue,
    Value,
)

_PLAIN = (ModuleValue, FunctionValue, LambdaValue, Constant, SequenceValue)


class Operators(Names):
    """Carries out what operators do."""

    def format_of(self, parts: list[Value]) -> Value:
        """``f"{a}{b}"``, where the parts are known."""
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

    def check_index(self, base: Value, index: Value) -> None:
        """A sequence takes numbers, and slices of numbers.

        Source: ``list_subscript`` (Objects/listobject.c), ``_PyEval_SliceIndex`` (Python/ceval.c).
        """
        if not isinstance(base, SequenceValue) and text(base) is None:
            return
        parts = [index]
        if isinstance(index, SliceValue):
            # values[:None] is values[:]
            parts = [bound for bound in index.bounds if bound != Constant(None)]
        for part in parts:
            if is_without_operators(part) or text(part) is not None:
                raise self.type_error(f"{described(part)} is no index", part)

    def check_operands(self, operands: list[Value]) -> None:
        """No operator takes a module, a function or None, unless the other operand sees to it.

        Source: ``binary_op1`` and ``do_richcompare`` (Objects/abstract.c, Objects/object.c).
        """
        if all(isinstance(operand, _PLAIN) for operand in operands):
            odd = [operand for operand in operands if is_without_operators(operand)]
            if odd:
                raise self.type_error(f"unsupported operand: {described(odd[0])}", odd[0])
