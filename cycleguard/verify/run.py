"""The stage `verify`: every module of the targets as first import, in CPython.

In: the project and what was predicted. Out: a `Verification`. This is the one stage that runs the
scanned code.
"""

import os
import platform
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from cycleguard.model.analysis import Entry
from cycleguard.model.imports import ModuleFacts
from cycleguard.model.modules import Module, ModuleKind, Project
from cycleguard.model.verified import LeftOut, Verification
from cycleguard.verify.compare import compare
from cycleguard.verify.messages import Cleaner
from cycleguard.verify.names import ProjectNames
from cycleguard.verify.pool import import_each
from cycleguard.verify.process import Setting


class Trial(Struct, frozen=True):
    """How the code is run: by which interpreter, how many at a time, within which bounds."""

    python: Path
    jobs: int = 1
    seconds: float = 60
    megabytes: int = 4096
    progress: Callable[[int, int], None] | None = None


class Prediction(Struct, frozen=True):
    """What is known without running anything.

    `entries` are the modules that are not predicted to import; `facts` and `bindable` are those of
    the files that could be read.
    """

    entries: tuple[Entry, ...]
    facts: Mapping[str, ModuleFacts]
    bindable: Mapping[str, frozenset[str]]


def check_interpreter(trial: Trial) -> None:
    """Start the interpreter once, before time goes into an analysis.

    Raises:
        InterpreterError: it cannot be used.
    """
    import_each((), Setting(trial.python, (), trial.seconds, trial.megabytes), jobs=1)


def verify(project: Project, prediction: Prediction, trial: Trial) -> Verification:
    """Import every module of the targets first, and compare.

    Raises:
        InterpreterError: the interpreter cannot be used.
    """
    modules = {m.name: m for m in project.modules if m.name in project.targets}
    names = [name for name, module in modules.items() if _is_entry(module)]
    roots = tuple(os.path.normpath(Path(project.root, root)) for root in project.roots)
    setting = Setting(trial.python, roots, trial.seconds, trial.megabytes)
    answers = import_each(names, setting, trial.jobs, trial.progress)
    known = ProjectNames(project, prediction.facts, prediction.bindable)
    cleaner = Cleaner(project.root, answers.interpreter.path)
    entries = {entry.module: entry for entry in prediction.entries}
    return Verification(
        root=project.root,
        python=answers.interpreter.shown_version,
        analysed_with=platform.python_version(),
        modules=tuple(
            compare(modules[name], entries.get(name), answers.by_name[name], known, cleaner)
            for name in names
        ),
        left_out=_left_out(modules),
    )


def _is_entry(module: Module) -> bool:
    return _has_source(module) and not _is_main(module) and _is_nameable(module)


def _left_out(modules: Mapping[str, Module]) -> LeftOut:
    main = [name for name, module in modules.items() if _is_main(module)]
    unnameable = [name for name, m in modules.items() if not _is_main(m) and not _is_nameable(m)]
    entries = [name for name, module in modules.items() if _is_entry(module)]
    compiled = len(modules) - len(main) - len(unnameable) - len(entries)
    return LeftOut(len(main), len(unnameable), compiled)


def _has_source(module: Module) -> bool:
    return module.kind in (ModuleKind.SOURCE, ModuleKind.NAMESPACE)


def _is_main(module: Module) -> bool:
    """``python -m`` runs it under another name; whoever imports it does not mean it."""
    return module.name.rpartition(".")[2] == "__main__"


def _is_nameable(module: Module) -> bool:
    return all(part.isidentifier() for part in module.name.split("."))
