"""The world of a simulation from the facts of its files."""

from collections import Counter
from collections.abc import Mapping

from cycleguard.model.imports import MODULE_SCOPE, BindingKind, Form, ImportStatement, ModuleFacts
from cycleguard.model.modules import Module, Project
from cycleguard.resolve.aliases import AliasTable
from cycleguard.simulate.world import FunctionReader, World


def build_world(
    project: Project, facts: Mapping[str, ModuleFacts], read_function: FunctionReader
) -> World:
    """Put together what the machine needs to know."""
    aliases = AliasTable({module.name for module in project.modules}, facts)
    stars = _stars(project, facts)
    rebound = {name: _rebound(each) for name, each in facts.items()}
    return World(
        modules={module.name: module for module in project.modules},
        programs={name: each.program for name, each in facts.items()},
        bindable=_bindable(project, facts, stars),
        read_function=read_function,
        stars=stars,
        namesakes=_namesakes(project, facts),
        rebound=rebound,
        always_bound={name: _plain(each) - rebound[name] for name, each in facts.items()},
        aliases=aliases if aliases else None,
    )


def _rebound(facts: ModuleFacts) -> frozenset[str]:
    times = Counter(binding.name for binding in facts.bindings)
    return frozenset(name for name, n in times.items() if n > 1)


def _plain(facts: ModuleFacts) -> frozenset[str]:
    """Names that a statement binds which no condition skips."""
    plain = (b.name for b in facts.bindings if not b.is_conditional and not b.never_at_import)
    return frozenset(plain)


def _namesakes(project: Project, facts: Mapping[str, ModuleFacts]) -> frozenset[str]:
    own = {
        f"{name}.{binding.name}"
        for name, each in facts.items()
        for binding in each.bindings
        if binding.kind is not BindingKind.IMPORT
    }
    return frozenset(module.name for module in project.modules if module.name in own)


def _bindable(
    project: Project, facts: Mapping[str, ModuleFacts], stars: Mapping[str, tuple[str, ...]]
) -> dict[str, frozenset[str]]:
    """Names that each file may bind, those of the modules that it imports by star included."""
    names = {
        module.name: _own_names(module, facts[module.name])
        for module in project.modules
        if module.name in facts
    }
    # A package also has the sub-modules that have been imported by then.
    for module in project.modules:
        parent, _, child = module.name.rpartition(".")
        if parent in names:
            names[parent].add(child)
    is_growing = True
    while is_growing:
        before = sum(len(names[name]) for name in stars)
        for name, sources in stars.items():
            names[name].update(*(names.get(source, ()) for source in sources))
        is_growing = sum(len(names[name]) for name in stars) > before
    return {name: frozenset(found) for name, found in names.items()}


def _own_names(module: Module, facts: ModuleFacts) -> set[str]:
    """What the file binds; ``from . import a`` in a package does not make an ``a`` to import."""
    times = Counter(binding.name for binding in facts.bindings)
    for statement in facts.imports:
        if statement.scope == MODULE_SCOPE and _source(module, statement) == module.name:
            kept = (a.name for a in statement.names if a.asname in (None, a.name))
            times.subtract(kept)
    return {name for name, n in times.items() if n > 0} | set(facts.indirect)


def _stars(project: Project, facts: Mapping[str, ModuleFacts]) -> dict[str, tuple[str, ...]]:
    """The modules that each file imports by star, of those that import any."""
    found = {
        module.name: tuple(
            _source(module, each) for each in facts[module.name].imports if each.is_star
        )
        for module in project.modules
        if module.name in facts
    }
    return {name: sources for name, sources in found.items() if sources}


def _source(module: Module, statement: ImportStatement) -> str:
    """The module that a ``from`` statement of `module` imports from; empty for other forms."""
    if statement.form is not Form.FROM:
        return ""
    parts = module.name.split(".") if module.is_package else module.name.split(".")[:-1]
    above = parts[: len(parts) + 1 - statement.level] if statement.level else []
    return ".".join([*above, *([statement.module] if statement.module else [])])
