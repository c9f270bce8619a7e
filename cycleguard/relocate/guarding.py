"""Imports that annotations alone need: they go under ``if TYPE_CHECKING``.

In: a `Tree` and an arc. Out: a `Guarded`, the importer's file with those names of the arc that only
type checkers read imported for them alone. That cuts the arc where it takes no other names, and
leaves less to move where it does.
"""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.collect.source import SourceText
from cycleguard.collect.syntax import parse
from cycleguard.graph.arcs import Arc
from cycleguard.model.edges import Edge, Timing
from cycleguard.model.findings import Action
from cycleguard.model.names import with_packages
from cycleguard.model.proposals import UNREADABLE, Impossible, Proposal
from cycleguard.model.resolved import ResolvedImport
from cycleguard.model.symbols import PartKind
from cycleguard.relocate.importing import Changes, with_imports
from cycleguard.relocate.routes import held_by_others
from cycleguard.relocate.taken import taken_by
from cycleguard.relocate.tree import Tree
from cycleguard.rewrite.checked import Checked
from cycleguard.rewrite.long_lines import folded_lines
from cycleguard.rewrite.quoting import Evaluated, is_postponed, quotes
from cycleguard.rewrite.readers import resolves_annotations
from cycleguard.rewrite.reading import read_statement
from cycleguard.rewrite.scopes import Scope, scopes_of
from cycleguard.rewrite.sites import ImportNode
from cycleguard.rewrite.statements import Statement, bound_by
from cycleguard.rewrite.text import EditableText

_TIMINGS = (Timing.EAGER, Timing.DEFERRED)


class Guarded(Struct, frozen=True, eq=False):
    """The project after it; `names` are those that only type checkers find in the importer."""

    arc: Arc
    tree: Tree
    names: tuple[str, ...]

    @property
    def story(self) -> str:
        """What has been done, as a sentence."""
        importer, imported = self.arc
        return f"{importer} imports {', '.join(self.names)} of {imported} for type checkers only"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What changes all the same."""
        importer, imported = self.arc
        names = ", ".join(self.names)
        return (
            f"importing {importer} may no longer load {imported}",
            f"while the program runs {importer} has no {names}: typing.get_type_hints fails there",
        )

    @property
    def content(self) -> bytes:
        """The importer's new file."""
        return self.tree.read(self.arc[0])

    def proposal(self) -> Proposal:
        """The change for itself."""
        importer, imported = self.arc
        text = "\n".join(("guard", importer, imported, *self.names))
        return Proposal(
            id=hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8],
            action=Action.GUARD,
            moved=(),
            story=(self.story,),
            remarks=self.remarks,
            redirected=(importer,),
            files={self.tree.modules[importer].path: self.content},
        )


def guarded(tree: Tree, importer: str, imported: str) -> Guarded | Impossible:
    """The project after `importer` has as many names of `imported` as can be for type checkers."""
    module = tree.modules[importer]
    if module.is_package or tree.facts[importer].is_generated:
        return Impossible(f"{importer} is generated, or a package, of which others take names")
    found = list(_leaving(tree, importer, imported))
    if not found:
        return Impossible(f"more than annotations of {importer} needs {imported}")
    if _is_loaded_for_its_effect(tree, importer, imported):
        return Impossible(f"nothing else loads {imported}, which does something when it is loaded")
    try:
        if any(resolves_annotations(tree.read(each)) for each in _near(tree, importer)):
            return Impossible(f"annotations of {importer} may be evaluated")
        key = (importer, frozenset(found), tree.read(importer))
        if key not in tree.known.guarded:
            tree.known.guarded[key] = _guarded_file(tree, importer, found)
        names, content = tree.known.guarded[key]
    except (SyntaxError, UnicodeError, RecursionError, OSError) as error:
        return Impossible(f"{importer} cannot be edited: {error}")
    if not names:
        return Impossible(f"annotations of {importer} are evaluated, or a comment is of the import")
    after = tree.changed({module.path: content})
    return Guarded((importer, imported), after, names) if after else Impossible(UNREADABLE)


def is_for_annotations(tree: Tree, edge: Edge) -> bool:
    """Whether a look at the importer alone finds nothing but annotations that need an edge."""
    module = tree.modules[edge.importer]
    if module.is_package:
        return False
    wanted = tree.known.checked(module, tree.read(edge.importer))
    if not wanted:
        return False
    taken = [
        Checked(each.statement.line, each.statement.column, name)
        for each in tree.by_importer.get(edge.importer, ())
        if each.statement.line == edge.line and each.statement.timing is edge.timing
        for name in _names_of(each, edge.imported)
    ]
    return bool(taken) and wanted.issuperset(taken)


