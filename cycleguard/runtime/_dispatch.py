"""A function that calls another one, which can be changed, as cheaply as Python allows.

Once it is decided what to call, the wrapper has the signature of that: CPython passes named
parameters on at less than twice the cost of a direct call, ``*args, **kwargs`` at four times. The
wrapper stays the same object. Before, it takes any arguments if the function has defaults, for a
plugin may have others; else it has the signature of the function from the start, because CPython
3.13 runs calls of a function whose code was changed more slowly.

What to call is a global of the module, or a cell where the function is a local one: CPython calls a
global with two instructions fewer. Code that reads the same globals is not called but taken over.
"""

from cycleguard.runtime._made import made_function, unused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CellType, CodeType, FunctionType

    Implementation = Callable[..., object]
else:
    FunctionType = type(lambda: None)

_GENERATOR = 0x20
_COROUTINE = 0x80
_ASYNC_GENERATOR = 0x200
# With that of `types.coroutine`.
_KINDS = _GENERATOR | _COROUTINE | _ASYNC_GENERATOR | 0x100
_STAR = 0x4
_TWO_STARS = 0x8
_ANY = ("*args, **kwargs", "*args, **kwargs")

# What `inspect` says about the wrapper must be what it says about the function.
_BODIES = {
    0: ("def", ["return {call}"]),
    _COROUTINE: ("async def", ["return await {call}"]),
    _GENERATOR: ("def", ["return (yield from {call})"]),
    # There is no `yield from` for asynchronous generators: this is PEP 380 with `await`.
    _ASYNC_GENERATOR: (
        "async def",
        [
            "{inner} = {call}",
            "try:",
            "    {value} = await {inner}.__anext__()",
            "    while True:",
            "        try:",
            "            {value} = yield {value}",
            "        except GeneratorExit:",
            "            await {inner}.aclose()",
            "            raise",
            "        except BaseException as {error}:",
            "            {value} = await {inner}.athrow({error})",
            "        else:",
            "            {value} = await {inner}.asend({value})",
            "except StopAsyncIteration:",
            "    return",
        ],
    ),
}


