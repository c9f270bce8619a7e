"""What the gate allows, as the configuration says it. Part of `config.Config`."""

from msgspec import UNSET, Struct, UnsetType

from cycleguard.model.cycles import Verdict
from cycleguard.model.rules import DEFAULT_RULES


class Budgets(Struct, frozen=True, rename="kebab"):
    """Upper limits: how many cycles of a kind, modules in one, imports in functions and calls."""

    eager_cycles: int | None = None
    deferred_cycles: int | None = None
    typing_cycles: int | None = None
    cycle_modules: int | None = None
    local_imports: int | None = None
    dynamic_imports: int | None = None


class Override(Struct, frozen=True, rename="kebab"):
    """Other rules for some files: `paths` are gitignore patterns."""

    paths: tuple[str, ...]
    fail_on: tuple[str, ...] | UnsetType = UNSET
    cycle_verdicts: tuple[Verdict, ...] | UnsetType = UNSET
    allow_local: tuple[str, ...] | UnsetType = UNSET


class Policy(Struct, frozen=True):
    """What fails: names of rules, verdicts of cycles; and what may be imported in functions."""

    fail_on: tuple[str, ...] = DEFAULT_RULES
    cycle_verdicts: tuple[Verdict, ...] = tuple(Verdict)
    allow_local: tuple[str, ...] = ()
