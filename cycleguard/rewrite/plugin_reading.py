"""The functions of one file that import their plugin themselves, and what a plugin would replace.

In: a file. Out: a `Guarded` for each such function, with the lines that change, and a `Plain` for
each function at module level. What speaks against a change of a function by itself is said here.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.collect.nodes import Definition, blocks
from cycleguard.collect.runtime_names import dotted
from cycleguard.collect.source import SourceText
from cycleguard.model.edits import Place
from cycleguard.rewrite.plugin_shape import Block, Shape, shape_of

Function = ast.FunctionDef | ast.AsyncFunctionDef
# They do not look into a function, and call it as it is.
_DECORATORS = frozenset(
    "staticmethod classmethod property abstractmethod override final cache lru_cache".split()
)


class Parameter(Struct, frozen=True):
    """One parameter: its name, kind and default as text; None is no default."""

    name: str
    kind: str
    default: str | None = None


class Kind(Struct, frozen=True):
    """How a function is called."""

    parameters: tuple[Parameter, ...]
    is_async: bool


class Plain(Struct, frozen=True):
    """A function at module level. `line` is that of its ``def``."""

    name: str
    line: int
    kind: Kind
    is_decorated: bool


class Lines(Struct, frozen=True):
    """Lines of a file, from 1, both included; `column` is where they start to have text."""

    first: int
    last: int
    column: int


class Guarded(Struct, frozen=True):
    """A function that imports its plugin itself and goes on without it if there is none.

    `number` counts the functions of the file, nested ones too. `place` is that of the import,
    `line` that of the ``def``. `called` is the dotted name that is called, behind what the import
    binds: empty where it is that itself. `gone` are the lines that go, `kept` those among them that
    stay, `column` is where the function's statements stand.
    `expected` is the dump of the function without the pattern. `problem` says why nothing can be
    done.
    """

    qualname: str
    number: int
    place: Place
    line: int
    column: int
    called: str
    kind: Kind
    is_method: bool
    gone: Lines
    kept: tuple[Lines, ...]
    is_empty: bool
    expected: str
    problem: str = ""


def guarded(tree: ast.Module, source: SourceText) -> tuple[Guarded, ...]:
    """All functions of the file that import their plugin themselves."""
    found: list[Guarded] = []
    for number, (function, scope) in enumerate(_functions(tree.body, ())):
        shape = shape_of(function.body[_has_docstring(function) :])
        if shape is not None:
            found.append(_Reader(function, scope, shape, source).guarded(number))
    times = Counter(each.qualname for each in found)
    return tuple(
        each if times[each.qualname] == 1 else replace(each, problem="there are two of its name")
        for each in found
    )


def plain_functions(tree: ast.Module) -> dict[str, Plain]:
    """The functions that stand at module level by themselves."""
    return {
        node.name: Plain(node.name, node.lineno, kind_of(node), bool(node.decorator_list))
        for node in tree.body
        if isinstance(node, Function)
    }


def without_pattern(function: Function, shape: Shape) -> str:
    """The dump of the function as it is to be: marked, and with what runs without the plugin."""
    has_docstring = _has_docstring(function)
    kept = [each for block in shape.kept for each in block]
    body = [*function.body[:has_docstring], *kept, *shape.rest] or [ast.Pass()]
    marks = [*function.decorator_list, ast.Name("plugin_method", ast.Load())]
    fields = {name: getattr(function, name) for name in function._fields}
    return ast.dump(type(function)(**{**fields, "body": body, "decorator_list": marks}))


def kind_of(function: Function) -> Kind:
    """How it is called."""
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(given.defaults))
    defaults += given.defaults
    found: list[Parameter] = []
    for number, (each, default) in enumerate(zip(positional, defaults, strict=True)):
        kind = "positional" if number < len(given.posonlyargs) else "any"
        found.append(Parameter(each.arg, kind, _text(default)))
    if given.vararg:
        found.append(Parameter(given.vararg.arg, "*"))
    for each, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        found.append(Parameter(each.arg, "keyword", _text(default)))
    if given.kwarg:
        found.append(Parameter(given.kwarg.arg, "**"))
    return Kind(tuple(found), isinstance(function, ast.AsyncFunctionDef))


class _Reader:
    def __init__(
        self, function: Function, scope: tuple[str, ...], shape: Shape, source: SourceText
    ) -> None:
        self._function = function
        self._scope = scope
        self._shape = shape
        self._source = source

    def guarded(self, number: int) -> Guarded:
        function, shape = self._function, self._shape
        kind = kind_of(function)
        statement = shape.statement
        return Guarded(
            qualname=".".join((*self._scope, function.name)),
            number=number,
            place=Place(statement.lineno, self._source.column(statement)),
            line=function.lineno,
            column=self._source.column(shape.pattern[0]) - 1,
            called=shape.called[len(shape.bound) + 1 :],
            kind=kind,
            is_method=bool(self._scope) and "staticmethod" not in self._decorators(),
            gone=self._lines(shape.pattern),
            kept=tuple(map(self._lines, shape.kept)),
            is_empty=not (shape.kept or shape.rest or _has_docstring(function)),
            expected=without_pattern(function, shape),
            problem=shape.problem or self._problem(kind),
        )

    def _problem(self, kind: Kind) -> str:
        function, shape = self._function, self._shape
        unknown = self._decorators() - _DECORATORS
        if "<locals>" in self._scope:
            return "it is defined in a function"
        if unknown:
            return f"the decorator `{min(unknown)}` may look into it"
        if any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in _own_nodes(function)):
            return "it is a generator"
        if isinstance(function, ast.AsyncFunctionDef) is not shape.is_awaited:
            return "it does not wait for its plugin where it is called, or only there"
        if not _passes_on(shape.arguments, kind):
            return "it calls the plugin with other arguments than its own"
        if not self._has_lines_of_its_own():
            return "statements stand on one line"
        return ""

    def _decorators(self) -> frozenset[str]:
        names = (
            dotted(each.func if isinstance(each, ast.Call) else each)
            for each in self._function.decorator_list
        )
        # @name.setter is no decorator that we know.
        return frozenset(name.rpartition(".")[2] for name in names)

    def _lines(self, block: Block) -> Lines:
        first, last = block[0], block[-1]
        return Lines(first.lineno, last.end_lineno or last.lineno, self._source.column(first) - 1)

    def _has_lines_of_its_own(self) -> bool:
        """Whether the pattern, and each block of it that stays, begin and end a line."""
        lines = self._source.lines
        for block in (self._shape.pattern, *self._shape.kept):
            found = self._lines(block)
            behind = self._source.behind(block[-1]).strip()
            if lines[found.first - 1][: found.column].strip() or behind[:1] not in ("", "#"):
                return False
        return self._function.lineno < self._shape.pattern[0].lineno


def _functions(
    body: Iterable[ast.stmt], scope: tuple[str, ...]
) -> Iterator[tuple[Function, tuple[str, ...]]]:
    for node in body:
        if not isinstance(node, Definition):
            yield from _functions(blocks(node), scope)
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, (*scope, node.name))
        else:
            yield node, scope
            yield from _functions(node.body, (*scope, node.name, "<locals>"))


def _passes_on(call: ast.Call, kind: Kind) -> bool:
    """Whether a call has all the parameters for its arguments, each in its own place."""
    positional = [p.name for p in kind.parameters if p.kind in ("positional", "any")]
    by_name = {p.name: p.name for p in kind.parameters if p.kind == "keyword"}
    star, two_stars = (
        next((p.name for p in kind.parameters if p.kind == stars), None) for stars in ("*", "**")
    )
    plain = [each for each in call.args if not isinstance(each, ast.Starred)]
    starred = [each.value for each in call.args if isinstance(each, ast.Starred)]
    late = positional[len(plain) :]
    only = {p.name for p in kind.parameters if p.kind == "positional"}
    if only.intersection(late) or (late and star):
        return False
    by_name |= {name: name for name in late}
    keywords = {k.arg: dotted(k.value) for k in call.keywords if k.arg is not None}
    rest = [dotted(k.value) for k in call.keywords if k.arg is None]
    return (
        [dotted(each) for each in plain] == positional[: len(plain)]
        and [dotted(each) for each in starred] == [star] * (star is not None)
        and keywords == by_name
        and rest == [two_stars] * (two_stars is not None)
    )


def _text(default: ast.expr | None) -> str | None:
    """A constant default as text; others are unlike any, even themselves."""
    if default is None:
        return None
    try:
        ast.literal_eval(default)
    except ValueError:
        return f"{id(default)}"
    return ast.dump(default)


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (Definition, ast.Lambda)):
            stack += ast.iter_child_nodes(node)


def _has_docstring(function: Function) -> bool:
    return ast.get_docstring(function, clean=False) is not None


def all_functions(tree: ast.Module) -> list[Function]:
    """The functions of a file, as they are numbered."""
    return [node for node, _ in _functions(tree.body, ())]
