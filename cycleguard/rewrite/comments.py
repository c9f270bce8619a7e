"""Comments of an import that moves: what goes along, what the move makes untrue.

In: the text of a comment. Out: what is left of it at module level, and what to report.
"""

import re
from collections.abc import Iterable

from msgspec import Struct

# Rules that ask for an import at the top of the file, or in its place there.
_LOCALITY = frozenset(
    "PLC0415 C0415 E402 R0401 import-outside-toplevel cyclic-import wrong-import-position".split()
)
_NOQA = re.compile(r"(#\s*noqa\s*:\s*)([A-Za-z]+[0-9]+(?:[,\s]+[A-Za-z]+[0-9]+)*)(.*)", re.I | re.S)
_PYLINT = re.compile(
    r"(#\s*pylint:\s*disable(?:-next)?\s*=\s*)([\w-]+(?:\s*,\s*[\w-]+)*)(.*)", re.S
)
_NO_COVER = re.compile(r"#\s*pragma:\s*no\s*cover\b", re.I)
_ISORT = re.compile(r"#\s*isort:\s*skip\s*")
_PRAGMA = re.compile(
    r"#\s*(noqa\b|pylint:|type:|mypy:|pyright:|ruff:|isort:|fmt:|yapf:|flake8:|pragma:|nosec\b"
    r"|pyre-|cython:|cycleguard:|nopep8\b|NOLINT|noinspection\b)",
    re.I,
)
_NEXT = re.compile(r"(?<=\s)(?=#\s+[A-Za-z]|#(?:noqa|type:|pylint:|pyright:))")
_OF_LOCALITY = re.compile(
    r"circular|cycl(?:e|es|ic)\b|\b(?:lazy|lazily|deferred?|delay\w*|late)\b|\bimport(?:ed)? here\b"
    r"|\blocally\b|\blocal imports?\b|\bonly (?:when|if|where) (?:needed|necessary|required)\b"
)
_OF_IMPORTS = re.compile(r"\b(?:re-?)?import(?:s|ed|ing)?\b", re.I)
_OF_MODULES = re.compile(r"import|depend|\bmodules?\b|\bload", re.I)
_WORD = re.compile(r"[^\W\d][\w.']*")
# What a comment may say besides and still say nothing but that the import is local.
_FILLERS = frozenset(
    (
        "a an all and any are as at avoid avoided avoiding avoids be because between break breaks "
        "by can can't cannot cause caused causes causing circular circularities circularity "
        "circulars circumvent cycle cycles cyclic defer deferred delay delayed delaying dep "
        "dependencies dependency deps do don't done due error errors file fix fixes fixme for from "
        "function functions get global hack has have here hence i if import imported importing "
        "imports in inline inside is issue issues it it's keep kept late lazily lazy leads level "
        "local locally loop loops make may method module modules moved must necessary need needed "
        "needs no not note of on only or order otherwise outside package packages place placed "
        "possible potential "
        "prevent preventing prevents problem problems put reason reasons recursion recursive "
        "reference references ref refs required resolve resolved resolves scope side since so "
        "solve some stop such that the there these they this time to todo top toplevel until us "
        "use used via w want was we when which will with within work workaround would xxx"
    ).split()
)


class Judged(Struct, frozen=True):
    """`kept` is the comment at module level, empty if nothing is left of it.

    `is_stale` is true where it spoke of nothing but the import's place in the function,
    `is_doubtful` where it spoke of that and more.
    """

    kept: str
    is_stale: bool = False
    is_doubtful: bool = False


def judge(comment: str, names: Iterable[str]) -> Judged:
    """What becomes of a comment when its import moves.

    Args:
        comment: from ``#`` on, one line.
        names: the modules and names of the import.
    """
    parts = [_pragma(part) if _PRAGMA.match(part) else part for part in _parts(comment)]
    text = "  ".join(part for part in parts if part)
    prose = " ".join(part for part in parts if part and not _PRAGMA.match(part))
    if not _OF_LOCALITY.search(prose.lower()):
        return Judged(text)
    is_only = _says_only_locality(prose, names)
    # "cyclic properties of traces" is about something else
    if not is_only and not _OF_MODULES.search(prose):
        return Judged(text)
    if is_only:
        pragmas = "  ".join(part for part in parts if part and _PRAGMA.match(part))
        return Judged(pragmas, is_stale=True)
    return Judged(text, is_doubtful=True)


def is_pragma(comment: str) -> bool:
    """Whether a comment is for a tool."""
    return all(_PRAGMA.match(part) for part in _parts(comment))


def is_about_imports(comment: str, names: Iterable[str]) -> bool:
    """Whether a comment above an import speaks of the import rather than of the code below."""
    is_local = _OF_LOCALITY.search(comment.lower())
    return bool(_OF_IMPORTS.search(comment) or (is_local and _says_only_locality(comment, names)))


def _parts(comment: str) -> list[str]:
    """``# noqa: F401  # why`` is two comments."""
    return [part.rstrip() for part in _NEXT.split(comment)]


def _pragma(part: str) -> str:
    # It was about the order of other lines, or about a line that may not run.
    if _ISORT.fullmatch(part) or _NO_COVER.match(part):
        return ""
    for pattern in (_NOQA, _PYLINT):
        match = pattern.fullmatch(part)
        if match:
            head, codes, rest = match.groups()
            listed = re.split(r"[,\s]+", codes)
            kept = [code for code in listed if code not in _LOCALITY]
            if len(kept) == len(listed):
                return part

            return f"{head}{', '.join(kept)}{rest}" if kept else _remark(rest)
    return part


def _remark(rest: str) -> str:
    """What stands behind a pragma that goes, as a comment of its own."""
    text = rest.strip(" \t-:,;()")
    return f"# {text}" if text else ""


def _says_only_locality(prose: str, names: Iterable[str]) -> bool:
    known = {part for name in names for part in (name, *name.split("."))}
    words = (word.rstrip(".'") for word in _WORD.findall(prose))
    return all(
        word.lower() in _FILLERS or word in known or "." in word or "_" in word for word in words
    )
