"""What every part shares: import one module by name, say what is half-way, look without importing.

In goes a dotted name, out comes the module, the object or the spec. Nothing here holds a lock while
it imports: two threads that import each other's modules would then wait for ever, because CPython
sees such a circle only among its own locks.
"""

import builtins
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    class ImportCycleError(ImportError):
        """Something is needed of a module that is still being imported."""

else:
    # Python 3.15 has one of its own, PEP 810.
    ImportCycleError = getattr(builtins, "ImportCycleError", None) or type(
        "ImportCycleError",
        (ImportError,),
        {
            "__doc__": "Something is needed of a module that is still being imported.",
            "__module__": __name__,
        },
    )


def load(name: str) -> "ModuleType":
    """Import the module `name` and give it, not its top-level package.

    Not `importlib.import_module`, which lets CPython's private deadlock error out where two threads
    import each other's modules; and no attribute of the parent package is read, because it is set
    only after the module has ended.

    Raises:
        ImportError: as the import statement does.
        ImportCycleError: another thread imports it, and waits for one that this thread imports.
    """
    try:
        __import__(name)
    except RuntimeError as error:
        if type(error).__name__ != "_DeadlockError":
            raise
        raise ImportCycleError(f"two threads import {name!r} in a circle", name=name) from error
    if name not in sys.modules:
        raise ImportError(f"{name!r} took itself out of sys.modules", name=name)
    return sys.modules[name]


def find(module_name: str, attribute: str) -> object:
    """What ``from module_name import attribute`` binds: an attribute, else a submodule.

    A dotted `attribute` goes on from there: ``find("m", "Class.method")``.

    Raises:
        ImportError: there is neither.
        ImportCycleError: the module is half-way and has not bound it yet.
    """
    name, _, rest = attribute.partition(".")
    found = _attribute_or_submodule(load(module_name), module_name, name)
    for each in rest.split(".") if rest else ():
        try:
            found = getattr(found, each)
        except AttributeError as error:
            message = f"cannot import name {attribute!r} from {module_name!r}: no {each!r}"
            raise ImportError(message, name=module_name) from error
    return found


def _attribute_or_submodule(module: "ModuleType", module_name: str, name: str) -> object:
    try:
        return getattr(module, name)
    except AttributeError as error:
        cause = error
    if hasattr(module, "__path__"):
        submodule = f"{module_name}.{name}"
        try:
            return load(submodule)
        except ModuleNotFoundError as error:
            if error.name != submodule:
                raise
    if is_initialising(module):
        raise ImportCycleError(half_way_message(module_name, name), name=module_name) from cause
    message = f"cannot import name {name!r} from {module_name!r}"
    path = getattr(module, "__file__", None)
    raise ImportError(f"{message} ({path or 'no file'})", name=module_name, path=path) from cause


def is_initialising(module: object) -> bool:
    """Tell whether the module is still being imported, by any thread."""
    spec = getattr(module, "__spec__", None)
    return bool(getattr(spec, "_initializing", False))


def half_way_module(error: BaseException) -> "str | None":
    """The partially initialized module that an import failed on, if that is why it failed."""
    if isinstance(error, ImportCycleError):
        return error.name
    if isinstance(error, ImportError):
        if is_initialising(sys.modules.get(error.name or "")):
            return error.name
    elif isinstance(error, AttributeError):
        # Python 3.10 and newer say on which object; Python 3.9 says it in words.
        module = getattr(error, "obj", None)
        if isinstance(module, type(sys)) and is_initialising(module):
            return module.__name__
        before, _, rest = str(error).partition("'")
        if before == "partially initialized module ":
            return rest.partition("'")[0]
    return None


def half_way_message(module_name: str, name: str) -> str:
    """Both ends of an import cycle, and how the import got there."""
    chain = " -> ".join(import_chain())
    message = f"cannot import name {name!r} from partially initialized module {module_name!r}"
    return f"{message} (being imported: {chain or 'by another thread'})"


def import_chain() -> "tuple[str, ...]":
    """The modules that this thread is importing, outermost first, each with where it stands."""
    return tuple(
        f"{names.get('__name__')} ({file}:{line})" for names, file, line in reversed(_half_way())
    )


def outermost_import() -> "ModuleSpec | None":
    """The spec of the module that this thread's outermost running import is for."""
    found = _half_way()
    return found[-1][0]["__spec__"] if found else None


def _half_way() -> "list[tuple[Mapping[str, ModuleSpec], str, int]]":
    """Globals, file and line of every module body in this thread's stack, innermost first."""
    found = []
    frame = sys._getframe(1)
    while frame is not None:
        spec = frame.f_globals.get("__spec__")
        if frame.f_code.co_name == "<module>" and getattr(spec, "_initializing", False):
            found.append((frame.f_globals, frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back  # type: ignore[assignment]
    return found


def find_spec(name: str) -> "ModuleSpec | None":
    """The spec of a module, found without importing it or its parents; None if there is none.

    `importlib.util.find_spec` imports the parents. A package that changes its ``__path__`` while it
    is imported is taken as it lies on disk, until it has been imported.
    """
    if sys.modules.get(name) is not None:
        return getattr(sys.modules[name], "__spec__", None)
    parent = name.rpartition(".")[0]
    path = None
    if parent:
        if sys.modules.get(parent) is not None:
            path = getattr(sys.modules[parent], "__path__", None)
        else:
            found = find_spec(parent)
            path = found.submodule_search_locations if found else None
        if path is None:
            return None
    for finder in list(sys.meta_path):
        spec = finder.find_spec(name, path) if hasattr(finder, "find_spec") else None
        if spec is not None:
            return spec
    return None
