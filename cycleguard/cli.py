"""The command line: its commands, and how their errors end."""

import sys
from collections.abc import Iterator, MutableMapping
from io import TextIOWrapper

import click

from cycleguard import __version__
from cycleguard.errors import CycleguardError

_INTERRUPTED = 130
_COMMANDS = ("check", "explain", "fix", "init", "scan", "undo", "vendor", "verify")


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


class _Commands(MutableMapping[str, click.Command]):
    """The commands by name, each loaded when it is asked for: `check` needs no analysis to load."""

    def __init__(self) -> None:
        self._added: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._added and name in _COMMANDS:
            self._added[name] = _load(name)
        return self._added[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._added[name] = command

    def __delitem__(self, name: str) -> None:
        del self._added[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*_COMMANDS, *self._added}))

    def __len__(self) -> int:
        return len({*_COMMANDS, *self._added})


def _load(name: str) -> click.Command:
    match name:
        case "check":
            # cycleguard: leave[start-up time: the libraries of one command are enough]
            from cycleguard.commands.check import check as command  # noqa: PLC0415
        case "explain":
            # cycleguard: leave[start-up time: the libraries of one command are enough]
            from cycleguard.commands.explain import explain as command  # noqa: PLC0415
        case "fix":
            # cycleguard: leave[start-up time: the libraries of one command are enough]
            from cycleguard.commands.fix import fix as command  # noqa: PLC0415
        case "init":
            # cycleguard: leave[start-up time: the libraries of one command are enough]
            from cycleguard.commands.init import init as command  # noqa: PLC0415
        case "scan":
            # cycleguard: leave[start-up time: the libraries of one command are enough]
            from cycleguard.commands.scan import scan as command  # noqa: PLC0415
        case "undo":
            # cycleguard: leave[start-up time: the libraries of one command are enough]
            from cycleguard.commands.undo import undo as command  # noqa: PLC0415
        case "vendor":
            # cycleguard: leave[start-up time: the libraries of one command are enough]
            from cycleguard.commands.vendor import vendor as command  # noqa: PLC0415
        case _:
            # cycleguard: leave[start-up time: the libraries of one command are enough]
            from cycleguard.commands.verify import verify as command  # noqa: PLC0415
    return command


@click.group(
    cls=_Group, commands=_Commands(), context_settings={"help_option_names": ["-h", "--help"]}
)
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
