"""One module under two names: what is imported under the alias is the module itself.

::

    inject_module_alias(
        source_module_name="verl_npu.workers.hybrid", target_module_name="verl.workers.hybrid"
    )
    import verl.workers.hybrid  # imports verl_npu.workers.hybrid, and is it

The source is not imported before somebody imports the alias. Its submodules are found below the
alias too, and are the same modules.
"""

import sys
from _thread import RLock

from cycleguard.runtime._alias_finder import AliasFinder, drop_modules, locate, translate
from cycleguard.runtime._imports import find_spec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import ModuleType


class AliasError(RuntimeError):
    """An alias cannot be injected, or is none; nothing has changed."""


def inject_module_alias(
    source_module_name: str,
    target_module_name: str,
    export_symbols: "Iterable[str] | None" = None,
    *,
    shadow: bool = False,
    create_parents: bool = False,
) -> bool:
    """Let `target_module_name` stand for the module `source_module_name`; true when it does.

    Args:
        source_module_name: the module that is to be had; it must exist.
        target_module_name: its other name; the package above it must exist.
        export_symbols: names that the source must have, checked when it is imported.
        shadow: hide a module that has the name already, until the alias is removed.
        create_parents: make the packages above the alias, empty, if there are none.

    Raises:
        AliasError: there is no such source or parent, the name is taken, or stands for another
            source, or the source is, or lies below, the alias itself.
    """
    needed = tuple(export_symbols or ())
    _aliases.add([(source_module_name, target_module_name)], needed, shadow, create_parents)
    return True


def inject_module_aliases_batch(
    pairs: "Iterable[tuple[str, str]]", *, shadow: bool = False, create_parents: bool = False
) -> None:
    """Inject the pairs of source and target, all or none; a pair may build on those before it.

    Raises:
        AliasError: one of the pairs cannot be injected, so none is.
    """
    _aliases.add(list(pairs), (), shadow, create_parents)


def bootstrap_default_aliases(pairs: "Iterable[tuple[str, str]] | None" = None) -> None:
    """Inject what the calling module lists in its ``DEFAULT_ALIASES``, or `pairs`, all or none.

    For the ``__init__.py`` of a package, above the imports that need the aliases::

        DEFAULT_ALIASES = [("verl_npu.workers.hybrid", "verl.workers.hybrid")]
        bootstrap_default_aliases()

    Raises:
        AliasError: there is no such list, or one of the pairs cannot be injected.
    """
    if pairs is None:
        names = sys._getframe(1).f_globals
        if "DEFAULT_ALIASES" not in names:
            raise AliasError(f"{names.get('__name__')} has no DEFAULT_ALIASES")
        pairs = names["DEFAULT_ALIASES"]
    inject_module_aliases_batch(pairs)


def remove_alias(target_module_name: str) -> None:
    """Take an alias back, with what was imported under it; a hidden module comes back.

    References to the source stay good.

    Raises:
        AliasError: it is no alias.
    """
    _aliases.remove(target_module_name)


