"""The public names of a module, as far as its statements tell, and those that others ask for."""

from collections.abc import Iterable

from cycleguard.model.imports import ModuleFacts
from cycleguard.model.resolved import ResolvedImport


def public_names(facts: ModuleFacts) -> frozenset[str]:
    """Names that others may import; those that only type checkers see do not count."""
    return frozenset(
        binding.name
        for binding in facts.bindings
        if not binding.name.startswith("_") and not binding.never_at_import
    )


def asked_names(imports: Iterable[ResolvedImport]) -> dict[str, frozenset[str]]:
    """What ``from`` statements ask each module for; ``*`` is among it as such."""
    found: dict[str, set[str]] = {}
    for resolved in imports:
        for target in resolved.internal:
            found.setdefault(target.module, set()).update(target.names)
    return {module: frozenset(names) for module, names in found.items()}
