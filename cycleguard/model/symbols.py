"""What `symbols` gives for one module: the parts of its top level and what they need of each other.

Read next by `relocate`. Lines count from 1; names are those of the module's own scope.
"""

from enum import StrEnum

from msgspec import Struct


class PartKind(StrEnum):
    """What a part of a module's top level does."""

    FUNCTION = "function"
    CLASS = "class"
    VALUE = "value"
    CONDITIONAL = "conditional"
    EFFECT = "effect"


class Span(Struct, frozen=True, order=True):
    """Lines of a file, the first and the last, with the comments right above."""

    first: int
    last: int


class Part(Struct, frozen=True):
    """Statements that can only move together: a definition and all that builds it up.

    `names` are what it binds; `spans` its statements in order. `eager` are the module's names that
    it reads when it runs, `deferred` those that only its functions read. `unbound` are names that
    no statement of the module binds and no builtin has. `calls` is true where it calls something
    when it runs; `is_annotated` where it has annotations. `fixed` are reasons why it has to stay
    where it is; `is_copyable` says that another module can have the same part as well,
    `is_exception` that it is a class which is raised.
    """

    number: int
    kind: PartKind
    names: tuple[str, ...]
    spans: tuple[Span, ...]
    eager: frozenset[str] = frozenset()
    deferred: frozenset[str] = frozenset()
    unbound: frozenset[str] = frozenset()
    calls: bool = False
    is_annotated: bool = False
    fixed: tuple[str, ...] = ()
    is_copyable: bool = False
    is_exception: bool = False

    @property
    def needs(self) -> frozenset[str]:
        """All names of the module that it reads."""
        return self.eager | self.deferred

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return sum(span.last - span.first + 1 for span in self.spans)

    @property
    def first_line(self) -> int:
        """Where it starts."""
        return self.spans[0].first

    @property
    def last_line(self) -> int:
        """Where it ends."""
        return self.spans[-1].last


class ImportedName(Struct, frozen=True):
    """A name that an import statement at module level binds.

    `module` is what stands behind ``from``, absolute; for ``import a.b`` it is ``a.b`` and
    `original` is empty. `line` is that of the statement. `is_typing`: under ``if TYPE_CHECKING``.
    """

    name: str
    module: str
    original: str
    line: int
    level: int = 0
    asname: str | None = None
    is_typing: bool = False


class ModuleSymbols(Struct, frozen=True):
    """The symbol graph of one module.

    `parts` are in the order of the source. `futures` are the names of its ``__future__`` imports,
    `stars` the absolute names of modules that it imports by star. `typing` are names that nothing
    but statements under ``if TYPE_CHECKING`` binds, imports apart.
    """

    module: str
    path: str
    is_package: bool
    parts: tuple[Part, ...]
    imports: tuple[ImportedName, ...]
    futures: tuple[str, ...] = ()
    stars: tuple[str, ...] = ()
    lines: int = 0
    typing: frozenset[str] = frozenset()

    def part_of(self, name: str) -> Part | None:
        """The part that binds `name`."""
        return next((part for part in self.parts if name in part.names), None)

    def imported(self, name: str) -> ImportedName | None:
        """The import that binds `name`; one that runs is preferred to one for type checkers."""
        found = [each for each in self.imports if each.name == name]
        return min(found, key=lambda each: each.is_typing) if found else None
