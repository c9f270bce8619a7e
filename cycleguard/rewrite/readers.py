"""Who may read annotations while the program runs: decorators of functions, makers of classes.

In: a definition and the scope of its module. Out: whether what is known of it leaves annotations
alone, or takes them as text. What is not known may evaluate them.
"""

import ast
import re
from collections.abc import Iterator

from cycleguard.rewrite.scopes import FunctionNode, Scope

_RESOLVING = re.compile(
    rb"\b(?:get_type_hints|get_annotations|__annotations__|eval_str|resolve_types"
    rb"|beartype_\w+|install_import_hook)\b"
)
# Decorators of functions that do not look at annotations.
_OF_FUNCTIONS = frozenset(
    (
        "builtins.classmethod", "builtins.property", "builtins.staticmethod",
        "abc.abstractmethod", "abc.abstractproperty", "abc.abstractclassmethod",
        "abc.abstractstaticmethod", "asyncio.coroutine", "atexit.register",
        "contextlib.asynccontextmanager", "contextlib.contextmanager",
        "functools.cache", "functools.cached_property", "functools.lru_cache",
        "functools.wraps", "types.coroutine", "types.DynamicClassAttribute",
        "typing.final", "typing.no_type_check", "typing.overload", "typing.override",
        "warnings.deprecated",
    )
)  # fmt: skip
# What takes the annotations of a class as they are; a string says whether it is a ClassVar.
_OF_CLASSES = frozenset(
    (
        "dataclasses.dataclass", "enum.unique", "functools.total_ordering", "typing.final",
        "typing.runtime_checkable", "warnings.deprecated",
    )
)  # fmt: skip
_ATTRS = frozenset(("attr", "attrs"))
_BASES = frozenset(("abc", "builtins", "collections", "enum", "typing"))
_PROPERTY_PARTS = frozenset(("getter", "setter", "deleter"))


def resolves_annotations(content: bytes) -> bool:
    """Whether a file has code that reads annotations as what they stand for."""
    return _RESOLVING.search(content) is not None


class Readers:
    """What the decorators and base classes of one file are.

    Args:
        root: the scope of its module.
    """

    def __init__(self, root: Scope) -> None:
        self._root = root
        self._plain: dict[ast.AST, bool] = {}

    def of_function(self, node: FunctionNode) -> bool:
        """Whether a decorator may read the annotations of a function."""
        return not all(map(self._is_harmless, node.decorator_list))

    def of_class(self, node: ast.ClassDef) -> bool:
        """Whether a decorator, a base or a metaclass may read those of a class."""
        if node not in self._plain:
            # A class that is its own base does not run.
            self._plain[node] = False
            is_plain = not node.keywords and all(map(self._makes_plain, node.decorator_list))
            self._plain[node] = is_plain and all(map(self._is_plain_base, node.bases))
        return not self._plain[node]

    def _is_harmless(self, decorator: ast.expr) -> bool:
        # @functools.lru_cache(maxsize=1)
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        # @total.setter
        if isinstance(called, ast.Attribute) and called.attr in _PROPERTY_PARTS:
            return isinstance(called.value, ast.Name)
        return any(name in _OF_FUNCTIONS for name in self._names(called))

    def _makes_plain(self, decorator: ast.expr) -> bool:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        names = list(self._names(called))
        return any(n in _OF_CLASSES or n.partition(".")[0] in _ATTRS for n in names)

    def _is_plain_base(self, base: ast.expr) -> bool:
        # class Box(Generic[T]):
        named = base.value if isinstance(base, ast.Subscript) else base
        if isinstance(named, ast.Name):
            bound = self._root.bindings.get(named.id, [])
            if len(bound) == 1 and isinstance(bound[0], ast.ClassDef):
                return not self.of_class(bound[0])
        return any(name.rpartition(".")[0] in _BASES for name in self._names(named))

    def _names(self, node: ast.expr) -> Iterator[str]:
        """The full names that an expression may stand for, by the imports of the module."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            for binding in self._root.bindings.get(node.value.id, []):
                if isinstance(binding, ast.Import):
                    for alias in binding.names:
                        if (alias.asname or alias.name) == node.value.id:
                            yield _known_as(f"{alias.name}.{node.attr}")
                elif isinstance(binding, ast.ImportFrom):
                    return
        if not isinstance(node, ast.Name):
            return
        bound = self._root.bindings.get(node.id, [])
        if not bound and "*" not in self._root.bindings:
            yield f"builtins.{node.id}"
        imports = [each for each in bound if isinstance(each, ast.ImportFrom) and not each.level]
        if len(imports) == len(bound):
            for each in imports:
                for alias in each.names:
                    if (alias.asname or alias.name) == node.id:
                        yield _known_as(f"{each.module}.{alias.name}")


def _known_as(name: str) -> str:
    module, _, last = name.rpartition(".")
    return f"typing.{last}" if module == "typing_extensions" else name
