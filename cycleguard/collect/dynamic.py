"""Recognise calls that import: ``import_module``, ``__import__``, ``lazy_loader``, ``exec``.

In: one call node and the file's names for those functions. Out: what it imports, as far as the
source says so; a computed name is reported as computed, never guessed.
"""

import ast
import importlib.util
import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from cycleguard.collect.expressions import is_text
from cycleguard.collect.runtime_names import RUNTIME, dotted, is_package_name, is_runtime
from cycleguard.model.imports import Alias, Form

_IMPORTS_IN_TEXT = re.compile(r"(^|[\n;:])\s*(import|from)\s+[\w.]+|__import__|import_module")
# What gives back the code that it is given.
_TEXT_FUNCTIONS = frozenset({"compile", "dedent", "cleandoc"})
_FORMS = {
    ("importlib", "import_module"): Form.IMPORT_MODULE,
    ("importlib", "__import__"): Form.DUNDER_IMPORT,
    ("builtins", "__import__"): Form.DUNDER_IMPORT,
    ("builtins", "exec"): Form.CODE_STRING,
    ("builtins", "eval"): Form.CODE_STRING,
    ("lazy_loader", "attach"): Form.ATTACH,
    ("lazy_loader", "attach_stub"): Form.ATTACH,
    ("lazy_loader", "load"): Form.LOAD,
    (RUNTIME, "attach"): Form.ATTACH,
    (RUNTIME, "lazy_module"): Form.LAZY_MODULE,
    (RUNTIME, "lazy_attribute"): Form.LAZY_ATTRIBUTE,
}


class DynamicCall(Struct, frozen=True):
    """What a call imports; `module` None and no names where that is computed."""

    form: Form
    module: str | None = None
    level: int = 0
    names: tuple[Alias, ...] = ()


class CallReader:
    """Reads calls of one module; `learn` its imports first, in source order."""

    def __init__(
        self, module: str, is_package: bool, loaders: frozenset[str] = frozenset()
    ) -> None:
        self._package = module if is_package else module.rpartition(".")[0]
        self._module = module
        self._functions = {"__import__": Form.DUNDER_IMPORT, "exec": Form.CODE_STRING}
        self._functions["eval"] = Form.CODE_STRING
        self._functions.update(dict.fromkeys(loaders, Form.LAZY_LOADER))
        self._modules: dict[str, str] = {}

    def learn(self, node: ast.Import | ast.ImportFrom) -> None:
        """Note under which names the file knows importing functions."""
        for alias in node.names:
            # import importlib as il, import importlib.util
            if isinstance(node, ast.Import):
                top = alias.name.partition(".")[0]
                if top in ("importlib", "lazy_loader", "builtins"):
                    self._modules[alias.asname or top] = alias.name if alias.asname else top
                # import cycleguard.runtime as rt
                if is_runtime(alias.name):
                    self._modules[alias.asname or alias.name] = RUNTIME
                continue
            base = RUNTIME if is_runtime(node.module) else node.module or ""
            # from importlib import import_module as load
            if (form := _FORMS.get((base, alias.name))) is not None:
                self._functions[alias.asname or alias.name] = form
            # from cycleguard import runtime
            elif is_package_name(base, alias.name):
                self._modules[alias.asname or alias.name] = RUNTIME

    def read(self, node: ast.Call) -> DynamicCall | None:
        """What `node` imports; None if it is another kind of call."""
        form = self._called(node.func)
        if form is Form.CODE_STRING:
            text = _code_text(node.args[0]) if node.args else ""
            return DynamicCall(form) if _IMPORTS_IN_TEXT.search(text) else None
        if form is Form.ATTACH:
            return self._attach(node)
        if form in (Form.LOAD, Form.LAZY_MODULE, Form.LAZY_LOADER):
            called = {Form.LOAD: "fullname", Form.LAZY_MODULE: "name"}.get(form, "")
            return DynamicCall(form, self._fold(_argument(node, 0, called)))
        if form is Form.LAZY_ATTRIBUTE:
            return self._lazy_attribute(node)
        if form is Form.IMPORT_MODULE:
            return self._import_module(node)
        return self._dunder_import(node) if form is Form.DUNDER_IMPORT else None

    def _called(self, function: ast.expr) -> Form | None:
        if isinstance(function, ast.Name):
            return self._functions.get(function.id)
        if isinstance(function, ast.Attribute):
            return _FORMS.get((self._modules.get(dotted(function.value), ""), function.attr))
        return None

    def _lazy_attribute(self, node: ast.Call) -> DynamicCall:
        # lazy_attribute("shop.cart:Cart")
        module, _, name = (self._fold(_argument(node, 0, "target")) or "").partition(":")
        names = (Alias(name),) if name else ()
        return DynamicCall(Form.LAZY_ATTRIBUTE, module if names else None, names=names)

    def _attach(self, node: ast.Call) -> DynamicCall:
        # attach(__name__, submodules=["a"], submod_attrs={"b": ["f"]})
        package = self._fold(_argument(node, 0, "package_name"))
        names = _attached(node) if package else ()
        return DynamicCall(Form.ATTACH, package if names else None, names=names)

    def _import_module(self, node: ast.Call) -> DynamicCall:
        name = self._fold(_argument(node, 0, "name"))
        if name is None or not name.startswith("."):
            return DynamicCall(Form.IMPORT_MODULE, name)
        given = _argument(node, 1, "package")
        package = self._fold(given)
        if given is not None and package is None:
            return DynamicCall(Form.IMPORT_MODULE)
        try:
            return DynamicCall(Form.IMPORT_MODULE, importlib.util.resolve_name(name, package))
        except ImportError:
            return DynamicCall(Form.IMPORT_MODULE, name)

    def _dunder_import(self, node: ast.Call) -> DynamicCall:
        name = self._fold(_argument(node, 0, "name"))
        level = _argument(node, 4, "level") or ast.Constant(0)
        if name is None or not isinstance(level, ast.Constant) or not isinstance(level.value, int):
            return DynamicCall(Form.DUNDER_IMPORT)
        names = tuple(Alias(text) for text in _literals(_argument(node, 3, "fromlist")) if text)
        return DynamicCall(Form.DUNDER_IMPORT, name, level.value, names)

    def _fold(self, node: ast.expr | None) -> str | None:
        """The string that `node` always evaluates to in this module."""
        parts = [self._known(leaf) for leaf in _leaves(node)] if node else [None]
        return None if None in parts else "".join(part for part in parts if part)

    def _known(self, leaf: ast.expr) -> str | None:
        # "a.b"
        if isinstance(leaf, ast.Constant):
            return leaf.value if isinstance(leaf.value, str) and is_text(leaf.value) else None
        # __name__, __package__
        if isinstance(leaf, ast.Name):
            return {"__name__": self._module, "__package__": self._package}.get(leaf.id)
        # __spec__.parent
        if isinstance(leaf, ast.Attribute) and isinstance(leaf.value, ast.Name):
            name = f"{leaf.value.id}.{leaf.attr}"
            return {"__spec__.name": self._module, "__spec__.parent": self._package}.get(name)
        return None


