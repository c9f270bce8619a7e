"""Imports one module in a clean interpreter and says how that ended. Run by path, not imported.

It runs in the interpreter that the user names, CPython 3.9 or newer, in which nothing of cycleguard
need be installed: so this file knows the standard library alone. Read next by `process`.

Arguments: ``fork`` or ``once``, the seconds and the bytes that an entry may take, an empty folder,
then the folders to put on ``sys.path``. Standard input takes names, one a line. Standard output
gives a line for the interpreter itself, then one per name: a `dict` with the fields of `Answer`, as
`ascii` writes it.

``fork``: every name is imported in a fork of this process, which has imported nothing itself.
``once``: the first name is imported here, and the process ends; the caller minds the time.
"""

from __future__ import annotations

import sys

# What is loaded from here on has to go again before a module of the same name is imported.
_AT_START = frozenset(sys.modules)

import os
import select
import time
from opcode import opmap

# The code under test may replace functions of `os`, as gevent does.
from os import _exit, getpid, write

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

_KILL = 9
_LOOK_AGAIN = 0.05
_LONGEST_MESSAGE = 4000
_MOST_ERRORS = 8
_MOST_FRAMES = 100


def main() -> None:
    """Serve until standard input ends."""
    mode, seconds, size, folder, *roots = sys.argv[1:]
    requests, answers = _take_streams()
    _limit_memory(int(size))
    _prepare(roots)
    # Only now: relative folders of PYTHONPATH are meant from where the user is.
    os.chdir(folder)
    _send(answers, _interpreter())
    for number, name in enumerate(iter(lambda: _next_line(requests), "")):
        if mode == "once":
            os.close(requests)
            _enter(name, number, answers)
        _send(answers, _ask_fork(name, number, float(seconds), (requests, answers)))


def _take_streams() -> tuple[int, int]:
    """Keep the pipes to the caller, and leave empty ones to the code under test."""
    taken = os.dup(0), os.dup(1)
    silence = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(silence, standard)
    os.close(silence)
    return taken


