"""Marks functions with the decorators of `cycleguard.runtime`: those of a core, and its plugins.

In: a file, and what `plugin_reading` has found in it. Out: the file with the decorators and without
the imports in the functions; the imports of the decorators are added by `relocate.importing`.
"""

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence

from cycleguard.collect.source import SourceText
from cycleguard.collect.syntax import parse
from cycleguard.rewrite.comments import is_pragma
from cycleguard.rewrite.plugin_reading import Guarded, Lines, all_functions
from cycleguard.rewrite.text import EditableText, Replacement


def marked_core(content: bytes, functions: Sequence[Guarded]) -> bytes | None:
    """The file with these functions marked; None if the result is not what was meant.

    Raises:
        SyntaxError, UnicodeError: it cannot be edited.
    """
    text = EditableText(content)
    source = SourceText(text.text)
    made: list[Replacement] = []
    for each in functions:
        start = source.offset(each.line, 0)
        line = source.lines[each.line - 1]
        made.append(Replacement(start, start, f"{_indent(line)}@plugin_method\n"))
        made.append(_fallback(each, source))
    new = text.replaced(made)
    return new if _is_meant(text.text, new, functions) else None


def marked_plugin(content: bytes, keys: Mapping[int, Sequence[str]]) -> bytes:
    """The file with the functions, by the lines of their ``def``, registered for these keys.

    Raises:
        SyntaxError, UnicodeError: it cannot be edited.
    """
    text = EditableText(content)
    source = SourceText(text.text)
    return text.replaced(
        Replacement(at, at, "".join(f'@plugin_implementation("{key}")\n' for key in sorted(own)))
        for at, own in ((source.offset(line, 0), own) for line, own in keys.items())
    )


def _fallback(function: Guarded, source: SourceText) -> Replacement:
    """What is left of the pattern: its comments, and the statements that run without a plugin."""
    indent = source.lines[function.gone.first - 1][: function.column]
    raw = _inside_strings(source)
    pieces: list[str] = []
    comments = _comments(function, source)
    for block in function.kept:
        pieces += [f"{indent}{text}" for line, text in comments if line < block.first]
        comments = [each for each in comments if each[0] >= block.first]
        pieces += _moved_left(block, indent, source, raw)
    pieces += [f"{indent}{text}" for _, text in comments]
    if function.is_empty:
        pieces.append(f"{indent}pass")
    last = function.gone.last
    # No blank line where the pattern was.
    while not pieces and last < len(source.lines) - 1 and not source.lines[last].strip():
        last += 1
    start, end = source.offset(function.gone.first, 0), source.offset(last + 1, 0)
    return Replacement(start, end, "".join(f"{piece}\n" for piece in pieces))


def _moved_left(
    block: Lines, indent: str, source: SourceText, raw: frozenset[int]
) -> Iterator[str]:
    first = _first_with_comments(block, source)
    before = source.lines[block.first - 1][: block.column]
    for number in range(first, block.last + 1):
        line = source.lines[number - 1]
        is_moved = number not in raw and line.startswith(before)
        yield indent + line[len(before) :] if is_moved else line


def _comments(function: Guarded, source: SourceText) -> list[tuple[int, str]]:
    """The comments in the lines that go, but those that speak of the statements there."""
    kept = {
        line
        for block in function.kept
        for line in range(_first_with_comments(block, source), block.last + 1)
    }
    first, last = function.gone.first, function.gone.last
    text = "\n".join(source.lines[first - 1 : last]) + "\n"
    found: list[tuple[int, str]] = []
    for token in _tokens(text):
        line = first - 1 + token.start[0]
        if token.type == tokenize.COMMENT and line not in kept:
            # What speaks to a tool of a statement goes along with that.
            if not is_pragma(token.string):
                found.append((line, token.string))
    return found


def _first_with_comments(block: Lines, source: SourceText) -> int:
    """The comments above the first statement of a block are part of it."""
    first = block.first
    while source.lines[first - 2].strip().startswith("#"):
        first -= 1
    return first


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens of lines that need not be a whole file."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(text).readline)
    except (tokenize.TokenError, IndentationError):
        return


def _inside_strings(source: SourceText) -> frozenset[int]:
    """The lines that begin inside of a string: their blanks are part of it."""
    found: set[int] = set()
    for node in ast.walk(parse(source.text).tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
        if is_text or isinstance(node, ast.JoinedStr):
            assert isinstance(node, ast.expr)
            found.update(range(node.lineno + 1, (node.end_lineno or node.lineno) + 1))
    return frozenset(found)


def _is_meant(before: str, after: bytes, functions: Iterable[Guarded]) -> bool:
    """Whether the functions are as expected, and everything else as it was."""
    expected = {each.number: each.expected for each in functions}
    try:
        old, new = parse(before).tree, parse(EditableText(after).text).tree
    except (SyntaxError, RecursionError, UnicodeError):
        return False
    numbered = dict(enumerate(all_functions(new)))
    if any(number not in numbered for number in expected):
        return False
    if any(ast.dump(numbered[number]) != text for number, text in expected.items()):
        return False
    for tree in (old, new):
        for number, function in enumerate(all_functions(tree)):
            if number in expected:
                function.body, function.decorator_list = [], []
    return ast.dump(old) == ast.dump(new)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
