"""Why a part of a module may have to stay in it, as far as its own text tells.

In: the statements of a part. Out: reasons, none for most.
"""

import ast
import re
from collections.abc import Iterator, Sequence

from cycleguard.collect.nodes import blocks
from cycleguard.rewrite.sites import ImportNode

_OWN_NAMES = frozenset(
    "__name__ __file__ __package__ __spec__ __path__ __loader__ __builtins__".split()
)
_NAME_SPACES = frozenset(("globals", "eval", "exec", "vars"))
_RAISED = re.compile(
    r"(Error|Exception|Warning)$|^(KeyboardInterrupt|SystemExit|Stop\w*Iteration)$"
)
_FRAMES = frozenset(("_getframe", "currentframe"))


def reasons_to_stay(nodes: Sequence[ast.stmt]) -> list[str]:
    """The reasons, each as a clause."""
    return list(dict.fromkeys(reason for node in nodes for reason in _reasons(node)))


def exceptions_in(body: Sequence[ast.stmt]) -> frozenset[str]:
    """The classes of a module that are raised or warned with, as their bases are called.

    Those with annotations of their own are left out: whoever evaluates these looks for the module
    that the class says it is of.
    """
    found: set[str] = set()
    for node in body:
        if isinstance(node, ast.ClassDef):
            bases = {_last_name(base) for base in node.bases}
            if any(base in found or _RAISED.search(base) for base in bases):
                found.add(node.name)
    fields = {
        node.name
        for node in body
        if isinstance(node, ast.ClassDef)
        and any(isinstance(part, ast.AnnAssign) for part in node.body)
    }
    return frozenset(found - fields)


def _last_name(base: ast.expr) -> str:
    # errors.ShopError
    if isinstance(base, ast.Attribute):
        return base.attr
    return base.id if isinstance(base, ast.Name) else ""


def is_copyable(nodes: Sequence[ast.stmt]) -> bool:
    """Whether another module can have the same statement for itself.

    That is a logger of the module's own name, or imports with what stands in for them where they
    fail.
    """
    return len(nodes) == 1 and (_is_logger(nodes[0]) or _is_optional_import(nodes[0]))


def _reasons(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Delete)):
        yield "it is a statement that does something, not a definition"
    # eval(text, names): brings names of its own
    parts = list(ast.walk(node))
    calls = [part for part in parts if isinstance(part, ast.Call)]
    given = {
        call.func
        for call in calls
        if len(call.args) + len(call.keywords) > 1 or _is_vars_of_something(call)
    }
    # def render(self, vars): a parameter of that name is no function that is called
    called = {call.func for call in calls}
    parameters = {part.arg for part in parts if isinstance(part, ast.arg)}
    spoken_for = {
        part
        for part in parts
        if isinstance(part, ast.Name) and part.id in parameters and part not in called
    }
    for part in parts:
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            if part.id in _OWN_NAMES:
                yield f"it reads {part.id}"
            elif part.id in _NAME_SPACES and part not in given | spoken_for:
                yield f"it uses the module's names by {part.id}()"
        elif isinstance(part, ast.Attribute) and part.attr in _FRAMES:
            yield f"it asks who calls, by {part.attr}()"
        elif isinstance(part, ast.ImportFrom) and part.names[0].name == "*":
            yield "it imports by star"
    names = [n.id for target in _targets(node) for n in ast.walk(target) if isinstance(n, ast.Name)]
    for name in names:
        if name[:2] == "__" == name[-2:]:
            yield f"{name} is about the module itself"


def _is_vars_of_something(call: ast.Call) -> bool:
    # vars(options)
    return isinstance(call.func, ast.Name) and call.func.id == "vars" and bool(call.args)


def _targets(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    if isinstance(node, (ast.AnnAssign, ast.AugAssign)):
        return [node.target]
    # def __getattr__(name): ...
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [ast.Name(node.name, ast.Store())]
    return []


def _is_logger(node: ast.stmt) -> bool:
    # logger = logging.getLogger(__name__)
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
        return False
    call = node.value
    function = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    function = call.func.id if isinstance(call.func, ast.Name) else function
    is_own = len(call.args) == 1 and isinstance(call.args[0], ast.Name)
    return (
        "logger" in function.lower()
        and is_own
        and not call.keywords
        and isinstance(call.args[0], ast.Name)
        and call.args[0].id == "__name__"
    )


def _is_optional_import(node: ast.stmt) -> bool:
    """``try: import a`` / ``except ImportError: a = None``, and branches of the like."""
    if not isinstance(node, (ast.If, ast.Try)):
        return False
    return all(_is_harmless(statement) for statement in _inside(node))


def _inside(node: ast.stmt) -> Iterator[ast.stmt]:
    for statement in blocks(node):
        yield statement
        if isinstance(statement, (ast.If, ast.Try)):
            yield from _inside(statement)


def _is_harmless(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, (*ImportNode.__args__, ast.Pass, ast.If, ast.Try))
