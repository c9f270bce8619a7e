"""Classes of the project: the order of their bases, their metaclass, their instances."""

from collections.abc import Iterable, Iterator

from cycleguard.simulate.values import ClassValue, ExternalValue, InstanceValue, Value


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


def metaclass_of(cls: ClassValue) -> ClassValue | None:
    """The metaclass of the project that `cls` has or inherits."""
    if isinstance(cls.metaclass, ClassValue):
        return cls.metaclass
    for base in cls.bases:
        found = metaclass_of(base) if isinstance(base, ClassValue) else None
        if found is not None:
            return found
    return None


def makes_classes(cls: ClassValue) -> bool:
    """Whether `cls` is a metaclass: its objects are classes."""
    kinds = (ExternalValue("builtins.type"), ExternalValue("abc.ABCMeta"))
    return any(base in kinds for each in linearised(cls) for base in each.bases)


def is_instance(value: Value, cls: Value) -> bool | None:
    """``isinstance(value, cls)``; None if that is not known.

    Source: ``object_recursive_isinstance`` (Objects/abstract.c).
    """
    if not isinstance(cls, ClassValue) or _answers_by_itself(cls, "__instancecheck__"):
        return None
    if isinstance(value, InstanceValue):
        return _descends(value.cls, cls)
    if not isinstance(value, ClassValue):
        return None
    metaclass = metaclass_of(value)
    if metaclass is not None:
        return _descends(metaclass, cls)
    # The class of a class is `type` if it is known to have no other.
    return False if is_closed(value) and is_closed(cls) else None


def is_subclass(value: Value, cls: Value) -> bool | None:
    """``issubclass(value, cls)``; None if that is not known.

    Source: ``object_issubclass`` (Objects/abstract.c).
    """
    if not isinstance(value, ClassValue) or not isinstance(cls, ClassValue):
        return None
    return None if _answers_by_itself(cls, "__subclasscheck__") else _descends(value, cls)


def _answers_by_itself(cls: ClassValue, hook: str) -> bool:
    return look_up(metaclass_of(cls), hook) is not None


def _descends(kind: ClassValue, cls: ClassValue) -> bool | None:
    if cls in linearised(kind):
        return True
    # abc.ABCMeta.register: a metaclass from outside may know of more subclasses.
    return False if is_closed(kind) and is_closed(cls) else None


def is_closed(cls: ClassValue) -> bool:
    """Whether all its bases, and its metaclass, are of the project, ``object`` or ``type``."""
    return not any(
        each.is_open or not (each.metaclass is None or isinstance(each.metaclass, ClassValue))
        for each in linearised(cls)
    )


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
