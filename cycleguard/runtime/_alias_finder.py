"""Finds modules under their aliases, for CPython's import system.

The loader gives CPython an empty module to start with and puts the source in its place in
`sys.modules` while it "executes" it. Were the source given at once, CPython would write the spec of
the alias over the one of the source.
"""

import sys

from cycleguard.runtime._imports import find_spec, is_initialising, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
else:
    ModuleSpec = type(__spec__)


class AliasFinder:
    """A meta-path finder with a table from alias to source; tables are replaced, not changed.

    `needed` holds the names that a source must have, by alias; `parents` the packages that exist
    only to hold aliases.
    """

    def __init__(self) -> None:
        self.sources: Mapping[str, str] = {}
        self.needed: Mapping[str, tuple[str, ...]] = {}
        self.parents: frozenset[str] = frozenset()
        self._half_way: dict[str, ModuleType] = {}

    def find_spec(
        self,
        fullname: str,
        path: "Sequence[str] | None" = None,
        target: "ModuleType | None" = None,
    ) -> "ModuleSpec | None":
        """The spec of an alias; None for all other modules, also where the source has none."""
        self._forget_failed()
        if fullname in self.parents:
            return ModuleSpec(fullname, EmptyPackageLoader(), is_package=True)  # type: ignore[arg-type]
        source = translate(fullname, self.sources)
        found = None if source is None else locate(source)
        if source is None or found is None:
            return None
        loader = AliasLoader(source, found, self.needed.get(fullname, ()), self._half_way)
        spec = ModuleSpec(fullname, loader, origin=found.origin)  # type: ignore[arg-type]
        spec.has_location = found.has_location
        spec.submodule_search_locations = found.submodule_search_locations
        return spec

    def _forget_failed(self) -> None:
        """Drop aliases of modules that were half-way when they were asked for, and failed then.

        CPython drops the module itself; whoever imports it again comes by here first.
        """
        for alias, module in self._half_way.copy().items():
            if is_initialising(module):
                continue
            self._half_way.pop(alias, None)
            is_there = sys.modules.get(module.__name__) is module
            if not is_there and sys.modules.get(alias) is module:
                drop_modules(alias, [alias])


def translate(name: str, sources: "Mapping[str, str]") -> "str | None":
    """What `name` stands for, as an alias or as a submodule of one; None if it is neither."""
    alias = name
    while alias:
        if alias in sources:
            return sources[alias] + name[len(alias) :]
        alias = alias.rpartition(".")[0]
    return None


def locate(name: str) -> "ModuleSpec | None":
    """The spec of a module, without importing it; None if there is no such module.

    Its parents are imported if it cannot be found without: they may make it themselves.
    """
    spec = find_spec(name)
    parent = name.rpartition(".")[0]
    if spec is None and parent and name not in sys.modules:
        try:
            load(parent)
        except ImportError:
            return None
        spec = find_spec(name)
    # A module that was put into sys.modules by hand has no spec.
    return ModuleSpec(name, None) if spec is None and sys.modules.get(name) is not None else spec


def drop_modules(target: str, names: "Iterable[str]") -> None:
    """Drop modules from `sys.modules`, and `target` from the package above it."""
    module = sys.modules.get(target)
    parent, _, child = target.rpartition(".")
    above = getattr(sys.modules.get(parent), "__dict__", {})
    if module is not None and above.get(child) is module:
        delattr(sys.modules[parent], child)
    for name in names:
        sys.modules.pop(name, None)


class AliasLoader:
    """Loads the source, and answers for `runpy`, `linecache` and `pkgutil` as its loader does."""

    def __init__(
        self,
        source: str,
        spec: "ModuleSpec",
        needed: "tuple[str, ...]",
        half_way: "dict[str, ModuleType]",
    ) -> None:
        self.source = source
        self._half_way = half_way
        self._spec = spec
        self._needed = needed

    def create_module(self, spec: "ModuleSpec") -> None:
        """Leave it to CPython: a module of its own to start with."""

    def exec_module(self, module: "ModuleType") -> None:
        """Import the source and put it into `sys.modules` under the alias."""
        source = load(self.source)
        if is_initialising(source):
            self._half_way[module.__name__] = source
        missing = [name for name in self._needed if not hasattr(source, name)]
        if missing and not is_initialising(source):
            names = ", ".join(missing)
            message = f"{self.source!r}, for which {module.__name__!r} stands, lacks {names}"
            raise ImportError(message, name=self.source)
        sys.modules[module.__name__] = source

    def get_code(self, fullname: str) -> object:
        """The code of the source, for ``python -m alias``."""
        return self._ask("get_code")

    def get_source(self, fullname: str) -> object:
        """The text of the source."""
        return self._ask("get_source")

    def get_filename(self, fullname: str) -> object:
        """The file of the source."""
        return self._ask("get_filename")

    def is_package(self, fullname: str) -> bool:
        """Tell whether the source is a package."""
        return self._spec.submodule_search_locations is not None

    def _ask(self, what: str) -> object:
        answer = getattr(self._spec.loader, what, None)
        if answer is None:
            raise ImportError(f"the loader of {self.source!r} has no {what}", name=self.source)
        return answer(self.source)


class EmptyPackageLoader:
    """Loads a package that exists only to hold aliases."""

    def create_module(self, spec: "ModuleSpec") -> None:
        """Leave it to CPython."""

    def exec_module(self, module: "ModuleType") -> None:
        """There is nothing in it."""
