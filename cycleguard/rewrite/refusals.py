"""Reasons not to touch an import that its own statement and function give; names come later.

In: a site. Out: None, or a `Refused` with a stable code. `names` goes on with what is left.
"""

import ast
import re
import sys
from collections.abc import Iterator

from cycleguard.collect.guards import Conditions
from cycleguard.collect.source import SourceText
from cycleguard.model.edges import Timing
from cycleguard.model.edits import DeleteDuplicate, DeleteSelfImport, Edit, Guard, Refused
from cycleguard.model.imports import Form, GuardKind, ModuleFacts
from cycleguard.model.stdlib import NOT_EVERYWHERE
from cycleguard.rewrite.sites import Site

_VOUCHED = re.compile(r"#\s*cycleguard:\s*leave\b", re.IGNORECASE)
_IMPORT_ERRORS = re.compile(r"\b(ImportError|ModuleNotFoundError)\b")
_BRANCHES = {
    GuardKind.VERSION: "version-branch",
    GuardKind.NOT_VERSION: "version-branch",
    GuardKind.PLATFORM: "platform-branch",
    GuardKind.NOT_PLATFORM: "platform-branch",
    GuardKind.MAIN: "main-guard",
    GuardKind.TYPE_CHECKING: "type-checking-block",
}
_PROBES = frozenset(("importorskip", "import_optional_dependency", "find_spec"))
_NAMESPACES = frozenset(("locals", "vars", "dir"))


def site_refusal(edit: Edit, site: Site, facts: ModuleFacts, source: SourceText) -> Refused | None:
    """Why the import at `site` must stay, whatever its names are."""
    for code, text in _reasons(edit, site, facts, source):
        return Refused(edit, code, text)
    return None


def _reasons(
    edit: Edit, site: Site, facts: ModuleFacts, source: SourceText
) -> Iterator[tuple[str, str]]:
    function = site.facts.function
    if facts.is_generated:
        yield "generated-file", "the file says that it is generated"
    if any(_VOUCHED.search(comment) for comment in site.facts.comments):
        yield "vouched-for", "a comment says to leave it"
    if function and function.in_class_body:
        yield "class-attribute", "binds an attribute of a class inside the function"
    if function and function.touches_sys_modules:
        yield "reimport-on-purpose", "the function works on sys.modules"
    # What only goes does not run at another time.
    if not isinstance(edit, (DeleteDuplicate, DeleteSelfImport)):
        if site.facts.timing is Timing.TYPING:
            yield "type-checking-block", "stands under a condition that is false at run time"
        if not isinstance(edit, Guard):
            yield from _guards(site)
            yield from _guards_outside(site, source)
    for node in ast.walk(site.function):
        # "%(rate)s" % locals()
        if isinstance(node, ast.Call) and _is_namespace(node):
            yield "namespace-as-dict", "the function calls locals(), vars() or dir()"
        # try: rate except NameError:
        if isinstance(node, ast.ExceptHandler) and node.type and _names_missing(node.type):
            yield "name-error-expected", "the function is ready for a name to be missing"
        # pytest.importorskip("numpy")
        if isinstance(node, ast.Call) and _probed(node) in _tops(site):
            yield "environment-probe", f"line {node.lineno} asks whether it is there"


def _guards(site: Site) -> Iterator[tuple[str, str]]:
    for guard in site.facts.guards:
        code = _BRANCHES.get(guard.kind)
        if code:
            yield code, f"stands in a branch on `{guard.short_test}`"
        # try: ... except ImportError:, with suppress(ImportError):
        if _IMPORT_ERRORS.search(guard.test):
            yield "environment-probe", f"`{guard.short_test}` stands ready for it to fail"


def _guards_outside(site: Site, source: SourceText) -> Iterator[tuple[str, str]]:
    """The function itself may exist in some environments only."""
    if _is_everywhere(site):
        return
    conditions = Conditions(source)
    for node in site.outside:
        if isinstance(node, ast.If):
            kind = conditions.branches(node.test).body
            code = _BRANCHES.get(kind, "feature-branch")
            # if TYPE_CHECKING: ... else: def f()
            if kind is not GuardKind.TYPE_CHECKING:
                text = source.segment(node.test)[:60]
                yield code, f"the function is defined under a condition, `{text}`"
        elif isinstance(node, (ast.Try, ast.TryStar)):
            text = " ".join(source.segment(h.type) for h in node.handlers if h.type)
            if _IMPORT_ERRORS.search(text) or any(h.type is None for h in node.handlers):
                yield "environment-probe", "the function is defined where an import may fail"


def _is_everywhere(site: Site) -> bool:
    return _tops(site) <= sys.stdlib_module_names - NOT_EVERYWHERE


def _tops(site: Site) -> frozenset[str]:
    """The top-level names that a statement imports; an empty one stands for the package itself."""
    facts = site.facts
    if facts.level:
        return frozenset({""})
    modules = [facts.module or ""] if facts.form is Form.FROM else [a.name for a in facts.names]
    return frozenset(module.partition(".")[0] for module in modules)


def _probed(node: ast.Call) -> str | None:
    """The top-level name of the module that a call asks for by its name."""
    function = node.func.attr if isinstance(node.func, ast.Attribute) else None
    function = node.func.id if isinstance(node.func, ast.Name) else function
    first = node.args[0] if node.args else None
    if function not in _PROBES or not isinstance(first, ast.Constant):
        return None
    return first.value.partition(".")[0] if isinstance(first.value, str) else None


def _is_namespace(node: ast.Call) -> bool:
    is_bare = not node.args and not node.keywords
    return is_bare and isinstance(node.func, ast.Name) and node.func.id in _NAMESPACES


def _names_missing(caught: ast.expr) -> bool:
    names = (node.id for node in ast.walk(caught) if isinstance(node, ast.Name))
    return any(name in ("NameError", "UnboundLocalError") for name in names)
