"""The command line: parse options, call the pipeline, pick a reporter, set the exit code."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO, TextIOWrapper
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cycleguard import __version__
from cycleguard.cache import default_cache_path
from cycleguard.discover.disk import is_folder
from cycleguard.errors import CycleguardError, TargetError
from cycleguard.files import write_text
from cycleguard.model.analysis import Analysis
from cycleguard.model.findings import Finding
from cycleguard.pipeline import Options, analyse
from cycleguard.report.console import make_console, print_blank
from cycleguard.report.data import to_json
from cycleguard.report.explained import print_finding
from cycleguard.report.markdown import to_markdown
from cycleguard.report.terminal import print_analysis
from cycleguard.undo_command import end_interrupted_change, undo_command

_INTERRUPTED = 130
_CANNOT_ANALYSE = 2
_MOST_LINES_LISTED = 12
# path.py:LINE, and path.py:LINE:COLUMN as other tools print it
_TARGET = re.compile(r"(?P<path>.+?):(?P<line>\d+)(:\d+)?")

_paths = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
_jobs = click.option(
    "--jobs",
    "-j",
    metavar="N",
    type=click.IntRange(min=1),
    default=None,
    help="How many processes read files. Default: one per processor.",
)
_cache = click.option(
    "--cache/--no-cache",
    default=True,
    help="Remember what unchanged files contain, in your user cache folder. Default: yes.",
)
_progress = click.option(
    "--progress/--no-progress",
    default=True,
    help="Show progress, on a terminal only. Default: yes.",
)


class _Group(click.Group):
    """Turns our own errors into one line and their exit code; a bug keeps its traceback."""

    def invoke(self, ctx: click.Context) -> object:
        _escape_what_cannot_be_encoded()
        try:
            return super().invoke(ctx)
        except CycleguardError as error:
            click.echo(f"error: {error}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(_INTERRUPTED)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cycleguard")
def main() -> None:
    """Find circular, function-local and dynamic imports, and what to do about each.

    Nothing of the scanned code is imported or run.
    """


main.add_command(undo_command)


@main.command()
@_paths
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How to print the report.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report to this file instead of standard output.",
)
@_jobs
@_cache
@_progress
def scan(
    paths: tuple[Path, ...],
    output_format: str,
    output: Path | None,
    jobs: int | None,
    cache: bool,
    progress: bool,
) -> None:
    """Report every local and dynamic import and every import cycle below PATHS.

    PATHS are files or folders, by default the current folder. A folder inside a package is judged
    in the context of the whole package.
    """
    analysis = _analyse(paths or (Path(),), jobs, cache=cache, progress=progress)
    if output is not None:
        write_text(output, _rendered(analysis, output_format))
    elif output_format == "text":
        _print(lambda console: print_analysis(console, analysis))
    else:
        _write(_rendered(analysis, output_format))
    _refuse_unread_files(analysis, paths)


@main.command()
@click.argument("target")
@_jobs
@_cache
@_progress
def explain(target: str, jobs: int | None, cache: bool, progress: bool) -> None:
    """Show everything known about one import.

    TARGET is its place, `path.py:LINE`, as `scan` shows it; any line of a statement will do.
    """
    path, line = _parsed_target(target)
    analysis = _analyse((path,), jobs, cache=cache, progress=progress)
    _refuse_unread_files(analysis, (path,))
    findings = _findings_at(analysis, path, line)
    _print(lambda console: _print_findings(console, findings))


def _analyse(paths: tuple[Path, ...], jobs: int | None, *, cache: bool, progress: bool) -> Analysis:
    end_interrupted_change(paths)
    cache_path = default_cache_path() if cache else None
    with _shown_progress(is_wanted=progress) as bar:
        task = bar.add_task("reading files", total=None)

        def show(done: int, total: int) -> None:
            what = "reading files" if done < total else "following imports"
            bar.update(task, completed=done, total=total, description=what)

        return analyse(paths, Options(jobs or os.cpu_count() or 1, cache_path, show))


@contextmanager
def _shown_progress(*, is_wanted: bool) -> Iterator[Progress]:
    """A bar on standard error while work goes on; it leaves no trace."""
    console = make_console(is_error=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not (is_wanted and console.is_terminal)
    ) as bar:
        yield bar


def _rendered(analysis: Analysis, output_format: str) -> str:
    if output_format == "json":
        return to_json(analysis)
    if output_format == "markdown":
        return to_markdown(analysis)
    buffer = StringIO()
    print_analysis(Console(file=buffer, force_terminal=False, highlight=False), analysis)
    return buffer.getvalue()


def _print(render: Callable[[Console], None]) -> None:
    console = make_console()
    with console.capture() as capture:
        render(console)
    _write(capture.get())


def _write(text: str) -> None:
    """Write to standard output; a reader that left early, as `head` does, is no error."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at exit, which would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _escape_what_cannot_be_encoded() -> None:
    """Names from the scanned code need not fit the terminal's encoding."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _refuse_unread_files(analysis: Analysis, paths: tuple[Path, ...]) -> None:
    """Files that were named themselves must have been analysed, unlike those found in a folder."""
    named = {os.path.realpath(path): path for path in paths if not is_folder(path)}
    refused = False
    for skipped in analysis.skipped:
        path = named.get(os.path.realpath(Path(analysis.root, skipped.path)))
        if path is not None:
            click.echo(f"error: cannot analyse {path}: {skipped.reason}", err=True)
            refused = True
    if refused:
        click.get_current_context().exit(_CANNOT_ANALYSE)


def _parsed_target(target: str) -> tuple[Path, int]:
    match = _TARGET.fullmatch(target)
    if match is None:
        raise TargetError(f"'{target}' is not of the form path.py:LINE")
    path = Path(match["path"])
    if is_folder(path):
        raise TargetError(f"'{path}' is a folder: give a file and a line, as in path.py:LINE")
    return path, int(match["line"])


def _findings_at(analysis: Analysis, path: Path, line: int) -> list[Finding]:
    statements = [(finding, finding.resolved.statement) for finding in analysis.findings]
    found = [f for f, statement in statements if statement.line <= line <= statement.end_line]
    if found:
        return found
    lines = sorted({statement.line for _, statement in statements})
    if not lines:
        raise TargetError(f"{path}: there is no function-local and no dynamic import in this file")
    nearest = sorted(sorted(lines, key=lambda each: abs(each - line))[:_MOST_LINES_LISTED])
    listed = f"line {nearest[0]}" if len(nearest) == 1 else f"lines {', '.join(map(str, nearest))}"
    which = "they are" if len(nearest) == len(lines) else f"of {len(lines)}, the nearest are"
    place = f"it is at {listed}" if len(lines) == 1 else f"{which} at {listed}"
    raise TargetError(f"{path}:{line}: no function-local or dynamic import there; {place}")


def _print_findings(console: Console, findings: list[Finding]) -> None:
    for number, finding in enumerate(findings):
        if number:
            print_blank(console)
        print_finding(console, finding)
