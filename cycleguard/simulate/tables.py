"""Tables of names by module, as packages hold them that put a lazy object in their own place.

    sys.modules[__name__] = Lazy(__name__, {"package.part": ["Name", "other"]})

What such an object does is out of sight; but which module a name comes from, the table says.
"""

from collections.abc import Container, Iterator

from msgspec import Struct

from cycleguard.model.program import Constant, Mapping, Sequence, Statement


def names_by_module(program: tuple[Statement, ...], modules: Container[str]) -> dict[str, str]:
    """The module, one of `modules`, of every name in a table of `program`."""
    return {
        name: module
        for mapping in _mappings(program)
        for key, value in zip(mapping.keys, mapping.values, strict=True)
        for module in _texts((key,))
        if module in modules and isinstance(value, Sequence)
        for name in _texts(value.items)
    }


def _mappings(part: object) -> Iterator[Mapping]:
    if isinstance(part, Mapping):
        yield part
    elif isinstance(part, tuple):
        for each in part:
            yield from _mappings(each)
    elif isinstance(part, Struct):
        for field in part.__struct_fields__:
            yield from _mappings(getattr(part, field))


def _texts(parts: tuple[object, ...]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Constant) and isinstance(part.value, str):
            yield part.value
