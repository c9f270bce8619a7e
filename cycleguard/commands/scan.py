"""The command `scan`: the report."""

import os
from pathlib import Path

import click
from msgspec.structs import replace

from cycleguard import checking
from cycleguard.commands.formats import rendered
from cycleguard.commands.shared import (
    FORMATS,
    cache_option,
    end_interrupted_change,
    format_option,
    jobs_option,
    output_option,
    paths_argument,
    print_report,
    progress_option,
    shown_progress,
    shown_work,
    write_report,
)
from cycleguard.discover.disk import is_folder
from cycleguard.files import write_text
from cycleguard.model.analysis import Analysis
from cycleguard.pipeline import examine, facts_are_no_garbage, resolve
from cycleguard.report.console import plain_text
from cycleguard.report.data import to_json
from cycleguard.report.markdown import to_markdown
from cycleguard.report.terminal import print_analysis

_CANNOT_ANALYSE = 2
# These show findings at their lines: what `check` would find if nothing was allowed.
_OF_ISSUES = ("sarif", "github", "gitlab", "junit")


@click.command()
@paths_argument
@format_option(*FORMATS)
@click.option(
    "--plan",
    "plans",
    is_flag=True,
    help="For imports that need a move of definitions, say what would move where. Takes longer.",
)
@output_option
@jobs_option
@cache_option
@progress_option
def scan(
    paths: tuple[Path, ...],
    output_format: str,
    plans: bool,
    output: Path | None,
    jobs: int | None,
    cache: bool,
    progress: bool,
) -> None:
    """Report every local and dynamic import and every import cycle below PATHS.

    PATHS are files or folders, by default the current folder. A folder inside a package is judged
    in the context of the whole package.
    """
    if plans and output_format in _OF_ISSUES:
        raise click.UsageError("--plan is for the formats text, json and markdown")
    end_interrupted_change(paths)
    if plans:
        analysis = _planned(paths, jobs, cache=cache, progress=progress)
    else:
        with shown_work(jobs, cache=cache, progress=progress) as options:
            surveyed = checking.look(paths, options)
        analysis = surveyed.survey.analysis
        if output_format in _OF_ISSUES:
            _show(rendered(checking.everything(surveyed), output_format), output)
            _refuse_unread_files(analysis, paths)
            return
    if output is None and output_format == "text":
        print_report(lambda console: print_analysis(console, analysis))
    else:
        _show(_rendered(analysis, output_format), output)
    _refuse_unread_files(analysis, paths)


def _planned(paths: tuple[Path, ...], jobs: int | None, *, cache: bool, progress: bool) -> Analysis:
    """The analysis with what would move for each import whose decision is a move."""
    # What moves definitions needs LibCST: other commands do without.
    from cycleguard.plan.preview import (  # noqa: PLC0415  # cycleguard: leave[start-up time]
        with_plans,
    )

    with shown_work(jobs, cache=cache, progress=progress) as options, facts_are_no_garbage():
        examined = examine(resolve(paths or (Path(),), options), options=options)
    with shown_progress(is_wanted=progress) as bar, facts_are_no_garbage():
        task = bar.add_task("planning", total=None)
        findings = with_plans(
            examined.resolved,
            examined.analysis.findings,
            lambda what: bar.update(task, description=what),
        )
    return replace(examined.analysis, findings=findings)


def _show(text: str, output: Path | None) -> None:
    if output is not None:
        write_text(output, text)
    else:
        write_report(text)


def _rendered(analysis: Analysis, output_format: str) -> str:
    if output_format == "json":
        return to_json(analysis)
    if output_format == "markdown":
        return to_markdown(analysis)
    return plain_text(lambda console: print_analysis(console, analysis))


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
