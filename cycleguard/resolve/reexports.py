"""Follow a name through the modules that only pass it on, to the one that defines it."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from cycleguard.model.edges import TargetKind, Timing
from cycleguard.model.imports import Alias, BindingKind, ModuleFacts
from cycleguard.model.resolved import ResolvedImport, Target


class Definition(Struct, frozen=True):
    """Where a name comes from: `name` of `module`, or `module` itself if `name` is None.

    `via` are the modules that passed it on, the first one asked first.
    """

    module: str
    name: str | None
    via: tuple[str, ...] = ()


class Reexports:
    """Answers where the names of a project's modules are defined."""

    def __init__(self, facts: Mapping[str, ModuleFacts], imports: Iterable[ResolvedImport]) -> None:
        self._facts = facts
        self._imports: dict[str, list[ResolvedImport]] = {}
        for resolved in imports:
            statement = resolved.statement
            if statement.function is None and statement.timing in (Timing.EAGER, Timing.LAZY):
                self._imports.setdefault(resolved.importer, []).append(resolved)

    def definition(self, module: str, name: str) -> Definition | None:
        """The definition of `name` as seen in `module`; None if no file of the project binds it."""
        via: list[str] = []
        current: str | None = name
        while current is not None:
            step = self._step(module, current)
            if step is None:
                return None
            if step == (module, current) or module in via:
                return Definition(module, current, tuple(via))
            via.append(module)
            module, current = step
        return Definition(module, None, tuple(via))

    def _step(self, module: str, name: str) -> tuple[str, str | None] | None:
        facts = self._facts.get(module)
        if facts is None:
            return None
        kinds = {binding.kind for binding in facts.bindings if binding.name == name}
        if kinds - {BindingKind.IMPORT}:
            return module, name
        imports = self._imports.get(module, [])
        for resolved in reversed(imports):
            if name in resolved.statement.bound_names:
                return _imported_as(resolved, name)
        for resolved in reversed(imports):
            if resolved.statement.is_star and self._star_gives(module, resolved, name):
                return resolved.targets[0].module, name
        return None

    def _star_gives(self, module: str, star: ResolvedImport, name: str) -> bool:
        target = star.targets[0]
        if target.kind is not TargetKind.INTERNAL or target.module == module:
            return False
        return self._star_exports(target.module, name, frozenset({module}))

    def _star_exports(self, module: str, name: str, seen: frozenset[str]) -> bool:
        facts = self._facts.get(module)
        if facts is None or module in seen:
            return False
        if name not in facts.exports if facts.exports is not None else name.startswith("_"):
            return False
        if any(binding.name == name for binding in facts.bindings):
            return True
        stars = (r for r in self._imports.get(module, []) if r.statement.is_star)
        inner = (target.module for star in stars for target in star.internal)
        return any(self._star_exports(each, name, seen | {module}) for each in inner)


def _imported_as(resolved: ResolvedImport, name: str) -> tuple[str, str | None] | None:
    """What ``from m import original as name`` gives: an attribute of m, or a module."""
    alias = next(a for a in resolved.statement.names if _bound(a) == name)
    for target in resolved.internal:
        if alias.name in target.names:
            return target.module, alias.name
    for target in resolved.internal:
        if not target.names and _is_named(target, alias):
            return target.module, None
    return None


def _bound(alias: Alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _is_named(target: Target, alias: Alias) -> bool:
    return target.module == alias.name or target.module.endswith(f".{alias.name}")
