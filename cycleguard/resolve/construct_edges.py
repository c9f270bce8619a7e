"""Edges of what acts at run time and is no import: plugins and native backends.

In: the files' constructs. Out: edges beside those of the imports, and which functions a plugin may
mean. The rules are those of `cycleguard.runtime`.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from cycleguard.model.constructs import Backend, Replaceable, Replacement
from cycleguard.model.edges import Edge, Origin, TargetKind, Timing
from cycleguard.model.imports import ModuleFacts
from cycleguard.model.modules import Module
from cycleguard.model.names import is_within
from cycleguard.resolve.edges import new_parents
from cycleguard.resolve.targets import TargetResolver


class Marked(Struct, frozen=True):
    """A replaceable function, and the modules whose plugins its first call would look for."""

    module: str
    function: Replaceable
    mirrors: tuple[str, ...]


class Plugins:
    """The plugins of a project.

    Args:
        modules: all modules by name.
        facts: what their files write.
    """

    def __init__(self, modules: Mapping[str, Module], facts: Mapping[str, ModuleFacts]) -> None:
        self._modules = modules
        found = [each.constructs for _, each in sorted(facts.items())]
        self.is_computed = any(each.mirrors_computed for each in found)
        configured = [each.mirrors for each in found if each.mirrors is not None]
        self._mirrors = dict(pair for each in configured for pair in each) if configured else None
        self.marked = [
            Marked(name, function, self.mirrors(name))
            for name, each in sorted(facts.items())
            for function in each.constructs.replaceables
        ]

    def mirrors(self, module: str) -> tuple[str, ...]:
        """The modules that may hold plugins for `module`, whether they exist or not.

        Unconfigured, ``plugin.x`` for ``core.x``; the original has ``megatron.plugin.x``, too.
        """
        if self.is_computed:
            return ()
        if self._mirrors is not None:
            for prefix in sorted(self._mirrors, key=lambda each: (-len(each), each)):
                if is_within(module, prefix):
                    mirror = self._mirrors[prefix]
                    is_own = is_within(module, mirror)
                    return () if is_own else (mirror + module[len(prefix) :],)
            return ()
        first, _, rest = module.partition(".")
        if not rest or first == "plugin":
            return ()
        second, _, last = rest.partition(".")
        original = (f"{first}.plugin.{last}",) if second == "core" and last else ()
        return (f"plugin.{rest}", *original)

    def matching(self, plugin: str, replacement: Replacement) -> list[Marked]:
        """What `replacement` in the module `plugin` replaces."""
        return [each for each in self.marked if self._is_meant(each, plugin, replacement)]

    def _is_meant(self, marked: Marked, plugin: str, replacement: Replacement) -> bool:
        qualname, module = marked.function.qualname, marked.module
        if len(replacement.words) == 1:
            word = replacement.words[0]
            is_dotted = replacement.is_original and word == f"{module}.{qualname}"
            return is_dotted or word == f"{module}:{qualname}"
        if plugin not in marked.mirrors and not replacement.is_original:
            return False
        first, second = replacement.words
        in_class = f".{qualname}".endswith(f".{first}.{second}")
        return in_class or (module.rpartition(".")[2] == first and qualname == second)


def construct_edges(
    modules: Mapping[str, Module], facts: Mapping[str, ModuleFacts], resolver: TargetResolver
) -> Iterator[Edge]:
    """The edges of all plugins and native backends of a project."""
    plugins = Plugins(modules, facts)
    seen: set[tuple[str, str]] = set()
    for importer, imported, function in _replaced(plugins, modules, facts):
        if (importer, imported) not in seen and importer != imported:
            seen.add((importer, imported))
            timing = Timing.EAGER if function.called_at else Timing.DEFERRED
            yield from _edges(modules[importer], imported, function, timing, Origin.PLUGIN)
    for name, each in sorted(facts.items()):
        for backend in each.constructs.backends:
            target = resolver.module(name, backend.module)
            if target.kind is TargetKind.INTERNAL:
                at = modules[name]
                yield from _edges(at, target.module, backend, Timing.LAZY, Origin.BACKEND)


def _replaced(
    plugins: Plugins, modules: Mapping[str, Module], facts: Mapping[str, ModuleFacts]
) -> Iterator[tuple[str, str, Replaceable]]:
    """Which module imports which at the first call of a function: mirrors, and what is named."""
    for marked in plugins.marked:
        for mirror in marked.mirrors:
            if mirror in modules:
                yield marked.module, mirror, marked.function
    for name, each in sorted(facts.items()):
        for replacement in each.constructs.replacements:
            module = (replacement.implementation or "").partition(":")[0]
            if module in modules:
                for marked in plugins.matching(name, replacement):
                    yield marked.module, module, marked.function


def _edges(
    importer: Module, imported: str, by: Replaceable | Backend, timing: Timing, origin: Origin
) -> Iterator[Edge]:
    for target in (imported, *new_parents(importer.name, imported)):
        own = origin if target == imported else Origin.PARENT
        at = by.at
        yield Edge(importer.name, target, importer.path, at.line, timing, own, at.text)
