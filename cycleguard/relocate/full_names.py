"""A class that is raised keeps its full name when it moves: tracebacks and pickles show it.

In: the text of a class statement. Out: the same with ``__module__`` set in its body.

Source: https://docs.python.org/3/reference/datamodel.html#type.__module__, which may be assigned.
"""

import ast

from cycleguard.collect.syntax import parse

_NAME = "__module__"


def named_as_before(text: str, module: str) -> str:
    """The class as one of `module`; as it is where it says itself what module it is of.

    Raises:
        SyntaxError: it is no Python.
    """
    classes = [node for node in parse(text).tree.body if isinstance(node, ast.ClassDef)]
    if not classes or any(_sets_name(part) for part in classes[0].body):
        return text
    lines, body = text.split("\n"), classes[0].body
    line = f'{_NAME} = "{module}"'
    first = body[0]
    above = lines[first.lineno - 1].encode()[: first.col_offset].decode()
    if above.strip():
        # class ShopError(Exception): pass
        rest = lines[first.lineno - 1][len(above) :]
        inner = [rest, line] if _is_text(first) else [line] if _is_empty(first) else [line, rest]
        lines[first.lineno - 1 : first.lineno] = [above.rstrip(), *(f"    {one}" for one in inner)]
    elif _is_text(first):
        below = [""] if len(body) > 1 and lines[first.end_lineno or first.lineno].strip() else []
        lines[first.end_lineno : first.end_lineno] = ["", above + line, *below]
    elif _is_empty(first) and len(body) == 1:
        lines[first.lineno - 1] = (
            above + line + lines[first.lineno - 1][first.end_col_offset or 0 :]
        )
    else:
        start = min([first.lineno, *(d.lineno for d in getattr(first, "decorator_list", ()))])
        lines[start - 1 : start - 1] = [above + line, ""]
    return "\n".join(lines)


def _sets_name(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == _NAME for target in node.targets
    )


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_empty(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return node.value.value is ...
    return isinstance(node, ast.Pass)
