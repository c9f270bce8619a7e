"""The public names of a module, as far as its statements tell."""

from cycleguard.model.imports import ModuleFacts


def public_names(facts: ModuleFacts) -> frozenset[str]:
    """Names that others may import; those that only type checkers see do not count."""
    return frozenset(
        binding.name
        for binding in facts.bindings
        if not binding.name.startswith("_") and not binding.never_at_import
    )
