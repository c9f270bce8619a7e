"""The command `vendor`: writes parts of the runtime as one file into a package."""

from collections.abc import Sequence
from pathlib import Path

import click

from cycleguard.commands.shared import cache_option, jobs_option, progress_option, shown_work
from cycleguard.errors import TargetError
from cycleguard.pipeline import Options, resolve
from cycleguard.vendor.assemble import assemble
from cycleguard.vendor.destination import vendored_path, write_vendored
from cycleguard.vendor.parts import PARTS, Runtime, read_runtime, used_names


@click.command()
@click.argument("destination", metavar="DEST", type=click.Path(path_type=Path))
@click.option(
    "--part",
    "parts",
    type=click.Choice(list(PARTS)),
    multiple=True,
    help="A part to write; may be given again. Default: those that the package uses.",
)
@jobs_option
@cache_option
@progress_option
def vendor(
    destination: Path, parts: Sequence[str], jobs: int | None, cache: bool, progress: bool
) -> None:
    """Write the runtime into a package, so that it needs no cycleguard when it runs.

    DEST is the folder of the package, or the file to write. The file works alone, on Python 3.9
    and newer. A file that this command did not write is never touched.
    """
    path = vendored_path(destination)
    runtime = read_runtime()
    if parts:
        chosen = tuple(part for part in PARTS if part in parts)
    else:
        with shown_work(jobs, cache=cache, progress=progress) as options:
            chosen = _parts_in_use(runtime, path, options)
    is_new = write_vendored(path, assemble(runtime, chosen))
    click.echo(path.as_posix())
    click.echo(f"{'written' if is_new else 'unchanged'}: {', '.join(chosen)}", err=True)


def _parts_in_use(runtime: Runtime, path: Path, options: Options) -> tuple[str, ...]:
    resolved = resolve([path.parent], options)
    place = path.resolve()
    root = Path(resolved.project.root)
    own = (module.name for module in resolved.project.modules if root / module.path == place)
    names, whole = used_names(resolved.imports, next(own, ""))
    parts = tuple(PARTS) if whole else runtime.parts_of(names)
    if not parts:
        raise TargetError(
            f"{path.parent}: nothing here imports cycleguard.runtime; "
            f"say what is wanted with --part ({', '.join(PARTS)})"
        )
    return parts
