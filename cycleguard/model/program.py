"""A source file's code as far as it matters to importing it: what the simulation runs.

Made by `collect.program` from the syntax tree; frozen and small, so that it can be cached. What
cannot bind, import or fail for reasons of order is folded into `Opaque`.
"""

from __future__ import annotations

from msgspec import Struct

from cycleguard.model.imports import Alias


class _Node(Struct, frozen=True, array_like=True, tag=True, gc=False):
    pass


class Constant(_Node):
    """``"a"``, ``1``, ``None``."""

    value: str | int | float | bool | None


class Load(_Node):
    """``name``; as a target, the name that is stored."""

    name: str


class Attribute(_Node):
    """``base.name``."""

    base: Expression
    name: str


class Subscript(_Node):
    """``base[index]``."""

    base: Expression
    index: Expression


class Call(_Node):
    """``function(arguments, name=value)``; starred arguments are `Opaque`."""

    function: Expression
    arguments: tuple[Expression, ...]
    keywords: tuple[tuple[str, Expression], ...] = ()


class Sequence(_Node):
    """``[a, b]``, ``(a, b)``, ``{a, b}``; as a target, unpacking."""

    items: tuple[Expression, ...]


class Mapping(_Node):
    """``{a: b}``."""

    keys: tuple[Expression, ...]
    values: tuple[Expression, ...]


class Compare(_Node):
    """``left operator right`` with the operator as `ast` names it."""

    operator: str
    left: Expression
    right: Expression


class Logic(_Node):
    """``a and b``, ``a or b``."""

    is_and: bool
    values: tuple[Expression, ...]


class Not(_Node):
    """``not value``."""

    value: Expression


class Conditional(_Node):
    """``body if test else orelse``."""

    test: Expression
    body: Expression
    orelse: Expression


class Join(_Node):
    """``a + b`` and ``f"{a}b"``: text if all parts are."""

    parts: tuple[Expression, ...]


class Walrus(_Node):
    """``(name := value)``."""

    name: str
    value: Expression


class Lambda(_Node):
    """``lambda a, b: body``."""

    parameters: Parameters
    body: Expression


class Comprehension(_Node):
    """``[element for target in iterable if condition]``; `inner` is all but the first iterable."""

    iterable: Expression
    targets: tuple[str, ...]
    inner: tuple[Expression, ...]
    is_lazy: bool


class Opaque(_Node):
    """Any other expression: its parts are evaluated, its value is not known."""

    parts: tuple[Expression, ...] = ()


Expression = (
    Constant
    | Load
    | Attribute
    | Subscript
    | Call
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
    | Opaque
)


class Parameters(_Node):
    """Parameter names, their defaults from the right, and the names that take the rest."""

    names: tuple[str, ...]
    defaults: tuple[Expression, ...] = ()
    keyword_only: tuple[tuple[str, Expression | None], ...] = ()
    rest: tuple[str, ...] = ()


class Import(_Node):
    """``import a.b as c``."""

    line: int
    names: tuple[Alias, ...]
    is_lazy: bool = False


class ImportFrom(_Node):
    """``from ..a import b as c``."""

    line: int
    module: str
    level: int
    names: tuple[Alias, ...]
    is_lazy: bool = False


class Assign(_Node):
    """``a = b = value``."""

    line: int
    targets: tuple[Expression, ...]
    value: Expression


class Augment(_Node):
    """``a += value``."""

    line: int
    target: Expression
    value: Expression


class Annotate(_Node):
    """``a: annotation = value``; a postponed annotation is None."""

    line: int
    target: Expression
    annotation: Expression | None
    value: Expression | None


class Delete(_Node):
    """``del a, b.c``."""

    line: int
    targets: tuple[Expression, ...]


class Evaluate(_Node):
    """An expression by itself."""

    line: int
    value: Expression


class If(_Node):
    """``if test: body else: orelse``."""

    line: int
    test: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]


class Handler(_Node):
    """``except kind as name: body``; a bare ``except`` has no kind."""

    line: int
    kind: Expression | None
    name: str | None
    body: tuple[Statement, ...]


class Try(_Node):
    """``try`` with all its parts."""

    line: int
    body: tuple[Statement, ...]
    handlers: tuple[Handler, ...]
    orelse: tuple[Statement, ...]
    final: tuple[Statement, ...]


class With(_Node):
    """``with value as target: body``."""

    line: int
    items: tuple[tuple[Expression, Expression | None], ...]
    body: tuple[Statement, ...]


class For(_Node):
    """``for target in iterable: body else: orelse``."""

    line: int
    target: Expression
    iterable: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]


class While(_Node):
    """``while test: body else: orelse``."""

    line: int
    test: Expression
    body: tuple[Statement, ...]
    orelse: tuple[Statement, ...]


class Case(_Node):
    """One case: the names that it binds, the values that its pattern reads, guard and body."""

    names: tuple[str, ...]
    reads: tuple[Expression, ...]
    guard: Expression | None
    is_default: bool
    body: tuple[Statement, ...]


class Match(_Node):
    """``match subject``."""

    line: int
    subject: Expression
    cases: tuple[Case, ...]


class Define(_Node):
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


class DefineClass(_Node):
    """``class name(bases, keyword=value): body``."""

    line: int
    name: str
    decorators: tuple[Expression, ...]
    bases: tuple[Expression, ...]
    keywords: tuple[tuple[str, Expression], ...]
    body: tuple[Statement, ...]


class Raise(_Node):
    """``raise error``."""

    line: int
    error: Expression | None


class Return(_Node):
    """``return value``."""

    line: int
    value: Expression | None


class Leave(_Node):
    """``break`` and ``continue``."""

    line: int
    is_break: bool


class Global(_Node):
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
    | Return
    | Leave
    | Global
)
