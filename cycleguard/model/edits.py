"""What `plan` asks for and what `rewrite` answers: edits of files, as values without syntax nodes.

A place is that of the import statement before any edit: line and column from 1, as in
`ImportStatement`. All edits of one file are made together.
"""

from msgspec import Struct

from cycleguard.model.findings import Action
from cycleguard.model.placement import Anchor


class Place(Struct, frozen=True, order=True):
    """Where an import statement starts."""

    line: int
    column: int


class Hoist(Struct, frozen=True, tag=True):
    """Move an import to module level. `names` are the bound names to move; empty means all.

    What lies outside the project always goes to the top block: it can be in no cycle. Where
    `may_rename` is true, a clash of names is solved by another local name if every use can follow.
    `for_strings` moves names that only a string given to `eval` or `exec` can use.
    """

    place: Place
    names: tuple[str, ...] = ()
    anchor: Anchor = Anchor.LAST_IMPORT
    may_rename: bool = True
    for_strings: bool = False


class DeleteDuplicate(Struct, frozen=True, tag=True):
    """Delete an import whose names the top of the file binds to the same things already."""

    place: Place
    names: tuple[str, ...] = ()


class DeleteSelfImport(Struct, frozen=True, tag=True):
    """Delete an import of the module itself; ``m.x`` and aliases become plain names."""

    place: Place
    names: tuple[str, ...] = ()


class Definition(Struct, frozen=True):
    """The bound name `name` is what `module`, absolute, calls `original`."""

    name: str
    module: str
    original: str


class Redirect(Struct, frozen=True, tag=True):
    """Move an import to module level, and import from the defining modules instead.

    `definitions` are the names to move. A statement that was relative stays so where it can.
    `for_strings` is as for `Hoist`.
    """

    place: Place
    definitions: tuple[Definition, ...]
    anchor: Anchor = Anchor.LAST_IMPORT
    may_rename: bool = True
    for_strings: bool = False


class Qualify(Struct, frozen=True, tag=True):
    """Move ``from a.b import x`` to module level as an import of the module; ``x`` to ``b.x``.

    `by_from` gives ``from a import b`` and ``b.x``, else ``import a.b`` and ``a.b.x``; relative
    imports are always of the first form.
    """

    place: Place
    names: tuple[str, ...] = ()
    by_from: bool = True
    anchor: Anchor = Anchor.LAST_IMPORT
    may_rename: bool = True


class Guard(Struct, frozen=True, tag=True):
    """Move an import that annotations alone use under ``if TYPE_CHECKING:``."""

    place: Place
    names: tuple[str, ...] = ()


Edit = Hoist | DeleteDuplicate | DeleteSelfImport | Redirect | Qualify | Guard

ACTIONS: dict[type, Action] = {
    Hoist: Action.HOIST,
    DeleteDuplicate: Action.DELETE_DUPLICATE,
    DeleteSelfImport: Action.DELETE_SELF_IMPORT,
    Redirect: Action.REDIRECT,
    Qualify: Action.QUALIFY,
    Guard: Action.GUARD,
}


class Synonym(Struct, frozen=True):
    """`name` of `module` is the object that `defining` calls `original`: a re-export.

    Both modules are absolute. An empty `original` means the module `defining` itself.
    """

    module: str
    name: str
    defining: str
    original: str


class FileEdit(Struct, frozen=True):
    """The edits of one file.

    `path` is POSIX, relative to the project's root; `module` its dotted name. `synonyms` say which
    of the names that the file imports are the same thing under another module. `asked` are names
    that others import from this one, `*` where one imports all: those stay.
    """

    path: str
    module: str
    is_package: bool
    edits: tuple[Edit, ...]
    synonyms: tuple[Synonym, ...] = ()
    asked: frozenset[str] = frozenset()


class Plan(Struct, frozen=True):
    """All that one round changes, sorted by path."""

    files: tuple[FileEdit, ...]


class Done(Struct, frozen=True):
    """An edit that was made.

    `names` are the bound names that moved or went; `statements` what binds them at module level
    now, as written on one line each, empty where nothing had to be added. `renamed` are pairs of
    the old and the new local name. `stale` are comments that were dropped because the move made
    them untrue; `doubtful` those that were kept and may be.
    """

    edit: Edit
    names: tuple[str, ...]
    statements: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    stale: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


class Refused(Struct, frozen=True):
    """An edit that was not made: a code of the catalogue or of `REFUSALS`, and why here."""

    edit: Edit
    code: str
    text: str
    names: tuple[str, ...] = ()


class Rewritten(Struct, frozen=True):
    """The file's new bytes; the old ones where nothing was done."""

    content: bytes
    done: tuple[Done, ...] = ()
    refused: tuple[Refused, ...] = ()


class FileChange(Struct, frozen=True):
    """What `apply` writes: the file at `path`, POSIX and relative to the project's root.

    `before` is what the file held when it was read, None for a new file; `after` is what it is to
    hold, None for one that goes.
    """

    path: str
    before: bytes | None
    after: bytes | None


REFUSALS: dict[str, str] = {
    "no-such-import": "There is no function-local import statement at this place",
    "edit-overlap": "Another edit takes the same name of the same statement",
    "unreadable-file": "The file cannot be read as Python",
    "encoding-not-exact": "Decoding and encoding the file does not give the same bytes",
    "name-mangled": "Inside a class a name that starts with two underscores is another one outside",
    "namespace-as-dict": "The function looks at its names as a dict: locals(), vars() or dir()",
    "name-error-expected": "The function is ready for a name to be missing",
    "star-import": "A star import below may bind the same name",
    "not-every-use": "A use of the name cannot be rewritten",
    "annotation-evaluated": "An annotation that uses the name may be read while the program runs",
    "not-bound-at-module-level": "The top of the file does not bind the name, or not only once",
    "not-a-from-import": "Only `from m import x` can be qualified or redirected",
    "not-importable-as-module": "A relative import of a package itself has no module to name",
    "check-failed": "The result would differ in more than the intended imports",
}
"""Reasons of `rewrite` that no rule of `classify` gives: code to title."""
