"""Random packages with more in them: names that modules import for annotations, and little else.

The same seed gives the same package. What is added asks for a name that the other module defines.
"""

import ast
from collections.abc import Iterator
from random import Random

from tests.support.packages import Package, random_package

# Each with the name as a place of `{}`; the last two need it while the program runs.
_FORMS = (
    "def use(a: {}, *b: int) -> None:\n    return None",
    "def use() -> {} | None if False else {}:\n    return None",
    "async def use(a: list[{}], b: 'None' = None) -> '{}':\n    return a",
    "kept: {} = 1",
    "declared: {}",
    "class Use:\n    field: {} = 1\n\n    @property\n    def part(self) -> {}:\n        return 1",
    "class Use:\n    @staticmethod\n    def part(a: {} = None, /) -> 'list[{}]':\n        return 1",
    "def use():\n    inner: {} = 1\n    return inner",
    "def use(a: 'dict[str, {}]'):\n    return a",
    "import dataclasses\n\n\n@dataclasses.dataclass\n"
    "class Use:\n    field: {}\n    other: '{}' = 1",
    "import functools\n\n\n@functools.singledispatch\ndef use(a: int):\n    return 1\n\n\n"
    "@use.register\ndef _(a: str, b: {} = None):\n    return 2",
    "def use(a: {} = None):\n    return {}",
    "later = lambda a: {}\n\n\ndef use(a: {}):\n    return 1",
)


def annotated_package(seed: int) -> Package:
    """The files of the package `seed`, with annotations added to them."""
    random = Random(seed)
    files = random_package(seed)
    defined = {path: list(_defined(text)) for path, text in files.items()}
    for path in list(files):
        others = [each for each in files if defined[each] and each != path]
        if others and random.random() < 0.7:
            other = random.choice(others)
            files[path] = _with_use(random, files[path], other, random.choice(defined[other]))
    return files


def _with_use(random: Random, text: str, other: str, name: str) -> str:
    module = other.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    bound = random.choice((name, "Wanted"))
    renamed = "" if bound == name else f" as {bound}"
    whole = f"from {module} import {name}{renamed}"
    if bound == name and name in _bound(text):
        return text
    form = random.choice(_FORMS).replace("{}", bound)
    lines = text.split("\n")
    # Below the text of the module and its __future__.
    start = next(
        (
            node.lineno - 1
            for node in ast.parse(text).body
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
            and not (isinstance(node, ast.ImportFrom) and node.module == "__future__")
        ),
        len(lines),
    )
    return "\n".join([*lines[:start], whole, *lines[start:], "", "", form, ""])


def _defined(text: str) -> Iterator[str]:
    """The names that a file defines at its top level."""
    for node in ast.parse(text).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name


def _bound(text: str) -> frozenset[str]:
    names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    return frozenset(names | set(_defined(text)))