class Dispatcher:
    """A wrapper for one function, with what it calls now."""

    def __init__(self, function: "FunctionType", first: "Implementation") -> None:
        self._flags = function.__code__.co_flags
        self._name = function.__name__
        names = function.__globals__
        is_local = "<locals>" in function.__qualname__
        self._global = "" if is_local else _free_name(function.__qualname__, names)
        self._cell = _cell(first)
        self._call(first, names)
        has_defaults = function.__defaults__ or function.__kwdefaults__
        self._first = _ANY if has_defaults else _signature(function.__code__)
        self._now: tuple[str, str] | None = self._first
        closure = (self._cell,) if is_local else None
        self.wrapper = made_function(self._code(*self._first), names, closure=closure)
        copy_identity(function, self.wrapper)
        self.wrapper.__wrapped__ = function  # type: ignore[attr-defined]

    def call_anything(self, implementation: "Implementation") -> None:
        """Call `implementation` with whatever arguments come."""
        self._take_defaults(None, None)
        self._take(self._first)
        self._call(implementation, self.wrapper.__globals__)

    def call_for_good(self, implementation: "Implementation") -> None:
        """Call `implementation`, with its own parameters and defaults if it is a function."""
        self._call(implementation, self.wrapper.__globals__)
        if isinstance(implementation, FunctionType):
            # The defaults first: between the two lines another thread may call.
            self._take_defaults(implementation.__defaults__, implementation.__kwdefaults__)
            if self._can_become(implementation):
                self._now = None
                self.wrapper.__code__ = implementation.__code__
            else:
                self._take(_signature(implementation.__code__))

    def _call(self, implementation: "Implementation", names: "dict[str, object]") -> None:
        if self._global:
            names[self._global] = implementation
        else:
            self._cell.cell_contents = implementation

    def _can_become(self, implementation: "FunctionType") -> bool:
        """Tell whether the wrapper does what `implementation` does if it has the same code."""
        has_cells = implementation.__closure__ is not None or not self._global
        is_at_home = implementation.__globals__ is self.wrapper.__globals__
        other_kind = (implementation.__code__.co_flags ^ self._flags) & _KINDS
        return is_at_home and not has_cells and not other_kind

    def _take_defaults(
        self, defaults: "tuple[object, ...] | None", keyword: "dict[str, object] | None"
    ) -> None:
        if defaults is not self.wrapper.__defaults__:
            self.wrapper.__defaults__ = defaults
        if keyword is not self.wrapper.__kwdefaults__:
            self.wrapper.__kwdefaults__ = keyword

    def _take(self, signature: "tuple[str, str]") -> None:
        """Change the parameters, if they are others."""
        if signature != self._now:
            self._now = signature
            self.wrapper.__code__ = self._code(*signature)

    def _code(self, parameters: str, arguments: str) -> "CodeType":
        """The code of a wrapper; its only global or free variable holds what to call."""
        taken = f"{parameters},{self._name}"
        name, value, inner, error = (
            unused(f"_{each}", taken) for each in ("call", "value", "inner", "error")
        )
        kind = self._flags & (_GENERATOR | _COROUTINE | _ASYNC_GENERATOR)
        keyword, body = _BODIES[kind]
        free = "" if self._global else name
        call = f"{name}({arguments})"
        lines = [line.format(call=call, value=value, inner=inner, error=error) for line in body]
        text = f"def make({free}):\n  {keyword} wrapper({parameters}):\n    "
        text += "\n    ".join(lines) + "\n  return wrapper"
        names: dict[str, Callable[..., FunctionType]] = {}
        exec(compile(text, "<plugin_method>", "exec"), names)
        code = names["make"](*[None] * bool(free)).__code__
        # No parameter can be in the way of a global: they are read in different ways.
        called = tuple(self._global if each == name else each for each in code.co_names)
        return code.replace(co_name=self._name, co_names=called)


def _free_name(qualname: str, names: "dict[str, object]") -> str:
    """A global that the module does not have, nor take along with a star."""
    name = f"__plugin_method_{qualname.replace('.', '_')}"
    while name in names:
        name += "_"
    return name


def _cell(content: object) -> "CellType":
    cell = (lambda: content).__closure__
    assert cell is not None
    return cell[0]


def _signature(code: "CodeType") -> "tuple[str, str]":
    """The parameters of a function, without defaults, and how to pass each of them on."""
    named, keyword_only = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames
    parameters = list(names[:named])
    arguments = list(names[:named])
    if code.co_posonlyargcount:
        parameters.insert(code.co_posonlyargcount, "/")
    after = named + keyword_only
    if code.co_flags & _STAR:
        parameters.append(f"*{names[after]}")
        arguments.append(f"*{names[after]}")
        after += 1
    elif keyword_only:
        parameters.append("*")
    for name in names[named : named + keyword_only]:
        parameters.append(name)
        arguments.append(f"{name}={name}")
    if code.co_flags & _TWO_STARS:
        parameters.append(f"**{names[after]}")
        arguments.append(f"**{names[after]}")
    return ", ".join(parameters), ", ".join(arguments)


def copy_identity(function: "FunctionType", wrapper: "FunctionType") -> None:
    """As `functools.wraps`: name, module, documentation, annotations, attributes."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__", "__type_params__"):
        if hasattr(function, name):
            setattr(wrapper, name, getattr(function, name))
    # Python 3.14 computes annotations when they are asked for; this must not be the first time.
    if hasattr(function, "__annotate__"):
        wrapper.__annotate__ = function.__annotate__  # type: ignore[attr-defined]
    else:
        wrapper.__annotations__ = function.__annotations__
    wrapper.__dict__.update(function.__dict__)