def _leaves(node: ast.expr) -> Iterator[ast.expr]:
    """What `node` strings together, in order. Long sums nest: no recursion."""
    stack = [node]
    while stack:
        current = stack.pop()
        # "a" + ".b"
        if isinstance(current, ast.BinOp) and isinstance(current.op, ast.Add):
            stack += [current.right, current.left]
        # f"{__name__}.b"
        elif isinstance(current, ast.JoinedStr):
            stack += reversed(current.values)
        elif isinstance(current, ast.FormattedValue) and _is_plain(current):
            stack.append(current.value)
        else:
            yield current


def _is_plain(field: ast.FormattedValue) -> bool:
    return field.conversion == -1 and field.format_spec is None


def _argument(node: ast.Call, position: int, name: str) -> ast.expr | None:
    if len(node.args) > position:
        return node.args[position]
    return next((keyword.value for keyword in node.keywords if keyword.arg == name), None)


def _attached(node: ast.Call) -> tuple[Alias, ...]:
    submodules = _literals(_argument(node, 1, "submodules"))
    attributes = _argument(node, 2, "submod_attrs")
    owners = _strings(attributes.keys) if isinstance(attributes, ast.Dict) else []
    return tuple(Alias(name) for name in sorted({*submodules, *owners}))


def _literals(node: ast.expr | None) -> list[str]:
    return _strings(node.elts) if isinstance(node, (ast.List, ast.Set, ast.Tuple)) else []


def _strings(nodes: Iterable[ast.expr | None]) -> list[str]:
    values = (node.value for node in nodes if isinstance(node, ast.Constant))
    return [value for value in values if isinstance(value, str)]


def _code_text(node: ast.expr) -> str:
    """The source text that `node` gives, with a name in place of what is computed."""
    # compile("import a", "<string>", "exec"), textwrap.dedent("import a")
    while isinstance(node, ast.Call) and node.args and _called_name(node) in _TEXT_FUNCTIONS:
        node = node.args[0]
    parts = (leaf.value if isinstance(leaf, ast.Constant) else None for leaf in _leaves(node))
    return "".join(part if isinstance(part, str) else "x" for part in parts)


def _called_name(node: ast.Call) -> str | None:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else None
    return function.id if isinstance(function, ast.Name) else name
