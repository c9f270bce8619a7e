"""Which scope each name of a file belongs to, by CPython's rules (Python/symtable.c).

In: a syntax tree. Out: a tree of `Scope`, each with what binds and what reads its names. Read by
`names`, which asks what a name would mean if one of its bindings were gone.
"""

import ast
from collections.abc import Iterable, Iterator
from enum import StrEnum

from cycleguard.collect.nodes import children

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class ScopeKind(StrEnum):
    """What opens a scope."""

    MODULE = "module"
    FUNCTION = "function"
    CLASS = "class"
    COMPREHENSION = "comprehension"
    TYPE_PARAMETERS = "type-parameters"


class Scope:
    """One scope: `bindings` and `reads` are nodes by name, in no particular order."""

    def __init__(self, kind: ScopeKind, node: ast.AST, parent: "Scope | None") -> None:
        self.kind = kind
        self.node = node
        self.parent = parent
        self.inner: list[Scope] = []
        self.bindings: dict[str, list[ast.AST]] = {}
        self.reads: dict[str, list[ast.Name]] = {}
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.loop_variables: set[str] = set()
        self.annotations: list[ast.expr] = []
        if parent:
            parent.inner.append(self)

    def bind(self, name: str, node: ast.AST) -> None:
        """`node` binds or deletes `name` here."""
        self.bindings.setdefault(name, []).append(node)

    def binds(self, name: str) -> bool:
        """Whether the name is this scope's own."""
        return name in self.bindings and name not in self.globals | self.nonlocals

    def all(self) -> "Iterator[Scope]":
        """The scope and those inside it."""
        stack = [self]
        while stack:
            scope = stack.pop()
            yield scope
            stack += scope.inner

    @property
    def module(self) -> "Scope":
        """The outermost scope."""
        scope = self
        while scope.parent:
            scope = scope.parent
        return scope

    @property
    def depth(self) -> int:
        """How many scopes are around this one."""
        return 1 + self.parent.depth if self.parent else 0


Without = frozenset[tuple[Scope, str]]


def resolve(scope: Scope, name: str, without: Without = frozenset()) -> Scope:
    """The scope that a read of `name` in `scope` looks in; the module's also stands for builtins.

    Args:
        scope: where the name is read.
        name: the name.
        without: scopes and names that they are taken not to bind.
    """
    current = scope
    sees_class = True
    while current.parent is not None:
        if sees_class or current.kind is not ScopeKind.CLASS:
            if name in current.globals:
                break
            if current.binds(name) and (current, name) not in without:
                return current
        # The type parameters of a method see the names of its class (PEP 695).
        sees_class = current.kind is ScopeKind.TYPE_PARAMETERS and sees_class
        current = current.parent
    return current.module


def scopes_of(tree: ast.Module) -> Scope:
    """The scope of the module, with all others inside it."""
    return _Builder().build(tree)


_Task = tuple[ast.AST, Scope]


