"""Facts of files by content, kept between runs in the user's cache folder.

Values are msgpack, decoded into the model's own types: reading a cache runs nobody's code. A cache
that cannot be opened or read costs time, never a result.
"""

import hashlib
import sqlite3
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

import platformdirs

_LARGEST_ROWS = 200_000


def default_cache_path() -> Path:
    """Where the cache of this user lies."""
    return platformdirs.user_cache_path("cycleguard", appauthor=False) / "facts.sqlite"


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

    def __init__(self, path: Path | None) -> None:
        """`path` None gives a cache that remembers nothing."""
        self._path = path

    def load(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """The values that are known of `keys`."""
        wanted = list(keys)
        try:
            connection = self._connect()
            if connection is None:
                return {}
            with closing(connection):
                rows = connection.execute(
                    "SELECT key, value FROM facts WHERE key IN (SELECT value FROM json_each(?))",
                    (_as_json(wanted),),
                ).fetchall()
        except sqlite3.Error:
            return {}
        return {bytes.fromhex(key): value for key, value in rows}

    def store(self, values: Mapping[bytes, bytes]) -> None:
        """Remember `values`; the oldest make room when there are very many."""
        if not values:
            return
        try:
            connection = self._connect()
            if connection is None:
                return
            with closing(connection), connection:
                connection.executemany(
                    "INSERT OR REPLACE INTO facts (key, value) VALUES (?, ?)",
                    [(key.hex(), value) for key, value in sorted(values.items())],
                )
                connection.execute(
                    "DELETE FROM facts WHERE rowid <= (SELECT max(rowid) FROM facts) - ?",
                    (_LARGEST_ROWS,),
                )
        except sqlite3.Error:
            return

    def _connect(self) -> sqlite3.Connection | None:
        if self._path is None:
            return None
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            return None
        connection = sqlite3.connect(self._path, timeout=2)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS facts (key TEXT UNIQUE, value BLOB)")
        return connection


def _as_json(keys: Iterable[bytes]) -> str:
    return "[" + ",".join(f'"{key.hex()}"' for key in keys) + "]"
