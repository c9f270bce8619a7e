"""The command line: parse options, call the pipeline, pick a reporter, set the exit code."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cycleguard import __version__
from cycleguard.cache import default_cache_path
from cycleguard.errors import CycleguardError, TargetError
from cycleguard.files import write_text
from cycleguard.model.analysis import Analysis
from cycleguard.model.findings import Finding
from cycleguard.pipeline import Options, analyse
from cycleguard.report.data import to_json
from cycleguard.report.markdown import to_markdown
from cycleguard.report.terminal import make_console, print_analysis, print_finding

_paths = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
_jobs = click.option(
    "--jobs",
    "-j",
    type=click.IntRange(min=1),
    default=None,
    help="How many processes read files. Default: one per processor.",
)
_cache = click.option(
    "--cache/--no-cache",
    default=True,
    help="Remember what unchanged files contain, in your user cache folder.",
)
_progress = click.option(
    "--progress/--no-progress", default=True, help="Show progress on a terminal."
)


class _Group(click.Group):
    """Turns our own errors into one line and their exit code; a bug keeps its traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except CycleguardError as error:
            click.echo(f"error: {error}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cycleguard")
def main() -> None:
    """Find circular, function-local and dynamic imports, and what to do about each.

    Nothing of the scanned code is imported or run.
    """


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
    if output is None and output_format == "text":
        print_analysis(make_console(), analysis)
        return
    text = _rendered(analysis, output_format)
    if output is None:
        sys.stdout.write(text)
    else:
        write_text(output, text)


@main.command()
@click.argument("target")
@_jobs
@_cache
@_progress
def explain(target: str, jobs: int | None, cache: bool, progress: bool) -> None:
    """Show everything known about one import: TARGET is `path.py:LINE`."""
    path, line = _parsed_target(target)
    analysis = _analyse((path,), jobs, cache=cache, progress=progress)
    console = make_console()
    for finding in _findings_at(analysis, target, line):
        print_finding(console, finding)


def _analyse(paths: tuple[Path, ...], jobs: int | None, *, cache: bool, progress: bool) -> Analysis:
    cache_path = default_cache_path() if cache else None
    with _shown_progress(is_wanted=progress) as bar:
        task = bar.add_task("reading files", total=None)
        options = Options(
            jobs=jobs or os.cpu_count() or 1,
            cache=cache_path,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
        return analyse(paths, options)


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
    print_analysis(make_console(buffer), analysis)
    return buffer.getvalue()


def _parsed_target(target: str) -> tuple[Path, int]:
    path, _, line = target.rpartition(":")
    if not path or not line.isdigit():
        raise TargetError(f"'{target}' is not of the form path.py:LINE")
    return Path(path), int(line)


def _findings_at(analysis: Analysis, target: str, line: int) -> list[Finding]:
    statements = [(finding, finding.resolved.statement) for finding in analysis.findings]
    found = [f for f, statement in statements if statement.line <= line <= statement.end_line]
    if found:
        return found
    lines = ", ".join(str(statement.line) for _, statement in statements)
    there = f"they are at line {lines}" if lines else "the file has none"
    raise TargetError(f"{target}: no function-local or dynamic import there; {there}")
