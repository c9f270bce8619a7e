"""What a module's own code reads while it is being imported, by the program of its file.

Bodies of functions and lambdas are left out: they run later, if at all. Names that only they read
need not be there at import time.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from cycleguard.model.program import (
    Annotate,
    Assign,
    Attribute,
    Define,
    DefineClass,
    Expression,
    Lambda,
    Load,
    Sequence,
    Statement,
)

Reads = Mapping[str, frozenset[str]]


def reads(code: Iterable[Statement]) -> Reads:
    """The names read and the attributes asked of each; an empty one where the object itself is."""
    found: dict[str, set[str]] = {}
    stack: list[object] = [*code]
    while stack:
        part = stack.pop()
        if isinstance(part, tuple):
            stack += part
        # name.attribute
        elif isinstance(part, Attribute) and isinstance(part.base, Load):
            found.setdefault(part.base.name, set()).add(part.name)
        elif isinstance(part, Load):
            found.setdefault(part.name, set()).add("")
        elif isinstance(part, Lambda):
            stack.append(part.parameters)
        elif isinstance(part, Define):
            stack += [part.decorators, part.parameters, part.annotations]
        elif isinstance(part, Struct):
            stack += [getattr(part, name) for name in part.__struct_fields__]
    return {name: frozenset(attributes) for name, attributes in found.items()}


def definitions(code: Iterable[Statement]) -> dict[str, Statement]:
    """The statements at the top level of a program that define a name; the last one counts."""
    found: dict[str, Statement] = {}
    for statement in code:
        if isinstance(statement, (Define, DefineClass)):
            found[statement.name] = statement
        elif isinstance(statement, Assign):
            found.update((name, statement) for t in statement.targets for name in _stored(t))
        elif isinstance(statement, Annotate):
            found.update((name, statement) for name in _stored(statement.target))
    return found


def _stored(target: Expression) -> Iterator[str]:
    if isinstance(target, Load):
        yield target.name
    elif isinstance(target, Sequence):
        for item in target.items:
            yield from _stored(item)
