"""``sys.modules``: which module a name finds, what loading it runs, what it leaves behind.

Each rule names the function of CPython 3.11 to 3.13 that it is taken from.
"""

from abc import abstractmethod

from cycleguard.model.modules import ModuleKind
from cycleguard.simulate.errors import GuessedError, SimulatedError
from cycleguard.simulate.failing import Failing
from cycleguard.simulate.state import Running
from cycleguard.simulate.values import (
    UNKNOWN,
    ExternalValue,
    ModuleValue,
    Value,
)

INJECTED = "alias:"


class Loading(Failing):
    """Loads modules of the project; everything outside of it is taken to be there."""

    @abstractmethod
    def run_body(self, module: ModuleValue) -> None:
        """Execute the program of `module` in its name space."""

    def import_module(self, name: str) -> Value:
        """Give the module `name`, importing it and its parents as needed.

        Source: ``PyImport_ImportModuleLevelObject`` (Python/import.c): what is in ``sys.modules``
        is given as it is, half-way or not, and its parents are not looked at.
        """
        self.touch(name)
        if name in self.modules:
            return self.modules[name] or ExternalValue(name)
        source = self.aliased(name)
        if source is not None:
            return self._import_alias(name, source)
        if self.world.is_internal(name):
            return self._find_and_load(name)
        self._check_outside(name)
        return ExternalValue(name)

    def touch_parent(self, name: str) -> None:
        """Called for every package that must be there before a sub-module of it is loaded."""

    def aliased(self, name: str) -> str | None:
        """The module that `name` is an alias of, once a statement has injected it."""
        aliases = self.world.aliases
        alias = aliases.alias(name) if aliases else None
        if aliases is None or alias is None:
            return None
        # An entry of its own, which no file can have: whether the alias is there is looked up.
        self.touch(_entry_of(alias))
        return aliases.source(name) if _entry_of(alias) in self.modules else None

    def _import_alias(self, name: str, source: str) -> Value:
        """Source: `cycleguard.runtime.aliases`: the module itself, bound in the alias's package."""
        above, _, child = name.rpartition(".")
        parent = self.import_module(above) if above else None
        module = self.import_module(source)
        if isinstance(parent, ModuleValue):
            self.write(parent.namespace, child, module)
        return module

    def inject_aliases(self, module: ModuleValue, line: int) -> None:
        """Note the aliases that the statement on `line` of `module` injects."""
        aliases = self.world.aliases
        for alias in aliases.injected_at(module.name, line) if aliases else ():
            self.write(self.modules, _entry_of(alias), None)

    def _find_and_load(self, name: str) -> Value:
        """Source: ``_find_and_load_unlocked`` (Lib/importlib/_bootstrap.py)."""
        parent_name, _, child = name.rpartition(".")
        if parent_name:
            self.touch_parent(parent_name)
            if parent_name not in self.modules:
                self.import_module(parent_name)
            if name in self.modules:
                return self.modules[name] or ExternalValue(name)
            parent = self.modules.get(parent_name)
            if isinstance(parent, ModuleValue) and not parent.is_package:
                message = f"No module named '{name}'; '{parent_name}' is not a package"
                raise self._not_found(name, message)
            self._check_search_path(parent_name)
        loaded = self.load_module(name)
        parent = self._present(parent_name) if parent_name else None
        if parent is not None:
            # The finished child covers whatever the parent had bound under that name.
            if parent.namespace.get(child, loaded) not in (loaded, UNKNOWN):
                self.note_order()
            self.write(parent.namespace, child, loaded)
        return loaded

    def _check_search_path(self, package: str) -> None:
        """A folder without an ``__init__.py`` asks the package above it where to look.

        Source: ``_NamespacePath`` (Lib/importlib/_bootstrap_external.py), which takes
        that package from ``sys.modules``: it is not there any more if its import has failed.
        """
        info, above = self.world.modules.get(package), package.rpartition(".")[0]
        while above and info is not None and info.kind is ModuleKind.NAMESPACE:
            self.touch_parent(above)
            self._present(above)
            info, above = self.world.modules.get(above), above.rpartition(".")[0]

    def load_module(self, name: str) -> Value:
        """Load a module that is not in ``sys.modules``.

        Source: ``_load_unlocked``: in ``sys.modules`` before it runs, out of it if it fails.
        """
        info = self.world.modules.get(name)
        if info is None:
            return self._outside_files(name)
        if info.kind in (ModuleKind.EXTENSION, ModuleKind.GENERATED):
            self.note_unseen()
            self.write(self.modules, name, None)
            return ExternalValue(name)
        module = self.new_module(info)
        self.write(self.modules, name, module)
        self.flag(module, "initialising")
        self.stack.append(Running(module))
        body, self.body = self.body, module
        try:
            self.run_body(module)
        except (SimulatedError, GuessedError):
            self.remove(self.modules, name)
            self.flag(module, "failed")
            raise
        finally:
            self.stack.pop()
            self.body = body
            self.flag(module, "initialising", is_set=False)
        return self._present(name) or module

    def _present(self, name: str) -> ModuleValue | None:
        """``sys.modules[name]``, where CPython does not expect the name to be gone."""
        if name not in self.modules:
            error = SimulatedError("KeyError", f"'{name}'")
            error.chain = self.frames()
            raise error
        return self.modules[name]

    def _outside_files(self, name: str) -> Value:
        """A name below the project that no file backs: inside an extension, or nowhere."""
        parent = name.rpartition(".")[0]
        info = self.world.modules.get(parent)
        is_hidden = (info is not None and info.kind is ModuleKind.EXTENSION) or (
            self.modules.get(parent, self) is None
        )
        if is_hidden:
            self.write(self.modules, name, None)
            return ExternalValue(name)
        raise self._not_found(name, f"No module named '{name}'")

    def _not_found(self, name: str, message: str) -> SimulatedError:
        error = SimulatedError(
            "ModuleNotFoundError", message, module=name, is_certain=False, is_order=False
        )
        error.chain = self.frames()
        return error

    def _check_outside(self, name: str) -> None:
        """Third-party modules are there, except where the code is ready for their absence."""
        if self.world.is_stdlib(name) or not self.expects_import_error():
            return
        self.asked["optional"] = True
        if not self.policy.has_optional:
            raise SimulatedError(
                "ModuleNotFoundError",
                f"No module named '{name}'",
                module=name,
                is_certain=False,
                is_order=False,
                is_guess=True,
            )

    def absolute_name(self, module: ModuleValue, name: str, level: int) -> str:
        """Work off leading dots.

        Source: ``_resolve_name`` and ``_sanity_check`` (Lib/importlib/_bootstrap.py).
        """
        if level == 0:
            return name
        parts = module.package.split(".") if module.package else []
        if not parts:
            raise SimulatedError(
                "ImportError", "attempted relative import with no known parent package"
            )
        if level > len(parts):
            message = "attempted relative import beyond top-level package"
            raise SimulatedError("ImportError", message)
        kept = parts[: len(parts) - level + 1]
        return ".".join([*kept, name] if name else kept)


def _entry_of(alias: str) -> str:
    return INJECTED + alias.replace(".", "/")
