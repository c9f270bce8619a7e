"""CPython as the judge: what really happens when a module is the first import.

The judge forks: a fork of an interpreter that has imported nothing of the package is as good as a
fresh one for the package's modules, and a hundred times cheaper.
"""

import importlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import msgspec


class Truth(msgspec.Struct, frozen=True):
    """What CPython said: `error` is None for a clean import.

    `module` is the module that the error names: the `name` of an ImportError, the module whose
    attribute was missing.
    """

    error: str | None
    message: str = ""
    module: str | None = None


def ask_cpython(root: Path, names: Iterable[str]) -> dict[str, Truth]:
    """Import each of `names` first, with `root` on ``sys.path``."""
    return {name: _ask(root, name) for name in names}


def _ask(root: Path, name: str) -> Truth:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _answer(root, name, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    return msgspec.json.decode(answer, type=Truth)


def _answer(root: Path, name: str, writer: int) -> None:
    try:
        sys.dont_write_bytecode = True
        sys.path.insert(0, str(root))
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os.write(writer, msgspec.json.encode(_import(name)))
    finally:
        os._exit(0)


def _import(name: str) -> Truth:
    try:
        importlib.import_module(name)
    except BaseException as error:  # whatever an import raises is the truth
        return Truth(type(error).__name__, str(error), _named_module(error))
    return Truth(None)


def _named_module(error: BaseException) -> str | None:
    if isinstance(error, ImportError):
        return error.name
    if isinstance(error, AttributeError):
        return error.obj.__name__ if isinstance(error.obj, ModuleType) else None
    return None
