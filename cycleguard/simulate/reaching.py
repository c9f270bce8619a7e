"""Which modules importing a module comes to import: by its statements, and by what has been seen.

The statements of bodies are known beforehand; what their calls import, only once they have run.
"""

from collections.abc import Callable

from cycleguard.model.names import with_packages

MayReach = Callable[[str, str], bool]


class Reaching:
    """`may_reach` of the statements, with the imports by calls that are noted."""

    def __init__(self, may_reach: MayReach) -> None:
        self._may_reach = may_reach
        self._noted: dict[str, set[str]] = {}
        self._added: dict[str, frozenset[str]] = {}

    def note(self, importer: str, imported: str) -> None:
        """A call of the body of `importer` has imported `imported`."""
        names = frozenset(with_packages(imported))
        new = names - self._noted.get(importer, frozenset[str]()) - {importer}
        if any(not self._may_reach(importer, name) for name in new):
            self._noted.setdefault(importer, set()).update(names)
            self._added.clear()

    def reaches(self, importer: str, imported: str) -> bool:
        """Whether importing `importer` may come to import `imported`."""
        if self._may_reach(importer, imported):
            return True
        return any(
            name == imported or self._may_reach(name, imported) for name in self._beyond(importer)
        )

    def _beyond(self, importer: str) -> frozenset[str]:
        """Where calls lead that `importer` comes to make, as far as its statements do not."""
        known = self._added.get(importer)
        if known is None:
            found: set[str] = set()
            waiting = [importer] if self._noted else []
            while waiting:
                start = waiting.pop()
                for name, noted in self._noted.items():
                    if name == start or self._may_reach(start, name):
                        new = {n for n in noted - found if not self._may_reach(importer, n)}
                        found |= new
                        waiting += new
            known = self._added[importer] = frozenset(found)
        return known
