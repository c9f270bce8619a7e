"""Which names a module's own ``__getattr__`` may answer for: one that the top binds, it would not.

In: a file that binds ``__getattr__``. Out: those names, or that it may be any. Python asks
``__getattr__`` only for names that the module lacks (PEP 562).
"""

import ast

from msgspec import Struct

from cycleguard.collect.syntax import parse
from cycleguard.files import decode

_TABLES = (ast.Dict, ast.Set, ast.List, ast.Tuple)


class Answered(Struct, frozen=True):
    """The names that ``__getattr__`` may answer for: `names`, or any."""

    names: frozenset[str] = frozenset()
    is_any: bool = False

    def may_be(self, name: str) -> bool:
        """Whether `name` may be one of them."""
        return self.is_any or name in self.names


def answered(content: bytes) -> Answered:
    """Look at the uses that ``__getattr__`` makes of the name that it is asked for.

    Where it only compares the name, or looks it up in a table of this file, it can answer for what
    stands in the file as a string.
    """
    try:
        tree = parse(decode(content)).tree
    except (SyntaxError, RecursionError):
        return Answered(is_any=True)
    functions = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__"
    ]
    if len(functions) != 1 or not functions[0].args.args:
        return Answered(is_any=True)
    tables = frozenset(
        target.id
        for node in tree.body
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, _TABLES)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    )
    if _hands_on(functions[0], tables):
        return Answered(is_any=True)
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return Answered(frozenset(text for text in texts if isinstance(text, str)))


def _hands_on(function: ast.FunctionDef, tables: frozenset[str]) -> bool:
    """Whether the name goes anywhere but into comparisons, tables and messages."""
    asked = function.args.args[0].arg
    known: set[ast.AST] = set()
    for node in ast.walk(function):
        # raise AttributeError(name), f"no {name}", warnings.warn("no %s" % name)
        if isinstance(node, (ast.Raise, ast.JoinedStr)):
            known.update(ast.walk(node))
        elif isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant):
            known.update(ast.walk(node))
        # name == "a", name in ("a", "b"), name in TABLE
        elif isinstance(node, ast.Compare):
            if all(_is_literal(each, tables) for each in node.comparators):
                known.add(node.left)
        # TABLE[name]
        elif isinstance(node, ast.Subscript) and _is_literal(node.value, tables):
            known.add(node.slice)
        # TABLE.get(name)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("get", "pop") and _is_literal(node.func.value, tables):
                known.update(node.args)
    return any(
        isinstance(node, ast.Name) and node.id == asked and node not in known
        for statement in function.body
        for node in ast.walk(statement)
    )


def _is_literal(node: ast.expr, tables: frozenset[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in tables
    return isinstance(node, (ast.Constant, *_TABLES))
