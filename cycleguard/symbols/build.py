"""The symbol graph of one module: bytes in, `ModuleSymbols` out.

What a module defines at its top level falls into parts that can only move as a whole: overloads
with their implementation, a constant with what is added to it, a function with its attributes.
"""

import ast
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from cycleguard.collect.nodes import Definition, blocks, first_line
from cycleguard.collect.source import SourceText
from cycleguard.collect.syntax import parse
from cycleguard.files import decode
from cycleguard.model.edits import FileEdit
from cycleguard.model.modules import Module
from cycleguard.model.symbols import ImportedName, ModuleSymbols, Part, PartKind, Span
from cycleguard.rewrite.module_names import typing_blocks
from cycleguard.rewrite.scopes import Scope, bound_name, scopes_of
from cycleguard.rewrite.sites import ImportNode
from cycleguard.rewrite.wanted import Package
from cycleguard.symbols.fixed import exceptions_in, is_copyable, reasons_to_stay
from cycleguard.symbols.reads import Reads, reads_of


def symbols_of(module: Module, content: bytes) -> ModuleSymbols:
    """Read the top level of a source file.

    Raises:
        SyntaxError, RecursionError: it cannot be read as Python.
    """
    source = SourceText(decode(content))
    tree = parse(source.text).tree
    root = scopes_of(tree)
    package = Package(FileEdit(module.path, module.name, module.is_package, ()))
    futures = tuple(_futures(tree))
    reads = reads_of(tree, root, is_postponed="annotations" in futures)
    imports = tuple(_imports(tree, package))
    parts = _Parts(tree, source, root, reads, {each.name for each in imports})
    stars = tuple(
        package.absolute(node.module, node.level)
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    )
    return ModuleSymbols(
        module.name,
        module.path,
        module.is_package,
        parts.found(),
        imports,
        futures,
        stars,
        len(source.lines),
        _bound_for_typing(tree, root),
    )


