"""Rules that read the statement and its function: guards, pragmas, names. No graph is asked."""

import re

from cycleguard.classify.context import Context
from cycleguard.classify.reasons import Reason
from cycleguard.model.edges import TargetKind
from cycleguard.model.imports import Form, Guard, GuardKind
from cycleguard.model.names import with_packages
from cycleguard.model.pragmas import vouched_reason
from cycleguard.model.resolved import ResolvedImport

_LINTER = re.compile(
    r"noqa:[^#]*\b(PLC0415|C0415|E402)\b"
    r"|pylint:\s*disable[^#]*\b(import-outside-toplevel|C0415|cyclic-import|R0401)\b"
)
_EXPECTING = re.compile(r"\b(suppress|\w*raises\w*)\(.*\b(ImportError|ModuleNotFoundError)\b", re.I)
FAILING = frozenset({GuardKind.IMPORT_ERROR, GuardKind.BROAD_EXCEPT})
BRANCHES = {
    GuardKind.VERSION: "version-branch",
    GuardKind.NOT_VERSION: "version-branch",
    GuardKind.PLATFORM: "platform-branch",
    GuardKind.NOT_PLATFORM: "platform-branch",
    GuardKind.MAIN: "main-guard",
}


def call(resolved: ResolvedImport, context: Context) -> Reason | None:
    """Imports that are calls, not statements."""
    statement = resolved.statement
    if statement.form is Form.CODE_STRING:
        return Reason("code-string", "a string of code imports something; it is not analysed")
    if statement.form.is_lazy:
        return Reason("lazy-loader", f"`{statement.form}` imports it on first use")
    if not statement.is_dynamic:
        return None
    if resolved.kind is TargetKind.DYNAMIC:
        return Reason("dynamic-name", "the module's name is computed at run time")
    probe = _probe(resolved)
    return probe or Reason("dynamic-literal", f"imports {_targets(resolved)} by a string")


def vouched_for(resolved: ResolvedImport, context: Context) -> Reason | None:
    """``import a  # cycleguard: leave[reason]``."""
    reason = suppression(resolved)
    return Reason("vouched-for", reason or "no reason given") if reason is not None else None


def suppression(resolved: ResolvedImport) -> str | None:
    """The reason in a ``cycleguard: leave`` comment; empty if it gives none, None without one."""
    for comment in resolved.statement.comments:
        reason = vouched_reason(comment)
        if reason is not None:
            return reason
    return None


def linter_pragma(resolved: ResolvedImport, context: Context) -> Reason | None:
    """``import a  # noqa: PLC0415``."""
    for comment in resolved.statement.comments:
        if _LINTER.search(comment):
            return Reason("linter-pragma", f"`{comment.strip()}` keeps it here")
    return None


def generated_file(resolved: ResolvedImport, context: Context) -> Reason | None:
    """A file whose head says that a tool wrote it."""
    facts = context.facts(resolved.importer)
    if facts and facts.is_generated:
        return Reason("generated-file", "the file says that it is generated")
    return None


def never_runs(resolved: ResolvedImport, context: Context) -> Reason | None:
    """Imports for type checkers, and those that a module's ``__getattr__`` makes."""
    statement = resolved.statement
    if statement.timing == "typing":
        return Reason("type-checking-block", "stands under a condition that is false at run time")
    if statement.timing == "lazy":
        return Reason("module-getattr", "the module's __getattr__ imports it on demand")
    return None


def reimport(resolved: ResolvedImport, context: Context) -> Reason | None:
    """The function reloads the module or edits ``sys.modules``."""
    function = resolved.statement.function
    if function is None:
        return None
    if function.touches_sys_modules:
        return Reason("reimport-on-purpose", "the function works on sys.modules")
    reloaded = [use.name for use in function.uses if use.is_reloaded]
    if reloaded:
        return Reason("reimport-on-purpose", f"the function reloads {reloaded[0]}")
    return None


def guarded_by_try(resolved: ResolvedImport, context: Context) -> Reason | None:
    """The code around is ready for the import to fail."""
    return _probe(resolved)


def branch(resolved: ResolvedImport, context: Context) -> Reason | None:
    """Branches for some versions, platforms or scripts."""
    for guard in resolved.statement.guards:
        code = BRANCHES.get(guard.kind)
        if code:
            return Reason(code, f"stands in a branch on `{_short(guard.test)}`", (_place(guard),))
    return None


def unused(resolved: ResolvedImport, context: Context) -> Reason | None:
    """No code of the function reads any of the names."""
    function = resolved.statement.function
    if function is None or any(use.loads for use in function.uses):
        return None
    names = "the name" if len(resolved.statement.bound_names) == 1 else "the names"
    if function.exec_calls:
        return Reason("eval-only-name", f"only a string given to eval or exec can use {names}")
    return Reason("side-effect-import", f"no code of the function uses {names}")


def patched(resolved: ResolvedImport, context: Context) -> Reason | None:
    """Tests replace the name where it is defined, or the module as a whole."""
    for target in resolved.targets:
        for module in with_packages(target.module):
            if context.is_patched("sys.modules", module):
                return Reason("patched-name", f"a test of the project replaces {module} as a whole")
        for name in target.names:
            if context.is_patched(target.module, name):
                dotted = f"{target.module}.{name}"
                return Reason("patched-name", f"a test of the project replaces {dotted}")
    return None


def _probe(resolved: ResolvedImport) -> Reason | None:
    statement = resolved.statement
    guard = next((g for g in reversed(statement.guards) if _is_ready_to_fail(g)), None)
    if guard is None:
        return None
    is_third_party = resolved.kind is TargetKind.THIRD_PARTY
    # A broad handler around project code is there for what the code does, not for the import.
    if guard.kind is GuardKind.BROAD_EXCEPT and resolved.kind is TargetKind.INTERNAL:
        return None
    code = "optional-dependency" if is_third_party else "environment-probe"
    text = f"may fail: `{_short(guard.test)}` stands ready for that"
    return Reason(code, text, (_place(guard),))


def _is_ready_to_fail(guard: Guard) -> bool:
    # with suppress(ImportError), with pytest.raises(ImportError)
    return guard.kind in FAILING or (
        guard.kind is GuardKind.WITH and _EXPECTING.search(guard.test) is not None
    )


def _place(guard: Guard) -> str:
    return f"line {guard.line}: {guard.kind} `{_short(guard.test)}`"


def _short(text: str, width: int = 60) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _targets(resolved: ResolvedImport) -> str:
    return ", ".join(target.module for target in resolved.targets)