class _Builder:
    """A walk with a stack of its own: source may nest deeper than Python recurses."""

    def __init__(self) -> None:
        self._stack: list[_Task] = []

    def build(self, tree: ast.Module) -> Scope:
        module = Scope(ScopeKind.MODULE, tree, None)
        self._later(tree.body, module)
        while self._stack:
            self._visit(*self._stack.pop())
        return module

    def _later(self, nodes: Iterable[ast.AST | None], scope: Scope) -> None:
        self._stack += [(node, scope) for node in nodes if node is not None]

    def _visit(self, node: ast.AST, scope: Scope) -> None:
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load):
                scope.reads.setdefault(node.id, []).append(node)
            else:
                scope.bind(node.id, node)
        elif isinstance(node, FunctionNode):
            self._function(node, scope)
        elif isinstance(node, ast.Lambda):
            self._later([*node.args.defaults, *node.args.kw_defaults], scope)
            inner = self._inside(node, scope, node.args)
            self._later([node.body], inner)
        elif isinstance(node, ast.ClassDef):
            self._class(node, scope)
        elif isinstance(node, _Comprehension):
            self._comprehension(node, scope)
        elif isinstance(node, ast.NamedExpr):
            self._walrus(node, scope)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            targets = (n for n in ast.walk(node.target) if isinstance(n, ast.Name))
            scope.loop_variables.update(n.id for n in targets)
            self._other(node, scope)
        elif isinstance(node, ast.Global):
            scope.globals.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            scope.nonlocals.update(node.names)
        else:
            self._other(node, scope)

    def _other(self, node: ast.AST, scope: Scope) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                scope.bind(bound_name(node, alias), node)
            return
        # except E as name; case [*name]; case {**name}; type parameters
        name = getattr(node, "rest", None) or getattr(node, "name", None)
        if isinstance(name, str) and not isinstance(node, ast.alias):
            scope.bind(name, node)
        # type X[T] = list[T]
        if type(node).__name__ == "TypeAlias":
            first, *rest = children(node)
            self._later([first], scope)
            self._later(rest, Scope(ScopeKind.TYPE_PARAMETERS, node, scope))
            return
        if isinstance(node, ast.AnnAssign):
            scope.annotations.append(node.annotation)
        self._later(children(node), scope)

    def _function(self, node: FunctionNode, scope: Scope) -> None:
        scope.bind(node.name, node)
        arguments = node.args
        self._later([*node.decorator_list, *arguments.defaults, *arguments.kw_defaults], scope)
        around = self._type_parameters(node, scope)
        annotations = [a.annotation for a in parameters(arguments) if a.annotation]
        annotations += [node.returns] if node.returns else []
        around.annotations += annotations
        self._later(annotations, around)
        self._later(node.body, self._inside(node, around, arguments))

    def _inside(self, node: ast.AST, parent: Scope, arguments: ast.arguments) -> Scope:
        scope = Scope(ScopeKind.FUNCTION, node, parent)
        for argument in parameters(arguments):
            scope.bind(argument.arg, argument)
        return scope

    def _class(self, node: ast.ClassDef, scope: Scope) -> None:
        scope.bind(node.name, node)
        self._later(node.decorator_list, scope)
        around = self._type_parameters(node, scope)
        self._later([*node.bases, *(keyword.value for keyword in node.keywords)], around)
        self._later(node.body, Scope(ScopeKind.CLASS, node, around))

    def _type_parameters(self, node: ast.AST, scope: Scope) -> Scope:
        # def f[T](x: T), class C[T]: (PEP 695)
        found: list[ast.AST] = getattr(node, "type_params", [])
        if not found:
            return scope
        around = Scope(ScopeKind.TYPE_PARAMETERS, node, scope)
        self._later(found, around)
        return around

    def _comprehension(self, node: _Comprehension, scope: Scope) -> None:
        # [x for x in a]: a is evaluated outside
        self._later([node.generators[0].iter], scope)
        inner = Scope(ScopeKind.COMPREHENSION, node, scope)
        for number, generator in enumerate(node.generators):
            self._later([generator.target, *generator.ifs], inner)
            self._later([generator.iter] if number else [], inner)
        both = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._later(both, inner)

    def _walrus(self, node: ast.NamedExpr, scope: Scope) -> None:
        # [y := x for x in a]: y belongs to the function around
        owner = scope
        while owner.kind is ScopeKind.COMPREHENSION and owner.parent:
            owner = owner.parent
        owner.bind(node.target.id, node.target)
        self._later([node.value], scope)


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """All parameters of a function."""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return every + [extra for extra in (arguments.vararg, arguments.kwarg) if extra]


def bound_name(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    """The name that one part of an import statement binds."""
    if alias.asname or isinstance(node, ast.ImportFrom):
        return alias.asname or alias.name
    return alias.name.partition(".")[0]
