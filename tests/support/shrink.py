"""The smallest package that still shows what a larger one has shown."""

import ast
from collections.abc import Callable, Iterator

from tests.support.packages import Package

Holds = Callable[[Package], bool]


def shrink(files: Package, holds: Holds) -> Package:
    """Drop files, then statements, while `holds` stays true."""
    current = {path: _normal(text) for path, text in files.items()}
    if not holds(current):
        return dict(files)
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for candidate in _smaller(current):
            if _compiles(candidate) and holds(candidate):
                current, is_smaller = candidate, True
                break
    return current


def _normal(text: str) -> str:
    return ast.unparse(ast.parse(text)) + "\n"


def _compiles(files: Package) -> bool:
    try:
        for path, text in files.items():
            compile(text, path, "exec")
    except SyntaxError:
        return False
    return True


def _smaller(files: Package) -> Iterator[Package]:
    for path in files:
        yield {each: text for each, text in files.items() if each != path}
    for path, text in files.items():
        for less in _less(text):
            yield {**files, path: less}


def _less(text: str) -> Iterator[str]:
    """The text without one of its statements, or with a block in place of what guards it."""
    count = len(list(_bodies(ast.parse(text))))
    for number in range(count):
        size = len(list(_bodies(ast.parse(text)))[number])
        for index in range(size):
            yield from _without(text, number, index)


def _without(text: str, number: int, index: int) -> Iterator[str]:
    tree = ast.parse(text)
    body = list(_bodies(tree))[number]
    node = body.pop(index)
    if not body and number:
        body.append(ast.Pass())
        if isinstance(node, ast.Pass):
            return
    yield ast.unparse(tree) + "\n"
    for inner in _blocks(node):
        tree = ast.parse(text)
        list(_bodies(tree))[number][index : index + 1] = inner
        yield ast.unparse(tree) + "\n"
    names = getattr(node, "names", None)
    for place in range(len(names)) if isinstance(names, list) and len(names) > 1 else ():
        tree = ast.parse(text)
        same = list(_bodies(tree))[number][index]
        same.names.pop(place)  # type: ignore[attr-defined]
        yield ast.unparse(tree) + "\n"


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if isinstance(block, list) and block:
            yield block


def _bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody", "decorator_list"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block:
                yield block
