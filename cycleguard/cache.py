"""Facts of files by content, kept between runs in the user's cache folder.

Values are msgpack, decoded into the model's own types: reading a cache runs nobody's code. A cache
that cannot be opened or read costs time, never a result; one that is damaged is begun anew.
"""

import hashlib
import sqlite3
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path

import platformdirs

# In the file's name, so that versions with another table leave this one alone.
_TABLE_VERSION = 1
_LARGEST_ROWS = 200_000
_SECONDS_FOR_LOCK = 2
_CHECKSUM = 4

_CREATE = "CREATE TABLE IF NOT EXISTS facts (key TEXT UNIQUE, value BLOB)"
_SELECT = "SELECT key, value FROM facts WHERE key IN (SELECT value FROM json_each(?))"
_INSERT = "INSERT OR REPLACE INTO facts (key, value) VALUES (?, ?)"
_TRIM = "DELETE FROM facts WHERE rowid <= (SELECT max(rowid) FROM facts) - ?"


def default_cache_path() -> Path | None:
    """Where the cache of this user lies; None for a user without a home."""
    folder = platformdirs.user_cache_path("cycleguard", appauthor=False)
    # Without a home, "~" stays as it is, and would become a folder in the user's tree.
    return folder / f"facts-{_TABLE_VERSION}.sqlite" if folder.is_absolute() else None


def source_fingerprint(folders: Iterable[Path]) -> bytes:
    """A digest of our own collecting code: other code, other facts."""
    digest = hashlib.sha256(repr(sys.version_info[:2]).encode())
    for folder in folders:
        for path in sorted(folder.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.digest()


def content_key(fingerprint: bytes, name: str, is_package: bool, content: bytes) -> bytes:
    """The key of one file's facts: they depend on its text, its name and our code."""
    head = fingerprint + f"{name}\0{is_package}\0".encode(errors="surrogatepass")
    return hashlib.sha256(head + content).digest()


class FactsCache:
    """A table from content keys to encoded facts. Safe for several processes at a time."""

    def __init__(self, path: Path | None, largest_rows: int = _LARGEST_ROWS) -> None:
        """`path` None gives a cache that remembers nothing."""
        self._path = path
        self._largest_rows = largest_rows

    def load(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """The values that are known of `keys`."""
        wanted = _as_json(keys)
        found: dict[bytes, bytes] = {}

        def select(connection: sqlite3.Connection) -> None:
            for key, value in connection.execute(_SELECT, (wanted,)):
                payload = _unsealed(value)
                if payload is not None:
                    found[bytes.fromhex(key)] = payload

        self._run(select)
        return found

    def store(self, values: Mapping[bytes, bytes]) -> None:
        """Remember `values`; the oldest make room when there are very many."""
        rows = [(key.hex(), _sealed(value)) for key, value in sorted(values.items())]

        def insert(connection: sqlite3.Connection) -> None:
            connection.executemany(_INSERT, rows)
            connection.execute(_TRIM, (self._largest_rows,))

        if rows:
            self._run(insert)

    def _run(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do `work` in a transaction; what fails is left undone."""
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, timeout=_SECONDS_FOR_LOCK)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute(_CREATE)
                with connection:
                    work(connection)
        except (OSError, sqlite3.OperationalError):
            return  # locked, read-only, full, a folder
        except sqlite3.DatabaseError:
            with suppress(OSError):
                self._path.unlink()


def _sealed(value: bytes) -> bytes:
    """With a checksum: a damaged disk must not become a wrong report."""
    return zlib.crc32(value).to_bytes(_CHECKSUM) + value


def _unsealed(sealed: object) -> bytes | None:
    if not isinstance(sealed, bytes):
        return None
    value = sealed[_CHECKSUM:]
    return value if sealed == _sealed(value) else None


def _as_json(keys: Iterable[bytes]) -> str:
    return "[" + ",".join(f'"{key.hex()}"' for key in keys) + "]"
