"""The tree that a file should have after some moves, made from its old text alone.

In: the old text and the moves. Out: a comparison with the tree of the new text.
"""

import ast
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from cycleguard.collect.source import SourceText
from cycleguard.collect.syntax import parse
from cycleguard.rewrite.module_names import typing_blocks
from cycleguard.rewrite.moves import Move
from cycleguard.rewrite.scopes import FunctionNode, Scope, scopes_of
from cycleguard.rewrite.sites import ImportNode, statements_of, suites_of
from cycleguard.rewrite.statements import Statement, normalised
from cycleguard.rewrite.uses import own_uses, uses_of

_POSITIONS = frozenset(("lineno", "col_offset", "end_lineno", "end_col_offset"))
_FLAG = "TYPE_CHECKING"

# Module, level, name and alias; the name alone for `import a`.
Import = tuple[str | None, int, str, str | None]


class Shape(Struct, frozen=True):
    """A module: its imports with the number of statements above them, typing imports, the rest."""

    imports: Counter[tuple[Import, int]]
    typing: Counter[Import]
    statements: list[ast.stmt]

    @property
    def names(self) -> Counter[Import]:
        """The imports, wherever they stand."""
        found: Counter[Import] = Counter()
        for (one, _), count in self.imports.items():
            found[one] += count
        return found


class Expectation:
    """What a file should be once `moves` are made."""

    def __init__(self, old: SourceText, moves: Sequence[Move]) -> None:
        self._old = old
        self._moves = moves
        self.tree = parse(old.text).tree
        self._touched: set[ast.stmt] = set()
        self._quotable: set[ast.expr] = set()
        nodes = {_start(node): node for node in statements_of(self.tree)}
        # Only uses that change ask for scopes.
        is_asked = any(
            m.own or m.is_typing or any(w.use != w.local for w in m.wanted) for m in moves
        )
        root = scopes_of(self.tree if is_asked else ast.Module([], []))
        scopes = {scope.node: scope for scope in root.all()}
        # The block of each statement, and the statement at module level that holds it.
        self._blocks: dict[ast.stmt, list[ast.stmt]] = {}
        self._tops: dict[ast.stmt, ast.stmt] = {}
        for top in self.tree.body:
            stack = [(top, self.tree.body)]
            while stack:
                node, block = stack.pop()
                self._blocks[node], self._tops[node] = block, top
                inner = [suite.statements for suite in suites_of(node)]
                stack += ((each, statements) for statements in inner for each in statements)
        gone: dict[ast.stmt, set[str]] = {}
        for move in moves:
            function = nodes[_start(move.site.function)]
            self._touched.add(self._tops[function])
            if function in scopes:
                self._follow_uses(move, scopes[function])
            gone.setdefault(nodes[_start(move.site.node)], set()).update(move.names)
            for node, name in move.typing_drops:
                gone.setdefault(nodes[_start(node)], set()).add(name)
        self._remove(gone)

    def compare(self, new: SourceText, tree: ast.Module) -> str | None:
        """What is wrong with the new tree; None if nothing is."""
        if ast.get_docstring(self.tree, clean=False) != ast.get_docstring(tree, clean=False):
            return "the docstring of the module is none any more"
        before, after = _shape(self.tree), _shape(tree)
        if len(before.statements) != len(after.statements):
            return "a statement at module level has come or gone"
        for one, other in zip(before.statements, after.statements, strict=True):
            is_same = one not in self._touched and self._old.text_of(one) == new.text_of(other)
            if not is_same and not self._equal(one, other):
                return f"line {one.lineno} has become something else"
        return self._imports(before, after)

    def _imports(self, before: Shape, after: Shape) -> str | None:
        wanted = {_import(w.statement) for move in self._moves for w in move.wanted}
        flag: Import = ("typing", 0, _FLAG, None)
        lost = before.names - after.names
        if set(lost) - {flag} or before.typing - after.typing:
            return "an import at module level is lost"
        if set(after.names - before.names) - wanted - {flag}:
            return "an import at module level has come that nobody wanted"
        if set(after.typing - before.typing) - wanted:
            return "an import for type checkers has come that nobody wanted"
        moved = before.imports - after.imports
        if {one for one, _ in moved} - {flag}:
            return "an import at module level stands elsewhere"
        bound = {_bound(one) for one in after.names}
        typing = bound | {_bound(one) for one in after.typing}
        for move in self._moves:
            for each in move.wanted:
                if each.bound not in (typing if move.is_typing else bound):
                    return f"nothing at module level binds {each.bound}"
        return None

    # From the old tree to the expected one.

    def _follow_uses(self, move: Move, scope: Scope) -> None:
        new: dict[ast.AST, ast.expr] = {}
        for wanted in move.wanted:
            if wanted.use != wanted.local:
                use = ast.parse(wanted.use, mode="eval").body
                new.update((node, use) for _, node in uses_of(scope, wanted.local))
        for own in move.own:
            for each in own_uses(scope, own) or ():
                new[each.node] = ast.Name(each.name, ast.Load())
        if new:
            _put(new, scope.node)
        if move.is_typing:
            for inner in scope.all():
                self._quotable.update(inner.annotations)

    def _remove(self, gone: dict[ast.stmt, set[str]]) -> None:
        for node, names in gone.items():
            if isinstance(node, ImportNode):
                node.names = [a for a in node.names if _bound(_alias(node, a)) not in names]
                if not node.names:
                    self._touched.add(self._tops[node])
                    block = self._blocks[node]
                    block.remove(node)
                    if not block:
                        block.append(ast.Pass())

    def _equal(self, one: ast.AST, other: ast.AST) -> bool:
        """Whether two trees are equal; quoted annotations count as what they say."""
        pairs: list[tuple[object, object]] = [(one, other)]
        while pairs:
            a, b = pairs.pop()
            if isinstance(a, ast.expr) and a in self._quotable and type(a) is not type(b):
                b = _unquoted(b)
            if type(a) is not type(b):
                return False
            if isinstance(a, ast.AST) and isinstance(b, ast.AST):
                names = [name for name in a._fields if name not in _POSITIONS]
                pairs += ((getattr(a, n, None), getattr(b, n, None)) for n in names)
            elif isinstance(a, list) and isinstance(b, list):
                if len(a) != len(b):
                    return False
                pairs += zip(a, b, strict=True)
            elif a != b:
                return False
        return True


