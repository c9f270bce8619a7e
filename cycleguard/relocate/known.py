"""What files hold, read once for each content: the trees of one search have most files in common.

In: a module and its bytes. Out: facts, symbols, and what it sets of other modules.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cycleguard.collect.module import collect_module
from cycleguard.model.imports import ModuleFacts
from cycleguard.model.modules import Module, Skipped
from cycleguard.model.symbols import ModuleSymbols
from cycleguard.relocate.heads import Head, head_of
from cycleguard.rewrite.checked import Checked, for_annotations
from cycleguard.symbols.build import symbols_of
from cycleguard.symbols.meddling import Meddling, meddling_of

_MOST = 2_000
Key = tuple[Module, bytes]
_Wanted = tuple[str, frozenset[Checked], bytes]
Read = TypeVar("Read")


class Known:
    """Remembers what was read."""

    def __init__(self) -> None:
        self._facts: dict[Key, ModuleFacts | Skipped] = {}
        self._symbols: dict[Key, ModuleSymbols | None] = {}
        self._meddling: dict[Key, Meddling] = {}
        self._heads: dict[Key, Head] = {}
        self._words: dict[Key, frozenset[str]] = {}
        self._checked: dict[Key, frozenset[Checked]] = {}
        self._disk: dict[Path, bytes] = {}
        self.guarded: dict[
            tuple[str, frozenset[Checked], bytes], tuple[tuple[str, ...], bytes]
        ] = {}
        """Files with imports under ``if TYPE_CHECKING``: by module, names and content."""
        self.whole: dict[tuple[str, str, bytes], str] = {}
        """What modules need others as a whole for: by importer, imported, content of the first."""

    def content(self, path: Path) -> bytes:
        """What a file on the disk holds; raises OSError."""
        if path not in self._disk:
            self._disk[path] = path.read_bytes()
        return self._disk[path]

    def facts(self, module: Module, content: bytes) -> ModuleFacts | Skipped:
        """What `collect` says of a content."""
        return _once(self._facts, (module, content), lambda: collect_module(module, content))

    def symbols(self, module: Module, content: bytes) -> ModuleSymbols | None:
        """The symbol graph; None if the content cannot be read as Python."""
        return _once(self._symbols, (module, content), lambda: _symbols(module, content))

    def meddling(self, module: Module, content: bytes) -> Meddling:
        """What the code sets of other modules."""
        return _once(self._meddling, (module, content), lambda: meddling_of(content))

    def head(self, module: Module, content: bytes) -> Head:
        """The imports; raises SyntaxError and UnicodeError where they cannot be edited."""
        return _once(self._heads, (module, content), lambda: head_of(content))

    def words(self, module: Module, content: bytes) -> frozenset[str]:
        """The words behind a dot."""
        return _once(self._words, (module, content), lambda: _words(content))

    def checked(self, module: Module, content: bytes) -> frozenset[Checked]:
        """The imported names that only annotations read."""
        return _once(self._checked, (module, content), lambda: for_annotations(content))


def _once(known: dict[Key, Read], key: Key, read: Callable[[], Read]) -> Read:
    # What was asked for last comes last; what nobody asks for any more is of a refused change.
    found = known.pop(key) if key in known else read()
    known[key] = found
    if len(known) > _MOST:
        del known[next(iter(known))]
    return found


def _symbols(module: Module, content: bytes) -> ModuleSymbols | None:
    try:
        return symbols_of(module, content)
    except (SyntaxError, RecursionError):
        return None


def _words(content: bytes) -> frozenset[str]:
    return frozenset(word.decode() for word in re.findall(rb"\.([A-Za-z_0-9]+)", content))
