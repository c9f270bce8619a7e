"""Where a file makes plain statements lazy: ``with lazy():``, and functions around LazyLoader.

In: a syntax tree. Out: places and names; nothing is decided here.
"""

import ast
from collections.abc import Iterable, Iterator

from cycleguard.collect.nodes import blocks
from cycleguard.collect.runtime_names import RuntimeNames


def shim_starts(tree: ast.Module) -> frozenset[tuple[int, int]]:
    """Line and column of each import in a ``with lazy():`` block at module level.

    Source: `cycleguard.runtime.lazy`, which refuses functions and classes.
    """
    names = RuntimeNames()
    for node in _at_module_level(tree.body):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names.learn(node)
    return frozenset(
        (each.lineno, each.col_offset)
        for node in _at_module_level(tree.body)
        if isinstance(node, ast.With) and any(_is_lazy(item, names) for item in node.items)
        for each in node.body
        if isinstance(each, (ast.Import, ast.ImportFrom))
    )


def loader_functions(tree: ast.Module) -> frozenset[str]:
    """Functions of the file that go through ``importlib.util.LazyLoader``: calls of them are lazy.

    The recipe of the documentation of importlib: the name of the module is the first argument.
    """
    return frozenset(
        node.name
        for node in _at_module_level(tree.body)
        if isinstance(node, ast.FunctionDef)
        and node.args.args
        and any(map(_is_loader, _calls(node)))
    )


def _is_lazy(item: ast.withitem, names: RuntimeNames) -> bool:
    # with lazy():
    call = item.context_expr
    return isinstance(call, ast.Call) and names.meaning(call.func) == "lazy"


def _is_loader(call: ast.Call) -> bool:
    # importlib.util.LazyLoader(spec.loader), LazyLoader.factory(SourceFileLoader)
    function = call.func
    if isinstance(function, ast.Attribute) and function.attr == "factory":
        function = function.value
    name = function.attr if isinstance(function, ast.Attribute) else None
    return "LazyLoader" in (name, getattr(function, "id", None))


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))


def _at_module_level(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements, and those in their blocks, but not in functions and classes."""
    for node in statements:
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from _at_module_level(blocks(node))
