"""What an import from outside the project costs at the top of its file, or does there.

In: a project. Out: for an import the module that it would load in addition. A third-party one may
do something when it is loaded; a large standard one takes time. Neither is in any graph: where
nothing else loads it, it does not move by itself.
"""

from cycleguard.graph.outside import Outside
from cycleguard.graph.reach import EagerReach
from cycleguard.model.edges import TargetKind
from cycleguard.model.names import with_packages
from cycleguard.model.resolved import ResolvedImport
from cycleguard.pipeline import Resolved
from cycleguard.plan.outside_uses import OutsideUses

# Standard modules that take a hundredth of a second or more, most of them for what they import.
_LARGE = frozenset(
    (
        "asyncio cProfile concurrent ctypes curses decimal difflib distutils doctest email "
        "ensurepip fractions ftplib http imaplib importlib.metadata importlib.resources lib2to3 "
        "logging.config logging.handlers mailbox multiprocessing nntplib optparse pdb poplib "
        "pprint profile pydoc shutil smtplib socketserver sqlite3 ssl statistics subprocess "
        "tarfile tempfile tkinter turtle unittest urllib.parse urllib.request uuid venv "
        "webbrowser wsgiref xml xmlrpc zipfile zoneinfo"
    ).split()
)


class Startup:
    """Answers for one project; `is_watched`: its tests watch every import."""

    def __init__(self, resolved: Resolved, *, is_watched: bool) -> None:
        self._is_watched = is_watched
        self._reach = EagerReach(resolved.edges)
        uses = OutsideUses(resolved)
        self._outside = Outside(resolved.imports, self._reach, resolved.facts, uses.is_module)

    def added(self, resolved: ResolvedImport) -> str | None:
        """A module that nothing loads so far when the importer is imported.

        Modules of the project itself count only where every import is watched, but what they load
        from outside does.
        """
        for target in resolved.targets:
            if target.kind is TargetKind.STDLIB:
                is_asked = self._is_watched or _is_large(target.module)
                wanted = [target.module] if is_asked else []
            elif target.kind is TargetKind.THIRD_PARTY:
                wanted = self._outside.modules(target, resolved.statement.form)
            elif target.kind is TargetKind.INTERNAL:
                if self._is_watched and not self._reaches(resolved.importer, target.module):
                    return target.module
                added = self._outside.added(resolved.importer, target.module)
                wanted = [name for name, kind in added.items() if kind is TargetKind.THIRD_PARTY]
            else:
                wanted = []
            for name in wanted:
                if self._outside.loader(resolved.importer, name) is None:
                    return name
        return None

    def _reaches(self, importer: str, module: str) -> bool:
        """Whether importing `importer`, and the packages above it, imports `module`."""
        return any(self._reach.reaches(start, module) for start in with_packages(importer))


def _is_large(module: str) -> bool:
    return not _LARGE.isdisjoint(with_packages(module))
