"""The places that read a name, and the text that goes there when the name changes.

In: a move whose names have another spelling at module level. Out: replacements, or the reason why
a use cannot follow.
"""

import ast
import re

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from msgspec import Struct

from cycleguard.collect.nodes import children
from cycleguard.collect.source import SourceText
from cycleguard.model.edits import Refused
from cycleguard.rewrite.moves import Move, SelfName
from cycleguard.rewrite.scopes import Scope, resolve
from cycleguard.rewrite.statements import normalised
from cycleguard.rewrite.text import Replacement

Use = tuple[Scope, ast.Name]


class OwnUse(Struct, frozen=True, eq=False):
    """A use of a self-import: the node to overwrite and the name of the module that it means."""

    scope: Scope
    node: ast.Name | ast.Attribute
    name: str


def uses_of(scope: Scope, name: str) -> list[Use]:
    """The reads of `name` that mean the binding in `scope`."""
    return [
        (inner, node)
        for inner in scope.all()
        if name in inner.reads and resolve(inner, name) is scope
        for node in inner.reads[name]
    ]


def own_uses(scope: Scope, own: SelfName) -> list[OwnUse] | None:
    """What the uses of a self-import mean; None if one needs the module as an object."""
    found = uses_of(scope, own.local)
    if own.name:
        return [OwnUse(inner, node, own.name) for inner, node in found]
    above = _attributes(scope.node)
    uses: list[OwnUse] = []
    for inner, name in found:
        node: ast.expr = name
        # shop.cart.Item: down the chain to the module, and one further
        for part in own.chain:
            node = above.get(node, node)
            if not isinstance(node, ast.Attribute) or node.attr != part:
                return None
        last = above.get(node)
        if last is None or not isinstance(last.ctx, ast.Load):
            return None
        uses.append(OwnUse(inner, last, last.attr))
    return uses


def replaced_uses(move: Move, source: SourceText) -> list[Replacement] | Refused:
    """The text of all uses that change with a move."""
    changed = {wanted.local: wanted.use for wanted in move.wanted if wanted.use != wanted.local}
    changed |= {own.local: own.name for own in move.own if own.name not in ("", own.local)}
    formats = _outermost_formats(move.scope.node) if changed or move.own else {}
    found: list[Replacement] = []
    for local, new in changed.items():
        replacements = _renamed(move, local, new, formats, source)
        if isinstance(replacements, Refused):
            return replacements
        found += replacements
    for own in move.own:
        for use in own_uses(move.scope, own) or () if not own.name else ():
            if any(use.node in inside for inside in formats.values()):
                return move.refused("not-every-use", _unclear(own.local), own.local)
            found.append(Replacement(*source.span(use.node), use.name))
    for each in found:
        # Places in lowered text need not be those of the names (`collect.lowering`).
        first = re.match(r"\w+", source.text[each.start : each.end])
        if first is None or normalised(first[0]) not in move.names:
            text = "a use of the name cannot be found in the text"
            return move.refused("not-every-use", text, *move.names)
    return found


def _renamed(
    move: Move, local: str, new: str, formats: dict[ast.expr, set[ast.AST]], source: SourceText
) -> list[Replacement] | Refused:
    function = move.site.facts.function
    if function and function.exec_calls:
        return move.refused("not-every-use", f"a string of code may use {local}", local)
    found = _spelled(move.scope, local, new, formats, source)
    return move.refused("not-every-use", found, local) if isinstance(found, str) else found


def spelled(scope: Scope, local: str, new: str, source: SourceText) -> list[Replacement] | str:
    """The text of all uses of a name under another spelling; or why not, as a clause."""
    return _spelled(scope, local, new, _outermost_formats(scope.node), source)


def _spelled(
    scope: Scope,
    local: str,
    new: str,
    formats: dict[ast.expr, set[ast.AST]],
    source: SourceText,
) -> list[Replacement] | str:
    if _is_in_annotation(scope, local):
        return f"a string annotates {local}"
    nodes = {node for _, node in uses_of(scope, local)}
    found: list[Replacement] = []
    for outer, inside in formats.items():
        here = nodes & inside
        if not here:
            continue
        start, end = source.span(outer)
        places = _names_in_format(source.text[start:end], local)
        same = [node for node in inside if isinstance(node, ast.Name) and node.id == local]
        if places is None or not len(same) == len(here) == len(places):
            return _unclear(local)
        found += (Replacement(start + at, start + at + len(local), new) for at in places)
        nodes -= here
    return found + [Replacement(*source.span(node), new) for node in nodes]


def _unclear(name: str) -> str:
    return f"an f-string uses {name} in a way that cannot be rewritten"


def _is_in_annotation(scope: Scope, name: str) -> bool:
    """Whether an annotation that is written as a string has the name."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    return any(
        isinstance(node, ast.Constant) and isinstance(node.value, str) and word.search(node.value)
        for inner in scope.all()
        for annotation in inner.annotations
        for node in ast.walk(annotation)
    )


def _attributes(root: ast.AST) -> dict[ast.expr, ast.Attribute]:
    return {node.value: node for node in ast.walk(root) if isinstance(node, ast.Attribute)}


def _outermost_formats(root: ast.AST) -> dict[ast.expr, set[ast.AST]]:
    """The f-strings of a function, each with all nodes inside it.

    Before Python 3.12 `ast` does not place what is inside.
    """
    found: dict[ast.expr, set[ast.AST]] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.JoinedStr):
            found[node] = set(ast.walk(node))
        else:
            stack += children(node)
    return found


def _names_in_format(text: str, name: str) -> list[int] | None:
    """Where f-strings read `name`; None where changing it would change the result, or is unsure."""
    try:
        wrapper = MetadataWrapper(cst.parse_module(f"({text})\n"), unsafe_skip_copy=True)
    except cst.ParserSyntaxError:
        return None
    finder = _Finder(name)
    wrapper.visit(finder)
    if finder.is_shown:
        return None
    lines = f"({text})".split("\n")
    starts = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines))]
    return [starts[line - 1] + column - 1 for line, column in finder.found]


class _Finder(cst.CSTVisitor):
    """Places of one name, as a name that is read."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.found: list[tuple[int, int]] = []
        self.is_shown = False
        self._name = name

    def visit_Name(self, node: cst.Name) -> None:
        if node.value == self._name:
            start = self.get_metadata(PositionProvider, node).start
            self.found.append((start.line, start.column))

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        # a.name: only a is a name that is read
        node.value.visit(self)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        # f(name=a)
        node.value.visit(self)
        return False

    def visit_FormattedStringExpression(self, node: cst.FormattedStringExpression) -> None:
        # f"{name=}" shows the name
        if node.equal is not None:
            self.is_shown = True
