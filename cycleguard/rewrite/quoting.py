"""Annotations that are evaluated and would not find a name that moves under ``TYPE_CHECKING``.

In: a move of that kind. Out: replacements that quote the annotations, or a refusal. Annotations of
local variables are never evaluated (PEP 526), those of a file with postponed ones are not either
(PEP 563); what decorators or classes may read while the program runs is left alone.
"""

import ast

from cycleguard.collect.source import SourceText
from cycleguard.model.edits import Refused
from cycleguard.rewrite.moves import Move
from cycleguard.rewrite.scopes import FunctionNode, Scope, ScopeKind, parameters
from cycleguard.rewrite.text import Replacement
from cycleguard.rewrite.uses import uses_of


def quoted_annotations(
    move: Move, source: SourceText, *, is_postponed: bool
) -> list[Replacement] | Refused:
    """Quote the annotations that use the names of a move.

    Args:
        move: a move under ``TYPE_CHECKING``.
        source: the text.
        is_postponed: whether the file has ``from __future__ import annotations``.
    """
    inside = _annotated(move.scope)
    quoted: dict[ast.expr, Replacement] = {}
    for name in move.names:
        for _, use in uses_of(move.scope, name):
            annotation, owner = inside.get(use, (None, None))
            if annotation is None or isinstance(owner, ast.ClassDef):
                text = f"line {use.lineno} uses {name} while the program runs"
                return move.refused("annotation-evaluated", text, name)
            # x: Order = read()
            if owner is None:
                continue
            if getattr(owner, "decorator_list", ()):
                text = f"a decorator may read the annotation of line {use.lineno}"
                return move.refused("annotation-evaluated", text, name)
            if is_postponed or annotation in quoted:
                continue
            replacement = _quoted(annotation, source)
            if replacement is None:
                text = f"the annotation of line {use.lineno} cannot be quoted"
                return move.refused("annotation-evaluated", text, name)
            quoted[annotation] = replacement
    return list(quoted.values())


def _annotated(
    scope: Scope,
) -> dict[ast.AST, tuple[ast.expr, FunctionNode | ast.ClassDef | None]]:
    """The names in annotations, each with its annotation and the function or class it is for.

    No owner means a local variable of a function.
    """
    found: dict[ast.AST, tuple[ast.expr, FunctionNode | ast.ClassDef | None]] = {}
    for inner in scope.all():
        if isinstance(inner.node, FunctionNode) and inner is not scope:
            arguments = parameters(inner.node.args)
            annotations = [a.annotation for a in arguments] + [inner.node.returns]
            for annotation in annotations:
                for node in ast.walk(annotation) if annotation else ():
                    found[node] = (annotation, inner.node) if annotation else found[node]
        owner = inner.node if isinstance(inner.node, ast.ClassDef) else None
        is_function = inner.kind is ScopeKind.FUNCTION
        for annotation in inner.annotations if is_function or owner else ():
            for node in ast.walk(annotation):
                found.setdefault(node, (annotation, owner))
    return found


def _quoted(annotation: ast.expr, source: SourceText) -> Replacement | None:
    text = source.text_of(annotation)
    if "\n" in text or "\\" in text:
        return None
    quote = next((each for each in "\"'" if each not in text), None)
    return Replacement(*source.span(annotation), f"{quote}{text}{quote}") if quote else None
