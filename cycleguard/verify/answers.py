"""What the worker says, as values. Its own file cannot use them: it runs where msgspec is not."""

import ast
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

_Line = TypeVar("_Line")


class Frame(Struct, frozen=True, array_like=True):
    """A place that an error went through, in the interpreter's own words."""

    file: str
    line: int
    function: str
    module: str


class Raised(Struct, frozen=True):
    """An exception: its class, the builtin classes among its bases and itself, its text.

    `module` and `file` are ``name`` and ``path`` of an ImportError, `found` is where its top-level
    package is; `by_hand` is true where a ``raise`` or ``assert`` of the program made it; `frames`
    are outermost first.
    """

    kind: str
    bases: tuple[str, ...]
    message: str
    module: str | None = None
    file: str | None = None
    found: tuple[str, ...] = ()
    by_hand: bool = False
    frames: tuple[Frame, ...] = ()


class Answer(Struct, frozen=True):
    """How one import ended.

    `found` is the file, or are the folders, of the entry's top-level module, if there is one;
    `raised` is the error, then what it was raised from or while handling, and so on; `status` is
    the exit status, or the number of the signal.
    """

    kind: Literal["ok", "error", "exit", "signal", "timeout", "taken"]
    raised: tuple[Raised, ...] = ()
    status: int = 0
    found: tuple[str, ...] = ()


class Interpreter(Struct, frozen=True):
    """What the worker says of the interpreter that it runs in; `path` is its ``sys.path``."""

    implementation: str
    version: tuple[int, int, int]
    path: tuple[str, ...]

    @property
    def shown_version(self) -> str:
        """``3.11.7``."""
        return ".".join(map(str, self.version))


def parse_interpreter(line: bytes) -> Interpreter | None:
    """The first line of a worker; None if it is nothing of the kind."""
    return _parse(line, Interpreter)


def parse_answer(line: bytes) -> Answer | None:
    """Any other line of a worker; None if it has been tampered with, or is cut off."""
    return _parse(line, Answer)


def _parse(line: bytes, kind: type[_Line]) -> _Line | None:
    try:
        return msgspec.convert(ast.literal_eval(line.decode("ascii")), kind)
    except (ValueError, SyntaxError, msgspec.ValidationError):
        return None
