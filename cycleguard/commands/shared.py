"""What commands share: options, progress on standard error, results on standard output."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cycleguard.apply.undo import recover
from cycleguard.cache import default_cache_path
from cycleguard.options import Options
from cycleguard.options import Progress as Following
from cycleguard.report.console import make_console

_Command = TypeVar("_Command", bound=Callable[..., object])

# Of `scan` and `check`.
FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "markdown")

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
output_option = click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report to this file instead of standard output.",
)
progress_option = click.option(
    "--progress/--no-progress",
    default=True,
    help="Show progress, on a terminal only. Default: yes.",
)


def format_option(*formats: str) -> Callable[[_Command], _Command]:
    """``--format``, one of `formats`; the first is the default."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to print the result.",
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


def options_shown(bar: Progress, jobs: int | None, cache: Path | None) -> Options:
    """Options for an analysis that tells a row of the bar how far it is."""
    task = bar.add_task("reading files", total=None)

    def show(what: str, done: int, total: int) -> None:
        bar.update(task, completed=done, total=total, description=what)

    return Options(
        jobs or os.cpu_count() or 1,
        cache,
        progress=partial(show, "reading files"),
        following=partial(show, "following imports"),
    )


def planning_shown(bar: Progress) -> tuple[Callable[[str], None], Following]:
    """What is told what is being done, and how many of how many modules have been followed."""
    rows = [bar.add_task("planning", total=None)]

    def say(what: str) -> None:
        # A row that had a total cannot be without one again.
        bar.remove_task(rows.pop())
        rows.append(bar.add_task(what, total=None))

    def follow(done: int, total: int) -> None:
        bar.update(rows[0], completed=done, total=total)

    return say, follow


@contextmanager
def shown_work(jobs: int | None, *, cache: bool, progress: bool) -> Iterator[Options]:
    """Options for an analysis that shows a bar while it goes on."""
    with shown_progress(is_wanted=progress) as bar:
        yield options_shown(bar, jobs, default_cache_path() if cache else None)


def print_report(render: Callable[[Console], None]) -> None:
    """Print to standard output, in the colours and the width of what it is."""
    console = make_console()
    with console.capture() as capture:
        render(console)
    write_report(capture.get())


def write_report(text: str) -> None:
    """Write to standard output; a reader that left early, as `head` does, is no error."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at exit, which would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def end_interrupted_change(places: Iterable[Path]) -> None:
    """Bring an interrupted `fix --apply` around the places to its end, and say so."""
    for message in recover([*places, Path()]):
        click.echo(message, err=True)
