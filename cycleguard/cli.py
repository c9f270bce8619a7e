"""The command line: its commands, and how their errors end."""

import sys
from io import TextIOWrapper

import click

from cycleguard import __version__
from cycleguard.commands.explain import explain
from cycleguard.commands.fix import fix
from cycleguard.commands.scan import scan
from cycleguard.commands.undo import undo
from cycleguard.commands.verify import verify
from cycleguard.errors import CycleguardError

_INTERRUPTED = 130


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

    Nothing of the scanned code is imported or run, but by verify and fix --verify.
    """


def _escape_what_cannot_be_encoded() -> None:
    """Names from the scanned code need not fit the terminal's encoding."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


for command in (scan, fix, explain, verify, undo):
    main.add_command(command)