class _Aliases:
    """The table of aliases, and what has to be put back when one is removed.

    The lock is not held while anything is looked for, because that may import.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._finder = AliasFinder()
        self._hidden: dict[str, dict[str, ModuleType]] = {}

    def add(
        self,
        pairs: "list[tuple[str, str]]",
        needed: "tuple[str, ...]",
        shadow: bool,
        create_parents: bool,
    ) -> None:
        while True:
            before = self._finder.sources
            sources = dict(before)
            parents: set[str] = set(self._finder.parents)
            problem = None
            for source, target in pairs:
                problem = _problem(source, target, sources, parents, shadow, create_parents)
                if problem:
                    break
                sources[target] = source
            with self._lock:
                # Somebody else's table: look again.
                if self._finder.sources is not before:
                    continue
                if problem:
                    raise AliasError(
                        f"Failed to inject module alias from {source!r} to {target!r}: {problem}"
                    )
                new = [target for target in sources if target not in before]
                for target in new:
                    self._hide(target, sources)
                self._finder.parents = frozenset(parents)
                self._finder.needed = {**self._finder.needed, **dict.fromkeys(new, needed)}
                self._finder.sources = sources
                if sources and self._finder not in sys.meta_path:
                    sys.meta_path.insert(0, self._finder)
            return

    def remove(self, target: str) -> None:
        with self._lock:
            if target not in self._finder.sources:
                raise AliasError(f"{target!r} is no alias")
            kept = {alias: s for alias, s in self._finder.sources.items() if alias != target}
            drop_modules(target, _below(target, set(kept)))
            self._finder.sources = kept
            parents = frozenset(p for p in self._finder.parents if _below_any(p, kept))
            for parent in sorted(self._finder.parents - parents, reverse=True):
                drop_modules(parent, [parent])
            self._finder.parents = parents
            if not kept and self._finder in sys.meta_path:
                sys.meta_path.remove(self._finder)
            for name, module in self._hidden.pop(target, {}).items():
                sys.modules[name] = module
                _bind(name, module)

    def _hide(self, target: str, sources: "Mapping[str, str]") -> None:
        """Take a loaded module of the name out of the way."""
        loaded = {name: sys.modules[name] for name in _below(target, set())}
        source = sys.modules.get(_final(target, sources) or "")
        if loaded and loaded.get(target) is not source:
            self._hidden[target] = loaded
            drop_modules(target, list(loaded))


_aliases = _Aliases()


def _problem(
    source: str,
    target: str,
    sources: "Mapping[str, str]",
    parents: "set[str]",
    shadow: bool,
    create_parents: bool,
) -> "str | None":
    """What speaks against an alias; adds to `parents` the packages that have to be made."""
    for name in (source, target):
        if not all(part.isidentifier() for part in name.split(".")):
            return f"{name!r} is no name of a module"
    if target in sources:
        other = sources[target]
        return None if other == source else f"it is an alias of {other!r} already"
    real = _final(source, {**sources, target: source})
    if real is None or f"{real}.".startswith(f"{target}."):
        return "the source is the alias itself, or lies below it"
    if locate(real) is None:
        return f"there is no module {source!r}"
    if not shadow:
        loaded = sys.modules.get(target)
        same = loaded is not None and loaded is sys.modules.get(real)
        there = _final(target, sources)
        if not same and (target in sys.modules or (there and find_spec(there) is not None)):
            return "there is a module of that name; shadow=True hides it"
    return _missing_parent(target, sources, parents, create_parents)


def _missing_parent(
    target: str, sources: "Mapping[str, str]", parents: "set[str]", create_parents: bool
) -> "str | None":
    parent = target.rpartition(".")[0]
    if not parent or parent in parents:
        return None
    spec = locate(_final(parent, sources) or parent)
    if spec is not None:
        is_package = spec.submodule_search_locations is not None
        is_package = is_package or hasattr(sys.modules.get(parent), "__path__")
        return None if is_package else f"{parent!r} is no package"
    if not create_parents:
        return f"there is no package {parent!r}; create_parents=True makes it"
    parents.add(parent)
    return _missing_parent(parent, sources, parents, create_parents)


def _final(name: str, sources: "Mapping[str, str]") -> "str | None":
    """What a name stands for in the end; None if that never ends."""
    # An alias can stand below what it stands for, and then counts once for each part of the name.
    for _ in range((len(sources) + 1) * (name.count(".") + 2)):
        source = translate(name, sources)
        if source is None:
            return name
        name = source
    return None


def _below(target: str, others: "set[str]") -> "list[str]":
    """The loaded modules of that name and below it, but not those below one of the others."""
    names = [name for name in sys.modules.copy() if f"{name}.".startswith(f"{target}.")]
    within = {other: "" for other in others if other.startswith(f"{target}.")}
    return [name for name in names if translate(name, within) is None]


def _below_any(package: str, aliases: "Mapping[str, str]") -> bool:
    return any(alias.startswith(f"{package}.") for alias in aliases)


def _bind(name: str, module: "ModuleType") -> None:
    parent, _, child = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], child, module)
