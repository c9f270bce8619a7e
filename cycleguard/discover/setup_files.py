"""What setup.cfg, setup.py and requirements.txt declare; nothing is run.

In: a project's folder. Out: `Declared`, merged by `metadata`. Of setup.py only literals count, and
names that are bound to literals at module level.
"""

import ast
import configparser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from cycleguard.discover.disk import is_file, text_of

T = TypeVar("T")


class Declared(Struct, frozen=True):
    """The declarations of one file.

    `required` and `optional` are requirements as written, the latter from extras; `required` is
    None if the file does not say. `python` is the specifier of Python versions. `files` are
    generated, relative to the project; `extensions` are dotted names of compiled modules.
    """

    required: tuple[str, ...] | None = None
    optional: tuple[str, ...] = ()
    python: str = ""
    files: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()


class _Scm(Struct, frozen=True):
    write_to: str = ""
    version_file: str = ""


def read_setup_cfg(folder: Path) -> Declared:
    """Read the `[options]` of a setup.cfg."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text_of(folder / "setup.cfg"))
    except configparser.Error:
        return Declared()
    required = parser.get("options", "install_requires", fallback=None)
    section = "options.extras_require"
    extras = dict(parser.items(section)) if parser.has_section(section) else {}
    return Declared(
        None if required is None else tuple(_setup_cfg_lines(required, folder)),
        tuple(line for value in extras.values() for line in _setup_cfg_lines(value, folder)),
        parser.get("options", "python_requires", fallback=""),
    )


def read_setup_py(folder: Path) -> Declared:
    """Read the literal arguments of ``setup()`` and the names of extensions."""
    try:
        tree = ast.parse(text_of(folder / "setup.py"))
    except (SyntaxError, ValueError, RecursionError):
        return Declared()
    names = {
        statement.targets[0].id: statement.value
        for statement in tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    arguments = {
        keyword.arg: keyword.value
        for call in calls
        if _called(call) == "setup"
        for keyword in call.keywords
        if keyword.arg
    }
    scm = _literal(arguments.get("use_scm_version"), names, _Scm) or _Scm()
    extras = _literal(arguments.get("extras_require"), names, dict[str, str | list[str]]) or {}
    return Declared(
        _requirements(arguments.get("install_requires"), names),
        tuple(line for value in extras.values() for line in _lines(value)),
        _literal(arguments.get("python_requires"), names, str) or "",
        (scm.write_to, scm.version_file),
        tuple(name for call in calls for name in _extension(call)),
    )


def read_requirements(folder: Path) -> Declared:
    """Read a requirements.txt, which requires what it lists."""
    path = folder / "requirements.txt"
    return Declared(tuple(requirement_lines(path)) if is_file(path) else None)


def requirement_lines(path: Path) -> Iterator[str]:
    """Yield the requirements of a requirements file, without options, comments and includes."""
    for line in text_of(path).replace("\\\n", " ").splitlines():
        text = line.partition(" #")[0].partition(" --")[0].strip()
        if text and not text.startswith(("#", "-")):
            yield text


def _setup_cfg_lines(value: str, folder: Path) -> Iterator[str]:
    if value.strip().startswith("file:"):
        for file in value.strip().removeprefix("file:").split(","):
            yield from requirement_lines(folder / file.strip())
    else:
        yield from _lines(value)


def _lines(value: str | list[str]) -> list[str]:
    lines = value.splitlines() if isinstance(value, str) else value
    return [line.strip() for line in lines if line.strip()]


def _requirements(node: ast.expr | None, names: Mapping[str, ast.expr]) -> tuple[str, ...] | None:
    value = _literal(node, names, str | list[str])  # type: ignore[arg-type]
    return None if value is None else tuple(_lines(value))


def _literal(node: ast.expr | None, names: Mapping[str, ast.expr], shape: type[T]) -> T | None:
    """Return the value of a literal, or of a name that stands for one, if it has the shape."""
    if isinstance(node, ast.Name):
        node = names.get(node.id)
    if node is None:
        return None
    try:
        return msgspec.convert(ast.literal_eval(node), shape)
    except (ValueError, TypeError, msgspec.ValidationError):
        return None


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _extension(call: ast.Call) -> Iterator[str]:
    """Yield the name in ``Extension("a.b", ...)`` and its kin (CppExtension, RustExtension)."""
    if _called(call).endswith("Extension"):
        given = [*call.args[:1], *(key.value for key in call.keywords if key.arg == "name")]
        for node in given:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
