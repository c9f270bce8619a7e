"""Calls of builtins and of methods of plain values whose result is known without running them."""

from collections.abc import Callable

from cycleguard.model.program import Constant
from cycleguard.simulate.folding import distinct, literal, text, truth
from cycleguard.simulate.values import (
    BoundValue,
    ClassValue,
    FunctionValue,
    LambdaValue,
    MappingValue,
    SequenceValue,
    Value,
)

_LONGEST_RANGE = 64
_TEXT_METHODS = frozenset(
    "startswith endswith lower upper strip lstrip rstrip removeprefix removesuffix replace "
    "isidentifier title".split()
)
_Arguments = tuple[Value, ...]


def fold_builtin(name: str, arguments: _Arguments) -> Value | None:
    """The result of the builtin `name`; None if it is not known."""
    fold = _BUILTINS.get(name)
    return fold(arguments) if fold and arguments else None


def fold_method(receiver: Value, name: str, arguments: _Arguments) -> Value | None:
    """The result of a method of a text, a sequence or a mapping; None if it is not known."""
    if isinstance(receiver, MappingValue):
        return _mapping_method(receiver, name, arguments)
    subject = text(receiver)
    if subject is None:
        return None
    if name == "join" and arguments and isinstance(arguments[0], SequenceValue):
        parts = [text(item) for item in arguments[0].items]
        known = [part for part in parts if part is not None]
        return Constant(subject.join(known)) if len(known) == len(parts) else None
    if name in ("split", "rsplit", "partition", "rpartition"):
        given = _all_literals(arguments)
        parts_ = getattr(subject, name)(*given) if given is not None else None
        return SequenceValue(tuple(map(Constant, parts_))) if parts_ is not None else None
    given = _all_literals(arguments) if name in _TEXT_METHODS else None
    try:
        return Constant(getattr(subject, name)(*given)) if given is not None else None
    except TypeError:
        return None


def _mapping_method(receiver: MappingValue, name: str, arguments: _Arguments) -> Value | None:
    key = text(arguments[0]) if arguments else None
    if name == "get" and key is not None:
        if key in receiver.items:
            return receiver.items[key]
        default = arguments[1] if len(arguments) > 1 else Constant(None)
        return default if receiver.is_whole else None
    if not receiver.is_whole:
        return None
    keys = tuple(map(Constant, receiver.items))
    if name == "keys":
        return SequenceValue(keys)
    if name == "values":
        return SequenceValue(tuple(receiver.items.values()))
    if name == "items":
        return SequenceValue(
            tuple(map(SequenceValue, zip(keys, receiver.items.values(), strict=True)))
        )
    return None


def _all_literals(arguments: _Arguments) -> list[object] | None:
    boxes = [literal(argument) for argument in arguments]
    known: list[object] = [box[0] for box in boxes if box is not None]
    return known if len(known) == len(boxes) else None


def _length(arguments: _Arguments) -> Value | None:
    held = arguments[0]
    if isinstance(held, SequenceValue):
        return Constant(len(held.items))
    if isinstance(held, MappingValue) and held.is_whole:
        return Constant(len(held.items))
    known = text(held)
    return None if known is None else Constant(len(known))


def _same_items(arguments: _Arguments) -> Value | None:
    held = arguments[0]
    if isinstance(held, MappingValue) and held.is_whole:
        return SequenceValue(tuple(map(Constant, held.items)))
    return held if isinstance(held, SequenceValue) else None


def _distinct_items(arguments: _Arguments) -> Value | None:
    same = _same_items(arguments)
    return None if same is None else distinct(same)


def _sorted(arguments: _Arguments) -> Value | None:
    same = _same_items(arguments[:1]) if len(arguments) == 1 else None
    if not isinstance(same, SequenceValue):
        return None
    texts = [text(item) for item in same.items]
    known = [each for each in texts if each is not None]
    return SequenceValue(tuple(map(Constant, sorted(known)))) if len(known) == len(texts) else None


def _range(arguments: _Arguments) -> Value | None:
    given = [box for box in _all_literals(arguments) or () if isinstance(box, int)]
    if len(given) != len(arguments) or not 1 <= len(given) <= 2:
        return None
    numbers = range(*given)
    return SequenceValue(tuple(map(Constant, numbers))) if len(numbers) <= _LONGEST_RANGE else None


def _enumerate(arguments: _Arguments) -> Value | None:
    held = arguments[0]
    if not isinstance(held, SequenceValue) or len(arguments) > 1:
        return None
    pairs = enumerate(held.items)
    return SequenceValue(tuple(SequenceValue((Constant(i), item)) for i, item in pairs))


def _zip(arguments: _Arguments) -> Value | None:
    held = [argument.items for argument in arguments if isinstance(argument, SequenceValue)]
    if len(held) != len(arguments):
        return None
    return SequenceValue(tuple(map(SequenceValue, zip(*held, strict=False))))


def _bool(arguments: _Arguments) -> Value | None:
    known = truth(arguments[0])
    return None if known is None else Constant(known)


def _str(arguments: _Arguments) -> Value | None:
    known = text(arguments[0])
    return None if known is None else Constant(known)


def _any(arguments: _Arguments) -> Value | None:
    return _quantified(arguments[0], any)


def _all(arguments: _Arguments) -> Value | None:
    return _quantified(arguments[0], all)


def _quantified(held: Value, quantifier: Callable[[list[bool]], bool]) -> Value | None:
    if not isinstance(held, SequenceValue):
        return None
    known = [truth(item) for item in held.items]
    values = [each for each in known if each is not None]
    return Constant(quantifier(values)) if len(values) == len(known) else None


def _sum(arguments: _Arguments) -> Value | None:
    return _of_numbers(arguments, sum)


def _min(arguments: _Arguments) -> Value | None:
    return _of_numbers(arguments, min)


def _max(arguments: _Arguments) -> Value | None:
    return _of_numbers(arguments, max)


def _of_numbers(arguments: _Arguments, fold: Callable[[list[int]], int]) -> Value | None:
    held = arguments[0]
    if len(arguments) > 1 or not isinstance(held, SequenceValue):
        return None
    numbers = [box for box in _all_literals(held.items) or () if isinstance(box, int)]
    return Constant(fold(numbers)) if numbers and len(numbers) == len(held.items) else None


def _callable(arguments: _Arguments) -> Value | None:
    is_known = isinstance(arguments[0], (FunctionValue, LambdaValue, ClassValue, BoundValue))
    return Constant(True) if is_known else None


_BUILTINS: dict[str, Callable[[_Arguments], Value | None]] = {
    "builtins.callable": _callable,
    "builtins.len": _length,
    "builtins.list": _same_items,
    "builtins.tuple": _same_items,
    "builtins.set": _distinct_items,
    "builtins.frozenset": _distinct_items,
    "builtins.iter": _same_items,
    "builtins.sorted": _sorted,
    "builtins.range": _range,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.bool": _bool,
    "builtins.str": _str,
    "builtins.sum": _sum,
    "builtins.min": _min,
    "builtins.max": _max,
    "builtins.any": _any,
    "builtins.all": _all,
}
