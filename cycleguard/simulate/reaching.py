"""Which modules importing a module comes to import: by its statements, and by what has been seen.

The statements of bodies are known beforehand; what their calls import, only once they have run.
"""

from collections.abc import Callable

MayReach = Callable[[str, str], bool]


class Reaching:
    """`may_reach` of the statements, with the imports by calls that are noted."""

    def __init__(self, may_reach: MayReach) -> None:
        self._may_reach = may_reach
        self._noted: dict[str, set[str]] = {}

    def note(self, importer: str, imported: str) -> None:
        """A call of the body of `importer` has imported `imported`."""
        parts = imported.split(".")
        names = {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
        known = self._noted.get(importer, frozenset[str]())
        if any(not self.reaches(importer, name) for name in names - known - {importer}):
            self._noted.setdefault(importer, set()).update(names)

    def reaches(self, importer: str, imported: str) -> bool:
        """Whether importing `importer` may come to import `imported`."""
        if self._may_reach(importer, imported):
            return True
        seen, waiting = {importer}, [importer] if self._noted else []
        while waiting:
            start = waiting.pop()
            for name, noted in self._noted.items():
                if name == start or self._may_reach(start, name):
                    new = noted - seen
                    if any(each == imported or self._may_reach(each, imported) for each in new):
                        return True
                    seen |= new
                    waiting += new
        return False
