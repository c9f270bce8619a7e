"""The command `undo`: takes the last change of files back."""

from pathlib import Path

import click

from cycleguard.apply.undo import undo as take_back
from cycleguard.commands.shared import end_interrupted_change


@click.command()
@click.argument("path", default=".", type=click.Path(path_type=Path))
def undo(path: Path) -> None:
    """Take back the last `fix --apply` in the project around PATH, by default the current folder.

    Every file is again what it was, byte for byte. Files that have been changed since are a reason
    to change nothing.
    """
    end_interrupted_change([path])
    applied = take_back(path)
    for name in applied.files:
        click.echo(name)
    count = len(applied.files)
    click.echo(f"{count} file{'' if count == 1 else 's'} taken back", err=True)
