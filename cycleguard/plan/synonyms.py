"""Which names that a file imports are the same thing under another module: re-exports."""

from collections.abc import Iterator

from cycleguard.model.edits import Synonym
from cycleguard.pipeline import Resolved
from cycleguard.resolve.reexports import Reexports


class Synonyms:
    """Answers for the files of one project."""

    def __init__(self, resolved: Resolved) -> None:
        self._reexports = Reexports(resolved.facts, resolved.imports)
        self._asked: dict[str, set[tuple[str, str]]] = {}
        for each in resolved.imports:
            asked = self._asked.setdefault(each.importer, set())
            for target in each.internal:
                asked.update((target.module, name) for name in target.names if name != "*")
                parent, _, name = target.module.rpartition(".")
                if parent and not target.names:
                    asked.add((parent, name))

    def of(self, module: str) -> tuple[Synonym, ...]:
        """The synonyms among the names that the file of `module` imports, sorted."""
        return tuple(self._synonyms(module))

    def _synonyms(self, module: str) -> Iterator[Synonym]:
        for owner, name in sorted(self._asked.get(module, ())):
            found = self._reexports.definition(owner, name)
            if found is not None and (found.module, found.name) != (owner, name):
                yield Synonym(owner, name, found.module, found.name or "")
