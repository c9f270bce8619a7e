"""Lines that longer names have made too long: they are set over several lines.

In: the text before and after. Out: replacements in the text after, as ``ruff format`` would make
them: of calls, comprehensions, headers of functions, and conditions with `and` and `or`. What else
is too long, or is so even then, is left to the user's formatter.
"""

import ast
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from cycleguard.collect.source import SourceText
from cycleguard.rewrite.text import Replacement

Fold = Callable[[SourceText, int], Replacement | None]
"""Sets a node over several lines, so that none is longer than a width."""

_INDENT = "    "
# One line in so many may be longer in a file that keeps to a width, without texts and comments.
_FEW = 100
_MOST_CALLS = 2


def folded_lines(before: str, after: str, tree: ast.Module, width: int) -> list[Replacement]:
    """What to replace in `after`, of which `tree` is the tree, so that few lines are too long."""
    known = frozenset(before.split("\n"))
    source = SourceText(after)
    every = {number for number, line in enumerate(source.lines, 1) if len(line) > width}
    long = {number for number in every if source.lines[number - 1] not in known}
    if not long or len(every - long - _with_text(tree, source)) * _FEW > len(source.lines):
        return []
    found: list[Replacement] = []
    for number, fold in filter(None, map(_candidate, _nodes(tree))):
        folded = fold(source, width) if number in long else None
        if folded is not None:
            found.append(folded)
            # What is outermost on a line comes first.
            long.discard(number)
    return found


def _candidate(node: ast.AST) -> tuple[int, Fold] | None:
    """The line that gets shorter if a node is set over several, and what does that."""
    if isinstance(node, ast.Call) and (arguments := _arguments(node)):
        return arguments[0].lineno, partial(_folded, node)
    if isinstance(node, (ast.If, ast.While)) and isinstance(node.test, ast.BoolOp):
        return node.test.lineno, partial(_condition, node.test)
    if isinstance(node, (ast.GeneratorExp, ast.ListComp, ast.SetComp)):
        return node.elt.lineno, partial(_comprehension, node)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return node.lineno, partial(_header, node)
    return None


def _with_text(tree: ast.Module, source: SourceText) -> set[int]:
    """The lines with texts or comments, which no formatter makes shorter."""
    found = {number for number, line in enumerate(source.lines, 1) if "#" in line}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
        ):
            found.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def _nodes(tree: ast.Module) -> Iterator[ast.AST]:
    """All of a file, outer nodes first; what is in f-strings has no place before Python 3.12."""
    level: list[ast.AST] = [tree]
    while level:
        yield from level
        level = [
            child
            for node in level
            if not isinstance(node, ast.JoinedStr)
            for child in ast.iter_child_nodes(node)
        ]


def _arguments(call: ast.Call) -> Sequence[ast.expr | ast.keyword]:
    every: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    return sorted(every, key=lambda each: (each.lineno, each.col_offset))


def _indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _folded(call: ast.Call, source: SourceText, width: int) -> Replacement | None:
    arguments = _arguments(call)
    number = arguments[0].lineno
    if any(each.end_lineno != number for each in arguments):
        return None
    first, last = source.span(arguments[0])[0], source.span(arguments[-1])[1]
    line = source.lines[number - 1]
    start = source.offset(number, 0)
    indent = _indent_of(line)
    before, behind = line[: first - start], line[last - start :]
    texts = [source.text_of(each) for each in arguments]
    is_generator = isinstance(arguments[0], ast.GeneratorExp) and len(arguments) == 1
    # result = f(a, b)
    if _is_whole(call, number, line, source) and before.endswith("(") and behind[:1] == ")":
        inner = line[first - start : last - start]
        for body in ([inner], [] if is_generator else [f"{text}," for text in texts]):
            set_out = [f"{indent}{_INDENT}{text}" for text in body]
            if body and all(len(each) <= width for each in (before, *set_out)):
                text = "\n" + "\n".join(set_out) + f"\n{indent}"
                return Replacement(first, last, text)
    #     a, b
    # )
    is_alone = not before.strip() and not behind.strip() and not is_generator and len(texts) > 1
    rows = [f"{indent}{text}," for text in texts]
    # Texts are never set over several lines.
    is_set = all(
        len(row) <= width or isinstance(each, (ast.Constant, ast.JoinedStr))
        for row, each in zip(rows, arguments, strict=True)
    )
    if is_alone and is_set:
        return Replacement(start, last, "\n".join(rows))
    return None


