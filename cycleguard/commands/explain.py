"""`cycleguard explain`."""

from pathlib import Path

import click

from cycleguard.commands.shared import (
    cache_option,
    end_interrupted_change,
    format_option,
    jobs_option,
    print_report,
    progress_option,
    shown_work,
    write_report,
)
from cycleguard.explain.answer import explain as answer
from cycleguard.report.timeline import print_explanation
from cycleguard.report.timeline_data import explanation_to_json


@click.command()
@click.argument("target")
@click.option(
    "--in",
    "where",
    metavar="PATH",
    type=click.Path(path_type=Path),
    default=Path(),
    help="Where to look for a dotted name or a cycle. Default: the current folder.",
)
@format_option("text", "json")
@jobs_option
@cache_option
@progress_option
def explain(
    target: str,
    where: Path,
    output_format: str,
    jobs: int | None,
    cache: bool,
    progress: bool,
) -> None:
    """Show what happens when TARGET is imported, moment by moment.

    TARGET is a module, as `pkg.mod` or by the path of its file or folder; an import, by its place
    `path.py:LINE`; or a cycle, by the id that `scan` prints.
    """
    end_interrupted_change([where, Path(target)])
    with shown_work(jobs, cache=cache, progress=progress) as options:
        explanation = answer(target, where, options)
    if output_format == "json":
        write_report(explanation_to_json(explanation))
    else:
        print_report(lambda console: print_explanation(console, explanation))
