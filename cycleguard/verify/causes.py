"""Why CPython could not import a module: for want of something, by order, or for its own reason.

In: the errors of an `Answer`. Out: a `Cause`. Read by `compare`. docs/verify.md says the same rules
to users; a doubtful error counts as one of order, so that a wrong prediction is never excused.
"""

import re
from collections.abc import Sequence
from enum import Enum, auto
from itertools import pairwise

from msgspec import Struct

from cycleguard.model.verified import Place
from cycleguard.verify.answers import Raised
from cycleguard.verify.names import ProjectNames

# What the interpreter raises where a module is half-way, or where something else took its place.
_OF_ORDER = frozenset({"ImportError", "AttributeError", "NameError", "LookupError", "TypeError"})

# Python/ceval.c import_from; Objects/moduleobject.c module_getattro; Python/ceval.c LOAD_NAME;
# Lib/importlib/_bootstrap.py _find_and_load_unlocked.
_NO_NAME = re.compile(r"cannot import name '(?P<name>[^']+)' from ")
_NO_ATTRIBUTE = re.compile(r"module '(?P<module>[^']+)' has no attribute '(?P<name>[^']+)'")
_NO_SUBMODULE = re.compile(r"submodule '(?P<name>[^']+)' of module '(?P<module>[^']+)'")
_NOT_DEFINED = re.compile(r"name '(?P<name>[^']+)' is not defined")
_NO_MODULE = re.compile(r"No module named '(?P<module>[^']+)'")
_LIBRARIES = (".so", ".pyd")


class Kind(Enum):
    """What the error is about."""

    NEED = auto()
    ORDER = auto()
    OWN = auto()


class Cause(Struct, frozen=True):
    """Why an import failed; `needs` is what was not there."""

    kind: Kind
    needs: str | None = None


_ORDER = Cause(Kind.ORDER)
_OWN = Cause(Kind.OWN)


def find_cause(raised: Sequence[Raised], names: ProjectNames) -> Cause:
    """The cause of the first error; the others are those behind it."""
    return _judge(_translated(raised), names)


def last_place(error: Raised, names: ProjectNames) -> Place | None:
    """The last place in the project that an error went through."""
    places = (names.place(frame) for frame in reversed(error.frames))
    return next((place for place in places if place), None)


def _translated(raised: Sequence[Raised]) -> Raised:
    """The ImportError that ``raise`` statements have put into other words, if there is one."""
    found = raised[0]
    for error, behind in pairwise(raised):
        if not error.by_hand:
            break
        # except ImportError as e: raise RuntimeError("install numpy") from e
        if _is_a(behind, "ImportError"):
            found = behind
    return found


def _judge(error: Raised, names: ProjectNames) -> Cause:
    if _is_a(error, "ImportError"):
        return _of_import(error, names)
    missing = _missing_attribute(error)
    if missing and names.is_ours(missing["module"]):
        return _order_if(names.may_have(missing["module"], missing["name"]))
    dependency = _failing_dependency(error, names)
    if dependency is not None:
        return Cause(Kind.NEED, dependency)
    if missing:
        return _OWN
    if _is_a(error, "NameError"):
        return _of_name(error, names)
    if _is_a(error, "LookupError") and _inner_module(error) == "os":
        # os.environ["HOME_OF_DATA"]
        return _OWN
    return _order_if(any(_is_a(error, kind) for kind in _OF_ORDER))


def _missing_attribute(error: Raised) -> re.Match[str] | None:
    if not _is_a(error, "AttributeError"):
        return None
    return _NO_ATTRIBUTE.search(error.message) or _NO_SUBMODULE.search(error.message)


def _of_import(error: Raised, names: ProjectNames) -> Cause:
    wanted = _NO_NAME.search(error.message)
    if error.module is None:
        return _of_bare_import(error, names)
    if error.file and error.file.endswith(_LIBRARIES):
        return _of_library(error, error.file, names)
    if wanted:
        return _of_wanted(error.module, wanted["name"], names)
    is_ours = names.is_ours(error.module) and not names.is_hidden(error.module, error.found)
    if not is_ours or names.is_built(error.module):
        return Cause(Kind.NEED, error.module)
    return _order_if(names.has_source(error.module))


def _of_bare_import(error: Raised, names: ProjectNames) -> Cause:
    # raise ImportError("No module named 'numpy': install it")
    mentioned = _NO_MODULE.search(error.message)
    if mentioned and not names.is_ours(mentioned["module"]):
        return Cause(Kind.NEED, mentioned["module"])
    # attempted relative import beyond top-level package
    return _order_if(not error.by_hand)


def _of_library(error: Raised, file: str, names: ProjectNames) -> Cause:
    """``libgomp.so.1: cannot open shared object file``; such an error's name is no full one."""
    dependency = _failing_dependency(error, names)
    if dependency is None and names.is_our_file(file):
        return _OWN
    return Cause(Kind.NEED, dependency or error.module)


def _of_wanted(module: str, name: str, names: ProjectNames) -> Cause:
    full = f"{module}.{name}"
    if not names.is_ours(module) or names.is_built(full):
        return Cause(Kind.NEED, full)
    return _order_if(names.may_have(module, name))


def _of_name(error: Raised, names: ProjectNames) -> Cause:
    """A name that no statement of its module binds is missing in any order: ``unicode``."""
    unbound = _NOT_DEFINED.fullmatch(error.message)
    inner = names.place(error.frames[-1]) if error.frames else None
    if unbound is None or inner is None:
        return _ORDER
    return _order_if(names.may_have(inner.module, unbound["name"]))


def _failing_dependency(error: Raised, names: ProjectNames) -> str | None:
    """The package of others whose own import was under way, asked for by the project."""
    found = None
    for frame in reversed(error.frames):
        if names.place(frame):
            return found
        if frame.function == "<module>" and not names.is_ours(frame.module):
            found = frame.module.partition(".")[0]
    return None


def _inner_module(error: Raised) -> str:
    return error.frames[-1].module if error.frames else ""


def _order_if(is_order: bool) -> Cause:
    return _ORDER if is_order else _OWN


def _is_a(error: Raised, kind: str) -> bool:
    return kind in error.bases
