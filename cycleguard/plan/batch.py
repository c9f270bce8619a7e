"""Proposals become files: each edited file by `rewrite`, whole files as they are given.

In: a project and the proposals that are to be carried out together, each with the variant that is
its turn. Out: `Rendered`: the new contents, what was done or refused, and which line is whose.
"""

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from cycleguard.model.edits import Done, Edit, FileEdit, Refused, Rewritten
from cycleguard.model.imports import Form, ModuleFacts
from cycleguard.model.plans import Proposal
from cycleguard.model.program import Alias
from cycleguard.pipeline import Resolved
from cycleguard.plan.names import asked_names
from cycleguard.plan.synonyms import Synonyms
from cycleguard.plan.tree import content_of
from cycleguard.rewrite.settings import Style, style_of

Line = tuple[str, int]


class Turn(Struct, frozen=True):
    """A proposal and the variant that is tried."""

    proposal: Proposal
    number: int = 0

    @property
    def edit(self) -> Edit | None:
        """The edit of this turn; None for whole files."""
        variants = self.proposal.variants
        return variants[self.number] if variants else None

    @property
    def next(self) -> "Turn | None":
        """The next variant's turn, if there is one."""
        following = self.number + 1
        return Turn(self.proposal, following) if following < len(self.proposal.variants) else None


class Rendered(Struct, frozen=True):
    """The files, and for each proposal, by its id, what was done or why it was not.

    `waiting` are proposals of whole files that others of this round change too.
    """

    files: dict[str, bytes | None]
    done: dict[str, Done]
    refused: dict[str, Refused]
    waiting: frozenset[str] = frozenset()


Made = dict[tuple[FileEdit, bytes], Rewritten]
"""What has been made of files, by the edits and the content before them."""


class Renderer:
    """Makes files of one project; a file is made once for each set of edits.

    `made` is filled on the way: it may be handed to the renderer of the project that comes next.
    """

    def __init__(self, resolved: Resolved, synonyms: Synonyms, made: Made) -> None:
        self._resolved = resolved
        self._modules = {module.path: module for module in resolved.project.modules}
        self._synonyms = synonyms
        root = Path(resolved.project.root)
        tops = frozenset(module.name.partition(".")[0] for module in resolved.project.modules)
        self._root, self._tops = root, tops
        self._asked = asked_names(resolved.imports)
        self._styles: dict[Path, Style] = {}
        self._made = made

    def render(self, turns: Iterable[Turn]) -> Rendered:
        """Carry the proposals out together, as far as the files allow."""
        by_path: dict[str, list[Turn]] = {}
        whole: list[Proposal] = []
        for turn in turns:
            if turn.edit is not None:
                by_path.setdefault(turn.proposal.path, []).append(turn)
            else:
                whole.append(turn.proposal)
        files, waiting = _apart(whole, frozenset(by_path))
        rendered = Rendered(files, {}, {}, waiting)
        for path, own in sorted(by_path.items()):
            edits = {turn.edit: turn.proposal.id for turn in own if turn.edit is not None}
            made = self.rewritten(path, tuple(edits))
            rendered.done.update({edits[each.edit]: each for each in made.done})
            rendered.refused.update({edits[each.edit]: each for each in made.refused})
            if made.done:
                rendered.files[path] = made.content
        return rendered

    def rewritten(self, path: str, edits: tuple[Edit, ...]) -> Rewritten:
        """The file `path` with `edits`."""
        from cycleguard.rewrite.rewrite import (  # noqa: PLC0415  # cycleguard: leave[start-up time]
            rewrite,
        )

        module = self._modules[path]
        synonyms = self._synonyms.of(module.name)
        asked = self._asked.get(module.name, frozenset[str]())
        file = FileEdit(path, module.name, module.is_package, edits, synonyms, asked)
        content = content_of(self._resolved, path)
        if (file, content) not in self._made:
            facts = self._resolved.facts[module.name]
            self._made[file, content] = rewrite(content, file, facts, self._style(path))
        return self._made[file, content]

    def _style(self, path: str) -> Style:
        folder = (self._root / path).parent
        if folder not in self._styles:
            self._styles[folder] = style_of(folder, self._root, self._tops)
        return self._styles[folder]


def _apart(
    whole: Iterable[Proposal], taken: frozenset[str]
) -> tuple[dict[str, bytes | None], frozenset[str]]:
    """The contents of proposals that have no file in common, and the other proposals."""
    files: dict[str, bytes | None] = {}
    waiting: set[str] = set()
    for proposal in whole:
        own = dict(proposal.files)
        if own.keys() & (taken | files.keys()):
            waiting.add(proposal.id)
        else:
            files.update(own)
    return files, frozenset(waiting)


def lines_of(rendered: Rendered, turns: Iterable[Turn], after: Resolved) -> dict[Line, set[str]]:
    """Which proposals the import statements at module level of the edited files come from."""
    found: dict[Line, set[str]] = {}
    modules = {module.path: module.name for module in after.project.modules}
    for turn in turns:
        for path, _ in turn.proposal.files:
            name = modules.get(path, "")
            for statement in after.facts[name].imports if name in after.facts else ():
                if statement.function is None:
                    found.setdefault((name, statement.line), set()).add(turn.proposal.id)
        done = rendered.done.get(turn.proposal.id)
        facts = after.facts.get(turn.proposal.module)
        if done is None or facts is None:
            continue
        for text in done.statements:
            for line in lines_with(text, facts):
                found.setdefault((turn.proposal.module, line), set()).add(turn.proposal.id)
    return found


def lines_with(text: str, facts: ModuleFacts) -> list[int]:
    """The lines of the statements at module level that bind what the statement `text` binds."""
    return list(dict.fromkeys(line for line, _ in names_with(text, facts)))


def names_with(text: str, facts: ModuleFacts) -> list[tuple[int, Alias]]:
    """The names that the statement `text` imports, where statements at module level do so."""
    node = ast.parse(text).body[0]
    if isinstance(node, ast.ImportFrom):
        wanted = (Form.FROM, node.module, node.level)
    elif isinstance(node, ast.Import):
        wanted = (Form.IMPORT, None, 0)
    else:
        return []
    names = {(alias.name, alias.asname) for alias in node.names}
    return [
        (statement.line, alias)
        for statement in facts.imports
        if statement.function is None
        and (statement.form, statement.module, statement.level) == wanted
        for alias in statement.names
        if (alias.name, alias.asname) in names
    ]


def edits_by_module(turns: Mapping[str, Turn], after: Resolved) -> dict[str, list[str]]:
    """The ids of proposals by the modules that they change."""
    found: dict[str, list[str]] = {}
    modules = {module.path: module.name for module in after.project.modules}
    for name, turn in turns.items():
        paths = {turn.proposal.path, *(path for path, _ in turn.proposal.files)}
        for path in sorted(paths & modules.keys()):
            found.setdefault(modules[path], []).append(name)
    return found
