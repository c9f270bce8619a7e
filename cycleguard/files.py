"""The only reader of source bytes and the only writer; text has line feeds for newlines."""

import codecs
import errno
import os
import re
import shutil
from pathlib import Path

from cycleguard.errors import OutputError
from cycleguard.model.modules import Skipped

_NEWLINE = re.compile("\r\n?")
_LINE_END = re.compile(b"\r\n?|\n")
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


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
    return _NEWLINE.sub("\n", decode_exactly(source))


def decode_exactly(source: bytes) -> str:
    """Decode as `decode` does, newlines as they are.

    Raises:
        SyntaxError: as `decode`.
    """
    if b"\0" in source:
        raise SyntaxError("source code cannot contain null bytes")
    encoding = source_encoding(source)
    try:
        return source.decode(encoding)
    except LookupError as error:
        raise SyntaxError(f"unknown encoding: {encoding}") from error
    except UnicodeDecodeError as error:
        line = len(_LINE_END.split(source[: error.start]))
        message = f"byte 0x{source[error.start]:02x} is not {encoding} (no encoding cookie?)"
        raise SyntaxError(message, ("", line, 0, "")) from error
    except UnicodeError as error:
        raise SyntaxError(f"cannot be decoded as {encoding}: {error}") from error


def source_encoding(source: bytes) -> str:
    """The encoding that a source file states by a BOM or a cookie in its first two lines.

    `tokenize.detect_encoding` knows no line end but LF, and wants cookies' lines to be UTF-8.

    Raises:
        SyntaxError: there is a BOM, and a cookie for another encoding.
    """
    has_bom = source.startswith(codecs.BOM_UTF8)
    cookie = _cookie(source.removeprefix(codecs.BOM_UTF8))
    if has_bom and cookie not in (None, "utf-8"):
        raise SyntaxError(f"encoding problem: {cookie} with BOM")
    return "utf-8-sig" if has_bom else cookie or "utf-8"


def _cookie(source: bytes) -> str | None:
    for line in _LINE_END.split(source, maxsplit=2)[:2]:
        found = _COOKIE.match(line)
        if found:
            name = found[1].decode()
            is_utf_8 = re.match(r"utf-8(-|$)", name.lower().replace("_", "-"))
            return "utf-8" if is_utf_8 else name
        # A cookie on the second line counts only below a comment or a blank line.
        if line.strip(b" \t\f") and not line.lstrip(b" \t\f").startswith(b"#"):
            return None
    return None


def write_text(path: Path, text: str) -> None:
    """Write a report, whole or not at all; a pipe or device is written to as it is.

    Raises:
        OutputError: the file cannot be written.
    """
    # What cannot be UTF-8 are lone surrogates, from a string literal of the scanned code.
    write_bytes(path, text.encode("utf-8", errors="backslashreplace"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file as `write_text` does, and raise the same errors."""
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
            if target.exists():
                shutil.copymode(target, temporary)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
