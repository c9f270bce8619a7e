"""Prediction against CPython: where do they part?"""

import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import mkdtemp

from msgspec import Struct

from cycleguard.model.findings import Outcome
from cycleguard.simulate.entries import Result
from tests.support.oracle import Truth, ask_cpython
from tests.support.prediction import Files, modules_of, predict

# What only the machine that runs the package can tell, and no reader of its text.
OPEN_CONDITION = "os.environ"


class Verdict(Struct, frozen=True):
    """One entry: what was predicted and what happened. `fault` is empty where they agree."""

    entry: str
    predicted: str
    happened: str
    fault: str


def judge(files: Files, root: Path | None = None, only: str | None = None) -> list[Verdict]:
    """Compare prediction and truth for every module of `files` as first import.

    Args:
        files: paths and texts of a package.
        root: an empty folder to write them to; a temporary one if it is None.
        only: the one entry to look at, if not all.
    """
    names = [module.name for module in modules_of(files) if only in (None, module.name)]
    truths = run_cpython(files, names, root)
    results = predict(files)
    is_open = any(OPEN_CONDITION in text for text in files.values())
    return [
        Verdict(
            name,
            _said(results[name]),
            _was(truths[name]),
            _fault(results[name], truths[name], is_open),
        )
        for name in names
    ]


def run_cpython(files: Files, names: Iterable[str], root: Path | None = None) -> dict[str, Truth]:
    """Write `files` below `root` and import each of `names` in an interpreter of its own."""
    folder = root or Path(mkdtemp(prefix="cycleguard-", dir=_memory()))
    try:
        for path, text in files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        return ask_cpython(folder, names)
    finally:
        if root is None:
            shutil.rmtree(folder)


def _memory() -> Path | None:
    """A file system in memory, if there is one."""
    folder = Path("/dev/shm")
    return folder if folder.is_dir() else None


def _fault(result: Result, truth: Truth, is_open: bool) -> str:
    """How the prediction was wrong, in one word; empty if it was right."""
    if result.outcome is Outcome.UNKNOWN:
        return "" if is_open else "unknown"
    if result.outcome is not Outcome.CRASH:
        return "missed" if truth.error else ""
    if truth.error is None:
        return "alarm"
    error = result.error
    assert error is not None
    if error.kind != truth.error:
        # Whichever way an open condition goes, it fails: how, is the way's affair.
        return "" if is_open else "class"
    return "module" if truth.module is not None and truth.module != error.module else ""


def _said(result: Result) -> str:
    error = result.error
    outcome = result.outcome.value if result.outcome else "nothing"
    if error is None:
        return outcome
    at = f" at {error.chain[-1].path}:{error.chain[-1].line}" if error.chain else ""
    return f"{outcome} {error.kind}: {error.message} [{error.module}]{at}"


def _was(truth: Truth) -> str:
    if truth.error is None:
        return "imported"
    return f"{truth.error}: {truth.message} [{truth.module}]"
