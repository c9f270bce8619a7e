"""What an import from outside the project costs at the top of its file, or does there.

In: a project. Out: for an import the module that it would load in addition. A third-party one may
do something when it is loaded; a large standard one takes time. Neither is in any graph: where
nothing else loads it, it does not move by itself.
"""

from cycleguard.graph.outside import Outside
from cycleguard.graph.reach import EagerReach
from cycleguard.model.edges import TargetKind
from cycleguard.model.resolved import ResolvedImport
from cycleguard.pipeline import Resolved

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
    """Answers for one project."""

    def __init__(self, resolved: Resolved) -> None:
        self._outside = Outside(resolved.imports, EagerReach(resolved.edges))

    def added(self, resolved: ResolvedImport) -> str | None:
        """A module from outside that nothing loads so far when the importer is imported."""
        for target in resolved.targets:
            if target.kind is TargetKind.STDLIB:
                wanted = [target.module] if _is_large(target.module) else []
            elif target.kind is TargetKind.THIRD_PARTY:
                wanted = self._outside.modules(target, resolved.statement.form)
            else:
                wanted = []
            for name in wanted:
                if self._outside.loader(resolved.importer, name) is None:
                    return name
        return None


def _is_large(module: str) -> bool:
    parts = module.split(".")
    return any(".".join(parts[:end]) in _LARGE for end in range(1, len(parts) + 1))
