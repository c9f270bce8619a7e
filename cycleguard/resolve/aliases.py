"""The aliases of modules that a project injects: from the name that is imported to the module.

In: what the files of the project write. Out: answers as those of `cycleguard.runtime.aliases`.
"""

from collections.abc import Collection, Mapping, Sequence

from cycleguard.model.imports import ModuleFacts


class AliasTable:
    """All aliases of a project.

    A name that the project has a file for is no alias unless it is injected with ``shadow=True``:
    injecting it is an error.

    Args:
        modules: the names of the project's modules.
        facts: what their files write.
    """

    def __init__(self, modules: Collection[str], facts: Mapping[str, ModuleFacts]) -> None:
        self._injected: dict[tuple[str, int], list[str]] = {}
        self._sources: dict[str, str] = {}
        for injector, each in sorted(facts.items()):
            for pair in each.constructs.aliases:
                if pair.shadows or pair.target not in modules:
                    self._sources.setdefault(pair.target, pair.source)
                    at = (injector, pair.injected_at)
                    self._injected.setdefault(at, []).append(pair.target)

    def __bool__(self) -> bool:
        return bool(self._sources)

    def source(self, name: str) -> str | None:
        """The module that `name`, or a name below an alias, stands for; None if it is no alias.

        An alias may stand for another one.
        """
        if not self._sources:
            return None
        found = None
        for _ in range(len(self._sources) + 1):
            step = self._step(found or name)
            if step is None:
                return found
            found = step
        return None

    def injected_at(self, module: str, line: int) -> Sequence[str]:
        """The aliases that the statement on a line of a module injects."""
        return self._injected.get((module, line), ())

    def _step(self, name: str) -> str | None:
        alias = self.alias(name)
        return self._sources[alias] + name[len(alias) :] if alias else None

    def alias(self, name: str) -> str | None:
        """The alias that `name` is or lies below."""
        while name and name not in self._sources:
            name = name.rpartition(".")[0]
        return name or None
