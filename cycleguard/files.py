"""The only reader of source bytes and the only writer; text has line feeds for newlines."""

import errno
import io
import os
import re
import tokenize
from pathlib import Path

from cycleguard.errors import OutputError
from cycleguard.model.modules import Skipped

_NEWLINE = re.compile("\r\n?")


def read_bytes(root: Path, path: str) -> bytes | Skipped:
    """Read the file `path`, POSIX, below `root`; an unreadable file is a value, not an error."""
    try:
        return (root / path).read_bytes()
    except OSError as error:
        return Skipped(path, f"cannot be read: {error.strerror or error}")


def decode(source: bytes) -> str:
    r"""Decode as CPython's tokenizer does: BOM, PEP 263 cookie, else UTF-8; newlines become ``\n``.

    Raises:
        SyntaxError: unknown encoding, bytes that are not of it, or a null byte.
    """
    if b"\0" in source:
        raise SyntaxError("source code cannot contain null bytes")
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    try:
        text = source.decode(encoding)
    except UnicodeDecodeError as error:
        line = len(re.split(b"\r\n?|\n", source[: error.start]))
        message = f"byte 0x{source[error.start]:02x} is not {encoding} (no encoding cookie?)"
        raise SyntaxError(message, ("", line, 0, "")) from error
    except (LookupError, UnicodeError) as error:
        # # coding: rot13
        raise SyntaxError(f"encoding problem: {encoding} is no encoding for source") from error
    return _NEWLINE.sub("\n", text)


def write_text(path: Path, text: str) -> None:
    """Write a report, whole or not at all; a pipe or device is written to as it is.

    Raises:
        OutputError: the file cannot be written.
    """
    # What cannot be UTF-8 are lone surrogates, from a string literal of the scanned code.
    data = text.encode("utf-8", errors="backslashreplace")
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name[:40]}.{os.getpid()}.tmp")
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
            return
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        try:
            temporary.write_bytes(data)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
