"""Rules about the names that an import binds: what else they mean in the same file."""

import builtins

from cycleguard.classify.bound import bound_objects
from cycleguard.classify.context import Context
from cycleguard.classify.placement import BRANCHES, FAILING
from cycleguard.classify.reasons import Reason
from cycleguard.model.edges import TargetKind, Timing
from cycleguard.model.imports import MODULE_SCOPE, BindingKind, NameUse
from cycleguard.model.resolved import ResolvedImport


def names(resolved: ResolvedImport, context: Context) -> Reason | None:
    """What the function and the module do with the bound names."""
    function = resolved.statement.function
    if function is None:
        return None
    if function.in_class_body:
        return Reason("class-attribute", "binds an attribute of a class inside the function")
    for use in function.uses:
        reason = (
            _in_function(use, resolved, context)
            or _guarded_in_module(use.name, resolved, context)
            or _in_module(use.name, resolved, context)
        )
        if reason:
            return reason
    return None


def _in_function(use: NameUse, resolved: ResolvedImport, context: Context) -> Reason | None:
    if use.is_global:
        return Reason("global-declaration", f"the function declares {use.name} global or nonlocal")
    if use.is_parameter or use.stores:
        return Reason("name-rebound", f"the function binds {use.name} in another way too")
    scope = resolved.statement.scope
    if use.imports > 1 and _different(use.name, scope, resolved, context):
        return Reason("name-rebound", f"{use.imports} imports of the function bind {use.name}")
    return None


def _guarded_in_module(name: str, resolved: ResolvedImport, context: Context) -> Reason | None:
    """The module imports the very same, but only where it is there, or wanted."""
    different = _different(name, MODULE_SCOPE, resolved, context)
    for other in context.imports_of(resolved.importer, MODULE_SCOPE, name):
        guard = next(iter(other.statement.guards), None)
        if other in different or other.statement.timing is not Timing.EAGER or guard is None:
            continue
        line = other.statement.line
        if guard.kind in FAILING:
            is_third_party = resolved.kind is TargetKind.THIRD_PARTY
            code = "optional-dependency" if is_third_party else "environment-probe"
            return Reason(code, f"line {line} of the module is ready for the same import to fail")
        code = BRANCHES.get(guard.kind, "feature-branch")
        return Reason(code, f"line {line} of the module imports the same under a condition")
    return None


def _in_module(name: str, resolved: ResolvedImport, context: Context) -> Reason | None:
    for binding in context.bindings(resolved.importer, name):
        if binding.kind is not BindingKind.IMPORT:
            text = f"{name} is bound at line {binding.line} of the module already"
            return Reason("name-shadowed", text)
    for other in _different(name, MODULE_SCOPE, resolved, context):
        text = f"line {other.statement.line} of the module imports another {name}"
        return Reason("name-shadowed", text)
    if hasattr(builtins, name):
        return Reason("name-shadowed", f"{name} is the name of a builtin")
    return None


def _different(
    name: str, scope: str, resolved: ResolvedImport, context: Context
) -> list[ResolvedImport]:
    """The imports in `scope` that bind `name` to something else than `resolved` does."""
    wanted = bound_objects(resolved, context.reexports).get(name)
    return [
        other
        for other in context.imports_of(resolved.importer, scope, name)
        if bound_objects(other, context.reexports).get(name) != wanted
    ]