def _condition(test: ast.BoolOp, source: SourceText, width: int) -> Replacement | None:
    """``if a and b:`` in brackets, on a line of its own or one for each part."""
    number = test.lineno
    if test.end_lineno != number:
        return None
    first, last = source.span(test)
    line, start = source.lines[number - 1], source.offset(number, 0)
    indent = _indent_of(line)
    operator = "and" if isinstance(test.op, ast.And) else "or"
    texts = [source.text_of(each) for each in test.values]
    whole = source.text_of(test)
    # Brackets around a part are no part of it; a call at the end may be split instead.
    is_plain = f" {operator} ".join(texts) == whole and whole[0] not in "([{"
    may_split_end = len(texts) == 2 and whole[-1] in ")]}" and whole[-2] not in "([{"
    is_all = line[: first - start].strip() in ("if", "elif", "while")
    if not is_plain or may_split_end or not is_all or line[last - start :] != ":":
        return None
    for rows in ([whole], [texts[0], *(f"{operator} {text}" for text in texts[1:])]):
        set_out = [f"{indent}{_INDENT}{row}" for row in rows]
        if all(len(each) <= width for each in set_out):
            return Replacement(first, last, "(\n" + "\n".join(set_out) + f"\n{indent})")
    return None


def _comprehension(
    node: ast.GeneratorExp | ast.ListComp | ast.SetComp,
    source: SourceText,
    width: int,
) -> Replacement | None:
    """``a for b in c if d`` on a line of its own: each part gets one."""
    number = node.elt.lineno
    parts = [source.text_of(node.elt)]
    for each in node.generators:
        word = "async for" if each.is_async else "for"
        parts.append(f"{word} {source.text_of(each.target)} in {source.text_of(each.iter)}")
        parts += [f"if {source.text_of(test)}" for test in each.ifs]
    line = source.lines[number - 1]
    indent = _indent_of(line)
    if line.strip() != " ".join(parts):
        return None
    if any(len(indent) + len(part) > width for part in parts):
        return None
    start = source.offset(number, 0)
    return Replacement(start, start + len(line), "\n".join(f"{indent}{part}" for part in parts))


def _header(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    source: SourceText,
    width: int,
) -> Replacement | None:
    """``def f(a, b) -> c:`` with what is in the brackets on a line of its own."""
    number = node.lineno
    line = source.lines[number - 1]
    if getattr(node, "type_params", None) or not line.endswith(":"):
        return None
    opening = line.find(f" {node.name}(") + len(node.name) + 2
    arrow = source.span(node.returns)[0] - source.offset(number, 0) if node.returns else len(line)
    closing = line.rfind(")", opening, arrow)
    inner = line[opening:closing]
    indent = _indent_of(line)
    set_out = (line[:opening], f"{indent}{_INDENT}{inner}", f"{indent}{line[closing:]}")
    is_plain = inner.strip() == inner != "" and not inner.endswith(",")
    if node.body[0].lineno == number or not is_plain or any(len(row) > width for row in set_out):
        return None
    start = source.offset(number, 0)
    return Replacement(start, start + len(line), "\n".join(set_out))


def _is_whole(call: ast.Call, number: int, line: str, source: SourceText) -> bool:
    """Whether a line ends with a call, and holds all of it behind a name, ``return`` or nothing."""
    if not call.lineno == call.end_lineno == number:
        return False
    if sum(isinstance(node, ast.Call) for node in _chain(call)) > _MOST_CALLS:
        return False
    start = source.offset(number, 0)
    first, last = (each - start for each in source.span(call))
    head = line[:first].strip()
    return line[last:].strip() in ("", ",") and (
        head in ("", "return", "await", "return await", "yield")
        or (head.endswith("=") and head[:-1].strip().replace(".", "").isidentifier())
    )


def _chain(node: ast.expr) -> Iterator[ast.expr]:
    """``a.b(c).d(e)``: the calls, attributes and the name, without arguments."""
    while True:
        yield node
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        else:
            return
