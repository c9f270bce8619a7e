"""The import statements of one block as entries that can be added to, in runs and visual groups.

In: statements of a module's body, or of an ``if TYPE_CHECKING:``. Out: `Run`s. `placing` finds the
place of a new entry in them, `area` writes them.
"""

import ast
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from cycleguard.collect.source import SourceText
from cycleguard.rewrite.comments import is_pragma
from cycleguard.rewrite.ordering import Order, StatementKey, section_of, statement_key
from cycleguard.rewrite.reading import read_statement
from cycleguard.rewrite.sites import ImportNode
from cycleguard.rewrite.statements import Item, Statement


class Entry:
    """One import statement: an existing one if it has a node, else one to be written.

    `lead` is the line of the first comment right above. `above` and `beside` are comments to add to
    an existing one. `takes_trailing` is true once the comment behind it is part of `statement`.
    """

    def __init__(self, statement: Statement, node: ImportNode | None = None, lead: int = 0) -> None:
        self.statement = statement
        self.node = node
        self.lead = lead
        self.above: list[str] = []
        self.beside = ""
        self.takes_trailing = False
        self.is_changed = False
        self.is_gone = False
        self._known_key: tuple[tuple[Order, str], StatementKey] | None = None

    def key(self, order: Order) -> StatementKey:
        """What the entry is sorted by; its first name decides, and seldom changes."""
        asked = (order, str(self.statement.items[0]))
        if self._known_key is None or self._known_key[0] != asked:
            self._known_key = (asked, statement_key(self.statement, order))
        return self._known_key[1]

    @property
    def line(self) -> int:
        """The first line of an existing statement."""
        return self.node.lineno if self.node else 0

    @property
    def end_line(self) -> int:
        """The last line of an existing statement."""
        return (self.node.end_lineno or self.node.lineno) if self.node else 0


Group = list[Entry]


class Run:
    """Import statements with nothing but comments between them, in groups set apart by blanks."""

    def __init__(self, groups: list[Group], indent: str = "") -> None:
        self.groups = groups
        self.indent = indent

    @property
    def entries(self) -> list[Entry]:
        """All entries in order."""
        return [entry for group in self.groups for entry in group]

    @property
    def lines(self) -> tuple[int, int]:
        """The first line and the last of the statements that are there; zeros without any."""
        existing = [entry for entry in self.entries if entry.node]
        return (existing[0].line, existing[-1].end_line) if existing else (0, 0)


def runs_of(
    body: Sequence[ast.stmt], source: SourceText, first_party: frozenset[str], indent: str = ""
) -> list[Run]:
    """The runs of import statements in a block, in order."""
    runs: list[Run] = []
    previous: ast.stmt | None = None
    for node in body:
        if isinstance(node, ImportNode):
            entry = Entry(statement_of(node), node, _lead(node, source))
            if not runs or not isinstance(previous, ImportNode):
                runs.append(Run([[entry]], indent))
            elif _is_set_apart(runs[-1].entries[-1], entry, source, first_party):
                runs[-1].groups.append([entry])
            else:
                runs[-1].groups[-1].append(entry)
        previous = node
    return runs


def statement_of(node: ImportNode) -> Statement:
    """What a statement imports, without its layout."""
    items = tuple(Item(alias.name, alias.asname) for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return Statement(node.module, node.level, items)
    return Statement(None, 0, items)


def read_entry(entry: Entry, source: SourceText) -> None:
    """Learn the layout and the comments of an existing statement, to change it."""
    if entry.node is None or entry.is_changed:
        return
    statement = read_statement(source.text_of(entry.node))
    comment = source.behind(entry.node).strip()
    # from m import a  # why: the comment is about a
    is_one = statement.is_from and len(statement.items) == 1 and not statement.has_comments
    if is_one and comment.startswith("#") and not is_pragma(comment):
        one = replace(statement.items[0], beside=comment)
        statement = replace(statement, items=(one,))
        entry.takes_trailing = True
    entry.statement = statement
    entry.is_changed = True


def _lead(node: ast.stmt, source: SourceText) -> int:
    """The line of the first of the comments right above a statement."""
    line = node.lineno
    while line > 1 and source.lines[line - 2].lstrip(" \t\f").startswith("#"):
        line -= 1
    return line


def _is_set_apart(
    above: Entry, below: Entry, source: SourceText, first_party: frozenset[str]
) -> bool:
    between = source.lines[above.end_line : below.line - 1]
    if all(line.strip() for line in between):
        return False
    sections = {section_of(entry.statement, first_party) for entry in (above, below)}
    # isort keeps a blank line above a comment inside of a section.
    return not (len(sections) == 1 and below.lead < below.line)


def is_wrapped(entries: Iterable[Entry]) -> list[Entry]:
    """The existing ``from`` statements of more than one line."""
    return [
        entry
        for entry in entries
        if entry.node and entry.end_line > entry.line and entry.statement.is_from
    ]
