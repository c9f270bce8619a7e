"""Imports that must stay late become lazy ones at module level: `fix --lazy`.

In: an analysis. Out: proposals of whole files, one for each function-local import that a cycle
keeps in its function. The import is moved by `rewrite`, qualified where it takes names: what is
lazy is the module, so that classes and values are the real ones. Then the statement is made lazy.
"""

import ast
from collections.abc import Callable, Iterator
from enum import StrEnum

from cycleguard.collect.runtime_names import is_runtime
from cycleguard.model.edits import Edit, Hoist, Qualify
from cycleguard.model.findings import Action, Finding
from cycleguard.model.imports import BindingKind, Form
from cycleguard.model.plans import Proposal
from cycleguard.pipeline import Examined
from cycleguard.plan.batch import Renderer
from cycleguard.plan.propose import place_of
from cycleguard.plan.synonyms import Synonyms
from cycleguard.plan.tree import content_of
from cycleguard.plan.vendored import runtime_of

_KEPT_BY_A_CYCLE = frozenset(
    ("cycle-small-definitions", "cycle-large-definitions", "cycle-needs-split")
)


class LazyForm(StrEnum):
    """How a lazy import is written."""

    SHIM = "shim"
    PEP_810 = "pep810"


def lazily(form: LazyForm) -> Callable[[Examined], Iterator[Proposal]]:
    """Proposals for `plan_repair`."""

    def source(examined: Examined) -> Iterator[Proposal]:
        resolved = examined.resolved
        renderer = Renderer(resolved, Synonyms(resolved), {})
        modules = frozenset(module.name for module in resolved.project.modules)
        for finding in examined.analysis.findings:
            importer, statement = finding.resolved.importer, finding.resolved.statement
            if not statement.is_local or finding.code not in _KEPT_BY_A_CYCLE:
                continue
            path, place = place_of(finding)
            facts = resolved.facts[importer]
            names = {b.name: b.kind for b in facts.bindings}
            is_taken = "lazy" in names and names["lazy"] is not BindingKind.IMPORT
            if form is LazyForm.SHIM and is_taken:
                continue
            made = renderer.rewritten(path, (_edit(finding),))
            content = None
            if len(made.done) == 1 and len(made.done[0].statements) == 1:
                home = runtime_of(importer, modules)
                content = made_lazy(made.content, made.done[0].statements[0], form, home)
            if content is not None and content != content_of(resolved, path):
                yield Proposal(
                    id=f"{path}:{place.line:07}:{place.column:04}:lazy",
                    module=importer,
                    path=path,
                    code=finding.code,
                    text=finding.text,
                    files=((path, content),),
                    action=Action.LAZY,
                    title=f"{path}:{place.line}: `{statement.statement}` becomes lazy",
                )

    return source


def made_lazy(content: bytes, statement: str, form: LazyForm, home: str) -> bytes | None:
    """The file with the top-level import `statement` lazy; None where it is not by itself.

    Args:
        content: a file in UTF-8 that `rewrite` has made.
        statement: the import as `Done` has it: one line, one name.
        form: how it is to be written.
        home: the module of the shim.
    """
    try:
        text = content.decode("utf-8")
        tree = ast.parse(text)
    except (UnicodeDecodeError, SyntaxError):
        return None
    wanted = ast.dump(ast.parse(statement).body[0])
    at = next((n for n, node in enumerate(tree.body) if ast.dump(node) == wanted), None)
    if at is None:
        return None
    lines = text.splitlines(keepends=True)
    node = tree.body[at]
    first, last = node.lineno - 1, (node.end_lineno or node.lineno)
    # import a; import b
    if "".join(lines[first:last]).strip() != ast.unparse(node) or "\r" in lines[first]:
        return None
    plain = _as_from(statement)
    if form is LazyForm.PEP_810:
        lines[first:last] = [f"lazy {plain}\n"]
        return "".join(lines).encode()
    block = _block(tree)
    if block is not None:
        end = block.end_lineno or block.lineno
        lines.insert(end, f"    {plain}\n")
    else:
        end = _end_of_imports(tree, at)
        known = _imports_lazy(tree)
        head = "" if known else f"from {home} import lazy\n"
        lines.insert(end, f"{head}\nwith lazy():\n    {plain}\n")
        first, last = (first, last) if first < end else (first + 1, last + 1)
    del lines[first:last]
    return "".join(lines).encode()


def _edit(finding: Finding) -> Edit:
    place = place_of(finding)[1]
    targets = finding.resolved.internal
    takes_names = any(target.names for target in targets)
    is_from = finding.resolved.statement.form is Form.FROM
    return Qualify(place) if is_from and takes_names else Hoist(place)


def _as_from(statement: str) -> str:
    """``import a.b as c`` asks ``a`` for ``b`` at once; ``from a import b as c`` does not."""
    node = ast.parse(statement).body[0]
    if isinstance(node, ast.Import) and node.names[0].asname and "." in node.names[0].name:
        package, _, name = node.names[0].name.rpartition(".")
        return f"from {package} import {name} as {node.names[0].asname}"
    return statement


def _block(tree: ast.Module) -> ast.With | None:
    """The ``with lazy():`` block that the file has already."""
    for node in tree.body:
        # with lazy():
        if isinstance(node, ast.With) and _imports_lazy(tree):
            call = node.items[0].context_expr
            function = call.func if isinstance(call, ast.Call) else None
            if isinstance(function, ast.Name) and function.id == "lazy":
                return node
    return None


def _imports_lazy(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and is_runtime(node.module)
        and any(alias.name == "lazy" and alias.asname is None for alias in node.names)
        for node in tree.body
    )


def _end_of_imports(tree: ast.Module, at: int) -> int:
    """The line below the imports that the statement number `at` stands among."""
    end = at
    while end + 1 < len(tree.body) and isinstance(tree.body[end + 1], (ast.Import, ast.ImportFrom)):
        end += 1
    return tree.body[end].end_lineno or tree.body[end].lineno
