"""What was declared lazy and is not resolved yet; the error that says where it was declared.

A `Declaration` is one lazy name: proxies and `attach` make them, `check_all` resolves all that are
left. With ``CYCLEGUARD_EAGER=1`` they are resolved when the outermost running import has ended;
at the declaration that would bring back the cycle which the laziness broke.
"""

import sys

from cycleguard.runtime._imports import (
    ImportCycleError,
    find,
    half_way_module,
    import_chain,
    load,
    outermost_import,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from importlib.machinery import ModuleSpec

# Another copy of this module, vendored into another package, has its own.
_WAITING = f"_waiting_for {__name__}"


class LazyImportError(ImportError):
    """A lazy import failed at its first use; ``__cause__`` is what the import raised."""


class LazyModuleNotFoundError(LazyImportError, ModuleNotFoundError):
    """A lazy import failed at its first use, because there is no such module."""


class LazyImportCycleError(LazyImportError, ImportCycleError):
    """A lazy import was used while the module that it names is half-way."""


class LazyCheckError(ImportError):
    """Some of the lazy imports cannot be resolved: `errors` holds one error for each of them."""

    def __init__(self, errors: "Iterable[Exception]") -> None:
        self.errors = tuple(errors)
        listed = "".join(f"\n  {error}" for error in self.errors)
        super().__init__(f"{len(self.errors)} lazy imports cannot be resolved:{listed}")


class Declaration:
    """One lazy name: `module`, or `attribute` of it; also what else the statement imports."""

    __slots__ = ("also", "attribute", "file", "importer", "line", "module", "settle")

    def __init__(self, module: str, attribute: "str | None", importer: "dict[str, object]") -> None:
        self.module = module
        self.attribute = attribute
        self.importer = importer
        self.also: tuple[str, ...] = ()
        # What a first use does; whoever makes the name lazy puts more here.
        self.settle: Callable[[], object] = self.resolve
        self.file, self.line = _place(importer)

    def __str__(self) -> str:
        return self.module if self.attribute is None else f"{self.module}:{self.attribute}"

    def resolve(self) -> object:
        """Import it now.

        Raises:
            LazyImportError: the import failed, for whatever reason; see the cause.
        """
        try:
            for name in self.also:
                load(name)
            if self.attribute is None:
                return load(self.module)
            return find(self.module, self.attribute)
        except Exception as error:
            raise self.error(error) from error

    def error(self, cause: Exception) -> LazyImportError:
        """The error for a first use that `cause` made fail."""
        message = f"lazy import of {self} failed, declared in {self.file}:{self.line}: "
        half_way = half_way_module(cause)
        kind = LazyImportError
        if half_way is not None:
            kind = LazyImportCycleError
            if not isinstance(cause, ImportCycleError):
                chain = " -> ".join(import_chain()) or "by another thread"
                message += f"{half_way} is half-way (being imported: {chain}): "
        elif isinstance(cause, ModuleNotFoundError):
            kind = LazyModuleNotFoundError
        text = str(cause) if isinstance(cause, ImportError) else f"{type(cause).__name__}: {cause}"
        name = cause.name if isinstance(cause, ImportError) else self.module
        return kind(message + text, name=name)


def _place(importer: "dict[str, object]") -> "tuple[str, int]":
    """File and line of the nearest frame that runs in the importer."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals is not importer:
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


class _Pending:
    """Declarations that are not resolved, by place, so that a reload replaces its own."""

    def __init__(self) -> None:
        self._declared: dict[tuple[str, int, str], Declaration] = {}

    def add(self, declaration: Declaration) -> None:
        self._declared[_key(declaration)] = declaration
        # cycleguard: leave[the runtime may load no module while it is imported]
        import os  # noqa: PLC0415

        if os.environ.get("CYCLEGUARD_EAGER", "0") not in ("", "0"):
            spec = outermost_import()
            if spec is not None:
                _call_after_import(spec, declaration)

    def discard(self, declaration: Declaration) -> None:
        if self._declared.get(_key(declaration)) is declaration:
            self._declared.pop(_key(declaration), None)

    def all(self) -> "list[Declaration]":
        return list(self._declared.copy().values())


def _key(declaration: Declaration) -> "tuple[str, int, str]":
    return declaration.file, declaration.line, str(declaration)


_pending = _Pending()
declare = _pending.add
forget = _pending.discard


def check_all() -> "tuple[str, ...]":
    """Resolve every lazy import that was declared so far, for a test or CI; give their targets.

    Raises:
        LazyCheckError: some cannot be resolved; it names all of them.
    """
    return _check(_pending.all())


def _check(declarations: "list[Declaration]") -> "tuple[str, ...]":
    errors = []
    for declaration in declarations:
        try:
            declaration.settle()
        except LazyImportError as error:
            errors.append(error)
    if errors:
        raise LazyCheckError(errors)
    return tuple(map(str, declarations))


def _call_after_import(spec: "ModuleSpec", declaration: Declaration) -> None:
    """Resolve `declaration` when the module of `spec` has ended.

    CPython sets ``spec._initializing`` to False then, whichever way the import was started. Of a
    module that failed nothing is resolved: its own error is on its way.
    """
    waiting = getattr(spec, _WAITING, None)
    if waiting is not None:
        waiting.append(declaration)
        return
    kind = type(spec)

    class Watched(kind):  # type: ignore[misc, valid-type]
        @property
        def _initializing(self) -> bool:
            return True

        @_initializing.setter
        def _initializing(self, value: bool) -> None:
            waiting = self.__dict__.pop(_WAITING)
            self.__class__ = kind  # type: ignore[assignment]
            self._initializing = value
            if self.name in sys.modules:
                left = _pending.all()
                _check([each for each in waiting if each in left])

    spec.__dict__[_WAITING] = [declaration]
    spec.__class__ = Watched
