"""Who else gets a name from a module that only imports it.

In: a `Tree`, a module, one of its names. Out: None, or who gets it, as a clause.
"""

from cycleguard.model.edges import Timing
from cycleguard.model.imports import Form
from cycleguard.relocate.tree import Tree


def taken_by(tree: Tree, module: str, name: str, *, while_it_runs: bool = False) -> str | None:
    """Who would miss `name` of `module`: its ``__all__``, a test, another module.

    Args:
        tree: the project.
        module: the module.
        name: a name that an import binds there.
        while_it_runs: leave out what only type checkers follow.
    """
    if name in (tree.facts[module].exports or ()):
        return f"{module} lists {name} in __all__"
    prefix = f"{module}.{name}"
    for each in tree.facts.values():
        if any(f"{patched}.".startswith(f"{prefix}.") for patched in each.patched):
            return f"a test replaces names of {prefix}"
    for resolved in tree.by_imported.get(module, ()):
        if while_it_runs and resolved.statement.timing is Timing.TYPING:
            continue
        names = {n for t in resolved.internal if t.module == module for n in t.names}
        is_whole = not names or resolved.statement.form is not Form.FROM
        is_read = is_whole and name in tree.words_behind_dots(resolved.importer)
        if is_read or name in names or "*" in names:
            return f"{resolved.importer} takes {name} from {module}"
    return None
