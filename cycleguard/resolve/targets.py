"""Names to modules: relative to absolute, longest match, and an honest kind where nothing matches.

In: the project's modules and what their files bind. Out: a `ResolvedImport` per statement. A name
that is not found is never taken for its parent package: that would invent cycles.
"""

import sys
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from cycleguard.model.edges import TargetKind
from cycleguard.model.imports import Alias, BindingKind, Form, ImportStatement, ModuleFacts
from cycleguard.model.modules import Module, ModuleKind, Project
from cycleguard.model.resolved import ResolvedImport, Target

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

    def resolve(self, importer: str, statement: ImportStatement) -> ResolvedImport:
        """The modules that `statement` means when it stands in the module `importer`."""
        module = self._modules[importer]
        if statement.form is Form.CODE_STRING:
            targets = [Target(TargetKind.DYNAMIC, "")]
        elif statement.form is Form.IMPORT:
            targets = [self._module(module, alias.name) for alias in statement.names]
        elif statement.form in (Form.FROM, Form.ATTACH) and statement.names:
            targets = self._from(module, statement)
        elif statement.module is None:
            targets = [Target(TargetKind.DYNAMIC, "")]
        else:
            name = self.absolute(module, statement.module, statement.level)
            targets = [self._module(module, name) if name else _missing(statement)]
        return ResolvedImport(importer, module.path, statement, _merged(targets))

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

    def _from(self, importer: Module, statement: ImportStatement) -> list[Target]:
        base = self.absolute(importer, statement.module or "", statement.level)
        if base is None:
            return [_missing(statement)]
        whole = self._module(importer, base)
        if statement.is_star or whole.kind is not TargetKind.INTERNAL:
            star = ("*",) if statement.is_star else ()
            return [self._outside(whole, alias, star) for alias in statement.names]
        return [self._member(whole.module, alias) for alias in statement.names]

    def _outside(self, whole: Target, alias: Alias, star: tuple[str, ...]) -> Target:
        return Target(whole.kind, whole.module, star or (alias.name,))

    def _member(self, package: str, alias: Alias) -> Target:
        child = self.submodule(package, alias.name)
        if child:
            return Target(_KINDS[self._modules[child].kind], child)
        if self._modules[package].kind is ModuleKind.NAMESPACE:
            return Target(self._absent(f"{package}.{alias.name}"), f"{package}.{alias.name}")
        return Target(TargetKind.INTERNAL, package, (alias.name,))

    def _module(self, importer: Module, name: str) -> Target:
        """What ``import name`` in `importer` asks for."""
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
        if not any(binding.name == name for binding in facts.bindings):
            return False
        kinds = {b.kind for b in facts.bindings if b.name == name}
        if kinds != {BindingKind.IMPORT}:
            return True
        return any(
            self._is_other_import(package, statement, name)
            for statement in facts.imports
            if statement.function is None and name in statement.bound_names
        )

    def _is_other_import(self, package: str, statement: ImportStatement, name: str) -> bool:
        if statement.form is not Form.FROM:
            return name not in {alias.name for alias in statement.names}
        base = self.absolute(self._modules[package], statement.module or "", statement.level)
        imported = {alias.asname or alias.name: alias.name for alias in statement.names}
        return f"{base}.{imported[name]}" != f"{package}.{name}"


def _missing(statement: ImportStatement) -> Target:
    dotted = "." * statement.level + (statement.module or "")
    return Target(TargetKind.MISSING, dotted)


def _merged(targets: Iterable[Target]) -> tuple[Target, ...]:
    """One target per module, with all the names taken from it; in the order of the statement."""
    names: dict[tuple[TargetKind, str], list[str]] = {}
    for target in targets:
        names.setdefault((target.kind, target.module), []).extend(target.names)
    return tuple(Target(kind, module, tuple(found)) for (kind, module), found in names.items())
