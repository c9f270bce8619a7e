"""Reads `[tool.cycleguard]` from the nearest pyproject.toml, and adds it where it is not there.

In: the targets as given on the command line. Out: a frozen `Config`, read by every stage that can
be configured. What is not valid is a `ConfigError` of one line that names the file and the key.
"""

import tomllib
from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from cycleguard.errors import ConfigError
from cycleguard.files import write_bytes
from cycleguard.model.cycles import Verdict
from cycleguard.model.policy import Budgets, Override
from cycleguard.model.rules import DEFAULT_RULES, RULES

T = TypeVar("T")


class Config(Struct, frozen=True, rename="kebab"):
    """The configuration; relative paths in it are relative to `folder`.

    `source_roots` are folders that stand on ``sys.path``. `exclude` are gitignore patterns.
    `namespace_packages` are dotted names of packages without ``__init__.py``. `generated` are
    patterns of module names that a build makes. `dependency_modules` maps an import name to the
    distribution that holds it. `folder` is the folder of the pyproject.toml, empty without one.

    The others are for `check`. `fail_on` are names of rules, `cycle_verdicts` which cycles count,
    `allow_local` patterns of modules that functions may import; `overrides` say otherwise for some
    files. `layers` are names of modules from the top down, `max` upper limits. `baseline` is the
    path of the baseline.
    """

    source_roots: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    namespace_packages: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()
    dependency_modules: dict[str, str] = {}
    fail_on: tuple[str, ...] = DEFAULT_RULES
    cycle_verdicts: tuple[Verdict, ...] = tuple(Verdict)
    allow_local: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()
    layers: tuple[tuple[str, ...], ...] = ()
    max: Budgets = Budgets()
    baseline: str = "cycleguard-baseline.json"
    folder: str = ""


def load_config(targets: Sequence[Path], cwd: Path) -> Config:
    """Find and read the configuration of the first target.

    Args:
        targets: The paths to analyse, absolute or relative to `cwd`.
        cwd: The current directory, also used to shorten paths in messages.

    Raises:
        ConfigError: A pyproject.toml on the way is broken, or its table is not valid.
    """
    for path in _pyprojects((cwd / targets[0]) if targets else cwd):
        shown = shorten(path, cwd)
        table = _table(read_toml(path, shown), shown)
        if table is not None:
            return _convert(table, path.parent, shown)
    return Config()


def nearest_pyproject(start: Path) -> Path | None:
    """The pyproject.toml of an absolute folder, or of one above it in the same repository."""
    return next(_pyprojects(start), None)


def add_table(path: Path, text: str, shown: str) -> None:
    """Write a table at the end of a pyproject.toml, or into a new one; the rest stays as it is.

    Raises:
        ConfigError: that would not be valid TOML; the file is as it was.
        OutputError: the file cannot be written.
    """
    before = path.read_bytes() if path.exists() else b""
    newline = b"\r\n" if b"\r\n" in before else b"\n"
    gap = newline if before else b""
    end = b"" if not before or before.endswith(b"\n") else newline
    after = before + end + gap + text.encode().replace(b"\n", newline)
    try:
        tomllib.loads(after.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"{shown}: [tool.cycleguard] cannot be added at its end: add it by hand ({error})"
        ) from error
    write_bytes(path, after)


def _pyprojects(start: Path) -> Iterator[Path]:
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if _exists(path):
            yield path
        if _exists(folder / ".git"):
            break


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
    where = f"{shown}: [tool.cycleguard]"
    _check_keys(table, set(_keys(Config)) - {"folder"}, where)
    _check_nested(table, where)
    try:
        config = msgspec.convert(table | {"folder": str(folder)}, Config)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$.")
        key = place.rstrip("`").removesuffix("[...]")
        words = problem.replace("`", "").replace("array", "list").replace("object", "table")
        raise ConfigError(f"{where} {key}: {_lower_first(words)}") from error
    for root in config.source_roots:
        if not (folder / root).is_dir():
            raise ConfigError(
                f"{where} source-roots: no such folder: {root}"
                f" (paths are relative to the folder of {shown})"
            )
    for rules in (config.fail_on, *(override.fail_on for override in config.overrides)):
        _check_rules(rules if isinstance(rules, tuple) else (), where)
    return config


def _check_nested(table: dict[str, object], where: str) -> None:
    """Tables within the table; what is no table is left to the conversion."""
    budgets, overrides = table.get("max"), table.get("overrides")
    if isinstance(budgets, dict):
        _check_keys(budgets, _keys(Budgets), f"{where} max")
    for number, override in enumerate(overrides if isinstance(overrides, list) else (), 1):
        if isinstance(override, dict):
            _check_keys(override, _keys(Override), f"{where} override {number}")


def _keys(shape: type[Struct]) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(shape)]


def _check_keys(table: dict[str, object], keys: Collection[str], where: str) -> None:
    for key in sorted(table.keys() - keys):
        raise ConfigError(f"{where} has no key '{key}': {_choice(key, keys, 'valid keys')}")


def _check_rules(codes: Iterable[str], where: str) -> None:
    for code in codes:
        if code not in RULES:
            choice = _choice(code, RULES, "valid names")
            raise ConfigError(f"{where} fail-on: no rule is called '{code}': {choice}")


def _choice(wrong: str, valid: Iterable[str], title: str) -> str:
    listed = sorted(valid)
    near = get_close_matches(wrong, listed, n=1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return f"{hint}{title}: {', '.join(listed)}"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
