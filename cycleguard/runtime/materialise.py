"""Objects that put off expensive work until somebody looks.

A class names what counts as looking, and does its work in `materialise`::

    class Script(Materialised, observers=("code", "__call__")):
        def __init__(self, *lines):
            self.lines = list(lines)
            self.mark_dirty()

        def materialise(self):
            self.code = compile(" ".join(self.lines), "<script>", "exec")

        def __call__(self):
            exec(self.code)

While an object is dirty its class is a subclass in which the observers do the work first; then the
object gets its own class back, so that a clean one costs nothing extra.
"""

from _contextvars import ContextVar

from cycleguard.runtime._once import force, is_dirty, make_dirty
from cycleguard.runtime._pending import is_pending_class, pending_class

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextvars import Token

_late: "ContextVar[bool | None]" = ContextVar("materialise_late", default=None)
_at_once: "ContextVar[bool]" = ContextVar("materialise_at_once", default=False)


class Materialised:
    """Base of classes whose objects do their work when they are first looked at.

    `observers` are names of attributes, methods and special methods; those of the base classes
    count too. A method is looked at when it is called, any other attribute when it is read. To
    pickle an object is to look at it, to copy it is not. What is not named does not look.
    """

    __slots__ = ()
    _observers: "tuple[str, ...]" = ()

    def __init_subclass__(cls, observers: "Iterable[str]" = (), **named: object) -> None:
        if not is_pending_class(cls):
            cls._observers = tuple(dict.fromkeys((*cls._observers, *observers)))
        super().__init_subclass__(**named)

    def materialise(self) -> None:
        """Do the work; called once, by one thread, while others that look wait for it.

        If it raises, the object stays dirty, and the next look tries again.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how to materialise")

    def prepare(self) -> None:
        """Do what the work needs but must not wait for: import modules.

        Called before `materialise`, by every thread that looks, without a lock. An import within
        `materialise` can wait for a thread that imports and looks at the same object.
        """

    def mark_dirty(self) -> None:
        """Leave the work to whoever looks first, or do it now where that is switched off."""
        if make_dirty(self, pending_class(type(self), self._observers)) and not is_late():
            force(self)


class _Switch:
    """Sets a context variable for the length of a ``with`` block, whatever ends it."""

    def __init__(self, variable: "ContextVar[bool]", value: bool) -> None:
        self._variable = variable
        self._value = value
        self._tokens: list[Token[bool]] = []

    def __enter__(self) -> None:
        self._tokens.append(self._variable.set(self._value))

    def __exit__(self, *error: object) -> None:
        self._variable.reset(self._tokens.pop())


def materialise_late(late: bool = True) -> _Switch:
    """Within the ``with`` block, in this thread or task, work is put off; or not, if False.

    The innermost block counts::

        with materialise_late(False):
            script = Script("print(1)")  # compiled at once
    """
    return _Switch(_late, late)  # type: ignore[arg-type]


def materialise_at_once() -> _Switch:
    """Within the ``with`` block, in this thread or task, work is not put off.

    Whatever `materialise_late` says, around this block or in it.
    """
    return _Switch(_at_once, True)


def is_late(default: bool = True) -> bool:
    """Tell whether work is put off here; `default` if no ``with`` block says so."""
    late = _late.get()
    return not _at_once.get() and (default if late is None else late)


__all__ = [
    "Materialised",
    "force",
    "is_dirty",
    "is_late",
    "materialise_at_once",
    "materialise_late",
]
