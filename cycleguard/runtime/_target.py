"""One function that plugins may replace: its wrapper, and what stands in its place now."""

import sys

from cycleguard.runtime._dispatch import Dispatcher, copy_identity
from cycleguard.runtime._made import made_function

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType

    Implementation = Callable[..., object]
else:
    FunctionType = type(lambda: None)

# The attribute that leads from what is called to the wrapper.
WRAPPER = "__plugin_method__"
_UNDECIDED = "not called yet"


class Target:
    """A function that plugins may replace."""

    def __init__(
        self, function: "FunctionType", choose: "Callable[[Target], Implementation]"
    ) -> None:
        self.function = function
        self.module = function.__module__
        self.qualname = function.__qualname__
        self.key = f"{self.module}:{self.qualname}"
        self.decided: Implementation | None = None
        self.reason = _UNDECIDED
        self.placed: FunctionType | None = None

        def decide(*arguments: object, **named: object) -> object:
            return choose(self)(*arguments, **named)

        self.decide = decide
        self.dispatcher = Dispatcher(function, decide)
        self.wrapper = self.dispatcher.wrapper
        setattr(self.wrapper, WRAPPER, self.wrapper)

    def put_in_place(self, implementation: "Implementation", reason: str) -> None:
        """Call `implementation` from now on, and put it where the function was defined.

        What is put there is a copy that goes by the name of the function, so that it is pickled by
        that name, and a bound method of it too. The wrapper is not at its name any longer; it is
        pickled as an attribute of what is.
        """
        self.decided = implementation
        self.reason = reason
        self.dispatcher.call_for_good(implementation)
        if isinstance(implementation, FunctionType):
            is_own = implementation is self.function
            placed = self.function if is_own else _renamed(implementation, self.function)
            setattr(placed, WRAPPER, self.wrapper)
            if self._swap(self.wrapper, placed):
                self.placed = placed
                self.wrapper.__qualname__ = f"{self.qualname}.{WRAPPER}"

    def take_back(self) -> None:
        """Decide anew at the next call."""
        self.decided = None
        self.reason = _UNDECIDED
        self.dispatcher.call_anything(self.decide)
        if self.placed is not None:
            self._swap(self.placed, self.wrapper)
            self.placed = None
            self.wrapper.__qualname__ = self.qualname

    def _swap(self, before: "FunctionType", after: "FunctionType") -> bool:
        """Replace the function in its class or module, if it is still there."""
        *path, name = self.qualname.split(".")
        owner: object = sys.modules.get(self.module)
        for each in path:
            owner = getattr(owner, "__dict__", {}).get(each)
        bound = getattr(owner, "__dict__", {}).get(name)
        replaced: object
        if bound is before:
            replaced = after
        elif isinstance(bound, (staticmethod, classmethod)) and bound.__func__ is before:
            replaced = type(bound)(after)
        elif isinstance(bound, property) and bound.fget is before:
            replaced = type(bound)(after, bound.fset, bound.fdel, bound.__doc__)
        else:
            return False
        try:
            setattr(owner, name, replaced)
        except (AttributeError, TypeError):
            # A class may refuse to be changed; the wrapper does it too.
            return False
        return True


def _renamed(function: "FunctionType", other: "FunctionType") -> "FunctionType":
    """A copy of `function` that goes by the name of `other`."""
    copy = made_function(
        function.__code__,
        function.__globals__,
        function.__defaults__,
        function.__kwdefaults__,
        function.__closure__,
    )
    copy_identity(function, copy)
    copy.__module__ = other.__module__
    copy.__name__ = other.__name__
    copy.__qualname__ = other.__qualname__
    return copy
