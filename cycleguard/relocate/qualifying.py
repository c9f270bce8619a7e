"""Names of a half-way module, looked up when they are used: ``from shop import b`` and ``b.f``.

In: a `Tree` and an arc. Out: a `Proposal` with the importer's file, where all uses of the names run
later than its import. The cycle stays, but the importer does not ask the other module for what that
may not have yet. The inverse of `unfolding`.
"""

import ast
import hashlib
from collections.abc import Iterator, Sequence

from msgspec import Struct

from cycleguard.collect.source import SourceText
from cycleguard.collect.syntax import parse
from cycleguard.model.edges import Timing
from cycleguard.model.edits import FileEdit
from cycleguard.model.findings import Action
from cycleguard.model.imports import Alias, Form
from cycleguard.model.names import packages_above
from cycleguard.model.proposals import Impossible, Proposal
from cycleguard.model.resolved import ResolvedImport
from cycleguard.relocate.importers import free_lines
from cycleguard.relocate.importing import Changes, with_imports
from cycleguard.relocate.routes import held_by_others
from cycleguard.relocate.taken import taken_by
from cycleguard.relocate.tree import Tree
from cycleguard.resolve.targets import TargetResolver
from cycleguard.rewrite.checked import may_be_read_unseen
from cycleguard.rewrite.items import without
from cycleguard.rewrite.long_lines import folded_lines
from cycleguard.rewrite.quoting import annotated, is_postponed
from cycleguard.rewrite.reading import read_statement
from cycleguard.rewrite.scopes import resolve, scopes_of
from cycleguard.rewrite.setting import rendered
from cycleguard.rewrite.sites import ImportNode
from cycleguard.rewrite.statements import Item, Statement, Wrap, bound_by
from cycleguard.rewrite.text import EditableText, Replacement
from cycleguard.rewrite.uses import spelled, uses_of
from cycleguard.rewrite.wanted import Package
from cycleguard.symbols.reads import runs_later


class _KeptError(Exception):
    """The name is needed as it is; the text says what for, as a clause."""


class _Spelling(Struct, frozen=True):
    """The import of a module, the name that it binds, and what stands before the names of it."""

    statement: Statement
    bound: str
    prefix: str


def qualified(tree: Tree, importer: str, imported: str) -> Proposal | Impossible:
    """`importer` looks names of `imported` up when it uses them, as many as it can."""
    if tree.facts[importer].is_generated or tree.modules[importer].is_package:
        return Impossible(f"{importer} is generated, or a package, of which others take names")
    try:
        names, content = _Qualifying(tree, importer, imported).names_and_content()
    except (_KeptError, SyntaxError, UnicodeError, RecursionError, OSError) as error:
        return Impossible(str(error))
    text = "\n".join(("qualify", importer, imported, *names))
    listed = ", ".join(names)
    return Proposal(
        id=hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8],
        action=Action.QUALIFY,
        moved=(),
        story=(f"{importer} looks {listed} of {imported} up each time, and imports the module",),
        remarks=(f"{importer} has no {listed} any more: a test has to replace that in {imported}",),
        redirected=(importer,),
        files={tree.modules[importer].path: content},
    )


