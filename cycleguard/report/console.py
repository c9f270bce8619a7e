"""Where text for people goes: colours and wrapping on a terminal, plain whole rows in a pipe.

On a terminal a row wraps with its indentation; in a pipe every row is one line, whatever its
length, so that `grep` and `awk` see whole rows.
"""

from collections.abc import Callable
from io import StringIO
from typing import IO

from rich.console import Console
from rich.text import Text

_NARROWEST = 20


def make_console(file: IO[str] | None = None, *, is_error: bool = False) -> Console:
    """A console that colours on terminals only; ``NO_COLOR`` is honoured by rich."""
    return Console(file=file, stderr=is_error, highlight=False, soft_wrap=False, markup=False)


def plain_text(render: Callable[[Console], None]) -> str:
    """What `render` prints, as in a pipe."""
    buffer = StringIO()
    render(Console(file=buffer, force_terminal=False, highlight=False))
    return buffer.getvalue()


def print_row(
    console: Console,
    text: Text,
    indent: int = 0,
    hanging: int | None = None,
    *,
    lead: Text | None = None,
    is_one_piece: bool = False,
) -> None:
    """Print one row.

    Args:
        console: where to.
        text: the row, without its indentation.
        indent: how far its first line is indented.
        hanging: how far its other lines are, on a terminal; as the first if None.
        lead: what stands before the text on the first line only.
        is_one_piece: whether it is there to be copied, and must not be broken.
    """
    text = _harmless(text)
    first = Text(" " * indent) + (lead or Text())
    if is_one_piece or not console.is_terminal:
        console.print(first + text, soft_wrap=True)
        return
    hang = len(first) if hanging is None else hanging
    width = max(console.width - max(hang, len(first)), _NARROWEST)
    for number, row in enumerate(text.wrap(console, width)):
        row.rstrip()
        console.print((first if number == 0 else Text(" " * hang)) + row)


def print_place(
    console: Console, path: str, line: int, text: Text, indent: int, *, lead: Text | None = None
) -> None:
    """Print a place and what stands there, on one row if the terminal is wide enough."""
    place = Text(f"{path}:{line}")
    start = indent + len(lead or "")
    if not text:
        print_row(console, place, indent, start + 4, lead=lead)
    elif console.is_terminal and start + len(place) + 2 + len(text) > console.width:
        print_row(console, place, indent, start + 4, lead=lead)
        print_row(console, text, start + 4, start + 8)
    else:
        print_row(console, place + "  " + text, indent, lead=lead)


def print_blank(console: Console) -> None:
    """Print an empty row."""
    console.print()


def _harmless(text: Text) -> Text:
    """What is quoted from a file may hold escape sequences, which a terminal would obey."""
    if text.plain.isprintable():
        return text
    shown = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text.plain)
    return Text("".join(shown), style=text.style)
