"""Every case in `fixtures/rewrite_*`: what comes out, what is refused, and what ruff says of it."""

import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from cycleguard.collect.module import collect_module
from cycleguard.model.edits import FileEdit, Rewritten
from cycleguard.model.imports import ModuleFacts
from cycleguard.model.modules import Module, ModuleKind
from cycleguard.rewrite.rewrite import rewrite
from cycleguard.rewrite.settings import style_of
from tests.rewrite_cases import CASES, Case, each_case

PYPROJECT = '[tool.ruff.lint.isort]\nknown-first-party = ["shop", "pkg"]\n'


def facts_of(file: FileEdit, content: bytes) -> ModuleFacts:
    module = Module(file.module, file.path, ModuleKind.SOURCE, file.is_package)
    facts = collect_module(module, content)
    # What cannot be read has no facts; the rewriter says so by itself.
    return (
        facts if isinstance(facts, ModuleFacts) else ModuleFacts((), (), None, (), False, False, 0)
    )


def rewritten(case: Case, path: str) -> Rewritten:
    source = case.before(path)
    file = source.file_edit(path, case.file)
    before = case.folder / "before"
    style = style_of((before / path).parent, before, frozenset({"shop", "pkg"}))
    return rewrite(source.content, file, facts_of(file, source.content), style)


@each_case
def test_the_file_is_what_it_must_be(case: Case, request: pytest.FixtureRequest) -> None:
    for path in case.sources():
        result = rewritten(case, path)
        golden = case.folder / "after" / path
        if request.config.getoption("--update-golden"):
            golden.unlink(missing_ok=True)
            if result.content != case.before(path).content:
                golden.parent.mkdir(parents=True, exist_ok=True)
                golden.write_bytes(result.content)
        assert result.content == case.after(path)


@each_case
def test_what_is_refused_says_why(case: Case) -> None:
    for path in case.sources():
        expected = {each.edit: each.code for each in case.before(path).expected}
        result = rewritten(case, path)
        answers = {done.edit: None for done in result.done}
        assert answers | {each.edit: each.code for each in result.refused} == expected
        assert all(each.text for each in result.refused)
        assert tuple(c for done in result.done for c in done.stale) == case.file.stale
        assert tuple(c for done in result.done for c in done.doubtful) == case.file.doubtful


@each_case
def test_nothing_is_left_to_do(case: Case) -> None:
    """The same edits again find no import in their places, or are refused as before."""
    for path in case.sources():
        result = rewritten(case, path)
        file = case.before(path).file_edit(path, case.file)
        edits = tuple(each.edit for each in result.done)
        again = FileEdit(file.path, file.module, file.is_package, edits, file.synonyms)
        facts = facts_of(file, result.content)
        places = {(s.line, s.column) for s in facts.imports if s.is_local}
        gone = [e for e in edits if (e.place.line, e.place.column) not in places]
        second = rewrite(result.content, again, facts, style_of(case.folder, case.folder))
        assert {each.edit for each in second.refused} >= set(gone)


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What ruff finds in each tree, before and after."""
    folder = tmp_path_factory.mktemp("ruff")
    (folder / "pyproject.toml").write_text(PYPROJECT)
    for case in CASES:
        for kind in ("before", "after"):
            shutil.copytree(case.folder / "before", folder / kind / case.name)
        for path in case.sources():
            (folder / "before" / case.name / path).write_bytes(case.before(path).content)
            (folder / "after" / case.name / path).write_bytes(case.after(path))
    found: dict[str, set[str]] = {}
    for place, rule in (*_lint(folder), *_format(folder)):
        found.setdefault(place, set()).add(rule)
    return found


def _ruff(folder: Path, *arguments: str) -> bytes:
    command = [sys.executable, "-m", "ruff", *arguments, "--no-cache", str(folder)]
    answer = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    if b"No module named ruff" in answer.stderr:
        pytest.skip("ruff is not installed")
    return answer.stdout


class _Location(msgspec.Struct):
    row: int


class _Diagnostic(msgspec.Struct):
    filename: str
    code: str | None
    message: str


def _lint(folder: Path) -> list[tuple[str, str]]:
    output = _ruff(folder, "check", "--select", "I,F", "--output-format", "json", "--ignore-noqa")
    found = msgspec.json.decode(output, type=list[_Diagnostic])
    return [(each.filename, each.code or "syntax") for each in found]


def _format(folder: Path) -> list[tuple[str, str]]:
    lines = _ruff(folder, "format", "--diff").decode(errors="replace").splitlines()
    found = (line.removeprefix("+++ ") for line in lines if line.startswith("+++ "))
    return [(str(folder / path), "format") for path in found]


@each_case
def test_ruff_finds_nothing_new(case: Case, complaints: dict[str, set[str]]) -> None:
    for path in case.sources():
        before, after = (
            {
                rule
                for place, rules in complaints.items()
                for rule in rules
                if place.endswith(f"/{kind}/{case.name}/{path}")
            }
            for kind in ("before", "after")
        )
        assert after <= before


def test_ruff_has_looked_at_the_cases(complaints: dict[str, set[str]]) -> None:
    """Some cases are badly sorted and badly set on purpose."""
    rules = {rule for found in complaints.values() for rule in found}
    assert {"I001", "F401", "F811", "format"} <= rules
    assert len(complaints) < len(CASES)
