"""Annotations that are evaluated and would not find a name that moves under ``TYPE_CHECKING``.

In: the names that move, and the scope that has them. Out: replacements that quote the annotations,
or the reason why that does not do. Annotations of local variables are never evaluated (PEP 526),
those of a file with postponed ones are not either (PEP 563); what decorators or classes may read
while the program runs is left alone.
"""

import ast
from collections.abc import Iterable, Sequence

from msgspec import Struct

from cycleguard.collect.source import SourceText
from cycleguard.model.edits import Refused
from cycleguard.rewrite.moves import Move
from cycleguard.rewrite.parts import part, quotes_parts
from cycleguard.rewrite.readers import Readers
from cycleguard.rewrite.scopes import FunctionNode, Scope, ScopeKind, parameters
from cycleguard.rewrite.text import Replacement
from cycleguard.rewrite.uses import uses_of

_Owner = FunctionNode | ast.ClassDef | ast.Module | None


class Evaluated(Struct, frozen=True):
    """Why a name is needed while the program runs, as a clause."""

    text: str
    name: str


def quoted_annotations(
    move: Move, source: SourceText, *, is_postponed: bool
) -> list[Replacement] | Refused:
    """Quote the annotations that use the names of a move.

    Args:
        move: a move under ``TYPE_CHECKING``.
        source: the text.
        is_postponed: whether the file has ``from __future__ import annotations``.
    """
    found = quotes(move.scope, move.names, source, is_postponed=is_postponed, with_fields=False)
    if isinstance(found, Evaluated):
        return move.refused("annotation-evaluated", found.text, found.name)
    return found


def quotes(
    scope: Scope,
    names: Iterable[str],
    source: SourceText,
    *,
    is_postponed: bool,
    with_fields: bool,
) -> list[Replacement] | Evaluated:
    """Quote the annotations that use names.

    Args:
        scope: the function or module whose names they are.
        names: names that only type checkers are to have.
        source: the text.
        is_postponed: as of `quoted_annotations`.
        with_fields: also those in the bodies of classes that take them as they are, as dataclasses
            do: the `type` of a field is text then.
    """
    inside = annotated(scope)
    readers = Readers(scope.module)
    needed: dict[ast.expr, list[ast.Name]] = {}
    for name in names:
        for _, use in uses_of(scope, name):
            annotation, owner = inside.get(use, (None, None))
            if annotation is None:
                return Evaluated(f"line {use.lineno} uses {name} while the program runs", name)
            # x: Order = read()
            if owner is None:
                continue
            if isinstance(owner, ast.ClassDef) and (not with_fields or readers.of_class(owner)):
                text = f"{owner.name} may read the annotation of line {use.lineno}"
                return Evaluated(text, name)
            if isinstance(owner, FunctionNode) and readers.of_function(owner):
                text = f"a decorator may read the annotation of line {use.lineno}"
                return Evaluated(text, name)
            if not is_postponed:
                needed.setdefault(annotation, []).append(use)
    found: list[Replacement] = []
    for annotation, uses in needed.items():
        replacements = _quoted(annotation, uses, source, scope.module)
        if replacements is None:
            text = f"the annotation of line {uses[0].lineno} cannot be quoted"
            return Evaluated(text, uses[0].id)
        found += replacements
    return found


def is_postponed(tree: ast.Module) -> bool:
    """Whether a file has ``from __future__ import annotations``."""
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in tree.body
    )


def annotated(scope: Scope) -> dict[ast.AST, tuple[ast.expr, _Owner]]:
    """The names in annotations, each with its annotation and the definition that it is for.

    No owner means a local variable of a function.
    """
    found: dict[ast.AST, tuple[ast.expr, _Owner]] = {}
    for inner in scope.all():
        if isinstance(inner.node, FunctionNode) and inner is not scope:
            arguments = parameters(inner.node.args)
            annotations = [a.annotation for a in arguments] + [inner.node.returns]
            for annotation in annotations:
                for node in ast.walk(annotation) if annotation else ():
                    found[node] = (annotation, inner.node) if annotation else found[node]
        owner = inner.node if isinstance(inner.node, (ast.ClassDef, ast.Module)) else None
        is_function = inner.kind is ScopeKind.FUNCTION
        for annotation in inner.annotations if is_function or owner else ():
            for node in ast.walk(annotation):
                found.setdefault(node, (annotation, owner))
    return found


def _quoted(
    annotation: ast.expr, uses: Sequence[ast.Name], source: SourceText, root: Scope
) -> list[Replacement] | None:
    """The annotation as a string; where the file does so, what stands in its brackets."""
    whole = _as_string(annotation, source)
    inner = [part(annotation, use) for use in uses]
    parts = [_as_string(node, source) for node in dict.fromkeys(inner) if node]
    found = [each for each in parts if each]
    if None not in inner and len(found) == len(parts) and (not whole or quotes_parts(root)):
        return found
    return [whole] if whole else None


def _as_string(node: ast.expr, source: SourceText) -> Replacement | None:
    text = source.text_of(node)
    if "\n" in text or "\\" in text:
        return None
    quote = next((each for each in "\"'" if each not in text), None)
    return Replacement(*source.span(node), f"{quote}{text}{quote}") if quote else None
