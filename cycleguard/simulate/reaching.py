"""Which modules importing a module comes to import: by its statements, and by what has been seen.

The statements of bodies are known beforehand; what their calls import, only once they have run.
"""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from cycleguard.graph.reach import EagerReach
from cycleguard.model.names import with_packages


class Reaching:
    """What statements reach, and the imports by calls that are noted; sets are bit masks."""

    def __init__(self, reach: EagerReach) -> None:
        """Begin with `reach`, which must know every module that will be asked for."""
        self._reach = reach
        self._noted: dict[str, int] = {}
        self._masks: dict[str, int] = {}

    def note(self, importer: str, imported: str) -> None:
        """A call of the body of `importer` has imported `imported`."""
        new = self.from_any(with_packages(imported))
        if new & ~self._from(importer):
            self._noted[importer] = self._noted.get(importer, 0) | new
            self._masks = {
                name: mask for name, mask in self._masks.items() if not self.has(mask, importer)
            }

    def from_any(self, importers: Iterable[str]) -> int:
        """The modules that importing one of `importers` may come to import, for `has`."""
        return reduce(or_, map(self._from, importers), 0)

    def has(self, mask: int, name: str) -> bool:
        """Whether a set of modules has `name`."""
        return bool(mask & self._reach.mask((name,)))

    def _from(self, importer: str) -> int:
        known = self._masks.get(importer)
        if known is None:
            known, before = self._reach.reached(importer), -1
            while known != before:
                before = known
                for name, noted in self._noted.items():
                    if self.has(known, name):
                        known |= noted
            self._masks[importer] = known
        return known
