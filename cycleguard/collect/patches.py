"""Names that a test replaces in place: ``mock.patch("a.b")``, ``monkeypatch.setattr(a, "b", ...)``.

A function that imports such a name late sees the replacement; once hoisted it would not. A whole
module that is replaced in ``sys.modules`` is the name ``sys.modules.a.b``.
"""

import ast
import re
from collections.abc import Iterator

_PATCH = re.compile(r"\b(monkey)?patch")
_PATCHERS = ("patch", "setattr", "setitem", "delitem", "object", "multiple")
_MODULES = "sys.modules"


def may_patch(text: str) -> bool:
    """Whether a file's text mentions any way to replace a name in place."""
    return "patch" in text and _PATCH.search(text) is not None


def patched_names(tree: ast.Module) -> tuple[str, ...]:
    """Dotted names that calls in this file replace, sorted; through aliases where imported."""
    aliases: dict[str, str] = {}
    calls: list[ast.Call] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases.update({a.asname or a.name: a.name for a in node.names})
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            aliases.update({a.asname or a.name: f"{node.module}.{a.name}" for a in node.names})
        elif isinstance(node, ast.Call) and _is_patcher(node.func):
            calls.append(node)
    return tuple(sorted({name for call in calls for name in _patched(call, aliases)}))


def _is_patcher(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else None
    name = function.id if isinstance(function, ast.Name) else name
    return name in _PATCHERS or _is_patch_dict(function)


def _is_patch_dict(function: ast.expr) -> bool:
    return _dotted(function).endswith("patch.dict")


def _patched(call: ast.Call, aliases: dict[str, str]) -> Iterator[str]:
    if _is_patch_dict(call.func):
        yield from _replaced_modules(call, aliases)
        return
    texts = [a.value if isinstance(a, ast.Constant) else None for a in call.args[:2]]
    # patch("a.b.c")
    if texts and isinstance(texts[0], str) and "." in texts[0]:
        yield texts[0]
    # monkeypatch.setattr(a.b, "c", ...), patch.object(a.b, "c")
    elif len(texts) == 2 and isinstance(texts[1], str):
        base = _dotted(call.args[0])
        head, _, rest = base.partition(".")
        known = aliases.get(base) or aliases.get(head)
        if known:
            tail = "" if base in aliases or not rest else f".{rest}"
            yield f"{known}{tail}.{texts[1]}"


def _replaced_modules(call: ast.Call, aliases: dict[str, str]) -> Iterator[str]:
    """``patch.dict("sys.modules", {"a.b": fake}, c=fake)``."""
    if not call.args:
        return
    first = call.args[0]
    named = first.value if isinstance(first, ast.Constant) else _dotted(first)
    # from sys import modules
    if named != _MODULES and aliases.get(str(named)) != _MODULES:
        return
    for argument in call.args[1:2]:
        for key in argument.keys if isinstance(argument, ast.Dict) else ():
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield f"{_MODULES}.{key.value}"
    for keyword in call.keywords:
        if keyword.arg not in (None, "clear", "values"):
            yield f"{_MODULES}.{keyword.arg}"


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
