"""How a project formats its imports, as far as its linters and formatters say.

In: the folder of a file, and the project's root. Out: a `Style`, read by `area`. What nothing says
is left to what the file itself does.
"""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from cycleguard.config import read_toml, value_at
from cycleguard.errors import ConfigError

_USUAL_WIDTH = 88


class Style(Struct, frozen=True):
    """`first_party` are top-level names of the project's own modules.

    None where the file itself is to be asked: whether names have a statement each, whether
    ``a as b`` may share one, how sections are sorted.
    """

    width: int = _USUAL_WIDTH
    first_party: frozenset[str] = frozenset()
    force_single_line: bool | None = None
    combine_as_imports: bool | None = None
    force_sort_within_sections: bool | None = None
    case_sensitive: bool | None = None
    order_by_type: bool | None = None


class _Isort(Struct, frozen=True, rename="kebab"):
    force_single_line: bool | None = None
    combine_as_imports: bool | None = None
    force_sort_within_sections: bool | None = None
    case_sensitive: bool | None = None
    order_by_type: bool | None = None
    known_first_party: list[str] = []


def style_of(folder: Path, root: Path, first_party: frozenset[str] = frozenset()) -> Style:
    """Read the settings for files in `folder` from the nearest files on the way up to `root`.

    Both are absolute. A file that is broken or cannot be read says nothing.
    """
    width: int | None = None
    isort: _Isort | None = None
    for document in _documents(folder, root):
        width = width or _width(document)
        isort = isort or _isort(document)
        if width and isort:
            break
    found = isort or _Isort()
    return Style(
        width=width or _USUAL_WIDTH,
        first_party=first_party | frozenset(found.known_first_party),
        force_single_line=found.force_single_line,
        combine_as_imports=found.combine_as_imports,
        force_sort_within_sections=found.force_sort_within_sections,
        case_sensitive=found.case_sensitive,
        order_by_type=found.order_by_type,
    )


def _documents(folder: Path, root: Path) -> Iterator[dict[str, object]]:
    """The configuration files from `folder` up to `root`, as a pyproject.toml would put it."""
    for parent in (folder, *folder.parents):
        for name in (".ruff.toml", "ruff.toml", "pyproject.toml"):
            try:
                document = read_toml(parent / name, name)
            except ConfigError:
                continue
            yield document if name == "pyproject.toml" else {"tool": {"ruff": document}}
        if parent == root:
            return


def _width(document: dict[str, object]) -> int | None:
    keys = ("tool.ruff.line-length", "tool.black.line-length", "tool.isort.line_length")
    return next((width for key in keys if (width := value_at(document, key, int))), None)


def _isort(document: dict[str, object]) -> _Isort | None:
    own = value_at(document, "tool.isort", dict[str, object]) or {}
    # isort spells its settings with underscores.
    spelt = {key.replace("_", "-"): value for key, value in own.items()}
    return (
        value_at(document, "tool.ruff.lint.isort", _Isort)
        or value_at(document, "tool.ruff.isort", _Isort)
        or (value_at({"isort": spelt}, "isort", _Isort) if own else None)
    )