def _changes_uses(move: Move) -> bool:
    is_spelt_anew = any(wanted.use != wanted.local for wanted in move.wanted)
    return bool(move.own) or move.is_typing or is_spelt_anew


def _put(new: dict[ast.AST, ast.expr], root: ast.AST) -> None:
    """Put other expressions in the places of some below `root`."""
    for parent in list(ast.walk(root)):
        for name, value in ast.iter_fields(parent):
            if isinstance(value, ast.AST) and value in new:
                setattr(parent, name, new[value])
            elif isinstance(value, list):
                value[:] = [
                    new.get(item, item) if isinstance(item, ast.AST) else item for item in value
                ]


def functions_of(tree: ast.Module) -> list[FunctionNode]:
    """All functions of a tree, in an order that does not depend on its imports."""
    return [node for node in statements_of(tree) if isinstance(node, FunctionNode)]


def _shape(tree: ast.Module) -> Shape:
    imports: Counter[tuple[Import, int]] = Counter()
    typing: Counter[Import] = Counter()
    statements: list[ast.stmt] = []
    blocks = set(typing_blocks(tree))
    for node in tree.body:
        if isinstance(node, ImportNode):
            imports.update((_alias(node, alias), len(statements)) for alias in node.names)
        elif node in blocks and isinstance(node, ast.If):
            inside = [each for each in node.body if isinstance(each, ImportNode)]
            typing.update(_alias(each, alias) for each in inside for alias in each.names)
            rest = [s for s in node.body if not isinstance(s, (*ImportNode.__args__, ast.Pass))]
            if rest or node.orelse:
                statements.append(ast.If(node.test, rest, node.orelse, **_place(node)))
        else:
            statements.append(node)
    return Shape(imports, typing, statements)


def _place(node: ast.stmt) -> dict[str, int]:
    return {name: getattr(node, name) for name in _POSITIONS}


def _start(node: ast.stmt) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _alias(node: ImportNode, alias: ast.alias) -> Import:
    if isinstance(node, ast.ImportFrom):
        return node.module or "", node.level, alias.name, alias.asname
    return None, 0, alias.name, alias.asname


def _import(statement: Statement) -> Import:
    item = statement.items[0]
    module = normalised(statement.module or "") if statement.is_from else None
    asname = normalised(item.asname) if item.asname else None
    return module, statement.level, normalised(item.name), asname


def _bound(one: Import) -> str:
    module, _, name, asname = one
    return asname or (name if module is not None else name.partition(".")[0])


def _unquoted(node: object) -> object:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return ast.parse(node.value, mode="eval").body
    return node
