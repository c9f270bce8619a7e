"""Why a proposal is not carried out."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.model.edits import Place
from cycleguard.model.findings import Step
from cycleguard.model.plans import Stay
from cycleguard.simulate.errors import SimulatedError


class Dropped(Struct, frozen=True):
    """Why a proposal is not carried out; `needs_unsafe`: it would be with ``--unsafe``."""

    by: Stay
    code: str
    text: str
    chain: tuple[Step, ...] = ()
    needs_unsafe: bool = False


EAGER_CYCLE = Dropped(
    Stay.GRAPH,
    "eager-cycle",
    "imports from every entry, but makes a cycle of eager imports new or larger",
    needs_unsafe=True,
)
GROWING = replace(
    EAGER_CYCLE,
    needs_unsafe=False,
    text=f"{EAGER_CYCLE.text}: `--unsafe` without `--cycle` moves it",
)


class Kept(Struct, frozen=True):
    """An import that a source leaves where it is: its place, and why."""

    path: str
    place: Place
    why: Dropped


def because(errors: Mapping[str, SimulatedError | None], doubt: str | None = None) -> Dropped:
    """The reason where imports would fail; `errors` by the entries that fail, the first is told.

    Where there is no error, `doubt` is why there may be one.
    """
    entry, error = next(iter(errors.items()))
    said = f"{error.kind}: {error.message}" if error else "an outcome that is not known"
    said += f", as {doubt}" if doubt else ""
    more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
    chain = tuple(Step(f.module, f.path, f.line, "") for f in error.chain) if error else ()
    text = f"with it, importing {entry}{more} first would give {said}"
    return Dropped(Stay.SIMULATION, "breaks-an-entry", text, chain)
