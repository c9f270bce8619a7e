"""One process of the interpreter that imports the code, and the talk with it.

In: names of modules, one at a time. Out: `Answer`s. Whatever the code does to the process, asking
comes to an end and gives an answer. Used by `pool`.
"""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import IO

from msgspec import Struct

from cycleguard.errors import InterpreterError
from cycleguard.verify.answers import Answer, Interpreter, parse_answer, parse_interpreter

_WORKER = Path(__file__).with_name("worker.py")
_OLDEST = (3, 9)
_START_SECONDS = 60
_MOST_NOISE = 1000
# A worker that forks minds the time itself; only one that was stopped or killed does not.
_GRACE_SECONDS = 10
_END_SECONDS = 5


class Setting(Struct, frozen=True):
    """What all processes of a run have in common.

    `roots` go to the front of ``sys.path``; `seconds` and `megabytes` are what an entry may take;
    `forks` is whether entries are forks of one process, or a process each.
    """

    python: Path
    roots: tuple[str, ...]
    seconds: float
    megabytes: int
    forks: bool = hasattr(os, "fork")


class WorkerProcess:
    """A running worker, with an empty folder of its own, and one for bytecode that all share.

    One thread may talk with it at a time; any other may close it.
    """

    def __init__(self, setting: Setting, folder: Path, bytecode: Path) -> None:
        self._setting = setting
        self._is_late = False
        mode = "fork" if setting.forks else "once"
        size = setting.megabytes * 1024 * 1024
        arguments = (mode, str(setting.seconds), str(size), str(folder), *setting.roots)
        try:
            self._process = subprocess.Popen(
                [str(setting.python), str(_WORKER), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(folder, bytecode),
                # Ctrl-C is ours; and a group can be killed as a whole.
                start_new_session=True,
            )
        except OSError as error:
            why = error.strerror or str(error)
            raise InterpreterError(f"cannot run {setting.python}: {why}") from error

    def greet(self) -> Interpreter:
        """Hear which interpreter it is.

        Raises:
            InterpreterError: it is none that can do this.
        """
        interpreter = self._greeting()
        if interpreter is None:
            fault = "it does not start as CPython 3.9 or newer would"
        elif interpreter.implementation != "cpython":
            fault = f"it is {interpreter.implementation}, not CPython"
        elif interpreter.version < _OLDEST:
            fault = f"it is Python {interpreter.shown_version}, older than 3.9"
        else:
            return interpreter
        raise InterpreterError(f"cannot import with {self._setting.python}: {fault}")

    def ask(self, name: str) -> Answer:
        """Have `name` imported first; the process may be `is_used_up` afterwards."""
        forks = self._setting.forks
        with suppress(OSError):  # it is gone: reading says so
            _pipe(self._process.stdin).write(f"{name}\n".encode())
            _pipe(self._process.stdin).flush()
        line = self._read(self._setting.seconds + (_GRACE_SECONDS if forks else 0))
        answer = parse_answer(line)
        if answer is None or not forks:
            self.close()
        return answer or self._ending()

    @property
    def is_used_up(self) -> bool:
        """Whether it can answer no more."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End it, and what it has started."""
        with suppress(OSError):  # a name may be left in the pipe of a process that is gone
            _pipe(self._process.stdin).close()
        if self._setting.forks and not self._is_late:
            # It sees the end of its input, and kills its forks, who have groups of their own.
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
        self._kill()
        self._process.wait()
        _pipe(self._process.stdout).close()

    def _greeting(self) -> Interpreter | None:
        """The worker's first line; files of the interpreter's site may print others before."""
        for _ in range(_MOST_NOISE):
            line = self._read(_START_SECONDS)
            interpreter = parse_interpreter(line)
            if interpreter is not None or not line:
                return interpreter
        return None

    def _read(self, seconds: float) -> bytes:
        """The next line; what there is of it if the process ends or the time is over."""
        timer = Timer(seconds, self._be_late)
        timer.daemon = True
        timer.start()
        try:
            return _pipe(self._process.stdout).readline()
        finally:
            timer.cancel()

    def _be_late(self) -> None:
        self._is_late = True
        self._kill()

    def _kill(self) -> None:
        if hasattr(os, "killpg"):
            # The group outlives its leader while others are in it; macOS knows no group of zombies.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()

    def _ending(self) -> Answer:
        """What its end says of the import that it was busy with."""
        status = self._process.wait()
        if self._is_late:
            return Answer("timeout")
        return Answer("signal", status=-status) if status < 0 else Answer("exit", status=status)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None, "both are pipes, see Popen"
    return pipe


def _environment(folder: Path, bytecode: Path) -> dict[str, str]:
    """The user's environment, but with nothing written next to the code, and little elsewhere."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(bytecode)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
