"""`cycleguard undo`, and what every command does first: end a change that was interrupted."""

from collections.abc import Iterable
from pathlib import Path

import click

from cycleguard.apply.undo import recover, undo


@click.command(name="undo")
@click.argument("path", default=".", type=click.Path(path_type=Path))
def undo_command(path: Path) -> None:
    """Take back the last `fix --apply` in the project around PATH, by default the current folder.

    Every file is again what it was, byte for byte. Files that have been changed since are a reason
    to change nothing.
    """
    end_interrupted_change([path])
    applied = undo(path)
    for name in applied.files:
        click.echo(name)
    count = len(applied.files)
    click.echo(f"{count} file{'' if count == 1 else 's'} taken back", err=True)


def end_interrupted_change(places: Iterable[Path]) -> None:
    """Bring an interrupted `fix --apply` around the places to its end, and say so."""
    for message in recover([*places, Path()]):
        click.echo(message, err=True)
