"""Puts modules of the runtime into one file that needs nothing but the standard library.

Top-level names of the runtime's modules are unique among all of them, so that their bodies can
stand below each other; `tests/unit/vendor` sees to that.
"""

import ast
import hashlib
from collections.abc import Iterable, Sequence

from cycleguard import __version__
from cycleguard.vendor.parts import RUNTIME, Runtime

_WRITTEN_BY = '# Written by "cycleguard vendor"'
_DIGEST = "# sha256 of what follows: "
# Linters and type checkers of the package that it is put into have checked none of it.
_PRAGMAS = "# SPDX-License-Identifier: MIT\n# ruff: noqa\n# mypy: ignore-errors\n# fmt: off\n"
_TYPE_CHECKING = "TYPE_CHECKING = False"


def assemble(runtime: Runtime, parts: Sequence[str]) -> str:
    """The text of the file with the parts in it."""
    modules = runtime.needed(parts)
    imports: set[str] = set()
    bodies = []
    for name in modules:
        body, its_imports = _body(runtime.sources[name].text)
        imports |= its_imports
        bodies.append(f"# ---- {name} ----\n\n{body}")
    public = "".join(f"    {name!r},\n" for name in runtime.public(modules)).replace("'", '"')
    text = "\n\n".join(
        [
            '"""Parts of the runtime of cycleguard, without cycleguard."""\n\n'
            + "\n".join(sorted(imports))
            + f"\n\n{_TYPE_CHECKING}\n\n__all__ = [\n{public}]\n",
            *bodies,
        ]
    )
    text = f"{_PRAGMAS}\n{text}"
    what = ", ".join(parts)
    head = f"{_WRITTEN_BY} {__version__}: {what}. Do not edit it, write it again.\n"
    return f"{head}{_DIGEST}{_digest(text)}\n{text}"


def is_ours(text: str) -> bool:
    """Tell whether `assemble` made the text, and nobody has changed it since."""
    head, _, rest = text.partition("\n")
    digest, _, rest = rest.partition("\n")
    return head.startswith(_WRITTEN_BY) and digest == f"{_DIGEST}{_digest(rest)}"


def was_ours(text: str) -> bool:
    """Tell whether `assemble` made the text; somebody may have changed it."""
    return text.startswith(_WRITTEN_BY)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _body(text: str) -> tuple[str, set[str]]:
    """A module without what stands at the head of the file, and its imports."""
    lines = text.splitlines()
    imports: set[str] = set()
    for statement in _statements(ast.parse(text).body):
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            if not _is_of_the_runtime(statement):
                imports.add(ast.unparse(statement))
        _blank(lines, statement)
    return "\n".join(_without_gaps(lines)).strip() + "\n", imports


def _statements(body: list[ast.stmt]) -> Iterable[ast.stmt]:
    """What is not to stand in the body of a part."""
    for number, statement in enumerate(body):
        # """Docstring of the module."""
        is_docstring = number == 0 and isinstance(statement, ast.Expr)
        is_import = isinstance(statement, (ast.Import, ast.ImportFrom))
        # TYPE_CHECKING = False
        # __all__ = ["lazy"]
        is_head = isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) in (
            "TYPE_CHECKING",
            "__all__",
        )
        if is_docstring or is_import or is_head:
            yield statement


def _is_of_the_runtime(statement: ast.stmt) -> bool:
    module = statement.module if isinstance(statement, ast.ImportFrom) else None
    return module is not None and module.startswith(RUNTIME)


def _blank(lines: list[str], statement: ast.stmt) -> None:
    assert statement.end_lineno is not None
    for number in range(statement.lineno - 1, statement.end_lineno):
        lines[number] = ""


def _without_gaps(lines: list[str]) -> Iterable[str]:
    """Two blank lines at most."""
    blank = 0
    for line in lines:
        blank = 0 if line.strip() else blank + 1
        if blank <= 2:
            yield line
