"""Statements of the syntax tree to those of `model.program`: what the simulation runs.

A module's functions are not opened here: most are never called while anything is imported. Those
that are called are compiled one by one, from their lines of the file (`compile_function`).
"""

import ast
import sys
from collections.abc import Iterable, Iterator

from cycleguard.collect.expressions import (
    compile_expression,
    compile_parameters,
    is_inert,
    opaque,
)
from cycleguard.collect.syntax import parse
from cycleguard.model.imports import Alias
from cycleguard.model.program import (
    Annotate,
    Assert,
    Assign,
    Attribute,
    Augment,
    Case,
    Constant,
    Define,
    DefineClass,
    Delete,
    Evaluate,
    Expression,
    For,
    Global,
    Handler,
    If,
    Import,
    ImportFrom,
    Leave,
    Load,
    Match,
    Raise,
    Return,
    Sequence,
    Statement,
    Subscript,
    Try,
    While,
    With,
)

_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def compile_module(
    tree: ast.Module,
    lazy_starts: frozenset[tuple[int, int]],
    proxy_starts: frozenset[tuple[int, int]] = frozenset(),
) -> tuple[Statement, ...]:
    """The program of a whole file.

    Args:
        tree: its syntax tree.
        lazy_starts: where PEP 810 imports start; they mark a file in newer syntax than the host's.
        proxy_starts: where imports start that a block of `cycleguard.runtime` makes lazy.
    """
    # Annotations are evaluated on demand from Python 3.14 on (PEP 649).
    is_postponed = _postpones(tree) or bool(lazy_starts) or sys.version_info >= (3, 14)
    compiler = _Compiler(is_postponed, lazy_starts, proxy_starts, opens_functions=False)
    return compiler.body(tree.body)


def compile_function(lines: Iterable[str], first_line: int) -> Define:
    """The function on `lines` of a file, its first decorator or ``def`` at `first_line`.

    Functions inside it are compiled along. Whether their annotations are evaluated, the module
    says; in Python 3.14 none are.

    Raises:
        SyntaxError, TypeError: there is no function on these lines.
    """
    source = list(lines)
    is_indented = "".join(source[:1])[:1].isspace()
    header = "if True:\n" if is_indented else ""
    tree = parse(header + "\n".join(source)).tree
    ast.increment_lineno(tree, first_line - (2 if is_indented else 1))
    first = next(iter(tree.body), None)
    node = first.body[0] if isinstance(first, ast.If) else first
    none = frozenset[tuple[int, int]]()
    compiler = _Compiler(True, none, none, opens_functions=True)
    found = compiler.statement(node) if node else None
    if not isinstance(found, Define):
        raise TypeError(f"line {first_line} starts no function")
    return found


