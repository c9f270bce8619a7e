"""The functions and classes of one file by name, as CPython's scopes find them.

In: the tree of a module. Out: a `Scope` per module, function, lambda and class, which says what a
name in it means as far as this file defines it. Values are not followed. For `import_time_calls`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cached_property

from cycleguard.collect.consumers import is_suspended
from cycleguard.collect.name_uses import FunctionNode
from cycleguard.collect.nodes import Definition, blocks

Code = FunctionNode | ast.Lambda
Place = tuple[int, int]

_MOST_BASES = 200


class Scope:
    """A body of code and the definitions that stand directly in it."""

    def __init__(self, node: ast.Module | ast.ClassDef | Code, parent: Scope | None = None) -> None:
        self.node = node
        self.parent = parent
        self._inner: dict[ast.AST, Scope] = {}
        self._named: dict[str, list[tuple[Scope, Place, bool]]] = {}
        for statement, is_conditional in _flattened(self.body):
            for name, defined in _definitions(statement):
                named = self._named.setdefault(name, [])
                place = (defined.lineno, defined.col_offset)
                named.append((self.inner(defined), place, is_conditional))

    @property
    def body(self) -> list[ast.stmt]:
        """The statements; a lambda has none."""
        return [] if isinstance(self.node, ast.Lambda) else self.node.body

    @property
    def is_class(self) -> bool:
        """Whether this is a class body."""
        return isinstance(self.node, ast.ClassDef)

    @cached_property
    def is_suspended(self) -> bool:
        """Whether calling this function runs nothing of it."""
        return isinstance(self.node, Code) and is_suspended(self.node)

    def inner(self, node: ast.ClassDef | Code) -> Scope:
        """The scope of a function or class that stands directly in this one."""
        if node not in self._inner:
            self._inner[node] = Scope(node, self)
        return self._inner[node]

    def look_up(self, name: str, place: Place | None) -> list[Scope]:
        """What `name` may mean in code of this scope at `place`: several if branches define it."""
        scope, before = self, place
        found = self.own(name, before)
        while not found and scope.parent is not None:
            # A class body runs in place; a function runs later, when its module may be complete.
            before = before if scope.is_class else None
            scope = scope.parent
            # Functions and classes do not see the names of the class that they stand in.
            found = [] if scope.is_class else scope.own(name, before)
        return found

    def own(self, name: str, before: Place | None = None) -> list[Scope]:
        """What `name` means among this scope's own definitions, those `before` a place if any."""
        found: list[Scope] = []
        for scope, place, is_conditional in self._named.get(name, ()):
            # def f(): ...; f(); def f(): ...: the call runs the one above
            if found and before and place > before:
                break
            found = [*found, scope] if is_conditional else [scope]
        return found

    def close(self) -> None:
        """Let go of everything: scopes refer to each other, and the collector of cycles is off."""
        for scope in self._inner.values():
            scope.close()
        self.__dict__.clear()

    @cached_property
    def mro(self) -> list[Scope]:
        """The class and its bases in this file, in the order in which attributes are looked up."""
        order: list[Scope] = []
        pending = [self]
        while pending and len(order) < _MOST_BASES:
            current = pending.pop(0)
            order.append(current)
            pending = [*current.bases(), *pending]
        # A base that is reached by several ways comes after all that are derived from it.
        return list(reversed(dict.fromkeys(reversed(order))))

    def member(self, name: str) -> list[Scope]:
        """What `name` means as an attribute of this class."""
        return next((found for c in self.mro if (found := c.own(name))), [])

    def inherited(self, name: str, below: Scope) -> list[Scope]:
        """What ``super().name`` means in a method of `below`, for an object of this class."""
        order = self.mro if below in self.mro else below.mro
        rest = order[order.index(below) + 1 :]
        return next((found for c in rest if (found := c.own(name))), [])

    def bases(self) -> list[Scope]:
        """The bases of this class that this file defines."""
        if not isinstance(self.node, ast.ClassDef) or self.parent is None:
            return []
        found: list[Scope] = []
        for base in self.node.bases:
            # class C(Base[T]):
            name = base.value if isinstance(base, ast.Subscript) else base
            if isinstance(name, ast.Name):
                found += self.parent.look_up(name.id, (name.lineno, name.col_offset))
        return [scope for scope in found if scope.is_class and scope is not self]

    def metaclass(self) -> Scope | None:
        """The metaclass of this class, if this file defines it."""
        for current in self.mro:
            keywords = current.node.keywords if isinstance(current.node, ast.ClassDef) else []
            for keyword in keywords:
                value = keyword.value
                if keyword.arg == "metaclass" and isinstance(value, ast.Name) and current.parent:
                    found = current.parent.look_up(value.id, (value.lineno, value.col_offset))
                    return next((scope for scope in found if scope.is_class), None)
        return None

    def method(self) -> Scope | None:
        """The method that this code stands in, if any."""
        scope: Scope | None = self
        while scope is not None and not (scope.parent and scope.parent.is_class):
            scope = scope.parent
        return scope


def _definitions(node: ast.stmt) -> Iterator[tuple[str, ast.ClassDef | Code]]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name, node
    # load = lambda: ...
    elif isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Lambda):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from ((t.id, node.value) for t in targets if isinstance(t, ast.Name))


def _flattened(body: Iterable[ast.stmt]) -> Iterator[tuple[ast.stmt, bool]]:
    """The statements of `body` and of the blocks in it, but not of functions and classes."""
    stack = [(statement, False) for statement in reversed([*body])]
    while stack:
        statement, is_conditional = stack.pop()
        yield statement, is_conditional
        if not isinstance(statement, Definition):
            stack += [(inner, True) for inner in reversed(blocks(statement))]
