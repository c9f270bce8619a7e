"""The order in which a class and its bases are searched for a name."""

from collections.abc import Iterable, Iterator

from cycleguard.simulate.values import ClassValue, Value


def linearised(cls: ClassValue) -> tuple[ClassValue, ...]:
    """`cls` and its bases of the project in method resolution order.

    Source: ``mro_implementation`` and ``pmerge`` (Objects/typeobject.c). Classes from outside are
    left out; bases that no order suits, which CPython rejects, come depth first.
    """
    if cls.order is None:
        bases = [base for base in cls.bases if isinstance(base, ClassValue)]
        cls.order = (cls, *_behind(bases))
    return cls.order


def _behind(bases: list[ClassValue]) -> Iterable[ClassValue]:
    if len(bases) < 2:
        return linearised(bases[0]) if bases else ()
    merged = _merged([*map(list, map(linearised, bases)), list(bases)])
    return merged if merged is not None else dict.fromkeys(_depth_first(bases))


def look_up(cls: Value | None, name: str, behind: ClassValue | None = None) -> Value | None:
    """`name` in a class or its bases of the project, as the class holds it.

    Args:
        cls: the class; anything else holds nothing.
        name: the name that is looked up.
        behind: only classes after this one are searched, as ``super()`` does.
    """
    if not isinstance(cls, ClassValue):
        return None
    order = linearised(cls)
    if behind is not None:
        order = order[order.index(behind) + 1 :] if behind in order else ()
    for each in order:
        if name in each.namespace:
            return each.namespace[name]
    return None


def _merged(sequences: list[list[ClassValue]]) -> list[ClassValue] | None:
    merged: list[ClassValue] = []
    while any(sequences):
        heads = [sequence[0] for sequence in sequences if sequence]
        tails = [each for sequence in sequences for each in sequence[1:]]
        good = next((head for head in heads if head not in tails), None)
        if good is None:
            return None
        merged.append(good)
        sequences = [[each for each in sequence if each is not good] for sequence in sequences]
    return merged


def _depth_first(bases: list[ClassValue]) -> Iterator[ClassValue]:
    for base in bases:
        yield from linearised(base)
