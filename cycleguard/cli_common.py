"""What the commands share: options, progress on standard error, text on standard output."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cycleguard.report.console import make_console

paths_argument = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
jobs_option = click.option(
    "--jobs",
    "-j",
    metavar="N",
    type=click.IntRange(min=1),
    default=None,
    help="How many processes work at once. Default: one per processor.",
)
cache_option = click.option(
    "--cache/--no-cache",
    default=True,
    help="Remember what unchanged files contain, in your user cache folder. Default: yes.",
)
progress_option = click.option(
    "--progress/--no-progress",
    default=True,
    help="Show progress, on a terminal only. Default: yes.",
)


@contextmanager
def shown_progress(*, is_wanted: bool) -> Iterator[Progress]:
    """A bar on standard error while work goes on; it leaves no trace."""
    console = make_console(is_error=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not (is_wanted and console.is_terminal)
    ) as bar:
        yield bar


def reading_shown(bar: Progress) -> Callable[[int, int], None]:
    """What `Options.progress` tells, as a row of the bar."""
    task = bar.add_task("reading files", total=None)

    def show(done: int, total: int) -> None:
        what = "reading files" if done < total else "following imports"
        bar.update(task, completed=done, total=total, description=what)

    return show


def print_text(render: Callable[[Console], None]) -> None:
    """Print what `render` prints, all at once."""
    console = make_console()
    with console.capture() as capture:
        render(console)
    write_out(capture.get())


def write_out(text: str) -> None:
    """Write to standard output; a reader that left early, as `head` does, is no error."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at exit, which would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
