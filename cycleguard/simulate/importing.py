"""CPython's import system: which module an import finds, what it runs, what it leaves behind.

Each rule names the function of CPython 3.11 to 3.13 that it is taken from.
"""

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from cycleguard.model.modules import ModuleKind
from cycleguard.model.program import Constant
from cycleguard.simulate.errors import GuessedError, SimulatedError
from cycleguard.simulate.folding import external, own_name
from cycleguard.simulate.state import MODULE_NAMES, Running, State
from cycleguard.simulate.tables import names_by_module
from cycleguard.simulate.values import (
    UNKNOWN,
    AttachValue,
    ExternalValue,
    FunctionValue,
    LambdaValue,
    LazyValue,
    ModuleValue,
    SequenceValue,
    Value,
)
from cycleguard.simulate.world import Policy, World

ATTRIBUTE_ERROR = frozenset({"AttributeError"})
INJECTED = "alias:"
_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


class Importing(State):
    """Imports modules of the project; everything outside of it is taken to be there."""

    def __init__(self, world: World, policy: Policy) -> None:
        super().__init__(world, policy)
        self._handled: list[frozenset[str]] = []
        self._tables: dict[str, dict[str, str]] = {}

    @contextmanager
    def handling(self, kinds: frozenset[str]) -> Iterator[None]:
        """A handler for the exception classes `kinds` surrounds what runs."""
        self._handled.append(kinds)
        try:
            yield
        finally:
            self._handled.pop()

    def expects_import_error(self) -> bool:
        """Whether a handler for ImportError surrounds the statement that runs."""
        return any(kinds & _IMPORT_ERRORS for kinds in self._handled)

    @property
    def handlers(self) -> int:
        """How many handlers surround the statement that runs."""
        return len(self._handled)

    def catches(self, error: SimulatedError, since: int = 0) -> bool:
        """Whether a handler around the statement that runs, all but `since` outer, catches it."""
        return any(kinds & set(error.ancestors) for kinds in self._handled[since:])

    @abstractmethod
    def run_body(self, module: ModuleValue) -> None:
        """Execute the program of `module` in its name space."""

    @abstractmethod
    def attribute(self, base: Value, name: str, called: str | None = None) -> Value:
        """``base.name``, where the source calls the base `called`."""

    @abstractmethod
    def call(self, function: Value, arguments: tuple[Value, ...]) -> Value:
        """Call `function`."""

    def import_module(self, name: str) -> Value:
        """Give the module `name`, importing it and its parents as needed.

        Source: ``PyImport_ImportModuleLevelObject`` (Python/import.c): what is in ``sys.modules``
        is given as it is, half-way or not, and its parents are not looked at.
        """
        self.touch(name)
        if name in self.modules:
            return self.modules[name] or ExternalValue(name)
        source = self._aliased(name)
        if source is not None:
            return self._import_alias(name, source)
        if self.world.is_internal(name):
            return self._find_and_load(name)
        self._check_outside(name)
        return ExternalValue(name)

    def _aliased(self, name: str) -> str | None:
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

    def import_statement(self, name: str) -> Value:
        """What ``import a.b.c`` binds: the top-level package, imported again if it is gone."""
        self.import_module(name)
        return self.import_module(name.partition(".")[0])

    def import_as(self, name: str) -> Value:
        """What ``import a.b.c as x`` binds: whatever covers the module, if something does.

        Source: the compiler emits IMPORT_NAME and an IMPORT_FROM per further part
        (``compiler_import_as``, Python/compile.c).
        """
        value = self.import_statement(name)
        for part in name.split(".")[1:]:
            value = self.import_from(value, part)
        if not isinstance(value, ModuleValue) and name in self.world.modules:
            self.note_order()
        return value

    def import_base(self, name: str, names: Iterable[str]) -> Value:
        """The module of ``from name import names``, with the sub-modules among them imported.

        Source: ``_handle_fromlist`` (Lib/importlib/_bootstrap.py).
        """
        base = self.import_module(name)
        if isinstance(base, ModuleValue) and base.is_package:
            self._handle_fromlist(base, names)
        return base

    def import_from(self, base: Value, name: str) -> Value:
        """One name of a ``from`` import.

        Source: ``import_from`` (Python/ceval.c): the attribute, else ``sys.modules``, else an
        ImportError that blames a half-way module if it is one.
        """
        if isinstance(base, ExternalValue):
            return external(f"{base.name}.{name}")
        if not isinstance(base, ModuleValue):
            return self._import_from_other(base, name)
        cause: SimulatedError | None = None
        try:
            found = self.module_getattr(base, name)
        except SimulatedError as error:
            if error.kind != "AttributeError":
                raise
            cause, found = error, None
        if found is not None:
            return found
        full_name = f"{base.name}.{name}"
        self.touch(full_name)
        if full_name in self.modules:
            return self.modules[full_name] or ExternalValue(full_name)
        half_way = "partially initialized module " if base.is_initialising else ""
        circular = " (most likely due to a circular import)" if base.is_initialising else ""
        raise self.failure(
            "ImportError",
            f"cannot import name '{name}' from {half_way}'{base.name}'{circular}",
            base,
            name,
            is_explained=cause is not None,
        )

    def _import_from_other(self, base: Value, name: str) -> Value:
        """``import a.b.c as x`` where ``a.b`` has been covered by a function or a class.

        Source: ``import_from`` asks any object for the name and for its ``__name__``.
        """
        try:
            return self.attribute(base, name)
        except SimulatedError as error:
            if error.kind != "AttributeError":
                raise
        owner = own_name(base)
        found = self.modules.get(f"{owner}.{name}")
        if found is not None:
            return found
        shown = owner or "<unknown module name>"
        message = f"cannot import name '{name}' from '{shown}' (unknown location)"
        self.note_order()
        raise self.fault("ImportError", message, owner)

    def import_star(self, base: Value, into: ModuleValue) -> None:
        """``from base import *``.

        Source: ``import_all_from`` (Python/ceval.c): ``__all__``, else every name without a
        leading underscore that is bound at this moment.
        """
        if not isinstance(base, ModuleValue) or base.is_open:
            self.flag(into, "open")
            return
        exported = self.module_attribute(base, "__all__")
        names = _texts(exported)
        if exported is not None and names is None:
            self.flag(into, "open")
            names = list(base.namespace)
        if names is None:
            self.note_all_read(base)
            for name in self.children.get(base.name, ()):
                self.note_read(base, name)
            names = [name for name in base.namespace if not name.startswith("_")]
            self._note_missing_names(base)
        for name in names:
            value = self.module_attribute(base, name)
            if value is None:
                raise self.missing_attribute(base, name)
            self.write(into.namespace, name, value)

    def module_attribute(self, module: ModuleValue, name: str) -> Value | None:
        """``getattr(module, name)``; None where CPython raises AttributeError.

        Source: ``_PyObject_LookupAttr`` (Objects/object.c).
        """
        try:
            return self.module_getattr(module, name)
        except SimulatedError as error:
            if error.kind != "AttributeError":
                raise
            self.note_silent(error)
            return None

    def module_getattr(self, module: ModuleValue, name: str) -> Value | None:
        """``module.name``; None where the module does not have it.

        Source: ``module_getattro`` (Objects/moduleobject.c): the name space, then the module's
        own ``__getattr__`` (PEP 562), whose failures are those of the attribute.
        """
        if module.is_package or module is not self.body:
            self.note_read(module, name)
        value = module.namespace.get(name)
        if module.is_initialising and name in self.world.rebound.get(module.name, ()):
            if self.stack[-1].module is not module:
                self.note_order()
        if isinstance(value, LazyValue) and not value.is_proxy:
            value = self.resolve_lazy(module, name, value)
        if value is not None:
            return value
        if name in MODULE_NAMES or (name == "__path__" and module.is_package):
            return Constant(module.name) if name == "__name__" else UNKNOWN
        fallback = module.namespace.get("__getattr__")
        found = self._from_fallback(fallback, name) if fallback is not None else None
        if found is not None:
            return found
        if module.flags.get("replaced") and (source := self._in_table(module, name)):
            self.note_called(source)
            return self.import_from(self.import_module(source), name)
        # A branch that was not taken on a guess would have bound it: whoever asks relies on that.
        is_guess = module.flags.get("guessed") and not module.is_initialising
        is_guess = is_guess and name in self.bindable(module.name)
        is_guess = is_guess and not self.is_submodule(module.name, name)
        return UNKNOWN if module.is_open or is_guess else None

    def missing_attribute(self, module: ModuleValue, name: str) -> SimulatedError:
        """The AttributeError of ``module.name``.

        Source: ``module_getattro`` (Objects/moduleobject.c).
        """
        child = self.modules.get(f"{module.name}.{name}")
        circular = " (most likely due to a circular import)"
        if "__getattr__" in module.namespace:
            # It raises by itself, and most say just this.
            message, circular = f"module '{module.name}' has no attribute '{name}'", ""
        elif module.is_initialising:
            message = f"partially initialized module '{module.name}' has no attribute '{name}'"
        elif child is not None and child.is_initialising:
            message = f"cannot access submodule '{name}' of module '{module.name}'"
        else:
            message, circular = f"module '{module.name}' has no attribute '{name}'", ""
        message += circular
        return self.failure("AttributeError", message, module, name)

    def resolve_lazy(self, module: ModuleValue, name: str, lazy: LazyValue) -> Value:
        """Import what a PEP 810 name stands for, and bind it for good."""
        value = self.real(lazy)
        self.write(module.namespace, name, value)
        return value

    def real(self, value: Value) -> Value:
        """What a lazy import stands for, imported; any other value as it is."""
        if not isinstance(value, LazyValue):
            return value
        if value.name is None:
            take = self.import_as if value.is_whole else self.import_statement
            return take(value.module)
        return self.import_from(self.import_base(value.module, (value.name,)), value.name)

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

    def failure(
        self,
        kind: str,
        message: str,
        module: ModuleValue,
        name: str,
        *,
        is_explained: bool = False,
    ) -> SimulatedError:
        """An error about a missing name; certain only if the name can be there at all.

        A name that no statement of the file could bind is not a matter of order, unless the module
        was taken for something else of the same name, or another failure explains it.
        """
        is_half_way = module.is_initialising and kind != "NameError"
        if self.is_guessing and not is_half_way and kind != "ImportError":
            # Values decide where a function goes: it is taken not to go where it cannot.
            raise GuessedError
        # A finished module lacks a name of its own if something kept it from being bound.
        is_own = name in self.bindable(module.name) and not self.is_submodule(module.name, name)
        is_kept_away = (
            module.is_initialising
            or not is_own
            or self.has_met_order
            or self.is_deleted(module, name)
            or self._is_left_out(module, name)
        )
        # In the place of the module, its package may have a class that has the name.
        is_explained = is_explained or module.name in self.world.namesakes
        is_known = is_explained or (self.may_have(module, name) and is_kept_away)
        error = SimulatedError(
            kind, message, module=module.name, missing=name, is_certain=is_known, is_order=is_known
        )
        error.chain = self.frames()
        return error

    def _is_left_out(self, module: ModuleValue, name: str) -> bool:
        """Whether a module that `module` imports by star keeps `name` to itself by ``__all__``."""
        for source in map(self.modules.get, self.world.stars.get(module.name, ())):
            exported = _texts(source.namespace.get("__all__")) if source is not None else None
            if source is not None and exported is not None and name not in exported:
                if name in self.bindable(source.name):
                    return True
        return False

    def fault(self, kind: str, message: str, module: str | None = None) -> SimulatedError:
        """An error of a value that is not what the code takes it for."""
        is_order = module is not None or self.has_met_order
        if self.is_on_a_guess or (self.is_in_call and not is_order):
            raise GuessedError
        error = SimulatedError(kind, message, module=module, is_certain=is_order, is_order=is_order)
        error.chain = self.frames()
        return error

    @property
    @abstractmethod
    def is_on_a_guess(self) -> bool:
        """Whether the way to the statement that runs was the policy's choice."""

    @property
    @abstractmethod
    def is_guessing(self) -> bool:
        """Whether the way to the statement that runs was a guess, inside the outermost call."""

    @property
    @abstractmethod
    def is_in_call(self) -> bool:
        """Whether a function of the project runs."""

    def type_error(self, message: str, value: Value) -> SimulatedError:
        """The TypeError of a use that `value` does not allow."""
        return self.fault(
            "TypeError", message, value.name if isinstance(value, ModuleValue) else None
        )

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
        loaded = self.load_module(name)
        parent = self.modules.get(parent_name) if parent_name else None
        if parent is not None:
            # The finished child covers whatever the parent had bound under that name.
            if parent.namespace.get(child, loaded) not in (loaded, UNKNOWN):
                self.note_order()
            self.write(parent.namespace, child, loaded)
        return loaded

    def touch(self, name: str) -> None:
        """Called for every name that is looked up in ``sys.modules``."""

    def touch_parent(self, name: str) -> None:
        """Called for every package that must be there before a sub-module of it is loaded."""

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
            raise
        finally:
            self.stack.pop()
            self.body = body
            self.flag(module, "initialising", is_set=False)
        return self.modules.get(name) or module

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

    def _handle_fromlist(self, package: ModuleValue, names: Iterable[str]) -> None:
        for name in names:
            if name == "*":
                exported = self.module_attribute(package, "__all__")
                self._handle_fromlist(package, [n for n in _texts(exported) or () if n != "*"])
            else:
                full_name = f"{package.name}.{name}"
                if not self._lacks(package, name):
                    # It would be loaded if it were not there: whoever keeps this load must know.
                    if name in self.children.get(package.name, ()):
                        self.touch(full_name)
                    continue
                self.touch(full_name)
                is_there = full_name in self.world.modules or full_name in self.modules
                if is_there or self._aliased(full_name) is not None:
                    self.import_module(full_name)

    def _lacks(self, package: ModuleValue, name: str) -> bool:
        """Whether ``hasattr`` says no; where nobody knows, a sub-module is not an attribute yet."""
        found = self.module_attribute(package, name)
        is_doubtful = found == UNKNOWN and name not in package.namespace
        return found is None or (is_doubtful and self.is_submodule(package.name, name))

    def _from_fallback(self, fallback: Value, name: str) -> Value | None:
        if isinstance(fallback, AttachValue):
            return self._attached(fallback, name)
        if not isinstance(fallback, (FunctionValue, LambdaValue)):
            return UNKNOWN
        try:
            with self.handling(ATTRIBUTE_ERROR):
                return self.call(fallback, (Constant(name),))
        except SimulatedError as error:
            # raise AttributeError(name): the function refuses, as it should
            if error.kind == "AttributeError" and not error.is_order:
                return None
            raise

    def _in_table(self, module: ModuleValue, name: str) -> str | None:
        """The module that a lazy object in the place of `module` takes `name` from."""
        table = self._tables.get(module.name)
        if table is None:
            program = self.world.programs.get(module.name, ())
            table = self._tables[module.name] = names_by_module(program, self.world.modules)
        return table.get(name)

    def _attached(self, attached: AttachValue, name: str) -> Value | None:
        if name in attached.submodules:
            self.note_called(f"{attached.package}.{name}")
            return self.import_module(f"{attached.package}.{name}")
        for attribute, submodule in attached.attributes:
            if attribute == name:
                self.note_called(f"{attached.package}.{submodule}")
                base = self.import_module(f"{attached.package}.{submodule}")
                return self.import_from(base, name)
        return None

    def _note_missing_names(self, base: ModuleValue) -> None:
        """A star import from a half-way module takes what is there: names may be missing."""
        if not base.is_initialising:
            return
        public = {n for n in self.bindable(base.name) if not n.startswith("_")}
        missing = sorted(public - set(base.namespace))
        if missing:
            message = f"'{base.name}' is half-way: '{missing[0]}' is not bound yet"
            self.note_silent(
                SimulatedError("ImportError", message, module=base.name, missing=missing[0])
            )

    def note_silent(self, error: SimulatedError) -> None:
        """Remember a failure of order that the program swallowed."""
        frames = self.frames()
        if frames and error.is_order:
            error.chain = error.chain or frames
            self.silent.append((frames[-1], error))

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


def _texts(value: Value | None) -> list[str] | None:
    """The strings of a sequence; None if there is an item that is not known to be one."""
    if not isinstance(value, SequenceValue):
        return None
    texts = [item.value for item in value.items if isinstance(item, Constant)]
    strings = [text for text in texts if isinstance(text, str)]
    return strings if len(strings) == len(value.items) else None


def _entry_of(alias: str) -> str:
    return INJECTED + alias.replace(".", "/")
