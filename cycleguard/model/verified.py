"""What `verify` gives: for every module as first import, what was predicted and what CPython did.

Read next by `report`.
"""

from enum import StrEnum

from msgspec import Struct

from cycleguard.model.analysis import Entry
from cycleguard.model.findings import Outcome


class Happened(StrEnum):
    """How the import of a module ended in CPython."""

    OK = "ok"
    CRASH = "crash"
    MISSING = "missing-dependency"
    EXIT = "exit"
    SIGNAL = "signal"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    TAKEN = "taken"


class Agreement(StrEnum):
    """What that says of the prediction.

    `SETTLED`: nothing was predicted, and now it is known. `OWN_REASON`: the import fails, and not
    because of the order of imports. `UNTRIED`: it did not come to what the prediction is about.
    """

    AGREES = "agrees"
    DISAGREES = "disagrees"
    SETTLED = "settled"
    OWN_REASON = "own-reason"
    UNTRIED = "untried"


class Place(Struct, frozen=True, order=True):
    """A line of a file of the project."""

    module: str
    path: str
    line: int


class VerifiedModule(Struct, frozen=True):
    """One module as first import.

    `prediction` is what was predicted unless that is `ok`. `error` is the class that CPython
    raised, `at` the last place in the project that it went through. `needs` is what was not there,
    for an import that could not be tried.
    """

    module: str
    path: str
    predicted: Outcome
    prediction: Entry | None
    happened: Happened
    error: str | None
    message: str | None
    at: Place | None
    verdict: Agreement
    needs: str | None = None


class LeftOut(Struct, frozen=True):
    """How many modules of the target are not imported, by why.

    `main` are run, not imported; `unnameable` have names that no import statement can hold;
    `compiled` have no source, so nothing is predicted of them.
    """

    main: int = 0
    unnameable: int = 0
    compiled: int = 0


class Verification(Struct, frozen=True):
    """Everything that the command reports. `modules` is sorted by name.

    `root` is the absolute folder that paths are relative to. `python` is the version that imported,
    `analysed_with` the one that the prediction is for.
    """

    root: str
    python: str
    analysed_with: str
    modules: tuple[VerifiedModule, ...]
    left_out: LeftOut

    def with_verdict(self, verdict: Agreement) -> tuple[VerifiedModule, ...]:
        """The modules of that verdict."""
        return tuple(each for each in self.modules if each.verdict is verdict)

    @property
    def has_findings(self) -> bool:
        """Whether the prediction was wrong, or order makes an import crash."""
        return any(
            each.verdict is Agreement.DISAGREES
            or (each.happened is Happened.CRASH and each.verdict is not Agreement.OWN_REASON)
            for each in self.modules
        )

    @property
    def has_tried_none(self) -> bool:
        """Whether not one module was put to the test."""
        return all(each.verdict is Agreement.UNTRIED for each in self.modules)
