"""What the names that an import binds stand for: two imports clash only if that differs."""

from typing import TypeAlias

from cycleguard.model.imports import Form
from cycleguard.model.resolved import ResolvedImport, Target
from cycleguard.resolve.reexports import Reexports

Object: TypeAlias = tuple[str, str]
"""A module and an attribute of it; the attribute is empty for the module itself."""


def bound_objects(
    resolved: ResolvedImport, reexports: Reexports | None = None
) -> dict[str, Object]:
    """The object behind each name that a statement binds; with `reexports` where it is defined."""
    statement = resolved.statement
    bound: dict[str, Object] = {}
    for alias, name in zip(statement.names, statement.bound_names, strict=False):
        # import a.b: binds a
        if statement.form is Form.IMPORT:
            bound[name] = (alias.name if alias.asname else alias.name.partition(".")[0], "")
            continue
        owner = next((t for t in resolved.targets if alias.name in t.names), None)
        module = next((t for t in resolved.targets if _is_child(t, alias.name)), None)
        if owner:
            found = reexports.definition(owner.module, alias.name) if reexports else None
            bound[name] = (found.module, found.name or "") if found else (owner.module, alias.name)
        elif module:
            bound[name] = (module.module, "")
    return bound


def _is_child(target: Target, name: str) -> bool:
    return not target.names and target.module.rpartition(".")[2] == name
