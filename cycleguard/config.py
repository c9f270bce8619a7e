"""Reads `[tool.cycleguard]` from the nearest pyproject.toml.

In: the targets as given on the command line. Out: a frozen `Config`, read by every stage that can
be configured. What is not valid is a `ConfigError` of one line that names the file and the key.
"""

import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from cycleguard.errors import ConfigError

T = TypeVar("T")


class Config(Struct, frozen=True, rename="kebab"):
    """The configuration; relative paths in it are relative to `folder`.

    `source_roots` are folders that stand on ``sys.path``. `exclude` are gitignore patterns.
    `namespace_packages` are dotted names of packages without ``__init__.py``. `generated` are
    patterns of module names that a build makes. `dependency_modules` maps an import name to the
    distribution that holds it. `folder` is the folder of the pyproject.toml, empty without one.
    """

    source_roots: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    namespace_packages: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()
    dependency_modules: dict[str, str] = {}
    folder: str = ""


def load_config(targets: Sequence[Path], cwd: Path) -> Config:
    """Find and read the configuration of the first target.

    Args:
        targets: The paths to analyse, absolute or relative to `cwd`.
        cwd: The current directory, also used to shorten paths in messages.

    Raises:
        ConfigError: A pyproject.toml on the way is broken, or its table is not valid.
    """
    start = (cwd / targets[0]) if targets else cwd
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if _exists(path):
            shown = shorten(path, cwd)
            table = _table(read_toml(path, shown), shown)
            if table is not None:
                return _convert(table, folder, shown)
        if _exists(folder / ".git"):
            break
    return Config()


def read_toml(path: Path, shown: str) -> dict[str, object]:
    """Read a TOML file; `shown` is its name in messages.

    Raises:
        ConfigError: It cannot be read, or is not UTF-8, or not TOML.
    """
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{shown}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{shown}: not UTF-8 (byte {error.start}), as TOML must be") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{shown}: not valid TOML: {error}") from error


def value_at(document: dict[str, object], dotted: str, shape: type[T]) -> T | None:
    """Return what stands under a dotted key if it has the shape, else None."""
    value: object = document
    for key in dotted.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if value is None:
        return None
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError:
        return None


def shorten(path: Path, cwd: Path) -> str:
    """Return the path relative to the current directory if it is below it, else as it is."""
    return str(path.relative_to(cwd) if path.is_relative_to(cwd) else path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # in a folder that must not be entered
        return False


def _table(document: dict[str, object], shown: str) -> dict[str, object] | None:
    tool = document.get("tool")
    if not isinstance(tool, dict) or "cycleguard" not in tool:
        return None
    table = tool["cycleguard"]
    if not isinstance(table, dict):
        raise ConfigError(f"{shown}: tool.cycleguard must be a table, as in [tool.cycleguard]")
    return table


def _convert(table: dict[str, object], folder: Path, shown: str) -> Config:
    _check_keys(table, shown)
    try:
        config = msgspec.convert(table | {"folder": str(folder)}, Config)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$.")
        key = place.rstrip("`").removesuffix("[...]")
        words = problem.replace("`", "").replace("array", "list").replace("object", "table")
        raise ConfigError(f"{shown}: [tool.cycleguard] {key}: {_lower_first(words)}") from error
    for root in config.source_roots:
        if not (folder / root).is_dir():
            raise ConfigError(
                f"{shown}: [tool.cycleguard] source-roots: no such folder: {root}"
                f" (paths are relative to the folder of {shown})"
            )
    return config


def _check_keys(table: dict[str, object], shown: str) -> None:
    valid = sorted({field.encode_name for field in msgspec.structs.fields(Config)} - {"folder"})
    for key in sorted(table.keys() - valid):
        near = get_close_matches(key, valid, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise ConfigError(
            f"{shown}: [tool.cycleguard] has no key '{key}': {hint}valid keys: {', '.join(valid)}"
        )


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
