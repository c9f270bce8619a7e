"""The cases in `fixtures/shapes`, as `case.toml` states them.

Read by `test_shape_cases_are_sound`, which holds them against CPython, and by `test_shapes`, which
holds the analysis against them.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import pytest

REPOSITORY = Path(__file__).parents[1]
SHAPES = REPOSITORY / "fixtures" / "shapes"

Timing = Literal["eager", "deferred", "typing", "lazy"]
Guard = Literal[
    "type-checking",
    "not-type-checking",
    "main",
    "not-main",
    "version",
    "not-version",
    "platform",
    "not-platform",
    "import-error",
    "broad-except",
    "try",
    "try-else",
    "except",
    "finally",
    "with",
    "loop",
    "not-loop",
    "branch",
]


class ExpectedImport(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the JSON list `imports`, as the case claims it."""

    path: str
    line: int
    end_line: int
    scope: str
    statement: str
    targets: tuple[str, ...]
    target_kind: Literal[
        "internal", "stdlib", "third-party", "extension", "generated", "dynamic", "missing"
    ]
    timing: Timing
    origin: Literal["explicit", "literal", "dynamic", "lazy"]
    guards: tuple[Guard, ...]


class ExpectedEdge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One edge that the graph must hold."""

    importer: str
    imported: str
    timing: Timing
    line: int


class CaseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a `case.toml` may say."""

    title: str
    why: str
    host: str = "3.11"
    imports: bool = True
    imports_why: str = ""
    doubt: str = ""
    entries: tuple[ExpectedImport, ...] = msgspec.field(name="import", default=())
    edges: tuple[ExpectedEdge, ...] = msgspec.field(name="edge", default=())


class Case(NamedTuple):
    """A case and where it lives."""

    name: str
    before: Path
    file: CaseFile

    @property
    def parses_here(self) -> bool:
        major, minor = self.file.host.split(".")
        return sys.version_info >= (int(major), int(minor))

    def sources(self) -> Iterator[tuple[str, Path]]:
        for path in sorted(self.before.rglob("*.py")):
            yield path.relative_to(self.before).as_posix(), path


def load(toml: Path) -> Case:
    folder = toml.parent
    file = msgspec.toml.decode(toml.read_bytes(), type=CaseFile)
    return Case(folder.relative_to(SHAPES).as_posix(), folder / "before", file)


CASES = [load(toml) for toml in sorted(SHAPES.glob("*/*/case.toml"))]
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
