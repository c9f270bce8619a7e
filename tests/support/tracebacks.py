"""Where CPython's traceback leads when a module is the first import."""

import importlib
import os
import re
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

import msgspec

Place = tuple[str, int]


class Traced(msgspec.Struct, frozen=True):
    """The error of an import, and the statements of the package that were under way."""

    error: str
    message: str
    places: tuple[Place, ...]


def trace_import(root: Path, files: Mapping[str, str], name: str) -> Traced | None:
    """Import `name` in a fork, with `files` written below `root`; None if it imports."""
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _answer(root, name, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    return msgspec.json.decode(answer, type=Traced | None)


def _answer(root: Path, name: str, writer: int) -> None:
    try:
        sys.dont_write_bytecode = True
        sys.path.insert(0, str(root))
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os.write(writer, msgspec.json.encode(_import(root, name)))
    finally:
        os._exit(0)


def _import(root: Path, name: str) -> Traced | None:
    try:
        importlib.import_module(name)
    except BaseException as error:  # whatever an import raises is the truth
        frames = traceback.extract_tb(error.__traceback__)
        places = tuple(
            (Path(frame.filename).relative_to(root).as_posix(), frame.lineno or 0)
            for frame in frames
            if Path(frame.filename).is_relative_to(root)
        )
        # Python 3.13: partially initialized module 'a' from 'a.py' has no attribute 'b'
        message = re.sub(r"^(partially initialized module '[^']*') from '[^']*'", r"\1", str(error))
        return Traced(type(error).__name__, message, places)
    return None