def _futures(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            yield from (alias.name for alias in node.names)


def _bound_for_typing(tree: ast.Module, root: Scope) -> frozenset[str]:
    # if TYPE_CHECKING: Label = Union[str, None]
    statements = [node for block in typing_blocks(tree) for node in block.body]
    nodes = [node for statement in statements for node in ast.walk(statement)]
    within = {node for node in nodes if not isinstance(node, ImportNode)}
    return frozenset(name for name, nodes in root.bindings.items() if within.issuperset(nodes))


def _imports(tree: ast.Module, package: Package) -> Iterator[ImportedName]:
    typing = {node for block in typing_blocks(tree) for node in block.body}
    for node in (*tree.body, *sorted(typing, key=lambda node: node.lineno)):
        if isinstance(node, ImportNode):
            yield from imported_names(node, package, is_typing=node in typing)


def imported_names(
    node: ImportNode, package: Package, *, is_typing: bool = False
) -> Iterator[ImportedName]:
    """What one import statement binds; nothing for stars and ``__future__``."""
    for alias in node.names:
        name = bound_name(node, alias)
        if isinstance(node, ast.Import):
            module, original, level = alias.name, "", 0
        else:
            module, original = package.absolute(node.module, node.level), alias.name
            level = node.level
        if original != "*" and module != "__future__":
            yield ImportedName(name, module, original, node.lineno, level, alias.asname, is_typing)


class _Parts:
    """Groups the statements of one module."""

    def __init__(
        self,
        tree: ast.Module,
        source: SourceText,
        root: Scope,
        reads: Sequence[Reads],
        imported: set[str],
    ) -> None:
        self._tree = tree
        self._source = source
        self._reads = reads
        self._imported = imported
        self._starts = [first_line(node) for node in tree.body]
        self._typing = set(typing_blocks(tree))
        self._set_later = {name for each in reads for name in each.set_by_functions}
        self._bound: dict[int, tuple[str, ...]] = {}
        for name, nodes in root.bindings.items():
            for node in nodes:
                number = self._number_of(node)
                self._bound[number] = (*self._bound.get(number, ()), name)
        self._exceptions = exceptions_in(tree.body)
        self._group = list(range(len(tree.body)))

    def found(self) -> tuple[Part, ...]:
        own = [n for n, node in enumerate(self._tree.body) if self._is_part(n, node)]
        first: dict[str, int] = {}
        for number in own:
            for name in self._names(number):
                self._join(first.setdefault(name, number), number)
        for number in own:
            target = self._built_up(number)
            if target in first:
                self._join(first[target], number)
            elif self._is_documentation(number):
                self._join(number - 1, number)
        groups: dict[int, list[int]] = {}
        for number in own:
            groups.setdefault(self._root_of(number), []).append(number)
        ordered = sorted(groups.values(), key=lambda numbers: numbers[0])
        return tuple(self._part(position, numbers) for position, numbers in enumerate(ordered))

    def _is_part(self, number: int, node: ast.stmt) -> bool:
        if isinstance(node, ImportNode) or node in self._typing:
            return False
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        return not is_text or self._is_documentation(number)

    def _is_documentation(self, number: int) -> bool:
        """A string right below an assignment documents it."""
        node = self._tree.body[number]
        above = self._tree.body[number - 1] if number else None
        return (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            and isinstance(above, (ast.Assign, ast.AnnAssign))
        )

    def _names(self, number: int) -> tuple[str, ...]:
        return tuple(sorted(set(self._bound.get(number, ()))))

    def _built_up(self, number: int) -> str:
        """The name that a statement builds up: ``f.x = 1``, ``REGISTRY.append(f)``."""
        node = self._tree.body[number]
        target: ast.expr | None = None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
            target = node.target
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            target = node.value.func
        if not isinstance(target, (ast.Attribute, ast.Subscript)):
            return ""
        while isinstance(target, (ast.Attribute, ast.Subscript)):
            target = target.value
        return target.id if isinstance(target, ast.Name) else ""

    def _part(self, position: int, numbers: list[int]) -> Part:
        nodes = [self._tree.body[number] for number in numbers]
        reads = [self._reads[number] for number in numbers]
        names = tuple(sorted({name for number in numbers for name in self._names(number)}))
        eager = frozenset(name for each in reads for name in each.eager)
        deferred = frozenset(name for each in reads for name in each.deferred)
        fixed = [
            *(f"{name} is imported as well" for name in names if name in self._imported),
            *(f"a function sets the global {name}" for name in names if name in self._set_later),
            *reasons_to_stay(nodes),
        ]
        if any(self._shares_line(number) for number in numbers):
            fixed.append("it shares a line with other code")
        return Part(
            number=position,
            kind=_kind(nodes),
            names=names,
            spans=tuple(self._span(node) for node in nodes),
            eager=eager - set(names),
            deferred=deferred - eager - set(names),
            unbound=frozenset(name for each in reads for name in each.unbound),
            calls=any(_calls(node) for node in nodes),
            is_annotated=any(_has_annotations(node) for node in nodes),
            fixed=tuple(dict.fromkeys(fixed)),
            is_copyable=is_copyable(nodes),
            is_exception=not self._exceptions.isdisjoint(names),
        )

    def _span(self, node: ast.stmt) -> Span:
        first = first_line(node)
        lines = self._source.lines
        while first > 1 and lines[first - 2].startswith("#") and not _is_head(lines, first - 2):
            first -= 1
        return Span(first, node.end_lineno or node.lineno)

    def _shares_line(self, number: int) -> bool:
        node, body = self._tree.body[number], self._tree.body
        above = body[number - 1].end_lineno if number else 0
        below = first_line(body[number + 1]) if number + 1 < len(body) else 0
        return above == first_line(node) or below == node.end_lineno

    def _number_of(self, node: ast.AST) -> int:
        return bisect_right(self._starts, getattr(node, "lineno", 0)) - 1

    def _root_of(self, number: int) -> int:
        while self._group[number] != number:
            number = self._group[number]
        return number

    def _join(self, one: int, other: int) -> None:
        first, second = sorted((self._root_of(one), self._root_of(other)))
        self._group[second] = first


def _is_head(lines: Sequence[str], number: int) -> bool:
    """Whether a comment line is of the paragraph that heads the file."""
    return not any(line.strip() and not line.startswith("#") for line in lines[: number + 1]) and (
        not any(not line.strip() for line in lines[:number])
    )


def _kind(nodes: Sequence[ast.stmt]) -> PartKind:
    first = nodes[0]
    if isinstance(first, ast.ClassDef):
        return PartKind.CLASS
    if isinstance(first, Definition):
        return PartKind.FUNCTION
    if isinstance(first, (ast.If, ast.Try)):
        return PartKind.CONDITIONAL
    if isinstance(first, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        is_plain = isinstance(first, ast.AugAssign) or not _stores_elsewhere(first)
        return PartKind.VALUE if is_plain else PartKind.EFFECT
    if type(first).__name__ == "TypeAlias":
        return PartKind.VALUE
    return PartKind.EFFECT


def _stores_elsewhere(node: ast.Assign | ast.AnnAssign) -> bool:
    """``other.attribute = 1``."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(isinstance(target, (ast.Attribute, ast.Subscript)) for target in targets)


def _calls(node: ast.stmt) -> bool:
    """Whether running the statement calls something."""
    pending: list[ast.AST] = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Call):
            return True
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if part.decorator_list:
                return True
            pending += [*part.args.defaults, *(d for d in part.args.kw_defaults if d)]
        elif not isinstance(part, ast.Lambda):
            if isinstance(part, ast.ClassDef) and part.decorator_list:
                return True
            pending += ast.iter_child_nodes(part)
    return False


def _has_annotations(node: ast.stmt) -> bool:
    return any(
        isinstance(part, ast.AnnAssign)
        or (isinstance(part, ast.arg) and part.annotation is not None)
        or (isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)) and part.returns is not None)
        for part in ast.walk(node)
    )


def statements_in(nodes: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements and those in their blocks."""
    for node in nodes:
        yield node
        if not isinstance(node, Definition):
            yield from statements_in(blocks(node))
