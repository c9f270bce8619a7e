"""Recognise calls that import: ``import_module``, ``__import__``, ``lazy_loader.attach``, ``exec``.

In: one call node and the file's names for those functions. Out: what it imports, as far as the
source says so; a computed name is reported as computed, never guessed.
"""

import ast
import importlib.util
import re

from msgspec import Struct

from cycleguard.collect.expressions import is_text
from cycleguard.model.imports import Alias, Form

_IMPORTS_IN_TEXT = re.compile(r"(^|[\n;:])\s*(import|from)\s+[\w.]+|__import__|import_module")


class DynamicCall(Struct, frozen=True):
    """What a call imports; `module` None and no names where that is computed."""

    form: Form
    module: str | None = None
    level: int = 0
    names: tuple[Alias, ...] = ()


class CallReader:
    """Reads calls of one module; `learn` its imports first, in source order."""

    def __init__(self, module: str, is_package: bool) -> None:
        self._package = module if is_package else module.rpartition(".")[0]
        self._module = module
        self._functions = {"__import__": Form.DUNDER_IMPORT, "exec": Form.CODE_STRING}
        self._functions["eval"] = Form.CODE_STRING
        self._modules: dict[str, str] = {}

    def learn(self, node: ast.Import | ast.ImportFrom) -> None:
        """Note under which names the file knows importing functions."""
        for alias in node.names:
            name = alias.asname or alias.name
            # import importlib as il
            if isinstance(node, ast.Import):
                if alias.name in ("importlib", "lazy_loader", "builtins"):
                    self._modules[name] = alias.name
            # from importlib import import_module as load
            elif (form := _form(node.module or "", alias.name)) is not None:
                self._functions[name] = form

    def read(self, node: ast.Call) -> DynamicCall | None:
        """What `node` imports; None if it is another kind of call."""
        form = self._called(node.func)
        if form is Form.CODE_STRING:
            text = "".join(_constant_texts(node.args[0])) if node.args else ""
            return DynamicCall(form) if _IMPORTS_IN_TEXT.search(text) else None
        if form is Form.ATTACH:
            return DynamicCall(form, level=1, names=_attached(node))
        if form is Form.IMPORT_MODULE:
            return self._import_module(node)
        return self._dunder_import(node) if form is Form.DUNDER_IMPORT else None

    def _called(self, function: ast.expr) -> Form | None:
        if isinstance(function, ast.Name):
            return self._functions.get(function.id)
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            return _form(self._modules.get(function.value.id, ""), function.attr)
        return None

    def _import_module(self, node: ast.Call) -> DynamicCall:
        name = self._fold(_argument(node, 0, "name"))
        if name is None or not name.startswith("."):
            return DynamicCall(Form.IMPORT_MODULE, module=name)
        package = self._fold(_argument(node, 1, "package"))
        if not package:
            return DynamicCall(Form.IMPORT_MODULE)
        try:
            return DynamicCall(Form.IMPORT_MODULE, importlib.util.resolve_name(name, package))
        except ImportError:
            return DynamicCall(Form.IMPORT_MODULE, module=name)

    def _dunder_import(self, node: ast.Call) -> DynamicCall:
        name = self._fold(_argument(node, 0, "name"))
        level = _argument(node, 4, "level")
        if level is None:
            return DynamicCall(Form.DUNDER_IMPORT, module=name)
        if not isinstance(level, ast.Constant) or not isinstance(level.value, int):
            return DynamicCall(Form.DUNDER_IMPORT)
        return DynamicCall(Form.DUNDER_IMPORT, module=name, level=level.value)

    def _fold(self, node: ast.expr | None) -> str | None:
        """The string that `node` always evaluates to in this module."""
        # "a.b"
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) and is_text(node.value) else None
        # __name__, __package__
        if isinstance(node, ast.Name):
            return {"__name__": self._module, "__package__": self._package}.get(node.id)
        # "a" + ".b"
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self._fold(node.left), self._fold(node.right)
            return None if left is None or right is None else left + right
        # f"{__name__}.b"
        if isinstance(node, ast.JoinedStr):
            parts = [self._fold(part) for part in node.values]
            return None if None in parts else "".join(part for part in parts if part)
        if isinstance(node, ast.FormattedValue) and node.conversion == -1 and not node.format_spec:
            return self._fold(node.value)
        return None


def _form(module: str, function: str) -> Form | None:
    if (module, function) == ("importlib", "import_module"):
        return Form.IMPORT_MODULE
    if function == "__import__" and module in ("builtins", "importlib"):
        return Form.DUNDER_IMPORT
    if module == "lazy_loader" and function in ("attach", "attach_stub"):
        return Form.ATTACH
    return None


def _argument(node: ast.Call, position: int, name: str) -> ast.expr | None:
    if len(node.args) > position:
        return node.args[position]
    return next((keyword.value for keyword in node.keywords if keyword.arg == name), None)


def _attached(node: ast.Call) -> tuple[Alias, ...]:
    # attach(__name__, submodules=["a"], submod_attrs={"b": ["f"]})
    submodules = _argument(node, 1, "submodules")
    attributes = _argument(node, 2, "submod_attrs")
    elements = submodules.elts if isinstance(submodules, (ast.List, ast.Set, ast.Tuple)) else []
    keys = attributes.keys if isinstance(attributes, ast.Dict) else []
    literals = {
        item.value
        for item in (*elements, *keys)
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    }
    return tuple(Alias(name) for name in sorted(literals))


def _constant_texts(node: ast.expr) -> list[str]:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return [
        part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "x"
        for part in parts
    ]
