"""A module that is used as a whole, ``from . import x`` and ``x.name``: its names are imported.

In: a tree and an arc. Out: the importer's file with ``from .x import name`` and ``name``. That cuts
nothing yet, but names can be redirected and moved, and a module cannot.
"""

import ast
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from cycleguard.collect.source import SourceText
from cycleguard.collect.syntax import parse
from cycleguard.model.edges import Timing
from cycleguard.model.edits import FileEdit
from cycleguard.model.imports import BindingKind
from cycleguard.model.proposals import UNREADABLE, Impossible
from cycleguard.model.resolved import ResolvedImport
from cycleguard.relocate.routes import held_by_others
from cycleguard.relocate.taken import taken_by
from cycleguard.relocate.tree import Tree
from cycleguard.rewrite.items import without
from cycleguard.rewrite.reading import read_statement
from cycleguard.rewrite.scopes import Scope, ScopeKind, resolve, scopes_of
from cycleguard.rewrite.setting import rendered
from cycleguard.rewrite.sites import ImportNode
from cycleguard.rewrite.statements import Item, Statement, Wrap, bound_by
from cycleguard.rewrite.text import EditableText, Replacement
from cycleguard.rewrite.uses import uses_of
from cycleguard.rewrite.wanted import Package

_DYNAMIC = re.compile(rb"\b(?:globals|locals|vars|eval|exec)\(")


class _KeptError(Exception):
    """The module itself is needed; the text says what for, as a clause."""


class _Use(Struct, frozen=True, eq=False):
    """``x.name`` in the tree of the file."""

    node: ast.Attribute
    name: str


def unfolded(tree: Tree, importer: str, imported: str) -> Tree | Impossible:
    """The project after `importer` has taken the names of `imported` one by one, if it can.

    A name that its module, or another one, binds anew while the program runs is one that has to be
    looked up each time: then nothing is changed.
    """
    wholes = [each for each in tree.by_importer.get(importer, ()) if _is_whole(each, imported)]
    key = (importer, imported, tree.read(importer))
    if key in tree.known.whole:
        return Impossible(tree.known.whole[key])
    if not wholes:
        return Impossible(f"{importer} imports {imported} in no statement")
    if _DYNAMIC.search(key[-1]):
        return Impossible(f"{importer} looks names up while it runs: globals(), eval, ...")
    if any(binding.name == "__getattr__" for binding in tree.facts[importer].bindings):
        return Impossible(f"{importer} answers for names that it does not have")
    try:
        content = _Unfolding(tree, importer, imported).content(wholes)
    except (_KeptError, SyntaxError, UnicodeError, RecursionError, OSError) as error:
        tree.known.whole[key] = str(error)
        return Impossible(str(error))
    return tree.changed({tree.modules[importer].path: content}) or Impossible(UNREADABLE)


def _is_whole(resolved: ResolvedImport, imported: str) -> bool:
    if not resolved.statement.form.is_statement or resolved.statement.timing is Timing.TYPING:
        return False
    return any(t.module == imported and not t.names for t in resolved.internal)


