"""How an analysis runs. None of it changes the result."""

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

Progress = Callable[[int, int], None]


class Options(Struct, frozen=True):
    """How an analysis runs.

    `jobs` is the number of processes, `cache` the file of remembered facts, None for no cache.
    `progress` is told how many of how many files have been read, `following` how many of how many
    modules have been imported in simulation.
    """

    jobs: int = 1
    cache: Path | None = None
    progress: Progress | None = None
    following: Progress | None = None
