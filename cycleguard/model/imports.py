"""What `collect` gives for one source file: its imports and module-level bindings, as written.

Names are not looked up here: that is `resolve`. Lines count from 1, columns from 1 in characters.
Everything is a frozen msgspec struct, so that a file's facts can be cached and cross processes.
"""

from enum import StrEnum

from msgspec import Struct

from cycleguard.model.constructs import Constructs
from cycleguard.model.edges import Origin, Timing
from cycleguard.model.program import Alias as Alias
from cycleguard.model.program import Statement

_LONGEST_TEST = 60
MODULE_SCOPE = "<module>"


class Form(StrEnum):
    """The construct that asks for a module."""

    IMPORT = "import"
    FROM = "from"
    IMPORT_MODULE = "import_module"
    DUNDER_IMPORT = "__import__"
    ATTACH = "attach"
    LOAD = "load"
    LAZY_MODULE = "lazy_module"
    LAZY_ATTRIBUTE = "lazy_attribute"
    LAZY_LOADER = "LazyLoader"
    CODE_STRING = "code-string"

    @property
    def is_statement(self) -> bool:
        """Whether this is an import statement; the other forms are calls."""
        return self in (Form.IMPORT, Form.FROM)

    @property
    def is_lazy(self) -> bool:
        """Whether this is a call after which the module is imported on first use."""
        return self in _LAZY

    @property
    def origin(self) -> Origin:
        """What an edge that comes of this form is called."""
        if self.is_statement:
            return Origin.EXPLICIT
        # `attach` and `load` were there before there was a word for them.
        return Origin.LAZY if self.value.lower().startswith("lazy") else Origin.LITERAL


_LAZY = frozenset((Form.ATTACH, Form.LOAD, Form.LAZY_MODULE, Form.LAZY_ATTRIBUTE, Form.LAZY_LOADER))


class GuardKind(StrEnum):
    """What stands between an import and its function or module: docs/import-shapes.md."""

    TYPE_CHECKING = "type-checking"
    NOT_TYPE_CHECKING = "not-type-checking"
    MAIN = "main"
    NOT_MAIN = "not-main"
    VERSION = "version"
    NOT_VERSION = "not-version"
    PLATFORM = "platform"
    NOT_PLATFORM = "not-platform"
    IMPORT_ERROR = "import-error"
    BROAD_EXCEPT = "broad-except"
    TRY = "try"
    TRY_ELSE = "try-else"
    EXCEPT = "except"
    FINALLY = "finally"
    WITH = "with"
    LOOP = "loop"
    NOT_LOOP = "not-loop"
    BRANCH = "branch"


class Guard(Struct, frozen=True, order=True):
    """One condition around an import: its kind, the text that decides it and that text's line."""

    kind: GuardKind
    test: str
    line: int

    @property
    def short_test(self) -> str:
        """The test, for a sentence."""
        is_long = len(self.test) > _LONGEST_TEST
        return f"{self.test[: _LONGEST_TEST - 3]}..." if is_long else self.test


class NameUse(Struct, frozen=True):
    """How a function uses a name that it imports.

    `loads` counts reads, nested functions included; `attribute_loads` those of the shape
    ``name.x``, `calls` those of the shape ``name()``; `annotation_loads` those in annotations.
    `stores` counts bindings of the name in the same function other than imports, `imports` the
    import statements that bind it there.
    """

    name: str
    loads: int = 0
    attribute_loads: int = 0
    calls: int = 0
    annotation_loads: int = 0
    stores: int = 0
    imports: int = 0
    is_parameter: bool = False
    is_global: bool = False
    is_reloaded: bool = False


class FunctionContext(Struct, frozen=True):
    """The function around a local import, as far as it decides what may move.

    `name` is the dotted name of the outermost function, `line` its first line. `in_class_body` is
    true where a class inside the function is what receives the names. `exec_calls` counts calls
    of ``eval`` and ``exec``; `exec_with_globals` those that bring their own name space.
    `touches_sys_modules` is true where the function edits ``sys.modules``.
    """

    name: str
    line: int
    in_class_body: bool
    exec_calls: int
    exec_with_globals: int
    touches_sys_modules: bool
    uses: tuple[NameUse, ...]


class ImportStatement(Struct, frozen=True):
    """One import statement, or one call that imports.

    `module` is what is written after ``from``, or the literal name of a call; None for
    ``import a``, ``from . import a`` and computed names. `names` are the imported names; ``*`` is
    one of them in a star import. `comments` are those that belong to the statement: of imports in
    functions all, of calls those that speak to cycleguard. `function` is None outside functions.
    """

    form: Form
    module: str | None
    level: int
    names: tuple[Alias, ...]
    line: int
    column: int
    end_line: int
    scope: str
    timing: Timing
    guards: tuple[Guard, ...]
    statement: str
    function: FunctionContext | None = None
    comments: tuple[str, ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether this is an import statement inside a function."""
        return self.function is not None and self.form.is_statement

    @property
    def is_dynamic(self) -> bool:
        """Whether a call imports, not a statement."""
        return not self.form.is_statement

    @property
    def is_star(self) -> bool:
        """Whether this is ``from m import *``."""
        return self.form is Form.FROM and self.names == (Alias("*"),)

    @property
    def bound_names(self) -> tuple[str, ...]:
        """The names that the statement binds where it stands; none for star imports and calls."""
        if not self.form.is_statement or self.is_star:
            return ()
        if self.form is Form.IMPORT:
            return tuple(a.asname or a.name.partition(".")[0] for a in self.names)
        return tuple(a.asname or a.name for a in self.names)


class BindingKind(StrEnum):
    """What binds a module-level name."""

    IMPORT = "import"
    FUNCTION = "function"
    CLASS = "class"
    VALUE = "value"


class Binding(Struct, frozen=True):
    """A module-level name and the statement that binds it, in source order.

    `is_conditional` is true inside ``if``, ``try``, loops and the like; `never_at_import` in blocks
    that do not run while the module is imported (``if TYPE_CHECKING``).
    """

    name: str
    kind: BindingKind
    line: int
    end_line: int
    is_conditional: bool
    never_at_import: bool = False


class Pragma(Struct, frozen=True):
    """A comment that speaks to cycleguard.

    `imports` are line and column of the imports that it belongs to, at any level of the file.
    """

    line: int
    text: str
    imports: tuple[tuple[int, int], ...] = ()


class ModuleFacts(Struct, frozen=True):
    """All that later stages know of one source file.

    `exports` is a literal ``__all__``, None where there is none. `builtins_read` are the names of
    builtins that the file reads. `indirect` are names that code of the file may bind in its module
    other than by a statement at module level. `patched` are dotted names that a test replaces in
    place (``mock.patch("a.b")``). `is_generated` is true where the head of the file says so.
    `program` is what the simulation runs. `pragmas` are the comments that speak to cycleguard.
    `constructs` is what acts at run time: plugins, aliases and the like.
    """

    imports: tuple[ImportStatement, ...]
    bindings: tuple[Binding, ...]
    exports: tuple[str, ...] | None
    patched: tuple[str, ...]
    has_getattr: bool
    is_generated: bool
    lines: int
    program: tuple[Statement, ...] = ()
    indirect: tuple[str, ...] = ()
    pragmas: tuple[Pragma, ...] = ()
    constructs: Constructs = Constructs()
