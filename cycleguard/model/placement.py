"""Where in a file a moved import runs: the one rule that `simulate` and `rewrite` share.

In: a file's program. Out: the index of the statement that a moved import comes before.
"""

from collections.abc import Iterator
from enum import StrEnum

from cycleguard.model.names import is_within
from cycleguard.model.program import (
    Assign,
    Attribute,
    Augment,
    Call,
    Define,
    DefineClass,
    Delete,
    Evaluate,
    Expression,
    If,
    Import,
    ImportFrom,
    Load,
    Statement,
    Subscript,
    Try,
    With,
)


class Anchor(StrEnum):
    """Which imports of a file a moved import goes to: see `insertion_point`."""

    LAST_IMPORT = "last-import"
    TOP_BLOCK = "top-block"


# Code that decides what later imports find: by its whole dotted name, and by its last part.
_STATE = ("sys.path", "sys.modules", "sys.meta_path", "sys.path_hooks", "os.environ", "environ")
_CALLS = frozenset(
    (
        "os.putenv os.chdir warnings.filterwarnings warnings.simplefilter filterwarnings "
        "simplefilter matplotlib.use mpl.use site.addsitedir addsitedir patch_all monkey_patch "
        "require_version pkg_resources.require django.setup importorskip"
    ).split()
)
_METHODS = frozenset(("patch_all", "monkey_patch", "require_version", "importorskip"))


def insertion_point(program: tuple[Statement, ...], anchor: Anchor = Anchor.LAST_IMPORT) -> int:
    """The index of the statement that a moved import comes before.

    That is below the last import that stands in no branch: of the file, or for the top block of
    those above its first definition; 0 if there is none. What must run before other imports, such
    as an edit of ``sys.path``, is passed over if it follows before the next definition.
    """
    end = len(program)
    if anchor is Anchor.TOP_BLOCK:
        end = _next_definition(program, 0)
    imports = [n for n, s in enumerate(program[:end]) if isinstance(s, (Import, ImportFrom))]
    point = imports[-1] + 1 if imports else 0
    following = range(point, min(end, _next_definition(program, point)))
    return max((n + 1 for n in following if prepares_imports(program[n])), default=point)


def is_barrier(statement: Statement) -> bool:
    """Whether imports below the top-level `statement` should stay below: it does something."""
    if isinstance(statement, Evaluate):
        return isinstance(statement.value, Call)
    return prepares_imports(statement)


def prepares_imports(statement: Statement) -> bool:
    """Whether a top-level statement decides what the imports below it find."""
    if isinstance(statement, (Assign, Augment, Delete)):
        targets = (statement.target,) if isinstance(statement, Augment) else statement.targets
        if any(_is_state(_dotted(target)) for target in targets):
            return True
    if isinstance(statement, (Assign, Augment, Evaluate)):
        return _is_preparing_call(statement.value)
    # if root not in sys.path: sys.path.insert(0, root)
    return any(prepares_imports(inner) for inner in _blocks(statement))


def _next_definition(program: tuple[Statement, ...], start: int) -> int:
    for index in range(start, len(program)):
        if isinstance(program[index], (Define, DefineClass)):
            return index
    return len(program)


def _blocks(statement: Statement) -> Iterator[Statement]:
    if isinstance(statement, If):
        yield from (*statement.body, *statement.orelse)
    elif isinstance(statement, Try):
        yield from (*statement.body, *statement.orelse, *statement.final)
        for handler in statement.handlers:
            yield from handler.body
    elif isinstance(statement, With):
        yield from statement.body


def _is_preparing_call(value: Expression) -> bool:
    if not isinstance(value, Call):
        return False
    name = _dotted(value.function)
    return name in _CALLS or name.rpartition(".")[2] in _METHODS or _is_state(name)


def _is_state(name: str) -> bool:
    return any(is_within(name, state) for state in _STATE)


def _dotted(expression: Expression) -> str:
    """``sys.path`` for ``sys.path`` and ``sys.path[0]``; empty for what has no such name."""
    parts: list[str] = []
    while not isinstance(expression, Load):
        if isinstance(expression, Attribute):
            parts.append(expression.name)
            expression = expression.base
        elif isinstance(expression, Subscript):
            expression = expression.base
        else:
            return ""
    return ".".join((expression.name, *reversed(parts)))
