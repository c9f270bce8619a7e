"""A source file's code as far as it matters to importing it: what the simulation runs.

Made by `collect.program` from the syntax tree; frozen and small, so that it can be cached. What
cannot bind, import or fail for reasons of order is folded into `Opaque`.
"""

from __future__ import annotations

from msgspec import Struct


class Alias(Struct, frozen=True, order=True):
    """``name`` or ``name as asname``."""

    name: str
    asname: str | None = None

    def __str__(self) -> str:
        return f"{self.name} as {self.asname}" if self.asname else self.name


class Constant(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``"a"``, ``1``, ``None``."""

    value: str | int | float | bool | None


class Load(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``name``; as a target, the name that is stored."""

    name: str


class Attribute(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``base.name``."""

    base: Expression
    name: str


class Subscript(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``base[index]``."""

    base: Expression
    index: Expression


class Slice(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``start:stop:step``, an index."""

    bounds: tuple[Expression, ...]


class Call(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``function(arguments, name=value)``; the name of ``**value`` is ``**``."""

    function: Expression
    arguments: tuple[Expression, ...]
    keywords: tuple[tuple[str, Expression], ...] = ()


class Starred(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``*value`` in a call, a display or a target."""

    value: Expression


class Sequence(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``[a, b]``, ``(a, b)``, ``{a, b}``; as a target, unpacking."""

    items: tuple[Expression, ...]
    is_set: bool = False


class Mapping(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``{a: b}``."""

    keys: tuple[Expression, ...]
    values: tuple[Expression, ...]


class Compare(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``left operator right`` with the operator as `ast` names it."""

    operator: str
    left: Expression
    right: Expression


class Logic(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``a and b``, ``a or b``."""

    is_and: bool
    values: tuple[Expression, ...]


class Not(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``not value``."""

    value: Expression


class Conditional(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``body if test else orelse``."""

    test: Expression
    body: Expression
    orelse: Expression


class Join(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``a + b``, and ``f"{a}b"``, which takes parts of any kind."""

    parts: tuple[Expression, ...]
    is_format: bool = False


class Walrus(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``(name := value)``."""

    name: str
    value: Expression


class Lambda(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``lambda a, b: body``."""

    parameters: Parameters
    body: Expression


class Generator(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``for target in iterable if condition`` in a comprehension."""

    target: Expression
    iterable: Expression
    conditions: tuple[Expression, ...]


class Comprehension(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``[element for target in iterable if condition]``; a dict has two elements."""

    generators: tuple[Generator, ...]
    elements: tuple[Expression, ...]
    is_lazy: bool
    is_set: bool


class Operation(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """An arithmetic operator on its operands; its value is not known, but it may not be allowed."""

    operands: tuple[Expression, ...]


class Opaque(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Any other expression: its parts are evaluated, its value is not known."""

    parts: tuple[Expression, ...] = ()


Expression = (
    Constant
    | Load
    | Attribute
    | Subscript
    | Slice
    | Call
    | Starred
    | Sequence
    | Mapping
    | Compare
    | Logic
    | Not
    | Conditional
    | Join
    | Walrus
    | Lambda
    | Comprehension
    | Operation
    | Opaque
)


class Parameters(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Parameter names, their defaults from the right, and the names after ``*`` and ``**``."""

    names: tuple[str, ...]
    defaults: tuple[Expression, ...] = ()
    keyword_only: tuple[tuple[str, Expression | None], ...] = ()
    rest: str | None = None
    keywords: str | None = None


class Import(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``import a.b as c``. `is_proxy`: lazy by ``with lazy():`` of `cycleguard.runtime`."""

    line: int
    names: tuple[Alias, ...]
    is_lazy: bool = False
    is_proxy: bool = False


class ImportFrom(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``from ..a import b as c``."""

    line: int
    module: str
    level: int
    names: tuple[Alias, ...]
    is_lazy: bool = False
    is_proxy: bool = False


class Assign(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``a = b = value``."""

    line: int
    targets: tuple[Expression, ...]
    value: Expression


class Augment(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``a += value``; `operator` is the name of `ast`'s class for it."""

    line: int
    target: Expression
    value: Expression
    operator: str = "Add"


class Annotate(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``a: annotation = value``; a postponed annotation is None."""

    line: int
    target: Expression
    annotation: Expression | None
    value: Expression | None


class Delete(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``del a, b.c``."""

    line: int
    targets: tuple[Expression, ...]


class Evaluate(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """An expression by itself."""

    line: int
    value: Expression


class If(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``if test: body else: orelse``."""

    line: int
    test: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]


class Handler(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``except kind as name: body``; a bare ``except`` has no kind."""

    line: int
    kind: Expression | None
    name: str | None
    body: tuple[Statement, ...]


class Try(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``try`` with all its parts."""

    line: int
    body: tuple[Statement, ...]
    handlers: tuple[Handler, ...]
    orelse: tuple[Statement, ...]
    final: tuple[Statement, ...]


class With(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``with value as target: body``."""

    line: int
    items: tuple[tuple[Expression, Expression | None], ...]
    body: tuple[Statement, ...]


class For(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``for target in iterable: body else: orelse``."""

    line: int
    target: Expression
    iterable: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]


class While(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``while test: body else: orelse``."""

    line: int
    test: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]


class Case(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """One case: the names that it binds, the values that its pattern reads, guard and body.

    `values` are those of a pattern that is nothing but values (``1 | 2``); `is_default` is true for
    a pattern that matches anything.
    """

    names: tuple[str, ...]
    reads: tuple[Expression, ...]
    values: tuple[Expression, ...] | None
    guard: Expression | None
    is_default: bool
    body: tuple[Statement, ...]


class Match(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``match subject``."""

    line: int
    subject: Expression
    cases: tuple[Case, ...]


class Define(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``def name(...)``: what runs at its definition, and where its body stands.

    `body` is None for functions of a module, which are read when they are called: lines
    `line` to `end_line` of the file, decorators included.
    """

    line: int
    end_line: int
    name: str
    decorators: tuple[Expression, ...]
    parameters: Parameters
    annotations: tuple[Expression, ...]
    runs_when_called: bool
    is_generator: bool
    body: tuple[Statement, ...] | None = None
    local_names: tuple[str, ...] = ()
    global_names: tuple[str, ...] = ()


class DefineClass(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``class name(bases, keyword=value): body``."""

    line: int
    name: str
    decorators: tuple[Expression, ...]
    bases: tuple[Expression, ...]
    keywords: tuple[tuple[str, Expression], ...]
    body: tuple[Statement, ...]


class Raise(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``raise error``."""

    line: int
    error: Expression | None


class Assert(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``assert test``."""

    line: int
    test: Expression


class Return(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``return value``."""

    line: int
    value: Expression | None


class Leave(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``break`` and ``continue``."""

    line: int
    is_break: bool


class Global(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """``global a``."""

    line: int
    names: tuple[str, ...]


Statement = (
    Import
    | ImportFrom
    | Assign
    | Augment
    | Annotate
    | Delete
    | Evaluate
    | If
    | Try
    | With
    | For
    | While
    | Match
    | Define
    | DefineClass
    | Raise
    | Assert
    | Return
    | Leave
    | Global
)
