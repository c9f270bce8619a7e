"""Imports that a module cannot do without, although they stand in a ``try``.

In: a file's program. Out: the lines of those whose handlers all raise: the error is only reworded.
"""

from collections.abc import Iterable, Iterator

from cycleguard.model.program import Import, ImportFrom, Raise, Statement, Try


def needed_lines(program: Iterable[Statement]) -> frozenset[int]:
    """``try: import a`` and ``except ImportError: raise RuntimeError("install a")``."""
    return frozenset(_needed(program))


def _needed(program: Iterable[Statement]) -> Iterator[int]:
    for statement in program:
        if isinstance(statement, Try) and all(_raises(h.body) for h in statement.handlers):
            inside = (*statement.body, *statement.orelse)
            yield from (each.line for each in inside if isinstance(each, (Import, ImportFrom)))
            yield from _needed(inside)


def _raises(body: tuple[Statement, ...]) -> bool:
    return bool(body) and isinstance(body[-1], Raise)
