"""Where a lazy import may stand, by PEP 810: at module level, and not in a ``try`` statement.

A ``try`` would no longer see the import fail. CPython 3.11 and newer keep the handlers of a code
object in a table, from which it can be told whether a place is in a ``try``; before, it is not.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FrameType


def check_placement(frame: "FrameType") -> None:
    """Raise SyntaxError if a lazy import may not stand where `frame` is."""
    if frame.f_locals is not frame.f_globals:
        raise _misplaced(frame, "lazy imports are for module level only")
    if is_in_try(frame.f_code, frame.f_lasti):
        raise _misplaced(frame, "no lazy import in a try statement: it cannot see it fail")


def check_names(frame: "FrameType", names: "tuple[str, ...]") -> None:
    """Raise SyntaxError for a star import, which needs the module at once."""
    if "*" in names:
        raise _misplaced(frame, "lazy 'from ... import *' is not allowed")


def _misplaced(frame: "FrameType", message: str) -> SyntaxError:
    return SyntaxError(message, (frame.f_code.co_filename, frame.f_lineno, None, None))


def is_in_try(code: "CodeType", offset: int) -> bool:
    """Tell whether a ``try`` statement of this code is around the instruction at `offset`.

    The handler of a ``with`` statement starts like that of a ``try``, but goes on to call
    ``__exit__``; and what cleans up after a handler does not start so. Both are left outwards.
    """
    if sys.version_info < (3, 11):
        return False
    handlers = list(_handlers(code.co_exceptiontable))
    if not any(start <= offset < end for start, end, _ in handlers):
        return False
    # cycleguard: leave[the runtime may load no module while it is imported]
    from opcode import opmap  # noqa: PLC0415

    while True:
        target = next((t for start, end, t in handlers if start <= offset < end), None)
        if target is None:
            return False
        operations = code.co_code[target : target + 4 : 2]
        if operations[:1] == bytes([opmap["PUSH_EXC_INFO"]]):
            if operations[1:] != bytes([opmap["WITH_EXCEPT_START"]]):
                return True
            target += 2
        offset = target


def _handlers(table: bytes) -> "Iterator[tuple[int, int, int]]":
    """Start, end and handler of each entry, in bytes: numbers of 6 bits a byte, big end first."""
    numbers = []
    number = 0
    for byte in table:
        number = number << 6 | byte & 63
        if not byte & 64:
            numbers.append(number)
            number = 0
    for start, length, target, _depth in zip(*[iter(numbers)] * 4):
        yield start * 2, (start + length) * 2, target * 2
