"""What the names of one module mean at module level, and what another binding would disturb.

In: the scopes of a file. Out: answers for `names`.
"""

import ast
import builtins
from collections.abc import Container, Iterator
from functools import cached_property

from cycleguard.collect.guards import main_kind
from cycleguard.collect.nodes import Definition
from cycleguard.model.imports import GuardKind
from cycleguard.rewrite.moves import Object
from cycleguard.rewrite.scopes import Scope, ScopeKind, resolve
from cycleguard.rewrite.sites import ImportNode
from cycleguard.rewrite.statements import Item, Statement, bound_by
from cycleguard.rewrite.wanted import Package


class ModuleNames:
    """The module-level names of a file.

    Args:
        tree: the file.
        root: the scope of its module.
        package: what its imports mean.
    """

    def __init__(self, tree: ast.Module, root: Scope, package: Package) -> None:
        self._root = root
        self._package = package
        self._by_name: dict[str, list[Scope]] = {}
        for scope in root.all():
            for name in scope.bindings.keys() | scope.reads.keys() | scope.globals:
                self._by_name.setdefault(name, []).append(scope)
        definitions = (node.lineno for node in tree.body if isinstance(node, Definition))
        self._first_definition = min(definitions, default=0)
        self._has_star = "*" in root.bindings
        self._expects_name_errors = "NameError" in self._by_name
        self._plain = {node for node in tree.body if isinstance(node, ImportNode)}
        self._typing = {
            node
            for block in typing_blocks(tree)
            for node in block.body
            if isinstance(node, ImportNode)
        }
        # if __name__ == "__main__": it runs last, and nobody imports it
        self._scripts = {
            node
            for block in tree.body
            if isinstance(block, ast.If) and isinstance(block.test, ast.Compare)
            if main_kind(block.test) is GuardKind.MAIN
            for node in ast.walk(block)
            if isinstance(node, ImportNode)
        }

    def binds(self, name: str) -> bool:
        """Whether any statement at module level binds `name`."""
        return name in self._root.bindings

    def has(self, name: str, wanted: Object) -> bool:
        """Whether imports at the top, unconditional, bind `name` to `wanted` and nothing else."""
        bindings = [node for node in self._root.bindings.get(name, ()) if node not in self._typing]
        return any(node in self._plain for node in bindings) and all(
            node in self._plain | self._scripts and wanted in self._objects(node, name)
            for node in bindings
        )

    def names_of(self, wanted: Object) -> list[str]:
        """The names that `has` says of that they are bound to `wanted`, by line."""
        return [name for name in self._imported.get(wanted, ()) if self.has(name, wanted)]

    @cached_property
    def _imported(self) -> dict[Object, list[str]]:
        """The names that imports at the top bind to each object, in the order of their lines."""
        found = sorted(
            (node.lineno, bound)
            for bound, bindings in self._root.bindings.items()
            for node in bindings
            if node in self._plain and isinstance(node, ImportNode)
        )
        by_object: dict[Object, list[str]] = {}
        for name in dict.fromkeys(name for _, name in found):
            for node in self.plain_imports(name):
                for each in self._objects(node, name):
                    by_object.setdefault(each, []).append(name)
        return by_object

    def imports(self, name: str, wanted: Object) -> bool:
        """Whether an import at module level, under a condition or not, binds `name` to `wanted`."""
        return any(
            wanted in self._objects(node, name) for node in self._root.bindings.get(name, ())
        )

    def has_typing(self, name: str, wanted: Object) -> bool:
        """Whether an import under ``TYPE_CHECKING`` binds `name` to `wanted`."""
        bindings = self._root.bindings.get(name, ())
        return any(
            node in self._typing and wanted in self._objects(node, name) for node in bindings
        )

    def typing_imports(self, name: str) -> Iterator[tuple[ast.stmt, str]]:
        """The imports under ``TYPE_CHECKING`` that bind `name`, each with the name."""
        for node in self._root.bindings.get(name, ()):
            if node in self._typing and isinstance(node, ImportNode):
                yield node, name

    def plain_imports(self, name: str) -> list[ImportNode]:
        """The unconditional imports at the top that bind `name`."""
        bindings = self._root.bindings.get(name, ())
        return [node for node in bindings if isinstance(node, ImportNode) and node in self._plain]

    def is_read_outside(self, name: str, nodes: Container[ast.AST]) -> bool:
        """Whether anything but `nodes` reads the global `name`, or exports it."""
        for scope in self._scopes_with(name):
            reads = scope.reads.get(name, ())
            if resolve(scope, name) is self._root and any(read not in nodes for read in reads):
                return True
        return False

    def obstacle(self, name: str, wanted: Object) -> str | None:
        """What speaks against one more binding of `name`, to `wanted`, at module level."""
        for node in self._root.bindings.get(name, ()):
            is_import = node in self._plain | self._typing | self._scripts
            if not is_import or wanted not in self._objects(node, name):
                line = getattr(node, "lineno", 0)
                if wanted in self._objects(node, name):
                    return f"line {line} of the module imports {name} under a condition"
                return f"line {line} of the module binds {name} to something else"
        if self.is_set_by_function(name):
            return f"a function sets the global {name}"
        if hasattr(builtins, name):
            return f"{name} is the name of a builtin"
        for scope in self._scopes_with(name):
            if name in scope.loop_variables and scope is not self._root:
                return f"{name} is the variable of a loop in another function"
        if not self.binds(name) and self._may_mean_more(name):
            return f"other code reads a global {name} that no import of the module binds"
        return None

    def late_star(self) -> int | None:
        """The line of a star import that may run after what is put to the other imports."""
        for node in self._root.bindings.get("*", ()):
            line = getattr(node, "lineno", 0)
            if node not in self._plain or line > self._first_definition:
                return int(line)
        return None

    def mentions(self, name: str) -> bool:
        """Whether any code of the file has this name."""
        return bool(self._scopes_with(name))

    def is_set_by_function(self, name: str) -> bool:
        """Whether a function binds the global `name`."""
        return any(
            name in scope.globals and name in scope.bindings
            for scope in self._scopes_with(name)
            if scope is not self._root
        )

    def _may_mean_more(self, name: str) -> bool:
        """Whether other code reads the name and may find it today.

        Without a star import it finds nothing, and raises a NameError; unless that is what it is
        ready for, it is no worse off.
        """
        if not self._has_star and not self._expects_name_errors:
            return False
        for scope in self._scopes_with(name):
            if name in scope.reads:
                # class C: x = x  (reads the global at first)
                is_class = scope.kind is ScopeKind.CLASS and scope.binds(name)
                if is_class or resolve(scope, name) is self._root:
                    return True
        return False

    def _scopes_with(self, name: str) -> list[Scope]:
        return self._by_name.get(name, [])

    def _objects(self, node: ast.AST, name: str) -> list[Object]:
        if not isinstance(node, ImportNode):
            return []
        is_from = isinstance(node, ast.ImportFrom)
        module = node.module if isinstance(node, ast.ImportFrom) else None
        level = node.level if isinstance(node, ast.ImportFrom) else 0
        # from . import a: a statement of level 1 without a module
        items = tuple(Item(alias.name, alias.asname) for alias in node.names)
        statement = Statement(module, level, items)
        assert statement.is_from == is_from
        return [
            self._package.stands_for(statement, item)
            for item in items
            if bound_by(statement, item) == name
        ]


def typing_blocks(tree: ast.Module) -> list[ast.If]:
    """The ``if TYPE_CHECKING:`` statements at module level."""
    return [node for node in tree.body if isinstance(node, ast.If) and _is_typing(node.test)]


def _is_typing(test: ast.expr) -> bool:
    if isinstance(test, ast.Attribute):
        return test.attr == "TYPE_CHECKING"
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"
