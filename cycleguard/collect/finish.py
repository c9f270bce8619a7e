"""What is known of an import only once its whole file has been walked.

Which functions run at import time, and how a function uses the names that it imports.
"""

import ast
from collections.abc import Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.collect.context import Context
from cycleguard.collect.guards import Conditions
from cycleguard.collect.import_time_calls import called_at_import
from cycleguard.collect.name_uses import FunctionNode, FunctionUses, function_uses
from cycleguard.collect.nodes import first_line
from cycleguard.model.edges import Timing
from cycleguard.model.imports import FunctionContext, ImportStatement


class Found(Struct, frozen=True):
    """An import and its place."""

    statement: ImportStatement
    context: Context


def finished(
    found: Sequence[Found], tree: ast.Module, conditions: Conditions
) -> Iterator[ImportStatement]:
    """The statements with their timing and function filled in."""
    is_any_later = any(each.context.code for each in found)
    called = called_at_import(tree, conditions) if is_any_later else frozenset()
    uses = _uses_by_function(found)
    for each in found:
        statement, context = each.statement, each.context
        if statement.timing is Timing.DEFERRED and _runs_at_import(context, called):
            statement = replace(statement, timing=Timing.EAGER)
        if context.function and context.outermost:
            used = uses[context.function]
            function = _function_context(statement, context, context.outermost, used)
            statement = replace(statement, function=function)
        yield statement


def _runs_at_import(context: Context, called: frozenset[ast.AST]) -> bool:
    return context.code in called and not context.in_generator and not context.main_only


def _uses_by_function(found: Sequence[Found]) -> dict[FunctionNode, FunctionUses]:
    names: dict[FunctionNode, set[str]] = {}
    for each in found:
        if each.context.function:
            bound = names.setdefault(each.context.function, set())
            bound.update(each.statement.bound_names)
    return {node: function_uses(node, frozenset(bound)) for node, bound in names.items()}


def _function_context(
    statement: ImportStatement, context: Context, outermost: FunctionNode, used: FunctionUses
) -> FunctionContext:
    return FunctionContext(
        name=context.outermost_name,
        line=first_line(outermost),
        in_class_body=context.in_class_body,
        exec_calls=used.exec_calls,
        exec_with_globals=used.exec_with_globals,
        touches_sys_modules=used.touches_sys_modules,
        uses=tuple(used.uses[name] for name in statement.bound_names if name in used.uses),
    )
