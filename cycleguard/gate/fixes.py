"""Repairs as text, for formats that carry them: what the rewriter makes of one import alone.

Only what is safe to carry out: the simulation has followed the move from every entry.
"""

from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path

from msgspec.structs import replace

from cycleguard.collect.module import collect_module
from cycleguard.files import decode_exactly, read_bytes
from cycleguard.model.edits import (
    DeleteDuplicate,
    DeleteSelfImport,
    Edit,
    FileEdit,
    Hoist,
    Place,
)
from cycleguard.model.findings import Action
from cycleguard.model.issues import Issue, Judgement, Replacement
from cycleguard.model.modules import Module, ModuleKind, Skipped
from cycleguard.rewrite.rewrite import rewrite
from cycleguard.rewrite.settings import style_of

# Each costs a tenth of a second, and viewers show a few.
_MOST_FIXES = 100


def with_fixes(judgement: Judgement) -> Judgement:
    """The judgement with the repair of each issue that can be repaired at once, up to a hundred."""
    root = Path(judgement.root)
    issues = list(judgement.issues)
    repairable = [number for number, issue in enumerate(issues) if issue.action]
    for number in repairable[:_MOST_FIXES]:
        issue = issues[number]
        issues[number] = replace(issue, fix=tuple(_replacements(issue, root)))
    return replace(judgement, issues=tuple(issues))


def _replacements(issue: Issue, root: Path) -> Iterator[Replacement]:
    edit = _edit(issue)
    content = read_bytes(root, issue.path)
    if edit is None or isinstance(content, Skipped):
        return
    is_package = Path(issue.path).name == "__init__.py"
    module = Module(issue.module, issue.path, ModuleKind.SOURCE, is_package)
    facts = collect_module(module, content)
    if isinstance(facts, Skipped):
        return
    file = FileEdit(issue.path, issue.module, is_package, (edit,))
    style = style_of((root / issue.path).parent, root)
    rewritten = rewrite(content, file, facts, style)
    if rewritten.done:
        yield from _difference(decode_exactly(content), decode_exactly(rewritten.content))


def _edit(issue: Issue) -> Edit | None:
    place = Place(issue.line, issue.column)
    match issue.action:
        case Action.HOIST:
            return Hoist(place)
        case Action.DELETE_DUPLICATE:
            return DeleteDuplicate(place)
        case Action.DELETE_SELF_IMPORT:
            return DeleteSelfImport(place)
        case _:
            return None


def _difference(before: str, after: str) -> Iterator[Replacement]:
    """The lines that change, as lines of `before`."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag != "equal":
            yield Replacement(start + 1, end + 1, "".join(new[new_start:new_end]))
