"""The command `init`: the gate for a code base that has findings already."""

from pathlib import Path

import click
from msgspec.structs import replace

from cycleguard import checking
from cycleguard.checking import Surveyed
from cycleguard.commands.shared import (
    cache_option,
    end_interrupted_change,
    jobs_option,
    progress_option,
    shown_work,
)
from cycleguard.config import add_table, nearest_pyproject, shorten
from cycleguard.gate.judge import judge
from cycleguard.gate.policy import Policies
from cycleguard.model.rules import DEFAULT_RULES
from cycleguard.report.judgement import findings
from cycleguard.report.wording import count

_TABLE = """\
[tool.cycleguard]
# What fails `cycleguard check`. Other rules, layers and limits: docs/check.md of cycleguard.
fail-on = [
{rules}
]
baseline = "{baseline}"
"""
_STEPS = """
Three steps from here:
  1. Commit these files: what is there now may stay, what is new may not.
       git add {files}
  2. Have it run before each commit and in CI. With pre-commit, the hook is
     cycleguard-check; anywhere else:
       cycleguard check
  3. Mend what you like, in any order, and keep it mended:
       cycleguard scan
       cycleguard check --prune-baseline
"""


@click.command()
@jobs_option
@cache_option
@progress_option
def init(jobs: int | None, cache: bool, progress: bool) -> None:
    """Set the gate up for the current folder: configuration and baseline.

    Writes [tool.cycleguard] into pyproject.toml, if it is not there, and what is found now into
    cycleguard-baseline.json: `cycleguard check` passes then, and fails on what is new.
    """
    end_interrupted_change(())
    with shown_work(jobs, cache=cache, progress=progress) as options:
        surveyed = checking.look((), options)
    judgement = judge(surveyed.survey, surveyed.policies)
    click.echo(f"found now: {findings(judgement)}")
    surveyed, files = _configured(surveyed)
    if judgement.issues or surveyed.baseline.exists():
        change = checking.write_baseline(surveyed)
        entries = count(change.after, "entry", "entries")
        click.echo(f"{_shown(change.path)}: {entries}, one for each import or module concerned")
        files.append(change.path)
    listed = " ".join(_shown(file) for file in files)
    click.echo(_STEPS.format(files=listed), nl=False)


def _configured(surveyed: Surveyed) -> tuple[Surveyed, list[Path]]:
    """The configuration in place, and the file that it was written to."""
    config = surveyed.config
    if config.folder:
        path = Path(config.folder, "pyproject.toml")
        click.echo(f"{_shown(path)}: has [tool.cycleguard] already, and keeps it")
        return surveyed, [path]
    path = nearest_pyproject(Path.cwd()) or Path.cwd() / "pyproject.toml"
    rules = "\n".join(f'    "{rule}",' for rule in DEFAULT_RULES)
    add_table(path, _TABLE.format(rules=rules, baseline=config.baseline), _shown(path))
    click.echo(f"{_shown(path)}: [tool.cycleguard] added")
    config = replace(config, folder=str(path.parent))
    return replace(
        surveyed,
        config=config,
        policies=Policies(config, surveyed.survey.analysis.root),
        baseline=path.parent / config.baseline,
    ), [path]


def _shown(path: Path) -> str:
    return shorten(path, Path.cwd())
