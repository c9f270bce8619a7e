"""Which of a module's names each statement of its top level reads: when it runs, or only later.

In: a syntax tree. Out: `Reads` per top-level statement, in their order. Read next by `parts`.
"""

import ast
import builtins
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from cycleguard.collect.nodes import Definition, first_line
from cycleguard.rewrite.scopes import Scope, ScopeKind, resolve

# A class has the last three for its body, and its methods have __class__.
_BUILTINS = frozenset(
    (*dir(builtins), "__class__", "__module__", "__qualname__", "__annotations__")
)


class Reads:
    """What one statement reads of the module's scope, and what its functions set there."""

    def __init__(self) -> None:
        self.eager: set[str] = set()
        self.deferred: set[str] = set()
        self.unbound: set[str] = set()
        self.set_by_functions: set[str] = set()


def reads_of(tree: ast.Module, root: Scope, *, is_postponed: bool) -> list[Reads]:
    """What each statement of `tree` reads.

    Args:
        tree: the module.
        root: its scope.
        is_postponed: whether annotations are not evaluated.
    """
    found = [Reads() for _ in tree.body]
    starts = [first_line(node) for node in tree.body]
    postponed = _annotations(root) if is_postponed else frozenset()
    for scope in root.all():
        is_later = runs_later(scope)
        for name, nodes in scope.reads.items():
            if resolve(scope, name) is not root:
                continue
            for node in nodes:
                reads = found[bisect_right(starts, node.lineno) - 1]
                if name not in root.bindings:
                    reads.unbound |= {name} - _BUILTINS
                elif is_later or node in postponed:
                    reads.deferred.add(name)
                else:
                    reads.eager.add(name)
        if scope is not root:
            _note_globals(scope, found, starts)
    for number, statement in enumerate(tree.body):
        found[number].deferred |= _quoted(statement) & root.bindings.keys()
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            # X += 1
            found[number].eager.add(statement.target.id)
    return found


def runs_later(scope: Scope) -> bool:
    """Whether what stands in a scope runs when a function is called."""
    current: Scope | None = scope
    while current:
        if current.kind is ScopeKind.FUNCTION:
            return True
        current = current.parent
    return False


def _note_globals(scope: Scope, found: Sequence[Reads], starts: Sequence[int]) -> None:
    for name in scope.globals & scope.bindings.keys():
        for node in scope.bindings[name]:
            line = getattr(node, "lineno", 0)
            found[bisect_right(starts, line) - 1].set_by_functions.add(name)


def _annotations(root: Scope) -> frozenset[ast.AST]:
    """All nodes inside of annotations."""
    annotations = (each for scope in root.all() for each in scope.annotations)
    return frozenset(node for each in annotations for node in ast.walk(each))


def _quoted(statement: ast.stmt) -> set[str]:
    """Names in annotations that are written as strings: ``def f(x: "Order")``."""
    names: set[str] = set()
    for annotation in _annotations_in(statement):
        for node in ast.walk(annotation):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names |= _names_in(node.value)
    return names


def _annotations_in(statement: ast.stmt) -> Iterator[ast.expr]:
    for node in ast.walk(statement):
        if isinstance(node, (ast.AnnAssign, ast.arg)) and node.annotation:
            yield node.annotation
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns:
            yield node.returns
        # cast("Order", x), TypeVar("T", bound="Order"), Optional["Order"] at module level
        elif isinstance(node, ast.Call) and not isinstance(statement, Definition):
            yield from (*node.args, *(keyword.value for keyword in node.keywords))
        elif isinstance(node, ast.Subscript) and not isinstance(statement, Definition):
            yield node.slice


def _names_in(text: str) -> set[str]:
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
