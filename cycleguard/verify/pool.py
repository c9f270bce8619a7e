"""Imports many modules, each first in a clean interpreter, a few at a time.

In: names and a `Setting`. Out: the `Interpreter` and an `Answer` per name. At the end, however it
comes, no process is left and no file. Read next by `compare`.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from msgspec import Struct

from cycleguard.verify.answers import Answer, Interpreter
from cycleguard.verify.process import Setting, WorkerProcess


class Answers(Struct, frozen=True):
    """How each import ended, and in which interpreter."""

    interpreter: Interpreter
    by_name: dict[str, Answer]


def import_each(
    names: Iterable[str],
    setting: Setting,
    jobs: int,
    progress: Callable[[int, int], None] | None = None,
) -> Answers:
    """Import each of `names` first, `jobs` at a time; this runs their code.

    Raises:
        InterpreterError: the interpreter cannot be used.
    """
    answers: dict[str, Answer] = {}
    with TemporaryDirectory(prefix="cycleguard-", ignore_cleanup_errors=True) as folder:
        processes = _Processes(setting, Path(folder))
        try:
            interpreter = processes.greet()
            with ThreadPoolExecutor(jobs) as executor:
                futures = {executor.submit(processes.ask, name): name for name in names}
                try:
                    for done, future in enumerate(as_completed(futures), start=1):
                        answers[futures[future]] = future.result()
                        if progress:
                            progress(done, len(futures))
                finally:
                    executor.shutdown(wait=False, cancel_futures=True)
                    processes.close()
        finally:
            processes.close()
    return Answers(interpreter, answers)


class _Processes:
    """The processes of one run: made when they are needed, replaced when they are used up."""

    def __init__(self, setting: Setting, folder: Path) -> None:
        self._setting = setting
        self._folder = folder
        self._lock = Lock()
        self._is_closed = False
        self._started = 0
        self._all: set[WorkerProcess] = set()
        self._idle: list[WorkerProcess] = []

    def greet(self) -> Interpreter:
        """Start the first one, and hear which interpreter it is."""
        process = self._start()
        interpreter = process.greet()
        self._idle.append(process)
        return interpreter

    def ask(self, name: str) -> Answer:
        """Have one of them import `name`; called by as many threads as there may be processes."""
        process = self._take()
        answer = process.ask(name)
        with self._lock:
            if process.is_used_up:
                self._all.discard(process)
            else:
                self._idle.append(process)
        return answer

    def close(self) -> None:
        """End them all; who is asking gets an answer, who is about to ask an error."""
        with self._lock:
            self._is_closed = True
            processes = list(self._all)
        for process in processes:
            process.close()

    def _take(self) -> WorkerProcess:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        process = self._start()
        process.greet()
        return process

    def _start(self) -> WorkerProcess:
        with self._lock:
            if self._is_closed:
                raise CancelledError
            self._started += 1
            folder = self._folder / str(self._started)
            folder.mkdir()
            process = WorkerProcess(self._setting, folder, self._folder / "bytecode")
            self._all.add(process)
        return process
