"""Lazy attributes of a package, by the module ``__getattr__`` of PEP 562.

What has been used is bound in the package like any other name. When nothing is left the package's
``__getattr__`` goes too: CPython reads every attribute of a module that has one slowly.
"""

import sys

from cycleguard.runtime._declared import Declaration, declare, forget
from cycleguard.runtime._imports import is_initialising

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType


def attach(
    package_name: str,
    submodules: "Iterable[str]" = (),
    submod_attrs: "Mapping[str, Iterable[str]] | None" = None,
) -> "tuple[Callable[[str], object], Callable[[], list[str]], list[str]]":
    """Make submodules, and attributes of submodules, lazy attributes of a package.

    For the ``__init__.py`` of a package, with the arguments of `lazy_loader.attach`::

        __getattr__, __dir__, __all__ = attach(__name__, ["io"], {"shapes": ["Circle"]})

    Type checkers follow the same imports under ``if TYPE_CHECKING``. A function stays what it is
    when there is a submodule of the same name.

    Raises:
        LazyImportError: by the first use of a name that cannot be imported.
        AttributeError: by the use of any other name.
    """
    package = _Attached(sys.modules[package_name], sys._getframe(1).f_globals)
    for name in submodules or ():
        package.add(name, Declaration(f"{package_name}.{name}", None, package.names))
    for submodule, attributes in (submod_attrs or {}).items():
        for name in attributes:
            declaration = Declaration(f"{package_name}.{submodule}", name, package.names)
            package.add(name, declaration)
    package.guard()
    return package.get_attribute, package.list_attributes, sorted(package.offered)


class _Attached:
    """The lazy names of one package."""

    def __init__(self, module: "ModuleType", names: "dict[str, object]") -> None:
        self.module = module
        self.kind = type(module)
        self.names = names
        self.pending: dict[str, Declaration] = {}
        self.offered: list[str] = []
        # Bound once, so that it can be found in the package again.
        self.get_attribute = self._get_attribute

    def add(self, name: str, declaration: Declaration) -> None:
        self.pending[name] = declaration
        self.offered.append(name)
        declaration.settle = lambda: self._get_attribute(name)
        declare(declaration)

    def _get_attribute(self, name: str) -> object:
        declaration = self.pending.get(name)
        if declaration is None:
            # Another thread may have resolved it since CPython looked.
            if name in self.offered and name in self.names:
                return self.names[name]
            raise AttributeError(f"module {self.module.__name__!r} has no attribute {name!r}")
        value = declaration.resolve()
        if not is_initialising(value):
            self.names[name] = value
            self.pending.pop(name, None)
            forget(declaration)
            self._tidy_up()
        return value

    def _tidy_up(self) -> None:
        if not self.pending and self.names.get("__getattr__") is self.get_attribute:
            self.names.pop("__getattr__", None)
        if isinstance(self.module, _Guarded) and not self.covered():
            self.module.__class__ = self.kind  # type: ignore[assignment]

    def list_attributes(self) -> "list[str]":
        return sorted({*self.names, *self.offered})

    def covered(self) -> "list[str]":
        """Pending names that are the name of the submodule they come from, too."""
        own = f"{self.module.__name__}."
        return [n for n, d in self.pending.items() if d.attribute and d.module == own + n]

    def guard(self) -> None:
        """Keep the import of a submodule from being bound over the attribute of that name."""
        names = self.covered()
        if not names:
            return

        class Guarded(_Guarded, self.kind):  # type: ignore[misc, name-defined]
            _covered = frozenset(names)

        self.module.__class__ = Guarded


class _Guarded:
    """The class of a package while submodules may not be bound over its lazy attributes."""

    __slots__ = ()
    _covered: "frozenset[str]"

    def __setattr__(self, name: str, value: object) -> None:
        is_submodule = value is sys.modules.get(f"{self.__name__}.{name}")  # type: ignore[attr-defined]
        if not (name in self._covered and is_submodule):
            super().__setattr__(name, value)
