"""Who changes a module's names from outside: ``module.name = ...``, ``setattr``, patches of tests.

In: the sources of all modules, the module, its names. Out: each such name with the reason.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from cycleguard.collect.syntax import parse
from cycleguard.files import decode
from cycleguard.model.imports import ModuleFacts


def held_names(
    module: str,
    names: frozenset[str],
    facts: Mapping[str, ModuleFacts],
    read: Callable[[str], bytes],
    near: Iterable[str],
) -> dict[str, str]:
    """The names of `module` that other code sets or replaces.

    Args:
        module: the module.
        names: all its names.
        facts: what is known of every file.
        read: gives the bytes of a module's file.
        near: modules that import `module` or a package above it, and so could set its names.
    """
    held: dict[str, str] = {}
    for other, each in sorted(facts.items()):
        for patched in each.patched:
            owner, _, name = patched.rpartition(".")
            if owner == module and name in names:
                held.setdefault(name, f"{other} replaces {module}.{name}")
    last = module.rpartition(".")[2]
    for other in sorted(set(near)):
        for name in _set_in(other, last, read):
            if name in names:
                held.setdefault(name, f"{other} sets {module}.{name}")
    return held


def _set_in(other: str, last: str, read: Callable[[str], bytes]) -> Iterator[str]:
    try:
        text = decode(read(other))
        if not re.search(rf"\b{re.escape(last)}\.\w+\s*(?:[-+*/|&%^@]|//|\*\*|<<|>>)?=[^=]", text):
            if not re.search(r"\b(?:setattr|delattr)\(|\bas \w+", text):
                return
        tree = parse(text).tree
    except (OSError, SyntaxError, RecursionError):
        return
    known = {last}
    for node in ast.walk(tree):
        # import a.module as m, from a import module as m
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            known |= {
                alias.asname
                for alias in node.names
                if alias.asname and alias.name.rpartition(".")[2] == last
            }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            if _last(node.value) in known:
                yield node.attr
        elif isinstance(node, ast.Call) and _last(node.func) in ("setattr", "delattr"):
            named = node.args[1] if len(node.args) > 1 else None
            if isinstance(named, ast.Constant) and isinstance(named.value, str):
                if _last(node.args[0]) in known:
                    yield named.value


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
