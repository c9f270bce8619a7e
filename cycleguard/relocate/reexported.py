"""An import of names that a module only passes on, taken from where they are defined.

In: the edges of one arc. Out: a `Proposal` that redirects them, where that ends the arc.
"""

import hashlib
from collections.abc import Iterable

from cycleguard.model.edges import Edge
from cycleguard.model.findings import Action
from cycleguard.model.imports import BindingKind
from cycleguard.model.proposals import Proposal
from cycleguard.relocate.importers import Named, redirected_file
from cycleguard.relocate.tree import Tree


def origins_of(tree: Tree, edges: Iterable[Edge]) -> dict[Named, Named] | None:
    """Where all names of one arc are defined; None if one is not defined elsewhere."""
    edges = list(edges)
    if not edges or not all(edge.names and "*" not in edge.names for edge in edges):
        return None
    importer, imported = edges[0].importer, edges[0].imported
    moved: dict[Named, Named] = {}
    for name in sorted({name for edge in edges for name in edge.names}):
        found = tree.reexports.definition(imported, name)
        if found is None or found.module in (imported, importer):
            return None
        if _is_replaced(tree, (*found.via, found.module), name):
            return None
        # from shop import carts, where the package has a module as that: from shop import cart
        package, _, last = found.module.rpartition(".")
        if not found.name and (not package or _is_bound(tree, package, last)):
            return None
        moved[imported, name] = (found.module, found.name) if found.name else (package, last)
    return moved


def redirection(tree: Tree, edges: Iterable[Edge]) -> Proposal | None:
    """The importer takes all names of the arc from their defining modules; None if it cannot."""
    edges = list(edges)
    moved = origins_of(tree, edges)
    if moved is None:
        return None
    importer, imported = edges[0].importer, edges[0].imported
    try:
        content = redirected_file(tree, importer, moved)
    except (SyntaxError, UnicodeError):
        return None
    sources = sorted({module for module, _ in moved.values()})
    names = sorted(name for _, name in moved)
    text = "\n".join(("redirect", importer, imported, *names))
    return Proposal(
        id=hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8],
        action=Action.REDIRECT,
        moved=(),
        story=(
            f"{importer} takes {', '.join(names)} from {', '.join(sources)}, which {imported}"
            " only passes on",
        ),
        remarks=(f"importing {importer} may no longer load {imported}",),
        redirected=(importer,),
        files={tree.modules[importer].path: content},
    )


def _is_bound(tree: Tree, package: str, name: str) -> bool:
    """Whether a package has something else than its sub-module under a name."""
    facts = tree.facts.get(package)
    kinds = {b.kind for b in facts.bindings if b.name == name} if facts else set()
    return bool(kinds - {BindingKind.IMPORT})


def _is_replaced(tree: Tree, modules: Iterable[str], name: str) -> bool:
    """Whether a test replaces the name on its way."""
    asked = {f"{module}.{name}" for module in modules}
    return any(asked & set(facts.patched) for facts in tree.facts.values())
