"""Names of the standard library that some operating systems lack, by the stubs of typeshed."""

_SYSTEMS = ("linux", "darwin", "win32")


class Platforms:
    """Answers for the running version of Python; every module is looked up once."""

    def __init__(self) -> None:
        self._rare: dict[str, frozenset[str]] = {}

    def lacks(self, module: str, name: str) -> bool:
        """Whether `module` has `name` on one of the systems, and is there without it on another."""
        if module not in self._rare:
            found = [_names(module, system) for system in _SYSTEMS]
            there = [names for names in found if names]
            everywhere = there[0].intersection(*there) if there else frozenset[str]()
            self._rare[module] = everywhere.union(*there) - everywhere
        return name in self._rare[module]


def _names(module: str, system: str) -> frozenset[str]:
    # Who has no such import in a function, or an answer that is remembered, does without.
    from typeshed_client import (  # noqa: PLC0415  # cycleguard: leave[start-up time]
        get_search_context,
        get_stub_names,
    )

    context = get_search_context(platform=system, search_path=())
    found = get_stub_names(module, search_context=context) or {}
    return frozenset(name for name, info in found.items() if info.is_exported)