def _leaving(tree: Tree, importer: str, imported: str) -> Iterator[Checked]:
    """The names of an arc that only annotations read and nobody else gets from the importer."""
    wanted = tree.known.checked(tree.modules[importer], tree.read(importer))
    facts = tree.facts[importer]
    vouched = {place for pragma in facts.pragmas for place in pragma.imports}
    found: list[Checked] = []
    for resolved in tree.by_importer.get(importer, ()) if wanted else ():
        statement = resolved.statement
        place = (statement.line, statement.column)
        if statement.timing in _TIMINGS and not statement.guards and place not in vouched:
            found += (Checked(*place, name) for name in sorted(_names_of(resolved, imported)))
    found = [each for each in found if each in wanted and each.name not in facts.indirect]
    symbols = tree.symbols(importer) if found else None
    held = held_by_others(tree, symbols) if symbols else {}
    for each in found if symbols else ():
        is_free = each.name not in held
        if is_free and taken_by(tree, importer, each.name, while_it_runs=True) is None:
            yield each


def _names_of(resolved: ResolvedImport, imported: str) -> Iterator[str]:
    """The names that a statement binds to `imported` or to names of it."""
    targets = [target for target in resolved.internal if target.module == imported]
    for alias in resolved.statement.names:
        bound = alias.asname or alias.name
        for target in targets:
            # from shop.order import Order; from shop import order, import shop.order as o
            is_module = not target.names and alias.name.rpartition(".")[2] == _last(imported)
            if alias.name in target.names or is_module:
                yield bound


def _last(module: str) -> str:
    return module.rpartition(".")[2]


def _is_loaded_for_its_effect(tree: Tree, importer: str, imported: str) -> bool:
    """Whether no other module loads one that does more than define names."""
    symbols = tree.symbols(imported)
    if symbols is None or tree.modules[imported].is_package:
        return symbols is None
    others = (
        each
        for each in tree.by_imported.get(imported, ())
        if each.importer != importer and each.statement.timing is Timing.EAGER
    )
    return not any(others) and any(part.kind is PartKind.EFFECT for part in symbols.parts)


def _near(tree: Tree, module: str) -> set[str]:
    """The modules from which a look at annotations of `module` is likely, itself included."""
    packages = {each for each in with_packages(module) if each in tree.facts}
    return {each.importer for each in tree.by_imported.get(module, ())} | packages


def _guarded_file(
    tree: Tree, importer: str, leaving: Iterable[Checked]
) -> tuple[tuple[str, ...], bytes]:
    """The names that can go under ``if TYPE_CHECKING``, and the file with them there.

    Raises:
        SyntaxError, UnicodeError: it cannot be edited.
    """
    module, content = tree.modules[importer], tree.read(importer)
    names, changes = _changes(content, leaving)
    if not names:
        return (), content
    style = tree.style(importer)
    rest = EditableText(with_imports(content, module, changes, style))
    parsed = parse(rest.text).tree
    postponed = is_postponed(parsed)
    found = quotes(
        scopes_of(parsed), names, SourceText(rest.text), is_postponed=postponed, with_fields=True
    )
    if isinstance(found, Evaluated):
        raise SyntaxError(found.text)
    quoted = EditableText(rest.replaced(found))
    folded = folded_lines(rest.text, quoted.text, parse(quoted.text).tree, style.width)
    return names, quoted.replaced(folded)


def _changes(content: bytes, leaving: Iterable[Checked]) -> tuple[tuple[str, ...], Changes]:
    """What goes where, as far as no annotation needs it and no comment is of its statement."""
    source = SourceText(EditableText(content).text)
    tree = parse(source.text).tree
    root, postponed = scopes_of(tree), is_postponed(tree)
    nodes = {
        (node.lineno, source.column(node)): (scope, node)
        for scope in root.all()
        for bound in scope.bindings.values()
        for node in bound
        if isinstance(node, ImportNode)
    }

    def is_evaluated(scope: Scope, *names: str) -> bool:
        found = quotes(scope, names, source, is_postponed=postponed, with_fields=True)
        return isinstance(found, Evaluated)

    drops: dict[tuple[int, int], set[str]] = {}
    for place, each in groupby(sorted(leaving), lambda each: (each.line, each.column)):
        names = [checked.name for checked in each]
        scope, _ = nodes[place]
        if is_evaluated(scope, *names):
            names = [name for name in names if not is_evaluated(scope, name)]
        if names:
            drops[place] = set(names)
    typing: list[Statement] = []
    by_line: dict[int, frozenset[str]] = {}
    for place, leaves in drops.items():
        _, node = nodes[place]
        statement = read_statement(source.text_of(node))
        goes = {bound_by(statement, item): item for item in statement.items}
        layout, is_whole = statement.layout, leaves == goes.keys()
        # from shop.order import (  # the comment is of the statement
        if is_whole and (layout.opening or layout.last or "#" in source.behind(node)):
            continue
        by_line[place[0]] = by_line.get(place[0], frozenset()) | leaves
        items = (replace(goes[name], starts_line=False) for name in sorted(leaves))
        typing += (Statement(statement.module, statement.level, (item,)) for item in items)
    left = {name for bound in by_line.values() for name in bound}
    return tuple(sorted(left)), Changes(by_line, (), tuple(typing))
