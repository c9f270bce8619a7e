"""The other modules that import what moves: their statements name the new module.

In: a tree, the names that move. Out: new contents by module.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from cycleguard.model.edges import Timing
from cycleguard.model.edits import FileEdit
from cycleguard.model.imports import Alias, Form, ImportStatement
from cycleguard.model.resolved import ResolvedImport
from cycleguard.relocate.importing import (
    Changes,
    Redirection,
    redirected,
    with_imports,
)
from cycleguard.relocate.tree import Tree
from cycleguard.rewrite.statements import Statement
from cycleguard.rewrite.wanted import Package

Named = tuple[str, str]
"""A module and a name of it."""


def importers_of(tree: Tree, source: str, names: frozenset[str]) -> dict[str, list[ResolvedImport]]:
    """The ``from source import name`` statements for `names`, by importer."""
    found: dict[str, list[ResolvedImport]] = {}
    for resolved in tree.by_imported.get(source, ()):
        statement = resolved.statement
        if statement.form is not Form.FROM or statement.is_star:
            continue
        taken = {n for t in resolved.internal if t.module == source for n in t.names}
        if taken & names and resolved.importer != source:
            found.setdefault(resolved.importer, []).append(resolved)
    return found


def redirectable(
    tree: Tree, source: str, importers: Mapping[str, list[ResolvedImport]], names: frozenset[str]
) -> frozenset[str]:
    """Those importers that may take `names` from elsewhere: they load `source` all the same.

    What is loaded only because of these imports would be missed, as ``package.module``.
    """
    leaving = {
        (importer, each.statement.line)
        for importer, statements in importers.items()
        for each in statements
        if each.statement.timing is Timing.EAGER and _takes_all(each, source, names)
    }
    lines = {importer for importer, _ in leaving}
    eager = [e for name in lines for e in tree.edges_from(name) if e.timing is Timing.EAGER]
    staying = {(e.importer, e.imported) for e in eager if (e.importer, e.line) not in leaving}
    rest = tree.loads.changed(staying, {(e.importer, e.imported) for e in eager})
    return frozenset(name for name in importers if name not in lines or rest.reaches(name, source))


def _takes_all(resolved: ResolvedImport, source: str, names: frozenset[str]) -> bool:
    taken = {name for t in resolved.internal if t.module == source for name in t.names}
    return taken <= names


def redirected_file(
    tree: Tree,
    importer: str,
    moved: Mapping[Named, Named],
    *,
    is_only_local: bool = False,
) -> bytes:
    """The file of `importer` with names taken from other modules.

    Args:
        tree: the project as it is.
        importer: the module; a statement with comments as a whole stays where it is.
        moved: module and name, for each module and name that is left behind.
        is_only_local: leave alone what stands outside of functions.

    Raises:
        SyntaxError, UnicodeError: it cannot be edited.
    """
    module = tree.modules[importer]
    package = Package(FileEdit(module.path, module.name, module.is_package, ()))
    content = tree.read(importer)
    concerned = list(_concerned(tree.by_importer.get(importer, ()), moved, is_only_local))
    if not concerned:
        return content
    head = tree.known.head(module, content)
    free = frozenset[int]() if is_only_local else free_lines(tree, importer, head.last_line)
    moves: dict[int, dict[str, Redirection]] = {}
    drops: dict[int, frozenset[str]] = {}
    adds: list[Statement] = []
    for statement, alias, goal in concerned:
        name, level = package.relative(goal[0], statement.level)
        bound = alias.asname or alias.name
        item = head.items.get(statement.line, {}).get(bound)
        if statement.line in free and item:
            drops[statement.line] = drops.get(statement.line, frozenset()) | {bound}
            asname = alias.asname if goal[1] == alias.name else bound
            one = replace(item, name=goal[1], asname=asname, starts_line=False)
            adds.append(Statement(name, level, (one,)))
        else:
            moves.setdefault(statement.line, {})[bound] = Redirection(name, level, goal[1])
    if drops:
        changes = Changes(drops, tuple(adds))
        content = with_imports(content, module, changes, tree.style(importer))
        after = tree.changed({module.path: content})
        if after is None:
            raise SyntaxError(f"{importer} cannot be read after its imports have changed")
        return redirected_file(after, importer, moved) if moves else content
    return redirected(content, moves)


def _concerned(
    imports: Iterable[ResolvedImport], moved: Mapping[Named, Named], is_only_local: bool
) -> Iterator[tuple[ImportStatement, Alias, Named]]:
    """The names of statements that come from elsewhere now, and from where."""
    for resolved in imports:
        statement = resolved.statement
        is_asked = statement.is_local or not is_only_local
        if statement.form is not Form.FROM or statement.is_star or not is_asked:
            continue
        for target in resolved.internal:
            for alias in statement.names:
                goal = moved.get((target.module, alias.name))
                if goal and alias.name in target.names:
                    yield statement, alias, goal


def free_lines(tree: Tree, importer: str, last: int) -> frozenset[int]:
    """The import statements that may move within the imports at the top of the file."""
    symbols = tree.symbols(importer)
    if symbols is None or symbols.stars:
        return frozenset()
    if any(part.first_line < last for part in symbols.parts):
        return frozenset()
    return frozenset(
        each.line for each in symbols.imports if each.line <= last and not each.is_typing
    )
