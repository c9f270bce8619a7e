"""Makes a function of a code object so that CPython runs its calls as fast as those of any other.

CPython 3.13 and newer specialise calls of a function only if a ``def`` statement made it and nobody
has changed its code or defaults since; `types.FunctionType` makes one whose calls stay slower.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import CellType, CodeType, FunctionType

    Made = Callable[..., Callable[..., FunctionType]]
else:
    FunctionType = type(lambda: None)


def made_function(
    code: "CodeType",
    names: "dict[str, object]",
    defaults: "tuple[object, ...] | None" = None,
    keyword_defaults: "Mapping[str, object] | None" = None,
    closure: "tuple[CellType, ...] | None" = None,
) -> "FunctionType":
    """A function with this code, these globals, defaults and cells.

    A ``def`` statement of the right shape is compiled, gets the code in the place of its own, and
    is run in those globals.
    """
    free = code.co_freevars
    taken = ",".join(free)
    given, named = unused("_given", taken), unused("_named", taken)
    parameters = [f"_{n}={given}[{n}]" for n in range(len(defaults or ()))]
    parameters += ["*"] if keyword_defaults else []
    parameters += [f"{name}={named}[{name!r}]" for name in keyword_defaults or ()]
    text = (
        f"def cells({', '.join(free)}):\n"
        f"  def make({given}, {named}):\n"
        f"    def made({', '.join(parameters)}):\n"
        f"      {'; '.join(free) or 'pass'}\n"
        "    return made\n"
        "  return make\n"
    )
    make = _inner(_inner(compile(text, "<function>", "exec"), "cells"), "make")
    own = _inner(make, "made")
    if (own.co_freevars, make.co_freevars) != (free, free):
        # The cells would be in another order.
        function = FunctionType(code, names, code.co_name, defaults, closure)
        function.__kwdefaults__ = keyword_defaults  # type: ignore[assignment]
        return function
    constants = tuple(code if each is own else each for each in make.co_consts)
    run = FunctionType(make.replace(co_consts=constants), names, "make", None, closure)
    made: FunctionType = run(defaults, keyword_defaults)
    return made


def unused(name: str, taken: str) -> str:
    """A name that is no part of the text `taken`."""
    while name in taken:
        name += "_"
    return name


def _inner(code: "CodeType", name: str) -> "CodeType":
    found: CodeType = next(c for c in code.co_consts if getattr(c, "co_name", None) == name)
    return found
