"""The parts of the runtime: which modules each needs, and which of them a project uses.

In go the sources of `cycleguard.runtime` as text, which is never imported here, and the imports of
a project; `assemble` reads the modules.
"""

import ast
from collections.abc import Iterable, Mapping
from importlib.resources import files

from msgspec import Struct

from cycleguard.model.resolved import ResolvedImport

RUNTIME = "cycleguard.runtime"
PARTS = {
    "lazy": "lazy_imports",
    "attach": "attached",
    "plugins": "plugins",
    "materialise": "materialise",
    "aliases": "aliases",
    "backend": "backend",
}


class Source(Struct, frozen=True):
    """One module of the runtime: `needs` are the others that it imports, in order."""

    name: str
    text: str
    needs: tuple[str, ...]


class Runtime(Struct, frozen=True):
    """All sources of the runtime by name; `homes` tells where each public name is defined."""

    sources: Mapping[str, Source]
    homes: Mapping[str, str]

    def needed(self, parts: Iterable[str]) -> tuple[str, ...]:
        """The modules that the parts need, each below those that it needs itself."""
        found: list[str] = []
        for part in parts:
            self._add(PARTS[part], found)
        return tuple(found)

    def public(self, modules: Iterable[str]) -> tuple[str, ...]:
        """The public names that the modules define, sorted."""
        wanted = set(modules)
        return tuple(sorted(name for name, home in self.homes.items() if home in wanted))

    def parts_of(self, names: Iterable[str]) -> tuple[str, ...]:
        """The fewest parts that define the public names; those that are none are left out."""
        homes = {self.homes[name] for name in names if name in self.homes}
        parts = [part for part, module in PARTS.items() if module in homes]
        for home in sorted(homes.difference(self.needed(parts))):
            parts.append(next(part for part in PARTS if home in self.needed([part])))
        return tuple(part for part in PARTS if part in parts)

    def _add(self, name: str, found: list[str]) -> None:
        if name not in found:
            for need in self.sources[name].needs:
                self._add(need, found)
            found.append(name)


def read_runtime() -> Runtime:
    """Read the sources that this cycleguard ships."""
    folder = files("cycleguard") / "runtime"
    texts = {
        entry.name.removesuffix(".py"): entry.read_text("utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".py")
    }
    homes = _homes(texts.pop("__init__"))
    return Runtime({n: Source(n, text, _needs(text)) for n, text in texts.items()}, homes)


def used_names(imports: Iterable[ResolvedImport], vendored: str) -> tuple[frozenset[str], bool]:
    """What a project takes from the runtime or from its copy, the module `vendored`.

    The second value tells whether the module itself is imported, so that it takes whatever.
    """
    names: set[str] = set()
    whole = False
    for each in imports:
        for target in each.targets:
            if each.importer != vendored and target.module in (RUNTIME, vendored):
                names.update(target.names)
                whole = whole or not target.names or "*" in target.names
    return frozenset(names), whole


def _homes(facade: str) -> Mapping[str, str]:
    for statement in ast.parse(facade).body:
        # _HOMES = {"lazy": "lazy_imports"}
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "_HOMES":
            homes: dict[str, str] = ast.literal_eval(statement.value)
            return homes
    raise LookupError("the runtime's __init__ has no _HOMES")


def _needs(text: str) -> tuple[str, ...]:
    return tuple(
        statement.module.removeprefix(f"{RUNTIME}.")
        for statement in ast.parse(text).body
        # from cycleguard.runtime._imports import load
        if isinstance(statement, ast.ImportFrom)
        and statement.module is not None
        and statement.module.startswith(f"{RUNTIME}.")
    )
