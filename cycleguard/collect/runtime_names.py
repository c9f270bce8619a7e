"""Under which names a file knows the functions of `cycleguard.runtime`, and those of its originals.

In: the file's imports. Out: for an expression, the public name of the runtime that it stands for.
"""

import ast

RUNTIME = "cycleguard.runtime"
# `cycleguard vendor` writes the runtime under this name.
VENDORED = "_cycleguard"
# Names that nobody else uses: their originals stand in packages of any name.
_ANYWHERE = frozenset(
    (
        "bootstrap_default_aliases", "inject_module_alias", "inject_module_aliases_batch",
        "plugin_implementation", "plugin_method",
    )
)  # fmt: skip
# What Megatron-LM-FL calls them by now.
_RENAMED = {"overridable": "plugin_method", "override": "plugin_implementation"}


def is_runtime(module: str | None) -> bool:
    """Whether a module, as an import names it, is the runtime or a copy of it."""
    name = module or ""
    return name == RUNTIME or name.startswith(f"{RUNTIME}.") or _last(name) == VENDORED


def is_package_name(module: str | None, name: str) -> bool:
    """Whether ``from module import name`` binds the runtime itself."""
    whole = f"{module or ''}.{name}"
    return whole == RUNTIME or name == VENDORED


def canonical(module: str | None, name: str) -> str | None:
    """The runtime's name for `name` of `module`; None if it is something else."""
    if is_runtime(module) or name in _ANYWHERE:
        return name
    return _RENAMED.get(name) if _last(module or "") == "decorators" else None


class RuntimeNames:
    """The names of one file; `learn` its imports first."""

    def __init__(self) -> None:
        self._functions: dict[str, str] = {}
        self._modules: dict[str, str] = {}
        self._foreign: set[str] = set()

    def learn(self, node: ast.Import | ast.ImportFrom) -> None:
        """Note what one import binds."""
        for alias in node.names:
            bound = alias.asname or alias.name
            # import cycleguard.runtime as rt, import cycleguard.runtime
            if isinstance(node, ast.Import):
                if is_runtime(alias.name):
                    self._modules[bound] = RUNTIME
                continue
            base = node.module or ""
            # from cycleguard import runtime, from . import _cycleguard
            if is_package_name(base, alias.name):
                self._modules[bound] = RUNTIME
            # from cycleguard.runtime import lazy_module as later
            elif name := canonical(base, alias.name):
                self._functions[bound] = name
                if not is_runtime(base):
                    self._foreign.add(bound)

    def meaning(self, node: ast.expr) -> str | None:
        """The public name of the runtime that an expression stands for."""
        if isinstance(node, ast.Name):
            return self._functions.get(node.id)
        if isinstance(node, ast.Attribute) and self._modules.get(dotted(node.value)):
            return node.attr
        return None

    def is_original(self, node: ast.expr) -> bool:
        """Whether what `node` stands for comes from one of the originals, not from the runtime."""
        return isinstance(node, ast.Name) and node.id in self._foreign

    def __bool__(self) -> bool:
        return bool(self._functions or self._modules)


def dotted(node: ast.expr) -> str:
    """``a.b.c`` as text; empty for any other expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _last(module: str) -> str:
    return module.rpartition(".")[2]
