"""Prediction against CPython, module by module.

In: what was predicted of a module, and the `Answer` for it. Out: a `VerifiedModule`. docs/verify.md
has the same table for users.
"""

import signal

from msgspec import Struct

from cycleguard.model.analysis import Entry
from cycleguard.model.findings import Outcome
from cycleguard.model.modules import Module
from cycleguard.model.verified import Agreement, Happened, Place, VerifiedModule
from cycleguard.verify.answers import Answer
from cycleguard.verify.causes import Kind, find_cause, last_place
from cycleguard.verify.messages import Cleaner
from cycleguard.verify.names import ProjectNames

_IMPORTS = (Outcome.OK, Outcome.SILENT)
_STOPPED = (Happened.TIMEOUT, Happened.MEMORY, Happened.TAKEN)


class Ended(Struct, frozen=True):
    """How an import ended, in the words of the report; `is_order` is false for its own reasons."""

    happened: Happened
    error: str | None = None
    message: str | None = None
    at: Place | None = None
    needs: str | None = None
    is_order: bool = False


def compare(
    module: Module, entry: Entry | None, answer: Answer, names: ProjectNames, cleaner: Cleaner
) -> VerifiedModule:
    """What `answer` says of the prediction for `module`; `entry` None: predicted to import."""
    is_hidden = names.is_hidden(module.name, answer.found)
    ended = Ended(Happened.TAKEN) if is_hidden else _ended(answer, names, cleaner)
    return VerifiedModule(
        module=module.name,
        path=module.path,
        predicted=entry.outcome if entry else Outcome.OK,
        prediction=entry,
        happened=ended.happened,
        error=ended.error,
        message=ended.message,
        at=ended.at,
        verdict=_verdict(entry, ended),
        needs=ended.needs,
    )


def _verdict(entry: Entry | None, ended: Ended) -> Agreement:
    predicted = entry.outcome if entry else Outcome.OK
    if ended.needs or ended.happened in _STOPPED:
        return Agreement.UNTRIED
    if entry and predicted is Outcome.CRASH and ended.error == entry.error:
        return Agreement.AGREES
    if ended.happened is not Happened.OK and not ended.is_order:
        return Agreement.OWN_REASON
    if predicted is Outcome.UNKNOWN:
        return Agreement.SETTLED
    is_as_predicted = predicted in _IMPORTS and ended.happened is Happened.OK
    return Agreement.AGREES if is_as_predicted else Agreement.DISAGREES


def _ended(answer: Answer, names: ProjectNames, cleaner: Cleaner) -> Ended:
    if answer.kind == "error":
        return _failed(answer, names, cleaner)
    message = None
    if answer.kind == "exit":
        message = f"the interpreter ended with status {answer.status}"
    elif answer.kind == "signal":
        message = f"killed by {_signal(answer.status)}"
    return Ended(Happened(answer.kind), message=message)


def _failed(answer: Answer, names: ProjectNames, cleaner: Cleaner) -> Ended:
    error = answer.raised[0]
    at = last_place(error, names)
    message = cleaner.clean(error.message)
    if "MemoryError" in error.bases:
        return Ended(Happened.MEMORY, error.kind, message, at)
    cause = find_cause(answer.raised, names)
    happened = Happened.MISSING if cause.needs else Happened.CRASH
    return Ended(happened, error.kind, message, at, cause.needs, cause.kind is Kind.ORDER)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
