"""Lazy names that a file uses while it is being imported itself: nothing is put off by them.

A PEP 810 name imports at the first read (``LOAD_NAME`` and ``LOAD_GLOBAL`` reify it). The stand-ins
of `cycleguard.runtime`, and modules behind ``LazyLoader``, may be passed on; they import when an
attribute is wanted, and when they are called, subclassed or iterated. Annotations are left out:
whether they are evaluated depends on the version.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping

from cycleguard.collect.guards import NEVER_AT_IMPORT, Conditions
from cycleguard.collect.nodes import children
from cycleguard.collect.source import SourceText
from cycleguard.model.constructs import EarlyUse, Written
from cycleguard.model.edges import Timing
from cycleguard.model.imports import MODULE_SCOPE, Form, ImportStatement

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_CHECKS = frozenset({"isinstance", "issubclass"})


def early_uses(
    tree: ast.Module,
    source: SourceText,
    imports: Iterable[ImportStatement],
    proxy_starts: frozenset[tuple[int, int]],
    called: Mapping[ast.AST, int],
    conditions: Conditions,
) -> tuple[EarlyUse, ...]:
    """The first early use of each lazy name of the module."""
    lines = {line for line, _ in proxy_starts}
    declared: dict[str, tuple[int, bool]] = {}
    calls: dict[tuple[int, int], ImportStatement] = {}
    for statement in imports:
        if statement.timing is not Timing.LAZY or statement.scope != MODULE_SCOPE:
            continue
        if statement.form.is_statement:
            is_proxy = statement.line in lines
            declared.update(dict.fromkeys(statement.bound_names, (statement.line, is_proxy)))
        elif statement.form in (Form.LAZY_MODULE, Form.LAZY_ATTRIBUTE, Form.LAZY_LOADER, Form.LOAD):
            calls[statement.line, statement.column] = statement
    declared.update(_assigned(tree, calls, source))
    found: dict[str, EarlyUse] = {}
    for name in _uses(tree, declared, called, conditions) if declared else ():
        if name.lineno > declared[name.id][0] and name.id not in found:
            text = " ".join(source.lines[name.lineno - 1].split())
            at = Written(name.lineno, source.column(name), text)
            found[name.id] = EarlyUse(name.id, declared[name.id][0], at)
    return tuple(found.values())


def _assigned(
    tree: ast.Module, calls: Mapping[tuple[int, int], ImportStatement], source: SourceText
) -> Iterator[tuple[str, tuple[int, bool]]]:
    # np = lazy_module("numpy")
    for node in ast.walk(tree) if calls else ():
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            if (node.value.lineno, source.column(node.value)) in calls:
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        yield target.id, (node.lineno, True)


def _uses(
    tree: ast.Module,
    declared: Mapping[str, tuple[int, bool]],
    called: Mapping[ast.AST, int],
    conditions: Conditions,
) -> Iterator[ast.Name]:
    """Reads that import, in source order."""
    stack: list[tuple[ast.AST, frozenset[str]]] = [(tree, frozenset())]
    while stack:
        node, hidden = stack.pop()
        for name in _forced(node):
            if name.id in declared and name.id not in hidden:
                yield name
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if node.id in declared and not declared[node.id][1] and node.id not in hidden:
                yield node
        if isinstance(node, ast.If):
            stack += [(child, hidden) for child in reversed(_taken(node, conditions))]
        elif isinstance(node, _Function):
            stack += [(child, hidden) for child in reversed(_at_definition(node))]
            if node in called:
                inside = hidden | _bound_in(node)
                body = [node.body] if isinstance(node, ast.Lambda) else node.body
                stack += [(child, inside) for child in reversed(body)]
        elif isinstance(node, ast.AnnAssign):
            stack += [(node.value, hidden)] if node.value else []
        else:
            stack += [(child, hidden) for child in reversed(children(node))]


def _taken(node: ast.If, conditions: Conditions) -> list[ast.AST]:
    body, orelse = conditions.branches(node.test)
    return [
        node.test,
        *(node.body if body not in NEVER_AT_IMPORT else ()),
        *(node.orelse if orelse not in NEVER_AT_IMPORT else ()),
    ]


def _at_definition(node: _Function) -> list[ast.AST]:
    arguments = node.args
    defaults = [*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)]
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return [*decorators, *defaults]


def _forced(node: ast.AST) -> list[ast.Name]:
    """The names in `node` that no stand-in can answer for."""
    asked: list[ast.expr] = []
    # np.array, order(), table[0], for x in names
    if isinstance(node, (ast.Attribute, ast.Subscript)):
        asked = [node.value]
    elif isinstance(node, ast.Call):
        is_check = isinstance(node.func, ast.Name) and node.func.id in _CHECKS
        asked = [node.func, *(node.args[1:2] if is_check else ())]
    elif isinstance(node, (ast.For, ast.comprehension)):
        asked = [node.iter]
    elif isinstance(node, ast.BinOp):
        asked = [node.left, node.right]
    # class Cart(Base), @register
    elif isinstance(node, ast.ClassDef):
        asked = [*node.bases, *node.decorator_list]
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        asked = [*node.decorator_list]
    return [each for each in asked if isinstance(each, ast.Name)]


def _bound_in(node: _Function) -> frozenset[str]:
    arguments = {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}
    stored = {
        each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)
    }
    return frozenset(arguments | stored)
