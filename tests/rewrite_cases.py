"""The cases in `fixtures/rewrite_*`: a tree before, the tree after, and markers for the edits.

``import a  # expect: hoist`` asks for an edit; ``# expect: hoist refused name-shadowed`` says that
it is refused with that code. ``# expect[+1]: ...`` on a line of its own is about the next line.
More words of a marker are arguments: names, or what `_edit` says. Markers are blanked before
anything is read; a file that `after` lacks must stay as it is.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from cycleguard.files import decode
from cycleguard.model.edits import Definition as Defined
from cycleguard.model.edits import (
    DeleteDuplicate,
    DeleteSelfImport,
    Edit,
    FileEdit,
    Guard,
    Hoist,
    Place,
    Qualify,
    Redirect,
    Synonym,
)
from cycleguard.model.placement import Anchor

REPOSITORY = Path(__file__).parents[1]
FIXTURES = REPOSITORY / "fixtures"

_MARKER = re.compile(
    rb"(?P<all>[ \t]*# expect(?:\[\+(?P<down>\d+)\])?: (?P<what>[^#\r\n]*))(?=\r|\n|$)"
)


class CaseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a `case.toml` may say."""

    title: str
    why: str
    stale: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    synonyms: tuple[Synonym, ...] = ()
    host: str = "3.11"


class Case(NamedTuple):
    """A case and where it lives."""

    name: str
    folder: Path
    file: CaseFile

    def sources(self) -> Iterator[str]:
        before = self.folder / "before"
        for path in sorted(before.rglob("*.py")):
            yield path.relative_to(before).as_posix()

    def after(self, path: str) -> bytes:
        """What the file must be."""
        golden = self.folder / "after" / path
        return golden.read_bytes() if golden.exists() else self.before(path).content

    def before(self, path: str) -> "Source":
        return read_source((self.folder / "before" / path).read_bytes())


class Expected(NamedTuple):
    """An edit, and the code that it is refused with."""

    edit: Edit
    code: str | None


class Source(NamedTuple):
    """A file without its markers, and what they ask for."""

    content: bytes
    expected: tuple[Expected, ...]

    def file_edit(self, path: str, case: CaseFile) -> FileEdit:
        parts = path.removesuffix(".py").split("/")
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        edits = tuple(each.edit for each in self.expected)
        return FileEdit(path, module, is_package, edits, case.synonyms)


def read_source(marked: bytes) -> Source:
    """Take the markers out of a file."""
    pieces: list[bytes] = []
    expected: list[tuple[int, str]] = []
    for line in re.findall(rb"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+$", marked):
        match = _MARKER.search(line)
        if match is None:
            pieces.append(line)
            continue
        down = int(match["down"] or 0)
        rest = line.replace(match["all"], b"")
        if rest.strip():
            pieces.append(rest)
        # A marker on its own line is no line of the source.
        number = len(pieces) + down
        expected.append((number, match["what"].decode().strip()))
    content = b"".join(pieces)
    lines = decode(content).split("\n")
    edits = (_expected(what, number, lines[number - 1]) for number, what in expected)
    return Source(content, tuple(edits))


def _expected(what: str, number: int, line: str) -> Expected:
    asked, _, code = what.partition(" refused ")
    action, *words = asked.split()
    options = dict(word.split("=", 1) for word in words if "=" in word)
    # In a line with several statements `at` is the text to look for.
    column = line.index(options["at"].replace("_", " ")) if "at" in options else None
    if column is None:
        column = re.search(r"\b(import|from)\b", line).start()  # type: ignore[union-attr]
    names = tuple(word for word in words if "=" not in word)
    edit = _edit(action, Place(number, column + 1), names, options)
    return Expected(edit, code.strip() or None)


def _edit(action: str, place: Place, names: tuple[str, ...], options: dict[str, str]) -> Edit:
    anchor = Anchor.TOP_BLOCK if "top" in options else Anchor.LAST_IMPORT
    may_rename = "keep" not in options
    match action:
        case "hoist":
            return Hoist(place, names, anchor, may_rename)
        case "delete-duplicate":
            return DeleteDuplicate(place, names)
        case "delete-self-import":
            return DeleteSelfImport(place, names)
        case "qualify":
            return Qualify(place, names, "plain" not in options, anchor)
        case "guard":
            return Guard(place, names)
        case "redirect":
            # to=Order:shop.models:Order
            found = (each.split(":") for each in options["to"].split(","))
            return Redirect(place, tuple(Defined(*each) for each in found), anchor)
    raise AssertionError(f"no such action: {action}")


def load(toml: Path) -> Case:
    folder = toml.parent
    file = msgspec.toml.decode(toml.read_bytes(), type=CaseFile)
    return Case(f"{folder.parent.name}/{folder.name}", folder, file)


CASES = [load(toml) for toml in sorted(FIXTURES.glob("rewrite_*/*/case.toml"))]
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
