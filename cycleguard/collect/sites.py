"""The lines of a file that may hold an import or an importing call, by the words on them alone.

Most statements and nearly all expressions hold neither, and the walk need not look at them.
"""

import ast
import re
from bisect import bisect_left
from collections.abc import Iterable

from cycleguard.collect.nodes import first_line

# Every pattern begins with a literal, which `re` finds many times faster than an alternative.
_STATEMENTS = ("import", "__lazy_modules__")
_CALLS = (
    r"import_module\b",
    r"__import__\b",
    r"exec(?<![\w.]exec)\b",
    r"eval(?<![\w.]eval)\b",
)
# from lazy_loader import attach, builtins.exec("import a")
_CALLS_BY_MODULE = {
    "lazy_loader": (r"attach\b", r"attach_stub\b", r"load\b"),
    "builtins": (r"exec\b", r"eval\b"),
    "cycleguard": (r"attach\b", r"lazy_module\b", r"lazy_attribute\b"),
}
_AS = r"[\s\\]+as[\s\\]+(\w+)"


class Sites:
    """Answers whether there can be anything of interest on some lines of a text."""

    def __init__(self, text: str, functions: Iterable[str] = ()) -> None:
        calls = {*_CALLS}.union(*(c for name, c in _CALLS_BY_MODULE.items() if name in text))
        calls.update(rf"{re.escape(name)}\b" for name in functions)
        renamed = {re.escape(name) for call in calls for name in re.findall(call + _AS, text)}
        self._calls = _lines_with(calls | renamed, text)
        self._all = sorted({*self._calls, *_lines_with(_STATEMENTS, text)})

    def may_hold_import(self, node: ast.stmt) -> bool:
        """Whether an import or an importing call can be in a statement, blocks included."""
        return _is_any_in(self._all, first_line(node), node.end_lineno or node.lineno)

    def may_hold_call(self, node: ast.expr) -> bool:
        """Whether an importing call can be in an expression."""
        return _is_any_in(self._calls, node.lineno, node.end_lineno or node.lineno)


def _lines_with(patterns: Iterable[str], text: str) -> list[int]:
    found: set[int] = set()
    for pattern in patterns:
        line, position = 1, 0
        for match in re.finditer(pattern, text):
            line += text.count("\n", position, match.start())
            position = match.start()
            found.add(line)
    return sorted(found)


def _is_any_in(lines: list[int], first: int, last: int) -> bool:
    index = bisect_left(lines, first)
    return index < len(lines) and lines[index] <= last
