"""Whether a file goes through its own names as data: what it binds besides would then matter."""

import ast

from cycleguard.collect.syntax import parse
from cycleguard.files import decode

_NAMESPACES = frozenset(("globals", "vars", "dir", "locals"))
_MENTIONS = (b"globals(", b"vars(", b"dir(", b"locals(", b"getmembers")
_TAKES_ALL = frozenset(("items", "values", "keys", "copy"))
_GO_THROUGH = frozenset(("list", "sorted", "set", "dict", "tuple", "filter"))


def looks_at_its_names(content: bytes) -> bool:
    """Whether code at module level goes through ``globals()``, ``dir()`` and the like.

    Looking up or setting a single name is another matter.
    """
    if not any(mention in content for mention in _MENTIONS):
        return False
    try:
        tree = parse(decode(content)).tree
    except (SyntaxError, RecursionError):
        return True
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    return any(_is_whole(node, parents) for node in ast.walk(tree))


def _is_whole(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    if not isinstance(node, ast.Call):
        return False
    # inspect.getmembers(sys.modules[__name__])
    if isinstance(node.func, ast.Attribute) and node.func.attr == "getmembers":
        return "__name__" in {
            n.id for a in node.args for n in ast.walk(a) if isinstance(n, ast.Name)
        }
    if not isinstance(node.func, ast.Name) or node.func.id not in _NAMESPACES or node.args:
        return False
    if node.func.id in ("locals", "vars", "dir") and _is_in_function(node, parents):
        return False
    parent = parents[node]
    # globals().items()
    if isinstance(parent, ast.Attribute):
        return parent.attr in _TAKES_ALL
    # exec(code, globals())
    if isinstance(parent, ast.Call):
        return isinstance(parent.func, ast.Name) and parent.func.id in _GO_THROUGH
    return isinstance(parent, (ast.comprehension, ast.For, ast.AsyncFor, ast.Assign))


def _is_in_function(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    while node in parents:
        node = parents[node]
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            return True
    return False
