"""The check after the fact: what differs between the old file and the new one is what was meant.

In: the old text, the moves, the new bytes. Out: None, or what is wrong. `expected` compares the
trees; CPython's own symbol tables say whether the names that have left a function are global there.
"""

import ast
import symtable
import warnings
from collections.abc import Iterator, Sequence

from cycleguard.collect.source import SourceText
from cycleguard.collect.syntax import parse
from cycleguard.files import decode
from cycleguard.rewrite.expected import Expectation, functions_of
from cycleguard.rewrite.moves import Move


def difference(old: SourceText, moves: Sequence[Move], new: bytes) -> str | None:
    """What is wrong with the new bytes; None if nothing is.

    Args:
        old: the text before.
        moves: what was to be done.
        new: the file after.
    """
    try:
        text = decode(new)
        tree = parse(text).tree
    except (SyntaxError, RecursionError) as error:
        return f"the result does not parse: {error}"
    expectation = Expectation(old, moves)
    problem = expectation.compare(SourceText(text), tree)
    return problem or _names(expectation.tree, tree, moves, text)


def _names(before: ast.Module, after: ast.Module, moves: Sequence[Move], text: str) -> str | None:
    """Whether the symbol tables agree that the names are global now."""
    tables: dict[tuple[str, int], list[symtable.SymbolTable]] = {}
    try:
        _compile(text)
        for table in _tables(text):
            tables.setdefault((table.get_name(), table.get_lineno()), []).append(table)
    except SyntaxError as error:
        # Newer syntax than this Python's has no table; else the compiler knows better than we.
        return None if _is_newer(text) else f"the result does not compile: {error}"
    functions = zip(functions_of(before), functions_of(after), strict=True)
    now = {(old.lineno, old.col_offset): new for old, new in functions}
    for move in moves:
        function = now[move.site.function.lineno, move.site.function.col_offset]
        for name in sorted({wanted.use.partition(".")[0] for wanted in move.wanted}):
            for table in tables.get((function.name, function.lineno), ()):
                if _means_something_else(table, name):
                    return f"line {function.lineno}: {name} is not the module's name there"
    return None


def _compile(text: str) -> None:
    """Have the compiler look at it: `from __future__` must come first, `nonlocal` must fit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(text, "<rewritten>", "exec", dont_inherit=True)


def _tables(text: str) -> Iterator[symtable.SymbolTable]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stack = [symtable.symtable(text, "<rewritten>", "exec")]
    while stack:
        table = stack.pop()
        yield table
        stack += table.get_children()


def _is_newer(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError:
        return True
    return False


def _means_something_else(table: symtable.SymbolTable, name: str) -> bool:
    if name in table.get_identifiers() and not table.lookup(name).is_global():
        return True
    stack = list(table.get_children())
    while stack:
        inner = stack.pop()
        if name in inner.get_identifiers():
            symbol = inner.lookup(name)
            if symbol.is_free():
                return True
            # A nested function's own name is as it was, for what is in it too.
            if symbol.is_local() and inner.get_type() == "function":
                continue
        stack += inner.get_children()
    return False
