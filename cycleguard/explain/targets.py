"""What `explain` was asked about: a module, a line of a file, or a cycle."""

import os
import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from msgspec import Struct

from cycleguard.discover.disk import is_folder
from cycleguard.errors import TargetError
from cycleguard.model.imports import ImportStatement
from cycleguard.model.modules import Module, ModuleKind
from cycleguard.pipeline import Resolved

_MOST_LINES_LISTED = 12
# path.py:LINE, and path.py:LINE:COLUMN as other tools print it
_LINE = re.compile(r"(?P<path>.+?):(?P<line>\d+)(:\d+)?")
_CYCLE = re.compile(r"[0-9a-f]{8}")
_FORMS = "give a module (pkg.mod or its path), an import (path.py:LINE) or a cycle's id"


class LineTarget(Struct, frozen=True):
    """A line of a file."""

    path: Path
    line: int


class PathTarget(Struct, frozen=True):
    """A module by the path of its file or folder."""

    path: Path


class NameTarget(Struct, frozen=True):
    """A module by its dotted name, or a cycle by its id; `where` is the folder to look in."""

    name: str
    where: Path

    @property
    def may_be_cycle(self) -> bool:
        """Whether it looks like the id of a cycle."""
        return _CYCLE.fullmatch(self.name) is not None


Target = LineTarget | PathTarget | NameTarget


def parse_target(typed: str, where: Path) -> Target:
    """Tell what kind of target this is.

    Raises:
        TargetError: it is none.
    """
    match = _LINE.fullmatch(typed)
    if match is not None:
        path = Path(match["path"])
        if is_folder(path):
            raise TargetError(f"'{path}' is a folder: give a file and a line, as in path.py:LINE")
        return LineTarget(path, int(match["line"]))
    path = Path(typed)
    is_path = typed.endswith(".py") or "/" in typed or os.sep in typed
    if is_path or (is_folder(path) and where == Path()):
        return PathTarget(path)
    name = NameTarget(typed, where)
    if name.may_be_cycle or all(part.isidentifier() for part in typed.split(".")):
        return name
    raise TargetError(f"'{typed}' is no module, line or cycle: {_FORMS}")


def find_by_path(resolved: Resolved, path: Path) -> Module:
    """The module of the file or folder `path`.

    Raises:
        TargetError: there is none, or its file cannot be analysed.
    """
    root = Path(resolved.project.root)
    real = os.path.realpath(path)
    for skipped in resolved.skipped:
        if os.path.realpath(root / skipped.path) == real:
            raise TargetError(f"cannot analyse {path}: {skipped.reason}")
    wanted = {real, os.path.realpath(path / "__init__.py")} if is_folder(path) else {real}
    for module in resolved.project.modules:
        if module.kind is not ModuleKind.EXTENSION:
            if os.path.realpath(root / module.path) in wanted:
                return _readable(resolved, module)
    raise TargetError(f"'{path}' is no package: {_FORMS}")


def find_by_name(resolved: Resolved, target: NameTarget) -> Module:
    """The module of that dotted name.

    Raises:
        TargetError: there is none, or its file cannot be analysed.
    """
    modules = {module.name: module for module in resolved.project.modules}
    if target.name in modules:
        return _readable(resolved, modules[target.name])
    near = get_close_matches(target.name, modules, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    where = "the current folder" if target.where == Path() else str(target.where)
    raise TargetError(f"no module {target.name} in {where}: {hint}--in PATH says where to look")


def statements_at(
    statements: Iterable[ImportStatement], target: LineTarget
) -> tuple[ImportStatement, ...]:
    """The imports on that line.

    Raises:
        TargetError: there is none.
    """
    statements = sorted(statements, key=lambda each: (each.line, each.column))
    found = tuple(each for each in statements if each.line <= target.line <= each.end_line)
    if found:
        return found
    lines = sorted({each.line for each in statements})
    if not lines:
        raise TargetError(f"{target.path}: there is no import in this file")
    nearest = sorted(sorted(lines, key=lambda each: abs(each - target.line))[:_MOST_LINES_LISTED])
    listed = f"line {nearest[0]}" if len(nearest) == 1 else f"lines {', '.join(map(str, nearest))}"
    which = "they are" if len(nearest) == len(lines) else f"of {len(lines)}, the nearest are"
    place = f"it is at {listed}" if len(lines) == 1 else f"{which} at {listed}"
    raise TargetError(f"{target.path}:{target.line}: no import there; {place}")


def _readable(resolved: Resolved, module: Module) -> Module:
    if module.kind is ModuleKind.NAMESPACE or module.name in resolved.facts:
        return module
    for skipped in resolved.skipped:
        if skipped.path == module.path:
            raise TargetError(f"cannot analyse {module.path}: {skipped.reason}")
    raise TargetError(f"{module.name} is no Python source: nothing is known of what it imports")
