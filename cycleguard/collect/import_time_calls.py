"""Which functions of a module its own module-level code calls while it is being imported.

Plain names only: ``f()``, ``@f``, ``C()``, ``C.f()``, ``self.f()``, nested functions and base
classes of the same file. Calls through values and across modules are the simulation's business.
"""

import ast
from collections.abc import Iterator

from cycleguard.collect.name_uses import FunctionNode
from cycleguard.collect.nodes import Definition, blocks, children

_CONSTRUCTORS = ("__new__", "__init__", "__post_init__")


def called_at_import(tree: ast.Module) -> frozenset[str]:
    """Dotted names of the functions of `tree` that run when it is imported."""
    index = _Index(tree)
    pending = [name for call in _executed_calls(tree.body, "") for name in index.targets(*call)]
    called: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in called:
            called.add(name)
            body = index.functions[name].body
            pending += [n for call in _executed_calls(body, name) for n in index.targets(*call)]
    return frozenset(called)


class _Index:
    """Functions and classes of one module by dotted name, and which of them a call reaches."""

    def __init__(self, tree: ast.Module) -> None:
        self.functions: dict[str, FunctionNode] = {}
        self._bases: dict[str, list[str]] = {}
        self._add(tree.body, "")

    def targets(self, called: ast.expr, scope: str) -> list[str]:
        """The functions that run when `called` is called in `scope`."""
        # @C(...) calls the instance that C(...) gave.
        if isinstance(called, ast.Call) and isinstance(called.func, ast.Name):
            owner = self._look_up(called.func.id, scope)
            return self._methods(owner, ("__call__",))
        # f(), C()
        if isinstance(called, ast.Name):
            name = self._look_up(called.id, scope)
            return [name] if name in self.functions else self._methods(name, _CONSTRUCTORS)
        # self.f(), C.f()
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            own = called.value.id in ("self", "cls")
            owner = scope.rpartition(".")[0] if own else self._look_up(called.value.id, scope)
            return self._methods(owner, (called.attr,))
        return []

    def _add(self, body: list[ast.stmt], scope: str) -> None:
        for statement in _flattened(body):
            if not isinstance(statement, Definition):
                continue
            name = f"{scope}.{statement.name}" if scope else statement.name
            if isinstance(statement, ast.ClassDef):
                names = [base.id for base in statement.bases if isinstance(base, ast.Name)]
                self._bases[name] = names
            else:
                self.functions[name] = statement
            self._add(statement.body, name)

    def _look_up(self, name: str, scope: str) -> str:
        """The dotted name that `name` means in `scope`; methods do not see their class's names."""
        enclosing = scope
        while enclosing:
            candidate = f"{enclosing}.{name}"
            is_visible = enclosing == scope or enclosing not in self._bases
            if is_visible and (candidate in self.functions or candidate in self._bases):
                return candidate
            enclosing = enclosing.rpartition(".")[0]
        return name

    def _methods(self, owner: str, names: tuple[str, ...]) -> list[str]:
        """The methods of class `owner` with these names, its own or inherited in this file."""
        found: list[str] = []
        pending, seen = [owner], set[str]()
        while pending:
            current = pending.pop(0)
            if current in self._bases and current not in seen:
                seen.add(current)
                found += [f"{current}.{n}" for n in names if f"{current}.{n}" in self.functions]
                pending += self._bases[current]
        return found


def _flattened(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of `body` and of the blocks in it, but not of functions and classes."""
    stack = list(reversed(body))
    while stack:
        statement = stack.pop()
        yield statement
        if not isinstance(statement, Definition):
            stack += blocks(statement)


def _executed_calls(body: list[ast.stmt], scope: str) -> Iterator[tuple[ast.expr, str]]:
    """What is called when `body` runs, as the called expression and the scope that it is in."""
    stack: list[tuple[ast.AST, str]] = [(statement, scope) for statement in body]
    while stack:
        node, where = stack.pop()
        if isinstance(node, ast.Lambda):
            stack.append((node.args, where))
            continue
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from ((decorator, where) for decorator in node.decorator_list)
            stack += [(inner, where) for inner in (*node.decorator_list, node.args)]
            continue
        if isinstance(node, ast.If) and _is_main_guard(node.test):
            stack += [(inner, where) for inner in node.orelse]
            continue
        if isinstance(node, ast.ClassDef):
            yield from ((decorator, where) for decorator in node.decorator_list)
            name = f"{where}.{node.name}" if where else node.name
            outside = (*node.bases, *node.keywords, *node.decorator_list)
            stack += [(inner, where) for inner in outside]
            stack += [(inner, name) for inner in node.body]
            continue
        if isinstance(node, ast.Call):
            yield node.func, where
        stack += [(inner, where) for inner in children(node)]


def _is_main_guard(test: ast.expr) -> bool:
    return any(isinstance(n, ast.Constant) and n.value == "__main__" for n in ast.walk(test))