class _Unfolding:
    def __init__(self, tree: Tree, importer: str, imported: str) -> None:
        self._tree = tree
        self._module = tree.modules[importer]
        self._imported = imported
        self._text = EditableText(tree.read(importer))
        self._source = SourceText(self._text.text)
        self._ast = parse(self._text.text).tree
        self._root = scopes_of(self._ast)
        self._above = {
            node.value: node for node in ast.walk(self._ast) if isinstance(node, ast.Attribute)
        }
        self._formatted = {
            inner
            for node in ast.walk(self._ast)
            if isinstance(node, ast.JoinedStr)
            for inner in ast.walk(node)
        }
        package = FileEdit(self._module.path, importer, self._module.is_package, ())
        self._package = Package(package)

    def content(self, wholes: list[ResolvedImport]) -> bytes:
        """The new file.

        Raises:
            _KeptError: a use needs the module.
        """
        found: list[Replacement] = []
        done: set[tuple[int, str]] = set()
        for resolved in wholes:
            scope, node = self._place(resolved)
            statement = read_statement(self._source.text_of(node))
            for item in statement.items:
                if self._names_module(statement, item):
                    local = bound_by(statement, item)
                    is_top = not statement.is_from and not item.asname and "." in item.name
                    uses = self._uses_below(scope, local) if is_top else self._uses(scope, local)
                    found.append(self._statement(node, statement, item, uses))
                    if (id(scope), local) not in done:
                        found += [self._read(use) for use in uses]
                    done.add((id(scope), local))
        return self._text.replaced(found)

    def _place(self, resolved: ResolvedImport) -> tuple[Scope, ImportNode]:
        """The statement, and the scope that has its names."""
        statement = resolved.statement
        for scope in self._root.all():
            for nodes in scope.bindings.values():
                for node in nodes:
                    if isinstance(node, ImportNode) and node.lineno == statement.line:
                        if self._source.column(node) == statement.column:
                            if scope.kind in (ScopeKind.MODULE, ScopeKind.FUNCTION):
                                return scope, node
        raise _KeptError(f"{self._imported} is an attribute of a class")

    def _names_module(self, statement: Statement, item: Item) -> bool:
        """``from . import x``, ``import a.x as x``, and ``import a.x``, which binds ``a``."""
        if not statement.is_from:
            return item.name == self._imported
        base = self._package.absolute(statement.module, statement.level)
        return f"{base}.{item.name}" == self._imported

    def _uses(self, scope: Scope, local: str) -> list[_Use]:
        if not all(self._binds_it(node, local) for node in scope.bindings[local]):
            raise _KeptError(f"{local} is bound to something else as well")
        if scope.kind is ScopeKind.MODULE:
            self._check_unseen(local)
        uses: list[_Use] = []
        readers: set[Scope] = set()
        for inner, node in uses_of(scope, local):
            above = self._above.get(node)
            if above is None or not isinstance(above.ctx, ast.Load) or node in self._formatted:
                raise _KeptError(f"line {node.lineno} does not just read a name of {local}")
            uses.append(_Use(above, above.attr))
            readers.add(inner)
        return self._checked(scope, uses, readers)

    def _checked(self, scope: Scope, uses: list[_Use], readers: Iterable[Scope]) -> list[_Use]:
        if not uses:
            raise _KeptError(f"no name of {self._imported} is read")
        for name in {use.name for use in uses}:
            self._check_free(scope, name, readers)
            self._check_settled(name)
        return uses

    def _uses_below(self, scope: Scope, top: str) -> list[_Use]:
        """``a.x.name`` for ``import a.x``; other uses of ``a`` need another ``import a.y``."""
        others: set[str] = set()
        for node in scope.bindings[top]:
            if not isinstance(node, ast.Import):
                raise _KeptError(f"{top} is bound to something else as well")
            names = {n.name for n in node.names if not n.asname}
            others |= {name for name in names if f"{name}.".startswith(f"{top}.")}
        others.discard(self._imported)
        if scope.kind is ScopeKind.MODULE:
            self._check_unseen(top)
        uses: list[_Use] = []
        readers: set[Scope] = set()
        for inner, node in uses_of(scope, top):
            chain = self._chain(node)
            path = ".".join((top, *(each.attr for each in chain)))
            if any(f"{path}.".startswith(f"{other}.") for other in others):
                continue
            depth = self._imported.count(".")
            use = chain[depth] if len(chain) > depth else None
            is_below = path.startswith(f"{self._imported}.") and node not in self._formatted
            if use is None or not is_below or not isinstance(use.ctx, ast.Load):
                raise _KeptError(f"line {node.lineno} does not just read a name of {top}")
            uses.append(_Use(use, use.attr))
            readers.add(inner)
        return self._checked(scope, uses, readers)

    def _chain(self, node: ast.expr) -> list[ast.Attribute]:
        """``.x`` and ``.name`` of ``a.x.name``."""
        found: list[ast.Attribute] = []
        above = self._above.get(node)
        while above is not None:
            found.append(above)
            above = self._above.get(above)
        return found

    def _binds_it(self, node: ast.AST, local: str) -> bool:
        if not isinstance(node, ImportNode):
            return False
        statement = read_statement(self._source.text_of(node))
        return all(
            self._names_module(statement, item)
            for item in statement.items
            if bound_by(statement, item) == local
        )

    def _check_unseen(self, local: str) -> None:
        """Nobody may get the module from the importer."""
        taken = taken_by(self._tree, self._module.name, local)
        if taken:
            raise _KeptError(taken)

    def _check_free(self, scope: Scope, name: str, readers: Iterable[Scope]) -> None:
        """In `scope` the name is to be new, and to mean nothing else where it is read."""
        clash = _KeptError(f"{self._module.name} has a {name} of its own")
        if name in scope.bindings or name in scope.globals | scope.nonlocals:
            raise clash
        within = set(scope.all())
        for inner in readers:
            owner = resolve(inner, name)
            if owner in within and owner is not scope:
                raise clash
        for inner in within:
            if name in inner.reads:
                owner = resolve(inner, name)
                if owner is scope or owner not in within:
                    raise clash

    def _check_settled(self, name: str) -> None:
        """The name has one value, once its module is imported."""
        found = self._tree.reexports.definition(self._imported, name)
        if found is None or found.name is None:
            raise _KeptError(f"{name} is no definition of {self._imported}")
        anew = _KeptError(f"{name} of {self._imported} may be bound anew while the program runs")
        for module in (*found.via, found.module):
            facts, symbols = self._tree.facts[module], self._tree.symbols(module)
            bindings = [b for b in facts.bindings if b.name == found.name]
            is_sure = all(b.is_conditional or b.kind is BindingKind.FUNCTION for b in bindings)
            if symbols is None or found.name in facts.indirect:
                raise anew
            if len(bindings) > 1 and not is_sure:
                raise anew
            if found.name in held_by_others(self._tree, symbols):
                raise anew

    def _read(self, use: _Use) -> Replacement:
        # x.name: name
        return Replacement(*self._source.span(use.node), use.name)

    def _statement(
        self, node: ImportNode, statement: Statement, item: Item, uses: list[_Use]
    ) -> Replacement:
        module, level = self._package.relative(self._imported, statement.level)
        named = tuple(Item(name) for name in sorted({use.name for use in uses}))
        line = self._source.lines[node.lineno - 1]
        indent = line[: self._source.column(node) - 1]
        is_inline = bool(indent.strip()) or self._source.behind(node).lstrip().startswith(";")
        margin = "" if is_inline else indent
        pieces = list(self._rest(statement, item, margin))
        pieces.append(rendered(Statement(module, level, named), Wrap(), margin))
        start, end = self._source.span(node)
        return Replacement(start, end, ("; " if is_inline else f"\n{indent}").join(pieces))

    def _rest(self, statement: Statement, item: Item, margin: str) -> Iterator[str]:
        """What the statement imports besides."""
        others = [each for each in statement.items if each is not item]
        if any(self._names_module(statement, each) for each in others):
            raise _KeptError(f"{self._imported} is imported twice by one statement")
        if others:
            rest = without(statement, [bound_by(statement, item)])
            yield rendered(rest, Wrap(), margin)
