"""PEP 810 without new syntax: a module-level ``__lazy_modules__`` and the imports that it names."""

import ast
from importlib.util import resolve_name

from cycleguard.collect.context import Context
from cycleguard.model.imports import GuardKind
from cycleguard.model.modules import Module

_TRY_BLOCKS = frozenset(
    {
        GuardKind.IMPORT_ERROR,
        GuardKind.BROAD_EXCEPT,
        GuardKind.TRY,
        GuardKind.TRY_ELSE,
        GuardKind.EXCEPT,
        GuardKind.FINALLY,
    }
)


class LazyModules:
    """The names listed so far in one file."""

    def __init__(self, module: Module) -> None:
        self._package = module.name if module.is_package else module.name.rpartition(".")[0]
        self._listed: frozenset[str] = frozenset()

    def learn(self, name: str, value: ast.expr) -> None:
        """Note a module-level assignment of `value` to `name`."""
        if name == "__lazy_modules__":
            strings = (n.value for n in ast.walk(value) if isinstance(n, ast.Constant))
            self._listed = frozenset(text for text in strings if isinstance(text, str))

    def apply_to(self, node: ast.Import | ast.ImportFrom, context: Context) -> bool:
        """Whether the list makes `node` lazy: not in functions, classes, ``try``, nor for ``*``."""
        if not self._listed or context.scope or node.names[0].name == "*":
            return False
        if any(guard.kind in _TRY_BLOCKS for guard in context.guards):
            return False
        return not self._listed.isdisjoint(self._modules(node))

    def _modules(self, node: ast.Import | ast.ImportFrom) -> list[str]:
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        try:
            return [resolve_name("." * node.level + (node.module or ""), self._package)]
        except ImportError:
            return []
