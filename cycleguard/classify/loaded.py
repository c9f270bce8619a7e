"""What is loaded in any case when a module is imported: by statements that always run.

In: resolved imports. Out: the statements that lead there. Conditions on versions, platforms and the
like, handlers and functions are left out: who goes that way is not known.
"""

from collections.abc import Iterable

from cycleguard.model.edges import Timing
from cycleguard.model.imports import GuardKind
from cycleguard.model.names import with_packages
from cycleguard.model.resolved import ResolvedImport

_ALWAYS = frozenset(
    (
        GuardKind.TRY, GuardKind.IMPORT_ERROR, GuardKind.BROAD_EXCEPT, GuardKind.WITH,
        GuardKind.FINALLY, GuardKind.NOT_TYPE_CHECKING, GuardKind.NOT_MAIN,
    )
)  # fmt: skip
_Way = tuple[ResolvedImport, ...]


class Loaded:
    """Answers what importing a module imports."""

    def __init__(self, imports: Iterable[ResolvedImport]) -> None:
        self._imports: dict[str, list[ResolvedImport]] = {}
        for resolved in imports:
            statement = resolved.statement
            is_plain = statement.timing is Timing.EAGER and statement.function is None
            if is_plain and all(guard.kind in _ALWAYS for guard in statement.guards):
                self._imports.setdefault(resolved.importer, []).append(resolved)
        self._ways: dict[str, dict[str, _Way]] = {}

    def way(self, source: str, target: str) -> _Way:
        """The statements by which importing `source` imports `target`; empty if it does not."""
        return self._all(source).get(target, ())

    def eager(self, module: str, target: str) -> _Way:
        """The same; also where packages above `module` do it, and what is below `target`."""
        for start in reversed(with_packages(module)):
            ways = self._all(start)
            if target in ways:
                return ways[target]
        return ()

    def _all(self, source: str) -> dict[str, _Way]:
        known = self._ways.get(source)
        if known is not None:
            return known
        found: dict[str, _Way] = {}
        queue: list[tuple[str, _Way]] = [(source, ())]
        for module, way in queue:  # grows while it is read: breadth first
            for resolved in self._imports.get(module, ()):
                for target in resolved.targets:
                    for name in reversed(with_packages(target.module)):
                        if name and name != source and name not in found:
                            found[name] = (*way, resolved)
                            queue.append((name, found[name]))
        self._ways[source] = found
        return found