def _limit_memory(size: int) -> None:
    """Limit what a process may write to, and core dumps; processes made from this one inherit it.

    On Linux the data limit counts what is really taken; the other one counts address space, of
    which some libraries reserve more than there is memory.
    """
    if resource is None:
        return
    kind = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    for limit, wanted in ((kind, size), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(limit)
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        try:
            resource.setrlimit(limit, (allowed, hard))
        except (OSError, ValueError):
            pass  # macOS knows the limits, but does not take every value


def _prepare(roots: list[str]) -> None:
    """Make this what ``python -c "import name"`` would be, with `roots` on ``sys.path``."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [*roots, *(part for part in sys.path if os.path.abspath(part) != here)]
    sys.argv = ["-c"]
    for name in sys.modules.keys() - _AT_START:
        del sys.modules[name]
    sys.modules["__main__"] = type(sys)("__main__")


def _interpreter() -> dict[str, object]:
    return {
        "implementation": sys.implementation.name,
        "version": list(sys.version_info[:3]),
        "path": [part for part in sys.path if isinstance(part, str)],
    }


def _next_line(requests: int) -> str:
    """The next name; nothing when the caller has gone. A caller waits for each answer."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(requests, 65536)
        if not part:
            return ""
        line += part
    return line.decode().rstrip("\n")


def _ask_fork(
    name: str, number: int, seconds: float, ours: tuple[int, int]
) -> dict[str, object] | bytes:
    """Import `name` in a child; whatever the child has started ends with it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        for descriptor in (reader, *ours):
            os.close(descriptor)
        _enter(name, number, writer)
    os.close(writer)
    answer, status = _wait(child, reader, ours[0], time.monotonic() + seconds)
    _kill(child, has_ended=status is not None)
    os.close(reader)
    return answer or _ending(status)


def _wait(child: int, reader: int, requests: int, deadline: float) -> tuple[bytes, int | None]:
    """The child's answer, and its status if it has ended. Neither: its time is over.

    A pipe need not end with the child, whose own children may hold it, so both are looked at.
    """
    answer = b""
    status = None
    is_open = True
    while time.monotonic() < deadline:
        watched = [requests, reader] if is_open else [requests]
        ready = select.select(watched, (), (), 0 if status is not None else _LOOK_AGAIN)[0]
        if requests in ready:
            # Nothing is asked before this is answered: the caller has gone.
            _kill(child, has_ended=status is not None)
            _exit(0)
        if reader in ready:
            part = os.read(reader, 65536)
            answer += part
            is_open = bool(part)
            first, end, _ = answer.partition(b"\n")
            # The code under test may write more: the caller takes each line for an answer.
            if end:
                return first + end, status
        elif status is not None:
            return b"", status
        else:
            ended, code = os.waitpid(child, os.WNOHANG)
            status = code if ended else None
    return b"", status


def _kill(child: int, *, has_ended: bool) -> None:
    """Kill the group that the child leads, and the child, which may not lead it yet."""
    try:
        os.killpg(child, _KILL)
    except (ProcessLookupError, PermissionError):
        pass  # nobody is in it; macOS says so by the second
    if not has_ended:
        os.kill(child, _KILL)
        os.waitpid(child, 0)


def _ending(status: int | None) -> dict[str, object]:
    if status is None:
        return {"kind": "timeout"}
    if os.WIFSIGNALED(status):
        return {"kind": "signal", "status": os.WTERMSIG(status)}
    return {"kind": "exit", "status": os.WEXITSTATUS(status)}


def _enter(name: str, number: int, answers: int) -> None:
    """Import `name`, answer and end the process, whatever the code does."""
    me = getpid()
    folder = str(number)
    os.mkdir(folder)
    os.chdir(folder)
    answer = _import(name)
    # A module that forks while it is imported comes back twice.
    if getpid() == me:
        _send(answers, answer)
    _exit(0)


def _import(name: str) -> dict[str, object]:
    top = name.partition(".")[0]
    if _is_taken(top):
        return {"kind": "taken"}
    try:
        __import__(name)
    except BaseException as error:  # whatever an import raises is the answer
        return {**_described(error), "found": _found(top)}
    return {"kind": "ok", "found": _found(top)}


def _is_taken(top: str) -> bool:
    """Whether Python has a module of that name before anything is imported.

    One without a file is a namespace package, to which every folder of ``sys.path`` adds.
    """
    is_loaded = getattr(sys.modules.get(top), "__file__", None) is not None
    return is_loaded or top in sys.builtin_module_names


def _found(top: str) -> list[str]:
    """The file or the folders of a top-level module, as far as it says so itself."""
    module = sys.modules.get(top)
    if not isinstance(module, type(sys)):
        return []
    file = module.__dict__.get("__file__")
    where = [file] if file else list(module.__dict__.get("__path__", ()))
    return [place for place in where if isinstance(place, str)]


def _described(error: BaseException) -> dict[str, object]:
    try:
        return {"kind": "error", "raised": list(map(_raised, _behind(error)))}
    except MemoryError:
        short = {"kind": "MemoryError", "bases": ["MemoryError"], "message": ""}
        return {"kind": "error", "raised": [short]}


def _behind(error: BaseException) -> list[BaseException]:
    """The error, then what it was raised from or while handling, and so on."""
    found: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and len(found) < _MOST_ERRORS:
        found.append(following)
        following = following.__cause__ or following.__context__
    return found


def _raised(error: BaseException) -> dict[str, object]:
    about = (error.name, error.path) if isinstance(error, ImportError) else ()
    module, file = [each if isinstance(each, str) else None for each in about] or (None, None)
    return {
        "kind": type(error).__name__,
        "bases": [c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins"],
        "message": _text(error.msg if isinstance(error, SyntaxError) else error),
        "module": module,
        "file": file,
        "found": _found((module or "").partition(".")[0]),
        "by_hand": _is_by_hand(error),
        "frames": _frames(error)[-_MOST_FRAMES:],
    }


def _text(error: object) -> str:
    try:
        return str(error)[:_LONGEST_MESSAGE]
    except BaseException:  # code of the error's own class, whatever it raises
        return ""


def _frames(error: BaseException) -> list[tuple[str, int, str, str]]:
    """File, line, function and module of every frame, outermost first."""
    found: list[tuple[str, int, str, str]] = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        module = step.tb_frame.f_globals.get("__name__")
        found.append((code.co_filename, step.tb_lineno, code.co_name, str(module)))
        step = step.tb_next
    # The place of a syntax error is no frame.
    if isinstance(error, SyntaxError) and error.filename:
        found.append((str(error.filename), error.lineno or 0, "", ""))
    return found


def _is_by_hand(error: BaseException) -> bool:
    """Whether a ``raise`` or ``assert`` of the program made it, not the interpreter."""
    step = error.__traceback__
    if step is None:
        return False
    while step.tb_next is not None:
        step = step.tb_next
    code = step.tb_frame.f_code
    if code.co_filename.startswith("<frozen importlib"):
        return False
    return code.co_code[step.tb_lasti] == opmap["RAISE_VARARGS"]


def _send(descriptor: int, answer: dict[str, object] | bytes) -> None:
    rest = answer if isinstance(answer, bytes) else ascii(answer).encode() + b"\n"
    while rest:
        rest = rest[write(descriptor, rest) :]


if __name__ == "__main__":
    main()