class _Compiler:
    def __init__(
        self,
        is_postponed: bool,
        lazy_starts: frozenset[tuple[int, int]],
        proxy_starts: frozenset[tuple[int, int]],
        *,
        opens_functions: bool,
    ) -> None:
        self._is_postponed = is_postponed
        self._lazy_starts = lazy_starts
        self._proxy_starts = proxy_starts
        self._opens_functions = opens_functions

    def body(self, statements: Iterable[ast.stmt]) -> tuple[Statement, ...]:
        compiled = (self.statement(statement) for statement in statements)
        return tuple(statement for statement in compiled if statement is not None)

    def statement(self, node: ast.stmt) -> Statement | None:
        line = node.lineno
        match node:
            case ast.Import() | ast.ImportFrom():
                return self._import(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return self._define(node)
            case ast.ClassDef():
                return self._define_class(node)
            case ast.If():
                return self._if(node)
            case ast.Try() | ast.TryStar():
                handlers = tuple(map(self._handler, node.handlers))
                parts = (self.body(node.orelse), self.body(node.finalbody))
                return Try(line, self.body(node.body), handlers, *parts)
            case ast.With() | ast.AsyncWith():
                items = (
                    (compile_expression(item.context_expr), _target(item.optional_vars))
                    for item in node.items
                )
                return With(line, tuple(items), self.body(node.body))
            case ast.For() | ast.AsyncFor():
                head = (compile_expression(node.target), compile_expression(node.iter))
                return For(line, *head, self.body(node.body), self.body(node.orelse))
            case ast.While():
                test = compile_expression(node.test)
                return While(line, test, self.body(node.body), self.body(node.orelse))
            case ast.Match():
                cases = tuple(map(self._case, node.cases))
                return Match(line, compile_expression(node.subject), cases)
        return self._simple(node)

    def _simple(self, node: ast.stmt) -> Statement | None:
        line = node.lineno
        match node:
            case ast.Expr(value=value):
                compiled = compile_expression(value)
                return None if is_inert(compiled) else Evaluate(line, compiled)
            case ast.Assign(targets=targets, value=value):
                targets_ = tuple(map(compile_expression, targets))
                return Assign(line, targets_, compile_expression(value))
            case ast.AugAssign(target=target, op=operator, value=value):
                stored, added = compile_expression(target), compile_expression(value)
                return Augment(line, stored, added, type(operator).__name__)
            case ast.AnnAssign():
                is_hidden = self._is_postponed
                annotation = None if is_hidden else compile_expression(node.annotation)
                value_ = compile_expression(node.value) if node.value else None
                return Annotate(line, compile_expression(node.target), annotation, value_)
            case ast.Delete(targets=targets):
                return Delete(line, tuple(map(compile_expression, targets)))
            case ast.Raise(exc=error):
                return Raise(line, compile_expression(error) if error else None)
            case ast.Return(value=returned):
                return Return(line, compile_expression(returned) if returned else None)
            case ast.Break() | ast.Continue():
                return Leave(line, isinstance(node, ast.Break))
            case ast.Global(names=names):
                return Global(line, tuple(names))
            case ast.Assert(test=test):
                return Assert(line, compile_expression(test))
        return self._type_alias(node)

    def _type_alias(self, node: ast.stmt) -> Statement | None:
        # type X = int: the value is evaluated on demand
        if type(node).__name__ == "TypeAlias":
            name = next(n for n in ast.iter_child_nodes(node) if isinstance(n, ast.Name))
            return Assign(node.lineno, (Load(name.id),), opaque([]))
        return None

    def _import(self, node: ast.Import | ast.ImportFrom) -> Statement:
        names = tuple(Alias(alias.name, alias.asname) for alias in node.names)
        start = (node.lineno, node.col_offset)
        is_proxy = start in self._proxy_starts
        is_lazy = bool(getattr(node, "is_lazy", 0)) or start in self._lazy_starts or is_proxy
        if isinstance(node, ast.Import):
            return Import(node.lineno, names, is_lazy, is_proxy)
        return ImportFrom(node.lineno, node.module or "", node.level, names, is_lazy, is_proxy)

    def _if(self, node: ast.If) -> Statement:
        # A chain of elif nests in the tree; built from its end, it needs no deep recursion.
        chain = [node]
        while len(chain[-1].orelse) == 1 and isinstance(chain[-1].orelse[0], ast.If):
            chain.append(chain[-1].orelse[0])
        orelse = self.body(chain[-1].orelse)
        for link in reversed(chain):
            test = compile_expression(link.test)
            orelse = (If(link.lineno, test, self.body(link.body), orelse),)
        return orelse[0]

    def _handler(self, node: ast.ExceptHandler) -> Handler:
        kind = compile_expression(node.type) if node.type else None
        return Handler(node.lineno, kind, node.name, self.body(node.body))

    def _case(self, node: ast.match_case) -> Case:
        parts = list(ast.walk(node.pattern))
        captures = (getattr(part, "name", None) or getattr(part, "rest", None) for part in parts)
        reads = (
            compile_expression(part.cls if isinstance(part, ast.MatchClass) else part.value)
            for part in parts
            if isinstance(part, (ast.MatchValue, ast.MatchClass))
        )
        is_default = isinstance(node.pattern, ast.MatchAs) and node.pattern.pattern is None
        return Case(
            names=tuple(name for name in captures if isinstance(name, str)),
            reads=tuple(read for read in reads if not is_inert(read)),
            values=_pattern_values(node.pattern),
            guard=compile_expression(node.guard) if node.guard else None,
            is_default=is_default,
            body=self.body(node.body),
        )

    def _define(self, node: _FunctionNode) -> Define:
        decorators = tuple(map(compile_expression, node.decorator_list))
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        # def f[T](x: T): the annotations are evaluated in a scope of their own (PEP 695)
        is_hidden = self._is_postponed or bool(getattr(node, "type_params", None))
        opened = self._opens_functions
        return Define(
            line=first,
            end_line=node.end_lineno or first,
            name=node.name,
            decorators=decorators,
            parameters=compile_parameters(node.args),
            annotations=() if is_hidden else tuple(_annotations(node)),
            runs_when_called=isinstance(node, ast.FunctionDef),
            is_generator=opened and _is_generator(node),
            body=self.body(node.body) if opened else None,
            local_names=tuple(sorted(_local_names(node))) if opened else (),
            global_names=tuple(sorted(_global_names(node))) if opened else (),
        )

    def _define_class(self, node: ast.ClassDef) -> DefineClass:
        # class C[T](Base[T]): the bases are evaluated in a scope that knows T
        is_generic = bool(getattr(node, "type_params", None))
        bases = (opaque([])) if is_generic else None
        return DefineClass(
            line=node.lineno,
            name=node.name,
            decorators=tuple(map(compile_expression, node.decorator_list)),
            bases=tuple(bases or compile_expression(base) for base in node.bases),
            keywords=tuple(
                (keyword.arg or "**", compile_expression(keyword.value))
                for keyword in node.keywords
            ),
            body=self.body(node.body),
        )


def _pattern_values(pattern: ast.pattern) -> tuple[Expression, ...] | None:
    """The values that a pattern is a choice of; None if it is anything else."""
    if isinstance(pattern, ast.MatchValue):
        return (compile_expression(pattern.value),)
    if isinstance(pattern, ast.MatchSingleton):
        return (Constant(pattern.value),)
    if isinstance(pattern, ast.MatchOr):
        every = [_pattern_values(part) for part in pattern.patterns]
        known = [values for values in every if values is not None]
        return tuple(v for values in known for v in values) if len(known) == len(every) else None
    return None


def _target(node: ast.expr | None) -> Expression | None:
    return compile_expression(node) if node else None


def _postpones(tree: ast.Module) -> bool:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            if any(alias.name == "annotations" for alias in node.names):
                return True
    return False


def _annotations(node: _FunctionNode) -> Iterator[Expression]:
    arguments = node.args
    every = (*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs)
    for argument in (*every, arguments.kwarg):
        if argument is not None and argument.annotation is not None:
            yield compile_expression(argument.annotation)
    if node.returns is not None:
        yield compile_expression(node.returns)


def _own_nodes(node: _FunctionNode) -> Iterator[ast.AST]:
    """The nodes of a function's body without those of functions and classes in it."""
    stack: list[ast.AST] = list(node.body)
    while stack:
        inner = stack.pop()
        yield inner
        if not isinstance(inner, (*_SCOPES, ast.Lambda)):
            stack.extend(ast.iter_child_nodes(inner))


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _is_generator(node: _FunctionNode) -> bool:
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in _own_nodes(node))


