"""The proof by CPython: every module of a changed copy imports as it did before.

In: a plan. Out: how many modules were tried, or an `ApplyError` that names the first that fails.
This runs the code, outside of the user's tree.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from cycleguard.errors import ApplyError
from cycleguard.model.modules import Project
from cycleguard.model.verified import Happened, VerifiedModule
from cycleguard.pipeline import Resolved
from cycleguard.plan.rounds import Planned
from cycleguard.verify.run import Prediction, Trial, verify

_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".git", ".hg", ".tox", ".nox", "node_modules")


def prove(planned: Planned, trial: Trial) -> int:
    """Import every module as it is, and as it would be.

    Raises:
        ApplyError: a module imports now and would not afterwards.
        InterpreterError: the interpreter of `trial` cannot be used.
    """
    with TemporaryDirectory(prefix="cycleguard-") as folder:
        copy = Path(folder)
        _copy(planned.before.project, copy)
        before = _imported(planned.before, copy, trial)
        for change in planned.plan.changes:
            path = copy / change.path
            if change.after is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(change.after)
        after = _imported(planned.after, copy, trial)
    broken = [
        module
        for name, module in sorted(after.items())
        if module.happened is not Happened.OK
        and name in before
        and before[name].happened is Happened.OK
    ]
    for module in broken:
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        what = f"{module.error}: {module.message}" if module.error else str(module.happened)
        raise ApplyError(
            f"with these changes {module.module} would not import any more{more}: {what}; "
            "nothing was changed"
        )
    return sum(module.happened is Happened.OK for module in after.values())


def _imported(resolved: Resolved, folder: Path, trial: Trial) -> dict[str, VerifiedModule]:
    """How the import of each module ends in the copy."""
    names = frozenset(module.name for module in resolved.project.modules)
    project = replace(resolved.project, root=str(folder), targets=names)
    found = verify(project, Prediction((), resolved.facts, {}), trial)
    return {module.module: module for module in found.modules}


def _copy(project: Project, folder: Path) -> None:
    """The packages of a project with all their files; what else lies there is of no use."""
    root = Path(project.root)
    for path in sorted(set(_tops(project))):
        source, target = root / path, folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=_NOT_COPIED, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy2(source, target)


def _tops(project: Project) -> Iterator[Path]:
    """The outermost packages, and modules in none, relative to the project's root."""
    for module in project.modules:
        path = Path(module.path)
        parts = module.name.count(".") + 1
        if module.is_package and path.name == "__init__.py":
            path = path.parent
        # a/b/c.py is a.b.c: a is what is imported from
        up = parts - 1
        yield path.parents[up - 1] if up else path
