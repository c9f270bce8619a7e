"""Who changes a module's names from outside: ``module.name = ...``, ``setattr``, patches of tests.

In: the sources of all modules, the module, its names. Out: each such name with the reason.
"""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from cycleguard.collect.syntax import parse
from cycleguard.files import decode
from cycleguard.model.imports import ModuleFacts

_MAY_SET = re.compile(
    r"\.\w+\s*(?:[-+*/|&%^@]|//|\*\*|<<|>>)?=[^=]|\b(?:setattr|delattr)\(|\bdel\b|\bfor\b"
)


class Meddling(Struct, frozen=True):
    """What one file sets of other objects.

    `sets` are the last word before the dot and the name behind it; `aliases` what ``as`` calls a
    module, and the last part of the module's name.
    """

    sets: frozenset[tuple[str, str]] = frozenset()
    aliases: frozenset[tuple[str, str]] = frozenset()

    def names_of(self, last: str) -> Iterator[str]:
        """The names that are set on something called `last`, or by an alias of that."""
        known = {last, *(alias for alias, name in self.aliases if name == last)}
        return (name for owner, name in sorted(self.sets) if owner in known)


def held_names(
    module: str,
    names: frozenset[str],
    facts: Mapping[str, ModuleFacts],
    meddling: Callable[[str], Meddling],
    near: Iterable[str],
) -> dict[str, str]:
    """The names of `module` that other code sets or replaces.

    Args:
        module: the module.
        names: all its names.
        facts: what is known of every file.
        meddling: gives what another module sets.
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
        for name in meddling(other).names_of(last):
            if name in names:
                held.setdefault(name, f"{other} sets {module}.{name}")
    return held


def meddling_of(content: bytes) -> Meddling:
    """Read what a file sets; nothing where it cannot be read."""
    try:
        text = decode(content)
        if not _MAY_SET.search(text):
            return Meddling()
        tree = parse(text).tree
    except (SyntaxError, RecursionError):
        return Meddling()
    sets: set[tuple[str, str]] = set()
    aliases: set[tuple[str, str]] = set()
    for node in ast.walk(tree):
        # import a.module as m, from a import module as m
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            aliases |= {(a.asname, a.name.rpartition(".")[2]) for a in node.names if a.asname}
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            sets.add((_last(node.value), node.attr))
        elif isinstance(node, ast.Call) and _last(node.func) in ("setattr", "delattr"):
            named = node.args[1] if len(node.args) > 1 else None
            if isinstance(named, ast.Constant) and isinstance(named.value, str):
                sets.add((_last(node.args[0]), named.value))
    return Meddling(frozenset(sets), frozenset(aliases))


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
