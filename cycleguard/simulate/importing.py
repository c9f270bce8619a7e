"""Import statements and attributes of modules: which names they find, and what they bind.

Each rule names the function of CPython 3.11 to 3.13 that it is taken from.
"""

from abc import abstractmethod
from collections.abc import Iterable

from cycleguard.model.program import Constant
from cycleguard.simulate.errors import SimulatedError
from cycleguard.simulate.folding import external, own_name, texts
from cycleguard.simulate.loading import Loading
from cycleguard.simulate.state import MODULE_NAMES
from cycleguard.simulate.tables import names_by_module
from cycleguard.simulate.values import (
    UNKNOWN,
    AttachValue,
    ExternalValue,
    FunctionValue,
    InstanceValue,
    LambdaValue,
    LazyValue,
    ModuleValue,
    SpecValue,
    Unknown,
    Value,
)
from cycleguard.simulate.world import Policy, World

# What may be a module, as far as anybody knows.
_MODULES = (ModuleValue, ExternalValue, LazyValue, Unknown)
ATTRIBUTE_ERROR = frozenset({"AttributeError"})
# Asked for the same name so often, from inside its answer, a function will not think of another.
_SURELY_ENDLESS = 2


class Importing(Loading):
    """Gives what import statements bind, and what modules have."""

    def __init__(self, world: World, policy: Policy) -> None:
        super().__init__(world, policy)
        self._tables: dict[str, dict[str, str]] = {}
        self._fallbacks: list[tuple[Value, str]] = []

    @abstractmethod
    def attribute(self, base: Value, name: str, called: str | None = None) -> Value:
        """``base.name``, where the source calls the base `called`."""

    @abstractmethod
    def call(self, function: Value, arguments: tuple[Value, ...]) -> Value:
        """Call `function`."""

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

    def _handle_fromlist(self, package: ModuleValue, names: Iterable[str]) -> None:
        for name in names:
            if name == "*":
                exported = self.module_attribute(package, "__all__")
                self._handle_fromlist(package, [n for n in texts(exported) or () if n != "*"])
            else:
                full_name = f"{package.name}.{name}"
                if not self._lacks(package, name):
                    # It would be loaded if it were not there: whoever keeps this load must know.
                    if name in self.children.get(package.name, ()):
                        self.touch(full_name)
                    continue
                self.touch(full_name)
                is_there = full_name in self.world.modules or full_name in self.modules
                if is_there or self.aliased(full_name) is not None:
                    self.import_module(full_name)

    def _lacks(self, package: ModuleValue, name: str) -> bool:
        """Whether ``hasattr`` says no; where nobody knows, a sub-module is not an attribute yet."""
        found = self.module_attribute(package, name)
        is_doubtful = found == UNKNOWN and name not in package.namespace
        return found is None or (is_doubtful and self.is_submodule(package.name, name))

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
            self._note_cover(found, base, name)
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

    def _note_cover(self, found: Value, package: ModuleValue, name: str) -> None:
        """A value in the place of a module: whoever asks may mean the module.

        A function or class that has the name of the module tells so by itself.
        """
        is_odd = not isinstance(found, _MODULES) and own_name(found) != name
        if is_odd and self.is_submodule(package.name, name):
            self.note_order()
            if isinstance(found, InstanceValue):
                found.covers = f"{package.name}.{name}"

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
        names = texts(exported)
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
            value = self.module_getattr(base, name)
            if value is None:
                raise self.missing_attribute(base, name)
            self.write(into.namespace, name, value)

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
            return own_attribute(module, name)
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

    def _from_fallback(self, fallback: Value, name: str) -> Value | None:
        if isinstance(fallback, AttachValue):
            return self._attached(fallback, name)
        if not isinstance(fallback, (FunctionValue, LambdaValue)):
            return UNKNOWN
        if self._fallbacks.count((fallback, name)) >= _SURELY_ENDLESS and not self.is_guessing:
            raise self._endless()
        self._fallbacks.append((fallback, name))
        try:
            with self.handling(ATTRIBUTE_ERROR):
                return self.call(fallback, (Constant(name),))
        except SimulatedError as error:
            # raise AttributeError(name): the function refuses, as it should
            if error.kind == "AttributeError" and not error.is_order:
                return None
            raise
        finally:
            self._fallbacks.pop()

    def _endless(self) -> SimulatedError:
        """The end of a ``__getattr__`` that asks its own module for the name that it is asked for.

        Source: ``_Py_CheckRecursiveCall`` (Python/ceval.c).
        """
        message = "maximum recursion depth exceeded"
        error = SimulatedError("RecursionError", message, is_order=False)
        error.chain = self.frames()
        return error

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


def own_attribute(module: ModuleValue, name: str) -> Value:
    """An attribute that every module has from its creation.

    Source: ``_init_module_attrs`` (Lib/importlib/_bootstrap.py).
    """
    match name:
        case "__name__":
            return Constant(module.name)
        case "__package__":
            return Constant(module.package)
        case "__spec__":
            return SpecValue(module.name, module.package)
    return UNKNOWN
