"""Source text to `ast`, also for syntax that is newer than the running interpreter.

What the host cannot parse is handed to LibCST, whose grammar is newer, and lowered: see `lowering`.
"""

import ast
import warnings

from msgspec import Struct


class Parsed(Struct, frozen=True):
    """A syntax tree, and the line and column of each lazy import that it shows as plain.

    `lazy_starts` are those of ``lazy import``, `proxy_starts` those in a ``with lazy():`` block.
    """

    tree: ast.Module
    lazy_starts: frozenset[tuple[int, int]] = frozenset()
    proxy_starts: frozenset[tuple[int, int]] = frozenset()


def parse(text: str) -> Parsed:
    """Parse `text`, lowering newer syntax if the host needs that.

    Raises:
        SyntaxError: neither the host nor LibCST can read it.
        RecursionError: nested deeper than CPython's own compiler goes.
    """
    try:
        return Parsed(_host_parse(text))
    except SyntaxError as error:
        # Few files need LibCST, and it takes a third of a second to import.
        from cycleguard.collect.lowering import (  # noqa: PLC0415  # cycleguard: leave[start-up time]
            lower,
            relocate,
        )

        lowered = lower(text)
        if lowered is None:
            raise
        try:
            tree = _host_parse(lowered.text)
        except SyntaxError:
            raise error from None
    relocate(tree, lowered)
    return Parsed(tree, lowered.lazy_starts)


def _host_parse(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except MemoryError as error:
        # CPython's parser reports its own stack limit so (Parser/pegen.h, MAXSTACK).
        raise RecursionError("parser stack overflow") from error
