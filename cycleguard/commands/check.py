"""The command `check`: the gate."""

from pathlib import Path

import click

from cycleguard import checking
from cycleguard.checking import Change
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
    shown_work,
    write_report,
)
from cycleguard.config import shorten
from cycleguard.files import write_text
from cycleguard.model.issues import Judgement
from cycleguard.report.console import plain_text
from cycleguard.report.judgement import print_judgement
from cycleguard.report.wording import count

_FINDINGS = 1


@click.command()
@paths_argument
@click.option(
    "--baseline",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="What may stay. Default: cycleguard-baseline.json, if it is there.",
)
@click.option(
    "--write-baseline", is_flag=True, help="Write what is there now to the baseline, and pass."
)
@click.option(
    "--prune-baseline", is_flag=True, help="Remove from the baseline what is mended, and pass."
)
@click.option(
    "--since",
    metavar="REV",
    help="Allow what the merge base of HEAD and REV held already; no baseline is read.",
)
@format_option(*FORMATS)
@output_option
@jobs_option
@cache_option
@progress_option
def check(
    paths: tuple[Path, ...],
    baseline: Path | None,
    write_baseline: bool,
    prune_baseline: bool,
    since: str | None,
    output_format: str,
    output: Path | None,
    jobs: int | None,
    cache: bool,
    progress: bool,
) -> None:
    """Fail on what policy and baseline do not allow, below PATHS.

    By default: a module that cannot be imported first, an import cycle at import time, an import in
    a function that could move to the top of its file. [tool.cycleguard] in pyproject.toml says
    otherwise.

    Exit code 0: nothing of that is new; 1: something is, or the baseline holds what is mended;
    2: wrong usage or configuration.
    """
    if write_baseline + prune_baseline + bool(since) > 1 or (baseline and since):
        raise click.UsageError(
            "--write-baseline, --prune-baseline and --since exclude each other,"
            " and --since reads no --baseline"
        )
    end_interrupted_change(paths)
    with shown_work(jobs, cache=cache, progress=progress) as options:
        surveyed = checking.look(paths, options, baseline)
        if write_baseline or prune_baseline:
            act = checking.write_baseline if write_baseline else checking.prune_baseline
            click.echo(_told(act(surveyed)))
            return
        if since:
            judgement = checking.check_since(surveyed, paths, since, options)
        else:
            judgement = checking.check(surveyed, must_exist=baseline is not None)
    show_judgement(judgement, output_format, output)
    click.get_current_context().exit(_FINDINGS if judgement.issues else 0)


def show_judgement(judgement: Judgement, output_format: str, output: Path | None) -> None:
    """Print or write the result."""
    if output is not None:
        write_text(output, _rendered(judgement, output_format))
    elif output_format == "text":
        print_report(lambda console: print_judgement(console, judgement))
    else:
        write_report(_rendered(judgement, output_format))


def _rendered(judgement: Judgement, output_format: str) -> str:
    if output_format == "text":
        return plain_text(lambda console: print_judgement(console, judgement))
    # cycleguard: leave[start-up time: the hook prints text]
    from cycleguard.commands.formats import rendered  # noqa: PLC0415

    return rendered(judgement, output_format)


def _told(change: Change) -> str:
    shown = shorten(change.path, Path.cwd())
    removed = change.before - change.after
    if removed > 0:
        return f"{shown}: {count(change.after, 'entry', 'entries')}, {removed} removed"
    return f"{shown}: {count(change.after, 'entry', 'entries')}"
