"""Processes that help with the work: how they are started, whoever needs them."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def starting() -> Iterator[None]:
    """Around the start of processes: they need nothing of the caller's, and hear no Ctrl-C.

    An interrupt waits until after the block; it is for this process alone, as each of the others
    would print its own traceback. A new process runs the caller's main script again
    (``multiprocessing.spawn.get_preparation_data``), which would start processes in its turn if it
    calls us without looking at ``__name__``: it is shown another, empty one.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        with _interrupts_held():
            yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def _interrupts_held() -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
