"""What a pyproject.toml declares, in the tables of the build tools that are in wide use.

In: a project's folder. Out: one `Declared` per kind of table, merged by `metadata`. A table of
another shape than the tool documents counts as absent.
"""

from pathlib import Path

from msgspec import Struct

from cycleguard.config import read_toml, value_at
from cycleguard.discover.setup_files import Declared, requirement_lines
from cycleguard.errors import ConfigError


class _Project(Struct, frozen=True, rename="kebab"):
    dependencies: list[str] | None = None
    optional_dependencies: dict[str, list[str]] = {}
    dynamic: list[str] = []
    requires_python: str = ""


class _PoetryDependency(Struct, frozen=True):
    optional: bool = False
    markers: str = ""
    python: str = ""
    platform: str = ""


class _Poetry(Struct, frozen=True):
    dependencies: dict[str, str | _PoetryDependency | list[_PoetryDependency]] = {}


class _DynamicFile(Struct, frozen=True):
    file: str | list[str] = []


class _Extension(Struct, frozen=True):
    name: str = ""
    target: str = ""


def read_pyproject(folder: Path) -> tuple[Declared, ...]:
    """Read the pyproject.toml of a folder; a missing or broken one declares nothing."""
    path = folder / "pyproject.toml"
    try:
        document = read_toml(path, path.name)
    except ConfigError:
        return ()
    build = Declared(files=_generated(document), extensions=_extensions(document))
    return (_project(document, folder), _poetry(document), build)


def _project(document: dict[str, object], folder: Path) -> Declared:
    table = value_at(document, "project", _Project)
    if table is None:
        return Declared()
    required = table.dependencies
    if required is None and "dependencies" not in table.dynamic:
        required = []
    if required is None:
        dynamic = value_at(document, "tool.setuptools.dynamic.dependencies", _DynamicFile)
        names = dynamic.file if dynamic else []
        files = [names] if isinstance(names, str) else names
        required = [line for file in files for line in requirement_lines(folder / file)] or None
    optional = [line for lines in table.optional_dependencies.values() for line in lines]
    return Declared(_tuple(required), tuple(optional), table.requires_python)


def _poetry(document: dict[str, object]) -> Declared:
    table = value_at(document, "tool.poetry", _Poetry)
    if table is None or not table.dependencies:
        return Declared()
    required: list[str] = []
    optional: list[str] = []
    for name, value in table.dependencies.items():
        for entry in value if isinstance(value, list) else [value]:
            is_free = isinstance(entry, str) or entry == _PoetryDependency()
            if name != "python":
                (required if is_free else optional).append(name)
    return Declared(tuple(required), tuple(optional))


def _generated(document: dict[str, object]) -> tuple[str, ...]:
    keys = (
        "tool.setuptools_scm.write_to",
        "tool.setuptools_scm.version_file",
        "tool.hatch.build.hooks.vcs.version-file",
        "tool.pdm.version.write_to",
        "tool.versioningit.write.file",
    )
    return tuple(value_at(document, key, str) or "" for key in keys)


def _extensions(document: dict[str, object]) -> tuple[str, ...]:
    setuptools = value_at(document, "tool.setuptools.ext-modules", list[_Extension]) or []
    rust = value_at(document, "tool.setuptools-rust.ext-modules", list[_Extension]) or []
    maturin = value_at(document, "tool.maturin.module-name", str) or ""
    return (maturin, *(e.name for e in setuptools), *(e.target or e.name for e in rust))


def _tuple(lines: list[str] | None) -> tuple[str, ...] | None:
    return None if lines is None else tuple(lines)
