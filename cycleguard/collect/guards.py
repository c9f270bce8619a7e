"""Recognise what a condition around an import asks about, from the test's syntax alone."""

import ast
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cycleguard.collect.source import SourceText
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
NEVER_AT_IMPORT = frozenset({GuardKind.TYPE_CHECKING, GuardKind.MAIN})
_ALWAYS_AT_IMPORT = frozenset({GuardKind.NOT_TYPE_CHECKING, GuardKind.NOT_MAIN})
_DEEPEST_TEST = 20
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


class Branches(NamedTuple):
    """What the body of an ``if`` depends on, and what its ``else`` does."""

    body: GuardKind
    orelse: GuardKind


class Conditions:
    """The tests of one file; names that stand for a test are followed once they are learned."""

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._kinds = dict.fromkeys(("TYPE_CHECKING", "MYPY"), GuardKind.TYPE_CHECKING)

    def learn_import(self, node: ast.ImportFrom) -> None:
        """``from typing import TYPE_CHECKING as TC``."""
        for alias in node.names:
            if alias.name == "TYPE_CHECKING" and alias.asname:
                self._kinds[alias.asname] = GuardKind.TYPE_CHECKING

    def learn_constant(self, name: str, value: ast.expr) -> None:
        """``WINDOWS = sys.platform == "win32"`` at module level."""
        # "x86" if platform.machine() == "AMD64" else "arm" is no answer of yes or no.
        asked = value.func if isinstance(value, ast.Call) else value
        if isinstance(asked, (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Attribute, ast.Name)):
            kind = self.branches(asked).body
            if kind is not GuardKind.BRANCH:
                self._kinds[name] = kind

    def branches(self, test: ast.expr) -> Branches:
        """What the two branches of ``if test:`` depend on."""
        # if True:
        if isinstance(test, ast.Constant) and test.value:
            return Branches(GuardKind.BRANCH, GuardKind.TYPE_CHECKING)
        kind = self._at_import(test) or self._environment(test)
        return Branches(kind, _NEGATED.get(kind, GuardKind.BRANCH))

    def _at_import(self, test: ast.expr, depth: int = 0) -> GuardKind | None:
        """The kind of a test whose answer is known at import time; None for any other."""
        operand, is_negated = _without_not(test)
        kind: GuardKind | None = None
        if isinstance(operand, ast.BoolOp) and depth < _DEEPEST_TEST:
            kind = self._combined(operand, depth + 1)
        elif isinstance(operand, ast.Compare):
            kind = main_kind(operand)
        # if False:, if 1:
        elif isinstance(operand, ast.Constant):
            kind = _NEGATED[GuardKind.TYPE_CHECKING] if operand.value else GuardKind.TYPE_CHECKING
        # if typing.TYPE_CHECKING:
        elif isinstance(operand, ast.Attribute) and operand.attr == "TYPE_CHECKING":
            kind = GuardKind.TYPE_CHECKING
        elif isinstance(operand, ast.Name):
            known = self._kinds.get(operand.id)
            kind = known if known in NEVER_AT_IMPORT | _ALWAYS_AT_IMPORT else None
        return _NEGATED[kind] if kind and is_negated else kind

    def _combined(self, test: ast.BoolOp, depth: int) -> GuardKind | None:
        kinds = [self._at_import(value, depth) for value in test.values]
        # One false side decides an `and`, one true side an `or`.
        deciding = NEVER_AT_IMPORT if isinstance(test.op, ast.And) else _ALWAYS_AT_IMPORT
        decided = next((kind for kind in kinds if kind in deciding), None)
        return decided or (kinds[0] if None not in kinds else None)

    def _environment(self, test: ast.expr) -> GuardKind:
        # if not sys.platform.startswith("win"):
        operand, is_negated = _without_not(test)
        text = self._source.segment(operand)
        version, platform = _VERSION.search(text), _PLATFORM.search(text)
        kind = GuardKind.PLATFORM if platform else self._constant(operand)
        if version and (platform is None or version.start() <= platform.start()):
            kind = GuardKind.VERSION
        return _NEGATED.get(kind, GuardKind.BRANCH) if is_negated else kind

    def _constant(self, test: ast.expr) -> GuardKind:
        names = (node.id for node in ast.walk(test) if isinstance(node, ast.Name))
        kinds = (self._kinds.get(name) for name in names)
        known = (kind for kind in kinds if kind and kind not in NEVER_AT_IMPORT)
        return next(known, GuardKind.BRANCH)


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


def _without_not(test: ast.expr) -> tuple[ast.expr, bool]:
    is_negated = False
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, is_negated = test.operand, not is_negated
    return test, is_negated


def main_kind(test: ast.Compare) -> GuardKind | None:
    """The kind of a comparison with ``"__main__"``, if it is one."""
    sides: Sequence[ast.expr] = (test.left, *test.comparators)
    is_name = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    if not is_name or not any(_says_main(side) for side in sides):
        return None
    is_negative = isinstance(test.ops[0], (ast.NotEq, ast.NotIn, ast.IsNot))
    return GuardKind.NOT_MAIN if is_negative else GuardKind.MAIN


def _says_main(node: ast.expr) -> bool:
    # __name__ in ("__main__", "__mp_main__")
    parts = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    return any(isinstance(part, ast.Constant) and part.value == "__main__" for part in parts)


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
