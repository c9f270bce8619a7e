"""A `Verification` for people and for programs: what CPython did, held against the prediction.

The text starts with what is wrong with cycleguard, and ends with the summary. The keys of the JSON
are a contract, docs/verify.md: keys may be added.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
from rich.console import Console
from rich.text import Text

from cycleguard import __version__
from cycleguard.model.findings import Outcome
from cycleguard.model.verified import Agreement, Happened, Verification, VerifiedModule
from cycleguard.report.console import print_blank, print_row
from cycleguard.report.wording import count

_SCHEMA_VERSION = 1
_MOST_NAMES = 4
_LABELS = 11

_OUTCOMES = {
    Outcome.OK: "imports",
    Outcome.SILENT: "imports, but a name is lost: the error is caught",
    Outcome.UNKNOWN: "not known",
}
_ENDINGS = {
    Happened.OK: "imports",
    Happened.TIMEOUT: "it took longer than --timeout allows",
    Happened.MEMORY: "it took more memory than --memory allows",
    Happened.TAKEN: "another module of that name is found first",
}
_PARTS: dict[str, Callable[[VerifiedModule], bool]] = {
    "import as predicted": lambda m: _agrees(m) and m.happened is Happened.OK,
    "crash as predicted": lambda m: _agrees(m) and m.happened is not Happened.OK,
    "not as predicted": lambda m: m.verdict is Agreement.DISAGREES,
    "now known to import": lambda m: _is_settled(m) and m.happened is Happened.OK,
    "now known to crash": lambda m: _is_settled(m) and m.happened is not Happened.OK,
    "fail for their own reason": lambda m: m.verdict is Agreement.OWN_REASON,
    "could not be tried": lambda m: m.verdict is Agreement.UNTRIED,
}  # fmt: skip


def to_json(verification: Verification) -> str:
    """The verification as JSON text in ASCII, indented."""
    data = {
        "schema_version": _SCHEMA_VERSION,
        "python": verification.python,
        "analysed_with": verification.analysed_with,
        "summary": _summary_data(verification),
        "modules": [_module_data(module) for module in verification.modules],
    }
    return msgspec.json.format(json.dumps(data), indent=2) + "\n"


def _summary_data(verification: Verification) -> dict[str, object]:
    verdicts = Counter(module.verdict for module in verification.modules)
    happened = Counter(module.happened for module in verification.modules)
    left_out = verification.left_out
    return {
        "modules": len(verification.modules),
        "verdicts": {str(verdict): verdicts[verdict] for verdict in Agreement},
        "happened": {str(each): happened[each] for each in Happened},
        "left_out": {name: getattr(left_out, name) for name in left_out.__struct_fields__},
    }


def _module_data(module: VerifiedModule) -> dict[str, object]:
    at = module.at
    return {
        "module": module.module,
        "path": module.path,
        "predicted": str(module.predicted),
        "predicted_error": module.prediction.error if module.prediction else None,
        "happened": str(module.happened),
        "error": module.error,
        "message": module.message,
        "at": {"module": at.module, "path": at.path, "line": at.line} if at else None,
        "needs": module.needs,
        "verdict": str(module.verdict),
    }


def print_verification(console: Console, verification: Verification) -> None:
    """Print the whole report."""
    if Path(verification.root) != Path.cwd():
        print_row(console, Text(f"paths are relative to {verification.root}", style="dim"))
        print_blank(console)
    _print_disagreements(console, verification)
    crashes = [m for m in verification.modules if _agrees(m) and m.happened is not Happened.OK]
    _print_failures(console, "crashes, as predicted", "bold red", crashes)
    _print_settled(console, verification.with_verdict(Agreement.SETTLED))
    own = verification.with_verdict(Agreement.OWN_REASON)
    _print_failures(console, "fails for its own reason, not for the order of imports", "bold", own)
    _print_untried(console, verification.with_verdict(Agreement.UNTRIED))
    _print_summary(console, verification)


def _print_disagreements(console: Console, verification: Verification) -> None:
    wrong = verification.with_verdict(Agreement.DISAGREES)
    if not wrong:
        return
    heading = f"cycleguard was wrong about {count(len(wrong), 'module')}: a defect, please report"
    print_row(console, Text(heading, style="bold red"), 0, 2)
    groups = _alike(wrong, _cause_and_prediction)
    for group in groups:
        _print_names(console, group, Text("import "), 2)
        first = group[0]
        _print_labelled(console, "predicted", _prediction(first))
        if first.predicted is Outcome.CRASH and first.prediction and first.prediction.path:
            print_row(console, _at(first.prediction.path, first.prediction.line), 4 + _LABELS)
        _print_labelled(console, "CPython", _ending(first))
        if first.at:
            print_row(console, _at(first.at.path, first.at.line), 4 + _LABELS)
    _print_advice(console, verification)
    print_blank(console)


def _print_advice(console: Console, verification: Verification) -> None:
    versions = f"cycleguard {__version__}, CPython {verification.python}"
    is_same = _minor(verification.python) == _minor(verification.analysed_with)
    if not is_same:
        versions += f", predicted for Python {verification.analysed_with}"
    print_row(console, Text(versions, style="dim"), 2, 4)
    advice = "what to do: open an issue with the lines above, and the imports of these modules"
    if not is_same:
        advice = (
            "what to do: run cycleguard with the Python that imports, for conditions on the"
            " version may decide; if it is wrong then too, open an issue with the lines above"
        )
    print_row(console, Text(advice), 2, 4)


def _at(path: str, line: int) -> Text:
    return Text(f"at {path}:{line}", style="dim")


def _minor(version: str) -> list[str]:
    return version.split(".")[:2]


def _prediction(module: VerifiedModule) -> str:
    entry = module.prediction
    if entry is None or module.predicted is not Outcome.CRASH:
        return _OUTCOMES.get(module.predicted, str(module.predicted))
    return f"{entry.error}: {entry.message or ''}".rstrip(": ")


def _ending(module: VerifiedModule) -> str:
    if module.error is None:
        return module.message or _ENDINGS[module.happened]
    return f"{module.error}: {module.message or ''}".rstrip(": ")


def _print_failures(
    console: Console, heading: str, style: str, modules: Iterable[VerifiedModule]
) -> None:
    """Modules that fail, by how and where."""
    groups = _alike(modules, _cause)
    if not groups:
        return
    print_row(console, Text(heading, style=style), 0, 2)
    for group in groups:
        _print_names(console, group, Text(), 2)
        print_row(console, Text(_ending(group[0])), 4, 6)
        if group[0].at:
            print_row(console, _at(group[0].at.path, group[0].at.line), 6)
    print_blank(console)


def _print_settled(console: Console, settled: tuple[VerifiedModule, ...]) -> None:
    imports = [module for module in settled if module.happened is Happened.OK]
    if imports:
        print_row(console, Text("not known before, imports", style="bold green"), 0, 2)
        _print_names(console, imports, Text(), 2)
        print_blank(console)
    crashes = [module for module in settled if module.happened is not Happened.OK]
    _print_failures(console, "not known before, crashes", "bold red", crashes)


def _print_untried(console: Console, untried: Iterable[VerifiedModule]) -> None:
    """What was not there, the most wanted first; and what was stopped."""
    groups = _alike(untried, lambda module: (module.needs, module.happened))
    if not groups:
        return
    print_row(console, Text("could not be tried", style="bold yellow"), 0, 2)
    for group in sorted(groups, key=lambda group: (-len(group), group[0].needs or "")):
        first = group[0]
        why = f"needs {first.needs}" if first.needs else _ENDINGS[first.happened]
        row = Text.assemble((why, "yellow"), f" ({count(len(group), 'module')}): ")
        _print_names(console, group, row, 2)
    print_blank(console)


def _print_summary(console: Console, verification: Verification) -> None:
    total = len(verification.modules)
    counts = {words: sum(map(test, verification.modules)) for words, test in _PARTS.items()}
    parts = ", ".join(f"{number} {words}" for words, number in counts.items() if number)
    style = "bold red" if verification.has_findings else "bold"
    row = f"{count(total, 'module')} in CPython {verification.python}: {parts or 'nothing to do'}"
    print_row(console, Text(row, style=style), 0, 2)
    left_out = verification.left_out
    reasons = {
        "run, not imported (__main__)": left_out.main,
        "whose names no import can hold": left_out.unnameable,
        "compiled or made by a build": left_out.compiled,
    }
    shown = ", ".join(f"{number} {words}" for words, number in reasons.items() if number)
    if shown:
        print_row(console, Text(f"left out: {shown}"), 0, 2)


def _print_names(console: Console, group: list[VerifiedModule], lead: Text, indent: int) -> None:
    names = [module.module for module in group]
    rest = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")
    print_row(console, lead + Text(shown, style="bold"), indent, indent + 2)


def _print_labelled(console: Console, label: str, text: str) -> None:
    lead = Text(f"{label:<{_LABELS}}", style="dim")
    print_row(console, Text(text), 4, 4 + _LABELS, lead=lead)


def _alike(
    modules: Iterable[VerifiedModule], key: Callable[[VerifiedModule], object]
) -> list[list[VerifiedModule]]:
    """The modules that `key` says the same of, together; in the order of their first ones."""
    groups: dict[object, list[VerifiedModule]] = {}
    for module in modules:
        groups.setdefault(key(module), []).append(module)
    return list(groups.values())


def _cause(module: VerifiedModule) -> tuple[object, ...]:
    return module.happened, module.error, module.message, module.at


def _cause_and_prediction(module: VerifiedModule) -> tuple[object, ...]:
    return *_cause(module), _prediction(module)


def _agrees(module: VerifiedModule) -> bool:
    return module.verdict is Agreement.AGREES


def _is_settled(module: VerifiedModule) -> bool:
    return module.verdict is Agreement.SETTLED
