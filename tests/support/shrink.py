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
        before = current
        for path in list(current):
            without = {each: text for each, text in current.items() if each != path}
            current = without if holds(without) else _shorter(current, path, holds)
        is_smaller = current != before
    return current


def _shorter(files: Package, path: str, holds: Holds) -> Package:
    """Drop statements of one file, from its start to its end."""
    place = 0
    while True:
        candidates = list(_less(files[path]))
        if place >= len(candidates):
            return files
        candidate = {**files, path: candidates[place]}
        if _compiles(candidate[path]) and holds(candidate):
            files = candidate
        else:
            place += 1


def _normal(text: str) -> str:
    return ast.unparse(ast.parse(text)) + "\n"


def _compiles(text: str) -> bool:
    try:
        compile(text, "text", "exec")
    except SyntaxError:
        return False
    return True


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
