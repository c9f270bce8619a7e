"""What a module exports, as far as its ``__all__`` is made of literals."""

import ast

# The operator, and the names; None for names that are computed.
_Change = tuple[str, list[str] | None]


def literal_exports(tree: ast.Module) -> tuple[str, ...] | None:
    """The names of an ``__all__`` that is made of literals; None if there is none or no other."""
    names: list[str] | None = None
    for node in tree.body:
        change = _change(node)
        if change is None:
            continue
        operation, given = change
        if given is None or (names is None and operation != "="):
            return None
        if operation == "=":
            names = given
        elif operation == "+=":
            names = [*(names or ()), *given]
        else:
            names = [name for name in names or () if name not in given]
    return None if names is None else tuple(names)


def _change(node: ast.stmt) -> _Change | None:
    """What `node` does to ``__all__``: ``=``, ``+=`` or ``-=``, and with which names if literal."""
    # __all__ = ["a"], __all__: list[str] = ["a"]
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if node.value is None:
            return None
        if any(_is_all(target) for target in targets):
            return "=", _literal_names(node.value)
    # __all__: list[str]  (a declaration without a value binds nothing)
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return None
    # __all__ += ["b"]
    if isinstance(node, ast.AugAssign) and _is_all(node.target):
        return "+=", _literal_names(node.value)
    # __all__.append("b")
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return _method_change(node.value)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return None
    return ("=", None) if any(_is_use(part) for part in ast.walk(node)) else None


def _method_change(call: ast.Call) -> _Change | None:
    method = call.func
    if not isinstance(method, ast.Attribute) or not _is_all(method.value):
        return None
    if method.attr in ("sort", "reverse"):
        return None
    if method.attr == "extend" and call.args:
        return "+=", _literal_names(call.args[0])
    given = _literal_names(ast.List(call.args, ast.Load()))
    operation = {"append": "+=", "remove": "-="}.get(method.attr)
    return (operation, given) if operation else ("=", None)


def _is_use(node: ast.AST) -> bool:
    """Whether `node` stores ``__all__`` or asks for a method of it."""
    if isinstance(node, ast.Attribute):
        return _is_all(node.value)
    return isinstance(node, ast.Name) and _is_all(node) and not isinstance(node.ctx, ast.Load)


def _is_all(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "__all__"


def _literal_names(node: ast.expr) -> list[str] | None:
    names: list[str] = []
    pending: list[ast.expr] = [node]
    while pending:
        part = pending.pop()
        # ["a"] + ["b"]
        if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Add):
            pending += [part.right, part.left]
        elif isinstance(part, (ast.List, ast.Tuple, ast.Set)):
            pending += reversed(part.elts)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            names.append(part.value)
        else:
            return None
    return names
