"""The stage `discover`: from the paths that the user named to a `Project`.

Nothing is imported, installed or executed: names come from the file system, the rest from the
metadata of the project. Read next by `collect`, which opens the modules, and by `resolve`.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from cycleguard.config import Config
from cycleguard.discover.dependencies import find_dependencies
from cycleguard.discover.generated import find_generated
from cycleguard.discover.ignore import rules_above, rules_for_named
from cycleguard.discover.metadata import Metadata, read_declarations
from cycleguard.discover.modules import Candidate, add_namespaces, choose, find_candidates
from cycleguard.discover.naming import Layout
from cycleguard.discover.scope import Scope, Target, find_scopes, find_targets, is_marked, outermost
from cycleguard.discover.walk import Task, printable, walk
from cycleguard.errors import TargetError
from cycleguard.model.modules import Module, ModuleKind, Project, Skipped


class _Files(Struct, frozen=True):
    """What the walks found, and by which layout the names below each source root were made."""

    candidates: list[Candidate]
    layouts: dict[Path, Layout]
    skipped: list[Skipped]


def discover(targets: Sequence[Path], config: Config, cwd: Path) -> Project:
    """Find the modules of the source roots that hold `targets`, and their dotted names.

    Args:
        targets: Folders and Python files, absolute or relative to `cwd`.
        config: The configuration, see `config.load_config`.
        cwd: The current directory; paths in the result are relative to it if it is above all
            source roots, so that they are what the user typed.

    Raises:
        TargetError: A target does not exist, is not Python, or holds no Python.
        ConfigError: A pattern of `exclude` is not valid.
    """
    named = find_targets(targets, cwd)
    scopes = find_scopes(named, config)
    files = _find_files(scopes, named, config)
    for target in named:
        _check_not_empty(target, files)
    ours = [c for c in files.candidates if _is_named(c, named)]
    roots = _sort_roots({c.root for c in ours} | {scope.root for scope in scopes}, scopes)
    metadata = [(root, m) for root in roots for m in _metadata(root, ours, files)]
    paths = {c.path for c in ours}
    context = (c for c in files.candidates if c.is_importable and c.root in roots)
    known = [*ours, *(c for c in context if c.path not in paths)]
    for root, declared in metadata:
        known += find_generated(declared, root, files.layouts[root])
    chosen = choose(known, roots)
    modules = add_namespaces(chosen.by_name)
    top = _project_root(scopes, cwd)
    return Project(
        root=str(top),
        modules=tuple(_module(name, modules[name], top) for name in sorted(modules)),
        targets=frozenset(name for name, c in modules.items() if _is_named(c, named)),
        skipped=tuple(sorted(_skipped(files.skipped, chosen.losers, top))),
        dependencies=find_dependencies([declared for _, declared in metadata], config),
        roots=tuple(_relative(str(root), top) for root in roots),
    )


def _find_files(scopes: Sequence[Scope], named: Sequence[Target], config: Config) -> _Files:
    files = _Files([], {scope.root: scope.layout for scope in scopes}, [])
    wanted = frozenset({s.anchor for s in scopes} | {target.path for target in named})
    for scope in outermost(scopes):
        is_folder = scope.top.is_dir()
        rules = rules_for_named(str(scope.top), is_folder, rules_above(scope.top, config))
        start = Task(str(scope.top if is_folder else scope.top.parent), rules, not is_folder)
        found = walk(start, wanted)
        files.skipped.extend(found.skipped)
        for candidate in find_candidates(found.folders, scope.layout):
            files.candidates.append(candidate)
            files.layouts.setdefault(candidate.root, scope.layout)
    return files


def _check_not_empty(target: Target, files: _Files) -> None:
    for entry in files.skipped:
        if entry.path == str(target.path):
            raise TargetError(f"cannot list {target.typed}: {entry.reason}")
    sources = (c for c in files.candidates if c.kind is ModuleKind.SOURCE)
    if any(_is_named(candidate, [target]) for candidate in sources):
        return
    if any(target.covers(entry.path, entry.path) for entry in files.skipped):
        return
    raise TargetError(
        f"no Python file in {target.typed}"
        " (not counting what .gitignore or the option 'exclude' leaves out)"
    )


def _is_named(candidate: Candidate, named: Sequence[Target]) -> bool:
    return any(target.covers(candidate.path, candidate.real) for target in named)


def _sort_roots(roots: Collection[Path], scopes: Sequence[Scope]) -> list[Path]:
    """Order the roots as on ``sys.path``: as configured, else the ``src`` of a project first."""
    configured = [root for scope in scopes[:1] for root in scope.layout.configured]

    def rank(root: Path) -> tuple[int, Path, bool]:
        number = configured.index(root) if root in configured else len(configured)
        is_src = root.name == "src"
        return (number, root.parent if is_src else root, not is_src)

    return sorted(roots, key=rank)


def _metadata(root: Path, ours: Iterable[Candidate], files: _Files) -> Iterator[Metadata]:
    names = {_relative(c.path, root) for c in ours if c.root == root}
    return read_declarations(root, files.layouts[root].base, names)


def _project_root(scopes: Sequence[Scope], cwd: Path) -> Path:
    """Return the folder that paths are relative to: the current one if it is above everything."""
    if all(scope.root.is_relative_to(cwd) for scope in scopes):
        return cwd
    bases = {scope.layout.base for scope in scopes}
    tops = [next((p for p in (b, *b.parents) if is_marked(p)), b) for b in bases]
    try:
        return Path(os.path.commonpath(tops))
    except ValueError as error:
        raise TargetError("the targets are on different drives: analyse each alone") from error


def _module(name: str, candidate: Candidate, top: Path) -> Module:
    return Module(name, _relative(candidate.path, top), candidate.kind, candidate.is_package)


def _skipped(
    skipped: Iterable[Skipped], losers: Iterable[tuple[Candidate, Candidate]], top: Path
) -> Iterator[Skipped]:
    for entry in skipped:
        yield Skipped(_shown(entry.path, top), entry.reason)
    for loser, winner in losers:
        why = "two source roots" if loser.root != winner.root else "CPython takes the package"
        taken = f"module name '{loser.name}' is already taken by {_shown(winner.path, top)}"
        yield Skipped(_shown(loser.path, top), f"{taken} ({why})")


def _shown(path: str, top: Path) -> str:
    return printable(_relative(path, top))


def _relative(path: str, top: Path) -> str:
    """Like `Path.relative_to`, which is too slow for every file of a project."""
    return path.removeprefix(str(top)).replace(os.sep, "/").lstrip("/") or "."
