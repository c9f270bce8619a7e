"""Every case in `fixtures/fix_*`: what moves, what is left and why, and what CPython says of both.

A tree before with markers and the tree after, which ``pytest --update-golden`` writes; a file that
`after` lacks stays as it is. ``import a  # expect: hoist`` or ``# expect: left CODE``; every local
import has its marker. Markers are blanked before anything is read.
"""

import re
import shutil
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from cycleguard.model.findings import Action
from cycleguard.pipeline import resolve
from cycleguard.plan.rounds import Planned, Wanted, plan_repair
from tests.fix.judge import harm, tell

FIXTURES = Path(__file__).parents[1] / "fixtures"
PYPROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["requests"]\n'
_MARKER = re.compile(r"[ \t]*# expect(?:\[\+(?P<down>\d+)\])?: (?P<what>[^#\n]*)")


class CaseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a `case.toml` may say."""

    title: str
    why: str
    unsafe: bool = False
    only: tuple[Action, ...] = tuple(Action)

    @property
    def wanted(self) -> Wanted:
        """What the repair may do."""
        return Wanted(frozenset(self.only), self.unsafe)


class Case(NamedTuple):
    """A case, its files without markers, and what the markers say, by path and line."""

    name: str
    folder: Path
    file: CaseFile
    sources: dict[str, str]
    expected: dict[tuple[str, int], str]


def load(toml: Path) -> Case:
    file = msgspec.toml.decode(toml.read_bytes(), type=CaseFile)
    sources: dict[str, str] = {}
    expected: dict[tuple[str, int], str] = {}
    before = toml.parent / "before"
    for path in sorted(before.rglob("*.py")):
        name = path.relative_to(before).as_posix()
        lines: list[str] = []
        for line in path.read_text().splitlines(keepends=True):
            match = _MARKER.search(line)
            rest = line.replace(match[0], "") if match else line
            # A marker on its own line is no line of the source.
            if rest.strip() or not match:
                lines.append(rest)
            if match:
                expected[name, len(lines) + int(match["down"] or 0)] = match["what"].strip()
        sources[name] = "".join(lines)
    return Case(
        f"{toml.parent.parent.name}/{toml.parent.name}", toml.parent, file, sources, expected
    )


CASES = [load(toml) for toml in sorted(FIXTURES.glob("fix_*/*/case.toml"))]
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def planned(case: Case, root: Path) -> Planned:
    """Write the case below `root` and plan its repair."""
    for path, text in (case.sources | {"pyproject.toml": PYPROJECT}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return plan_repair(resolve([root]), case.file.wanted)


@each_case
def test_each_import_moves_or_stays_as_it_must(case: Case, tmp_path: Path) -> None:
    plan = planned(case, tmp_path).plan
    found = {(each.path, each.line): str(each.action) for each in plan.edited}
    found |= {(each.path, each.line): f"left {each.code}" for each in plan.left}
    assert found == case.expected
    assert all(each.text for each in plan.left)


@each_case
def test_the_files_are_what_they_must_be(
    case: Case, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    changed = {change.path: change.after for change in planned(case, tmp_path).plan.changes}
    after = case.folder / "after"
    if request.config.getoption("--update-golden"):
        shutil.rmtree(after, ignore_errors=True)
        for path, content in changed.items():
            (after / path).parent.mkdir(parents=True, exist_ok=True)
            (after / path).write_bytes(content or b"")
    golden = {p.relative_to(after).as_posix(): p.read_bytes() for p in after.rglob("*.py")}
    assert changed == golden


@each_case
def test_cpython_finds_no_harm(case: Case, tmp_path: Path) -> None:
    plan = planned(case, tmp_path).plan
    before = tell(tmp_path)
    for change in plan.changes:
        (tmp_path / change.path).write_bytes(change.after or b"")
    assert harm(before, tell(tmp_path)) == []


@each_case
def test_a_second_run_changes_nothing(case: Case, tmp_path: Path) -> None:
    for change in planned(case, tmp_path).plan.changes:
        (tmp_path / change.path).write_bytes(change.after or b"")
    assert plan_repair(resolve([tmp_path]), case.file.wanted).plan.changes == ()
