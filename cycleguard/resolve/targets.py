"""Names to modules: relative to absolute, longest match, and an honest kind where nothing matches.

In: the project's modules and what their files bind. Out: a `ResolvedImport` per statement. A name
that is not found is never taken for its parent package: that would invent cycles.
"""

import sys
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from msgspec.structs import replace

from cycleguard.model.edges import TargetKind, Timing
from cycleguard.model.imports import BindingKind, Form, ImportStatement, ModuleFacts
from cycleguard.model.modules import Module, ModuleKind, Project
from cycleguard.model.names import packages_above
from cycleguard.model.resolved import ResolvedImport, Target
from cycleguard.resolve.aliases import AliasTable

_KINDS = {
    ModuleKind.SOURCE: TargetKind.INTERNAL,
    ModuleKind.NAMESPACE: TargetKind.INTERNAL,
    ModuleKind.EXTENSION: TargetKind.EXTENSION,
    ModuleKind.GENERATED: TargetKind.GENERATED,
}


class TargetResolver:
    """Resolves the imports of one project.

    Args:
        project: the modules on disk.
        facts: what each source module binds, by module name.
        generated: patterns of module names that the user's configuration calls generated.
    """

    def __init__(
        self, project: Project, facts: Mapping[str, ModuleFacts], generated: Iterable[str] = ()
    ) -> None:
        self._modules = {module.name: module for module in project.modules}
        self._tops = {name.partition(".")[0] for name in self._modules}
        self._facts = facts
        self._generated = tuple(generated)
        self._aliases = AliasTable(self._modules, facts)

    def resolve(self, importer: str, statement: ImportStatement) -> ResolvedImport:
        """The modules that `statement` means when it stands in the module `importer`."""
        module = self._modules[importer]
        targets = _merged(self._targets(module, statement))
        return ResolvedImport(importer, module.path, statement, targets)

    def module(self, importer: str, name: str) -> Target:
        """What ``import name`` in the module `importer` asks for."""
        return self._module(self._modules[importer], name)

    def absolute(self, importer: Module, name: str, level: int) -> str | None:
        """`name` with its leading dots worked off; None beyond the top-level package.

        Source: ``_calc___package__`` and ``_resolve_name`` in Lib/importlib/_bootstrap.py.
        """
        if level == 0:
            return name
        parts = importer.name.split(".")
        kept = len(parts) - level + (1 if importer.is_package else 0)
        if kept < 1:
            return None
        return ".".join([*parts[:kept], *([name] if name else [])])

    def submodule(self, package: str, name: str) -> str | None:
        """The sub-module that ``from package import name`` gives, None if it gives an attribute.

        A name that the package's file binds itself is an attribute, whatever files lie beside it
        (``_handle_fromlist`` imports a sub-module only if the attribute is missing).
        """
        child = f"{package}.{name}"
        if child not in self._modules:
            return None
        facts = self._facts.get(package)
        return None if facts and self._binds_other(package, facts, name) else child

    def _targets(self, importer: Module, statement: ImportStatement) -> list[Target]:
        form, module = statement.form, statement.module
        if form is Form.IMPORT:
            return [self._module(importer, alias.name) for alias in statement.names]
        if form is not Form.FROM and module is None:
            return [Target(TargetKind.DYNAMIC, "")]
        base = self.absolute(importer, module or "", statement.level)
        # More dots than packages, or import_module(".b") without a package: no name exists.
        if not base or base.startswith("."):
            return [Target(TargetKind.MISSING, "")]
        # attach(__name__, submodules=["a"])
        if form is Form.ATTACH:
            return [self._module(importer, f"{base}.{alias.name}") for alias in statement.names]
        # from a import b, __import__("a", fromlist=["b"])
        if statement.names:
            return self._from(importer, self._module(importer, base), statement)
        return [self._module(importer, base)]

    def _from(self, importer: Module, whole: Target, statement: ImportStatement) -> list[Target]:
        names = [alias.name for alias in statement.names]
        if self._aliases and not whole.alias:
            below = f"{whole.module}."
            aliased = [name for name in names if self._aliases.source(below + name)]
            if aliased:
                rest = [name for name in names if name not in aliased]
                found = [self._module(importer, below + name) for name in aliased]
                return [*found, *(self._members(whole, rest) if rest else ())]
        return self._members(whole, names)

    def _members(self, whole: Target, names: list[str]) -> list[Target]:
        if whole.kind is not TargetKind.INTERNAL:
            return [replace(whole, names=tuple(names))]
        if names == ["*"]:
            return [replace(whole, names=("*",)), *self._listed(whole.module)]
        found = (self._member(whole.module, name) for name in names)
        return [replace(each, alias=whole.alias, above=whole.above) for each in found]

    def _listed(self, package: str) -> list[Target]:
        """Sub-modules that a star import loads because ``__all__`` of `package` names them."""
        facts = self._facts.get(package)
        listed = facts.exports or () if facts else ()
        children = (self.submodule(package, name) for name in listed)
        return [Target(_KINDS[self._modules[c].kind], c) for c in children if c]

    def _member(self, package: str, name: str) -> Target:
        child = self.submodule(package, name)
        if child:
            return Target(_KINDS[self._modules[child].kind], child)
        if self._modules[package].kind is ModuleKind.NAMESPACE:
            return Target(self._absent(f"{package}.{name}"), f"{package}.{name}")
        return Target(TargetKind.INTERNAL, package, (name,))

    def _module(self, importer: Module, name: str) -> Target:
        """What ``import name`` in `importer` asks for."""
        source = self._aliases.source(name)
        if source:
            return replace(self._module(importer, source), alias=name, above=self._above(name))
        found = self._modules.get(name)
        top = name.partition(".")[0]
        # FileFinder goes on looking when it has only met a folder without __init__.py, so a
        # namespace folder never hides a standard module of its name.
        is_weak = self._kind_of(top) is ModuleKind.NAMESPACE and top in sys.stdlib_module_names
        if found and not is_weak:
            return Target(_KINDS[found.kind], name)
        if top in self._tops and not is_weak:
            return self._below_known(name)
        sibling = self._sibling(importer, name)
        if sibling:
            return sibling
        is_stdlib = top in sys.stdlib_module_names
        return Target(TargetKind.STDLIB if is_stdlib else TargetKind.THIRD_PARTY, name)

    def _above(self, name: str) -> tuple[str, ...]:
        packages = packages_above(name)
        return tuple(each for each in packages if self._kind_of(each) is ModuleKind.SOURCE)

    def _kind_of(self, name: str) -> ModuleKind | None:
        module = self._modules.get(name)
        return module.kind if module else None

    def _below_known(self, name: str) -> Target:
        prefix = name
        while prefix and prefix not in self._modules:
            prefix = prefix.rpartition(".")[0]
        # import pkg._ext.part: an extension module may hold sub-modules of its own
        if self._kind_of(prefix) is ModuleKind.EXTENSION:
            return Target(TargetKind.EXTENSION, name)
        return Target(self._absent(name), name)

    def _absent(self, name: str) -> TargetKind:
        is_generated = any(fnmatchcase(name, pattern) for pattern in self._generated)
        return TargetKind.GENERATED if is_generated else TargetKind.MISSING

    def _sibling(self, importer: Module, name: str) -> Target | None:
        """A script's neighbour: Python puts a script's own folder first on ``sys.path``."""
        folder = importer.name.rpartition(".")[0]
        parent = self._modules.get(folder)
        if parent and parent.kind is ModuleKind.SOURCE:
            return None
        beside = self._modules.get(f"{folder}.{name}")
        return Target(_KINDS[beside.kind], beside.name) if beside else None

    def _binds_other(self, package: str, facts: ModuleFacts, name: str) -> bool:
        """Whether `package` binds `name` by anything but an import of its sub-module `name`."""
        kinds = {b.kind for b in facts.bindings if b.name == name and not b.never_at_import}
        if kinds != {BindingKind.IMPORT}:
            return bool(kinds)
        return any(
            self._is_other_import(package, statement, name)
            for statement in facts.imports
            if statement.function is None and statement.timing is not Timing.TYPING
            if name in statement.bound_names
        )

    def _is_other_import(self, package: str, statement: ImportStatement, name: str) -> bool:
        if statement.form is not Form.FROM:
            return name not in {alias.name for alias in statement.names}
        base = self.absolute(self._modules[package], statement.module or "", statement.level)
        imported = {alias.asname or alias.name: alias.name for alias in statement.names}
        return f"{base}.{imported[name]}" != f"{package}.{name}"


def _merged(targets: Iterable[Target]) -> tuple[Target, ...]:
    """One target per module, with all the names taken from it; in the order of the statement."""
    names: dict[Target, list[str]] = {}
    for target in targets:
        names.setdefault(replace(target, names=()), []).extend(target.names)
    return tuple(replace(target, names=tuple(found)) for target, found in names.items())
