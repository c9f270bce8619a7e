"""Recognise what a condition around an import asks about, from the test's syntax alone."""

import ast
import re
from collections.abc import Iterable

from cycleguard.model.imports import GuardKind

_NEGATED = {
    GuardKind.TYPE_CHECKING: GuardKind.NOT_TYPE_CHECKING,
    GuardKind.NOT_TYPE_CHECKING: GuardKind.TYPE_CHECKING,
    GuardKind.MAIN: GuardKind.NOT_MAIN,
    GuardKind.NOT_MAIN: GuardKind.MAIN,
    GuardKind.VERSION: GuardKind.NOT_VERSION,
    GuardKind.NOT_VERSION: GuardKind.VERSION,
    GuardKind.PLATFORM: GuardKind.NOT_PLATFORM,
    GuardKind.NOT_PLATFORM: GuardKind.PLATFORM,
}
_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError"})
_BROAD_ERRORS = frozenset({"Exception", "BaseException"})
_VERSION = re.compile(
    r"\b(sys\.(version_info|version|hexversion)|version_info|six\.PY\w+"
    r"|platform\.python_version\w*|_?(IS_)?PY(THON)?_?\d[\d_]*\w*)\b"
)
_PLATFORM = re.compile(
    r"\b(sys\.(platform|implementation)|os\.(name|uname)|platform\.\w+"
    r"|_?(IS_)?(WIN(DOWS|32)?|LINUX|MAC(OS)?|DARWIN|PYPY|CYGWIN))\b",
    re.IGNORECASE,
)
_MAIN = re.compile(r"""__name__ == ['"]__main__['"]|['"]__main__['"] == __name__""")


def branch_kind(test: ast.expr, text: str, typing_names: frozenset[str]) -> GuardKind:
    """What the body of ``if test:`` depends on.

    Args:
        test: the condition.
        text: its source, white space collapsed.
        typing_names: names that stand for ``typing.TYPE_CHECKING`` in this file.
    """
    if _is_false_at_run_time(test, typing_names):
        return GuardKind.TYPE_CHECKING
    # if not TYPE_CHECKING:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = branch_kind(test.operand, text, typing_names)
        return _NEGATED.get(inner, GuardKind.BRANCH)
    if _MAIN.search(text):
        return GuardKind.MAIN
    if _VERSION.search(text):
        return GuardKind.VERSION
    if _PLATFORM.search(text):
        return GuardKind.PLATFORM
    return GuardKind.BRANCH


def else_kind(kind: GuardKind) -> GuardKind:
    """What the ``else`` of a branch of `kind` depends on."""
    return _NEGATED.get(kind, GuardKind.BRANCH)


def try_kind(handlers: Iterable[ast.ExceptHandler]) -> GuardKind:
    """What happens to an import that fails in the body of a ``try`` with these handlers."""
    caught = {name for handler in handlers for name in _caught_names(handler)}
    if caught & _IMPORT_ERRORS:
        return GuardKind.IMPORT_ERROR
    return GuardKind.BROAD_EXCEPT if caught & _BROAD_ERRORS else GuardKind.TRY


def handler_text(handlers: Iterable[ast.ExceptHandler]) -> str:
    """``except A, B`` for the handlers of a ``try``; ``finally`` where there are none."""
    names = [name for handler in handlers for name in _caught_names(handler)]
    return f"except {', '.join(names)}" if names else "finally"


def _caught_names(handler: ast.ExceptHandler) -> list[str]:
    # except:
    if handler.type is None:
        return ["BaseException"]
    # except (A, m.B):
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return [_last_name(node) for node in types]


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else "?"


def _is_false_at_run_time(test: ast.expr, typing_names: frozenset[str]) -> bool:
    if isinstance(test, ast.Name):
        return test.id in typing_names
    # if typing.TYPE_CHECKING:
    if isinstance(test, ast.Attribute):
        return test.attr == "TYPE_CHECKING"
    # if False:
    if isinstance(test, ast.Constant):
        return not test.value
    if isinstance(test, ast.BoolOp):
        sides = [_is_false_at_run_time(value, typing_names) for value in test.values]
        return any(sides) if isinstance(test.op, ast.And) else all(sides)
    return False
