"""Names of modules that other modules set: ``conf.DEBUG = True``.

In: a project. Out: pairs of module and name. Code that imports such a name late sees the new value.
"""

import re
from collections.abc import Iterator

from cycleguard.files import decode
from cycleguard.model.imports import Form
from cycleguard.model.modules import ModuleKind
from cycleguard.model.resolved import ResolvedImport
from cycleguard.pipeline import Resolved
from cycleguard.plan.tree import content_of

_SET = re.compile(
    r"^[ \t]*(?:global[^\n]*\n[ \t]*)?((?:\w+\.)+)(\w+)(?:[ \t]*,[^=\n]*)?[ \t]*"
    r"(?::[^=\n]*)?(?:[-+*/|&^%@]|//|\*\*|<<|>>)?=(?!=)",
    re.MULTILINE,
)


def assigned_names(resolved: Resolved) -> frozenset[tuple[str, str]]:
    """Every module attribute that an assignment of another file may set."""
    by_module: dict[str, dict[str, str]] = {}
    for each in resolved.imports:
        by_module.setdefault(each.importer, {}).update(_modules_bound(each))
    found: set[tuple[str, str]] = set()
    for module in resolved.project.modules:
        if module.kind is ModuleKind.SOURCE and by_module.get(module.name):
            try:
                text = decode(content_of(resolved, module.path))
            except SyntaxError:
                continue
            found.update(_assigned(text, by_module[module.name]))
    return frozenset(found)


def _assigned(text: str, bound: dict[str, str]) -> Iterator[tuple[str, str]]:
    for match in _SET.finditer(text):
        owner, name = match[1][:-1], match[2]
        head, _, rest = owner.partition(".")
        if head in bound:
            yield f"{bound[head]}.{rest}" if rest else bound[head], name


def _modules_bound(resolved: ResolvedImport) -> Iterator[tuple[str, str]]:
    """The names that an import binds to modules of the project."""
    statement = resolved.statement
    for alias, name in zip(statement.names, statement.bound_names, strict=False):
        for target in resolved.internal:
            if statement.form is Form.IMPORT:
                if target.module == alias.name:
                    yield name, alias.name if alias.asname else name
            elif not target.names and target.module.rpartition(".")[2] == alias.name:
                yield name, target.module
