"""The command `verify`: it runs the scanned code, as only `fix --verify` does besides."""

import os
from pathlib import Path

import click

from cycleguard.cache import default_cache_path
from cycleguard.commands.shared import (
    cache_option,
    end_interrupted_change,
    format_option,
    jobs_option,
    options_shown,
    paths_argument,
    print_report,
    progress_option,
    shown_progress,
    write_report,
)
from cycleguard.model.verified import Verification
from cycleguard.pipeline import verify as verify_targets
from cycleguard.report.verified import print_verification, to_json
from cycleguard.verify.interpreter import find_python
from cycleguard.verify.run import Trial

_FINDINGS = 1
_NOTHING_TRIED = 2
_NOTHING_TRIED_HINT = (
    "not one module could be tried: name the environment of this code with --python"
)


@click.command()
@paths_argument
@click.option(
    "--python",
    metavar="PATH",
    help="The CPython, 3.9 or newer, that imports, or the folder of its virtual environment."
    " Default: the active environment's, else the one that runs cycleguard.",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=60,
    show_default=True,
    help="How long the import of a module may take.",
)
@click.option(
    "--memory",
    metavar="MB",
    type=click.IntRange(min=64),
    default=4096,
    show_default=True,
    help="How much memory it may take, where the system can limit that.",
)
@format_option("text", "json")
@jobs_option
@cache_option
@progress_option
def verify(
    paths: tuple[Path, ...],
    python: str | None,
    timeout: float,
    memory: int,
    output_format: str,
    jobs: int | None,
    cache: bool,
    progress: bool,
) -> None:
    """Import every module below PATHS, and compare with what the analysis predicts.

    THIS RUNS THE SCANNED CODE, as only `fix --verify` does besides. Each module is the first import
    of a clean interpreter.

    Exit code 0: CPython agrees and no import crashes; 1: it does not agree, or the order of imports
    makes one crash; 2: wrong usage, or not one module could be tried.
    """
    end_interrupted_change(paths)
    interpreter = find_python(python, os.environ)
    click.echo(f"verify runs the scanned code: it imports each module with {interpreter}", err=True)
    processes = jobs or os.cpu_count() or 1
    with shown_progress(is_wanted=progress) as bar:
        options = options_shown(bar, processes, default_cache_path() if cache else None)
        importing = bar.add_task("importing", total=None, visible=False)

        def show(done: int, total: int) -> None:
            bar.update(importing, completed=done, total=total, visible=True)

        trial = Trial(interpreter, processes, timeout, memory, show)
        verification = verify_targets(paths or (Path(),), trial, options)
    if output_format == "json":
        write_report(to_json(verification))
    else:
        print_report(lambda console: print_verification(console, verification))
    click.get_current_context().exit(_exit_code(verification))


def _exit_code(verification: Verification) -> int:
    if verification.has_tried_none:
        click.echo(f"error: {_NOTHING_TRIED_HINT}", err=True)
        return _NOTHING_TRIED
    return _FINDINGS if verification.has_findings else 0
