"""Names that import statements bind for annotations alone.

In: a file. Out: those names, each with the place of its statement. Whether the annotations may be
evaluated, `quoting` says.
"""

import ast
import re
from collections.abc import Iterator

from msgspec import Struct

from cycleguard.collect.source import SourceText
from cycleguard.collect.syntax import parse
from cycleguard.files import decode
from cycleguard.rewrite.quoting import annotated
from cycleguard.rewrite.scopes import Scope, ScopeKind, bound_name, resolve, scopes_of
from cycleguard.rewrite.sites import ImportNode
from cycleguard.rewrite.uses import uses_of

# What reads names that no name in the text stands for.
_DYNAMIC = re.compile(r"\b(?:globals|locals|vars|eval|exec|dir)\(|\bsys\.modules\[__name__\]")
_WORD = re.compile(r"[^\W\d]\w*")


class Checked(Struct, frozen=True, order=True):
    """A name that annotations alone read, and the place of the import statement that binds it."""

    line: int
    column: int
    name: str


def for_annotations(content: bytes) -> frozenset[Checked]:
    """The names that only annotations of a file need; none where it cannot be read.

    A name that several statements bind is left out, unless they import it for type checkers.
    """
    try:
        text = decode(content)
        if may_be_read_unseen(text):
            return frozenset()
        tree = parse(text).tree
    except (SyntaxError, UnicodeError, RecursionError):
        return frozenset()
    root = scopes_of(tree)
    source = SourceText(text)
    return frozenset(_found(root, source)) if "*" not in root.bindings else frozenset()


def may_be_read_unseen(text: str) -> bool:
    """Whether a file has code that reads names which no name in its text stands for."""
    return _DYNAMIC.search(text) is not None


def _found(root: Scope, source: SourceText) -> Iterator[Checked]:
    inside = annotated(root).keys()
    words = set(_words_in_strings(root))
    set_elsewhere = {name for scope in root.all() for name in scope.globals | scope.nonlocals}
    for scope in root.all():
        if scope.kind not in (ScopeKind.MODULE, ScopeKind.FUNCTION):
            continue
        for name, nodes in scope.bindings.items():
            node = nodes[0]
            if len(nodes) > 1 or not isinstance(node, ImportNode) or name in set_elsewhere:
                continue
            if not _is_plain(node, name):
                continue
            reads = [use for _, use in uses_of(scope, name)]
            if (reads or name in words) and all(use in inside for use in reads):
                # In a function the module's name takes its place.
                if scope is root or _is_free(scope, root, name):
                    yield Checked(node.lineno, source.column(node), name)


def _is_plain(node: ImportNode, name: str) -> bool:
    """Whether a statement binds a name once, and as what is imported: not ``import a.b``."""
    found = [alias for alias in node.names if bound_name(node, alias) == name]
    # from a import b as b: meant for others
    is_for_others = any(alias.asname == alias.name for alias in found)
    is_top = any(isinstance(node, ast.Import) and not a.asname and "." in a.name for a in found)
    return len(found) == 1 and not is_for_others and not is_top


def _is_free(scope: Scope, root: Scope, name: str) -> bool:
    """Whether the name means nothing yet around a function that imports it."""
    if name in root.bindings:
        return False
    return all(resolve(inner, name, frozenset({(scope, name)})) is root for inner in scope.all())


def _words_in_strings(root: Scope) -> Iterator[str]:
    """The words of annotations that are written as strings."""
    for scope in root.all():
        for annotation in scope.annotations:
            for node in ast.walk(annotation):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield from _WORD.findall(node.value)
