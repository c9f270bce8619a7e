"""Which modules from outside the project a module loads while it is being imported.

In: the project's imports and edges. Out: what an import from outside would load in addition. None
of these modules is in the graph, so only an import of the very same module, or of one below it,
shows that it is loaded: `twisted.internet.reactor` installs itself when it is, which importing
`twisted` does not do.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from cycleguard.graph.needed import needed_lines
from cycleguard.graph.reach import EagerReach
from cycleguard.model.edges import TargetKind, Timing
from cycleguard.model.imports import MODULE_SCOPE, Form, ModuleFacts
from cycleguard.model.names import with_packages
from cycleguard.model.resolved import ResolvedImport, Target


class Outside:
    """Answers for one project.

    Args:
        imports: its imports.
        reach: which of its modules load which.
        facts: what was collected of them.
        is_module: whether a module uses a name, that it has from outside, as a module.
    """

    def __init__(
        self,
        imports: Iterable[ResolvedImport],
        reach: EagerReach,
        facts: Mapping[str, ModuleFacts],
        is_module: Callable[[str, str], bool] = lambda importer, name: False,
    ) -> None:
        needed = {name: needed_lines(each.program) for name, each in facts.items()}
        self._reach = reach
        self._loaders: dict[str, set[str]] = {}
        self._called: set[str] = set()
        self._kinds: dict[str, TargetKind] = {}
        self._brought: dict[str, frozenset[str]] = {}
        for each in imports:
            statement = each.statement
            outside = [t for t in each.targets if t.kind is not TargetKind.INTERNAL]
            if statement.timing is Timing.EAGER and statement.function is None:
                is_needed = not statement.guards or statement.line in needed[each.importer]
                if statement.scope == MODULE_SCOPE and is_needed:
                    for name in (name for target in outside for name in _loaded(target)):
                        self._loaders.setdefault(name, set()).add(each.importer)
                    self._kinds.update((target.module, target.kind) for target in outside)
                    self._kinds.update(_submodules(each, is_module))
            elif statement.function and statement.form is Form.FROM:
                called = {use.name for use in statement.function.uses if use.calls}
                for alias in statement.names:
                    if (alias.asname or alias.name) in called:
                        self._called.update(f"{target.module}.{alias.name}" for target in outside)

    def loader(self, importer: str, module: str) -> str | None:
        """A module that imports `module` unconditionally when `importer` is imported.

        `importer` itself if it does, else the first by name.
        """
        loaders = self._loaders.get(module, set())
        if importer in loaders:
            return importer
        starts = with_packages(importer)
        found = (
            loader
            for loader in sorted(loaders)
            if any(self._reach.reaches(start, loader) for start in starts)
        )
        return next(found, None)

    def added(self, importer: str, module: str) -> dict[str, TargetKind]:
        """The modules from outside that are loaded with `module`, and not with `importer`.

        Both are of the project. Only what is imported unconditionally by name counts.
        """
        have = self._loaded_with(importer)
        return {name: self._kinds[name] for name in sorted(self._loaded_with(module) - have)}

    def _loaded_with(self, module: str) -> frozenset[str]:
        if module not in self._brought:
            starts = with_packages(module)
            self._brought[module] = frozenset(
                name
                for name, mask in self._masks.items()
                if not self._loaders[name].isdisjoint(starts)
                or any(self._reach.reaches_any(start, mask) for start in starts)
            )
        return self._brought[module]

    @cached_property
    def _masks(self) -> dict[str, int]:
        return {name: self._reach.mask(self._loaders[name]) for name in sorted(self._kinds)}

    def modules(self, target: Target, form: Form) -> list[str]:
        """The modules from outside that a statement loads, or may load.

        ``from a import b`` loads a.b if that is a module. Modules are written in lower case, and
        nobody calls them.
        """
        if form is not Form.FROM:
            return [target.module]
        names = (f"{target.module}.{name}" for name in target.names if _may_be_module(name))
        return [target.module, *(name for name in names if name not in self._called)]


def _may_be_module(name: str) -> bool:
    return name.islower() and not name.startswith("_")


def _submodules(
    resolved: ResolvedImport, is_module: Callable[[str, str], bool]
) -> Iterator[tuple[str, TargetKind]]:
    """``from twisted.internet import reactor``: the module twisted.internet.reactor."""
    statement = resolved.statement
    foreign = [each for each in resolved.targets if each.kind is TargetKind.THIRD_PARTY]
    if statement.form is Form.FROM and foreign:
        for alias in (each for each in statement.names if _may_be_module(each.name)):
            if is_module(resolved.importer, alias.asname or alias.name):
                yield from ((f"{target.module}.{alias.name}", target.kind) for target in foreign)


def _loaded(target: Target) -> Iterator[str]:
    """What is loaded for sure with a target, and what may be."""
    yield from with_packages(target.module)
    yield from (f"{target.module}.{name}" for name in target.names)