class _Qualifying:
    def __init__(self, tree: Tree, importer: str, imported: str) -> None:
        self._tree = tree
        self._module = tree.modules[importer]
        self._imported = imported
        self._content = tree.read(importer)
        self._text = EditableText(self._content)
        self._source = SourceText(self._text.text)
        self._ast = parse(self._text.text).tree
        self._root = scopes_of(self._ast)
        self._formats = annotated(self._root)
        self._package = Package(FileEdit(self._module.path, importer, False, ()))

    def names_and_content(self) -> tuple[tuple[str, ...], bytes]:
        """The names that are looked up, and the new file.

        Raises:
            _KeptError: there is none, for the reason that it gives.
        """
        if "*" in self._root.bindings or may_be_read_unseen(self._text.text):
            raise _KeptError(f"{self._module.name} may read names that its text does not have")
        kept = f"{self._module.name} takes no name of {self._imported} at its top level"
        found: list[tuple[ResolvedImport, Alias]] = []
        for resolved in self._statements():
            for alias in resolved.statement.names:
                try:
                    self._check(alias.asname or alias.name)
                    found.append((resolved, alias))
                except _KeptError as error:
                    kept = str(error)
        if not found:
            raise _KeptError(kept)
        bound = [alias.asname or alias.name for _, alias in found]
        spelling = self._spelling(found[0][0].statement.level, bound)
        uses: list[Replacement] = []
        leaving: dict[int, frozenset[str]] = {}
        for (resolved, alias), local in zip(found, bound, strict=True):
            new = spelled(self._root, local, f"{spelling.prefix}.{alias.name}", self._source)
            if isinstance(new, str):
                kept = new
                continue
            line = resolved.statement.line
            leaving[line] = leaving.get(line, frozenset()) | {local}
            uses += new
        if not leaving:
            raise _KeptError(kept)
        names = tuple(sorted(name for each in leaving.values() for name in each))
        return names, self._written(leaving, spelling.statement, uses)

    def _statements(self) -> Iterator[ResolvedImport]:
        """The plain ``from`` imports at the top level that take names of the other module."""
        vouched = {p for each in self._tree.facts[self._module.name].pragmas for p in each.imports}
        for resolved in self._tree.by_importer.get(self._module.name, ()):
            statement = resolved.statement
            is_plain = statement.form is Form.FROM and not statement.is_star
            is_top = statement.timing is Timing.EAGER and not statement.guards
            targets = resolved.internal
            is_whole = len(targets) == len(resolved.targets) == 1 and bool(targets[0].names)
            if is_plain and is_top and is_whole and targets[0].module == self._imported:
                if (statement.line, statement.column) not in vouched and not statement.is_local:
                    yield resolved

    def _check(self, local: str) -> None:
        """All that reads the name runs after the import, and sees what this statement binds."""
        tree, name = self._tree, self._module.name
        nodes = self._root.bindings.get(local, [])
        if len(nodes) != 1 or not isinstance(nodes[0], ImportNode):
            raise _KeptError(f"{local} is bound to something else as well")
        symbols = tree.symbols(name)
        is_set = symbols is None or local in held_by_others(tree, symbols)
        if is_set or local in tree.facts[name].indirect:
            raise _KeptError(f"{local} of {name} may be bound anew while the program runs")
        if any(local in scope.globals | scope.nonlocals for scope in self._root.all()):
            raise _KeptError(f"{local} is bound to something else as well")
        taken = taken_by(tree, name, local)
        if taken:
            raise _KeptError(taken)
        postponed = is_postponed(self._ast)
        uses = uses_of(self._root, local)
        if not uses:
            raise _KeptError(f"nothing in {name} reads {local}")
        for scope, node in uses:
            is_hidden = postponed and node in self._formats
            if not runs_later(scope) and not is_hidden:
                raise _KeptError(f"line {node.lineno} of {name} needs {local} when it is imported")

    def _spelling(self, level: int, names: Sequence[str]) -> _Spelling:
        """How the module is imported: as the file imports modules, by a name that is free."""
        scopes = {scope for name in names for scope, _ in uses_of(self._root, name)}
        found = [*self._spellings(level)]
        for each in found:
            is_seen = all(resolve(scope, each.bound) is self._root for scope in scopes)
            if is_seen and self._is_free(each):
                return each
        raise _KeptError(f"{self._module.name} has a {found[0].bound} of its own")

    def _spellings(self, level: int) -> Iterator[_Spelling]:
        parent, _, last = self._imported.rpartition(".")
        top = self._imported.partition(".")[0]
        whole = _Spelling(Statement(None, 0, (Item(self._imported),)), top, self._imported)
        if not parent:
            yield whole
            return
        resolver = TargetResolver(self._tree.project, self._tree.facts)
        for above in (*packages_above(self._imported)[1:], self._imported):
            package, _, name = above.rpartition(".")
            if not resolver.submodule(package, name):
                raise _KeptError(f"{package} has another {name} than its module")
        module, dots = self._package.relative(parent, level)
        # from shop import b, from . import b
        named = _Spelling(Statement(module, dots, (Item(last),)), last, last)
        if level:
            yield named
        else:
            yield from (whole, named) if self._imports_by_full_names() else (named, whole)

    def _imports_by_full_names(self) -> bool:
        """``import shop.order``."""
        top = self._imported.partition(".")[0]
        return any(
            isinstance(node, ast.Import)
            and any(a.name.startswith(f"{top}.") and not a.asname for a in node.names)
            for node in self._ast.body
        )

    def _is_free(self, spelling: _Spelling) -> bool:
        """Whether the name is new in the file, or means the same there."""
        bound = spelling.bound
        if any(bound in scope.globals | scope.nonlocals for scope in self._root.all()):
            return False
        for node in self._root.bindings.get(bound, []):
            if node not in self._ast.body or not isinstance(node, ImportNode):
                return False
            statement = read_statement(self._source.text_of(node))
            items = [item for item in statement.items if bound_by(statement, item) == bound]
            if not all(self._means_same(statement, item, spelling) for item in items):
                return False
        # A builtin of that name.
        return bound in self._root.bindings or not uses_of(self._root, bound)

    def _means_same(self, statement: Statement, item: Item, spelling: _Spelling) -> bool:
        if not spelling.statement.is_from:
            # import shop, import shop.cart
            return not statement.is_from and item.asname is None
        base = self._package.absolute(statement.module, statement.level)
        return statement.is_from and f"{base}.{item.name}" == self._imported

    def _written(
        self, leaving: dict[int, frozenset[str]], module: Statement, uses: list[Replacement]
    ) -> bytes:
        head = self._tree.known.head(self._module, self._content)
        free = free_lines(self._tree, self._module.name, head.last_line)
        style = self._tree.style(self._module.name)
        is_free = leaving.keys() <= free & head.items.keys()
        replacements = uses if is_free else [*uses, *self._in_place(leaving, module)]
        # Imports and uses are on different lines, and no use spans several.
        content = self._text.replaced(replacements)
        if is_free:
            content = with_imports(content, self._module, Changes(leaving, (module,)), style)
        after = EditableText(content)
        folded = folded_lines(self._text.text, after.text, parse(after.text).tree, style.width)
        return after.replaced(folded)

    def _in_place(
        self, leaving: dict[int, frozenset[str]], module: Statement
    ) -> Iterator[Replacement]:
        """The statements where they stand, the first with the import of the module below it."""
        for node in self._ast.body:
            names = leaving.get(node.lineno, frozenset())
            if not isinstance(node, ImportNode) or not names:
                continue
            statement = read_statement(self._source.text_of(node))
            goes = [b for item in statement.items if (b := bound_by(statement, item)) in names]
            if not goes:
                continue
            if statement.has_comments:
                raise _KeptError(f"a comment belongs to the import of line {node.lineno}")
            pieces = [rendered(module, Wrap(), "")]
            if len(goes) < len(statement.items):
                pieces.insert(0, rendered(without(statement, goes), Wrap(), ""))
            is_shared = self._source.behind(node).lstrip().startswith(";")
            is_shared = is_shared or bool(self._source.column(node) - 1)
            start, end = self._source.span(node)
            yield Replacement(start, end, ("; " if is_shared else "\n").join(pieces))