def _local_names(node: _FunctionNode) -> set[str]:
    """Names that are local to a function: bound in it and not declared global or nonlocal."""
    bound: set[str] = set()
    shared: set[str] = set()
    for inner in _own_nodes(node):
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            bound.add(inner.id)
        elif isinstance(inner, _SCOPES):
            bound.add(inner.name)
        elif isinstance(inner, (ast.Import, ast.ImportFrom)):
            bound.update(a.asname or a.name.partition(".")[0] for a in inner.names)
        elif isinstance(inner, ast.ExceptHandler) and inner.name:
            bound.add(inner.name)
        elif isinstance(inner, (ast.Global, ast.Nonlocal)):
            shared.update(inner.names)
    return bound - shared


def _global_names(node: _FunctionNode) -> set[str]:
    # def f(): if a: global x
    return {
        name for inner in _own_nodes(node) if isinstance(inner, ast.Global) for name in inner.names
    }


def stored_names(target: Expression) -> Iterator[str]:
    """The names that an assignment to `target` binds."""
    if isinstance(target, Load):
        yield target.name
    elif isinstance(target, Sequence):
        for item in target.items:
            yield from stored_names(item)
    elif not isinstance(target, (Attribute, Subscript)) and hasattr(target, "parts"):
        for part in target.parts:
            yield from stored_names(part)
