"""How a function uses the names that it imports, by CPython's scoping rules.

In: the syntax tree of the innermost function around an import. Out: one `NameUse` per name, and
what the function does with code strings and ``sys.modules``. Read next by `classify`.
"""

import ast
from collections.abc import Iterable, Iterator

from msgspec import Struct

from cycleguard.collect.nodes import children
from cycleguard.model.imports import NameUse

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_Nested = FunctionNode | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_SCOPES = (_Nested | _Comprehension | ast.ClassDef).__args__
# What may look into sys.modules.
_READERS = (ast.Attribute, ast.Subscript, ast.Compare, ast.For, *_Comprehension.__args__)
_READING_METHODS = frozenset({"copy", "get", "items", "keys", "values"})


class FunctionUses(Struct, frozen=True):
    """What one function does with its own imports."""

    uses: dict[str, NameUse]
    exec_calls: int
    exec_with_globals: int
    touches_sys_modules: bool


def function_uses(function: FunctionNode, names: frozenset[str]) -> FunctionUses:
    """Count how `function` reads, rebinds and reloads each of `names`."""
    counter = _Counter(names)
    counter.parameters(function.args)
    for statement in function.body:
        counter.visit(statement)
    return counter.result()


class _Counter:
    """A walk with a stack of its own: source may nest deeper than Python recurses."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._found: dict[str, dict[str, int]] = {name: {} for name in sorted(names)}
        self._exec_calls = 0
        self._exec_with_globals = 0
        self._touches_sys_modules = False
        self._only_read: set[ast.AST] = set()

    def result(self) -> FunctionUses:
        uses = {
            name: NameUse(
                name,
                loads=found.get("loads", 0),
                attribute_loads=found.get("attribute_loads", 0),
                calls=found.get("calls", 0),
                annotation_loads=found.get("annotation_loads", 0),
                stores=found.get("stores", 0),
                imports=found.get("imports", 0),
                is_parameter="parameter" in found,
                is_global="global" in found,
                is_reloaded="reloaded" in found,
            )
            for name, found in self._found.items()
        }
        return FunctionUses(
            uses, self._exec_calls, self._exec_with_globals, self._touches_sys_modules
        )

    def parameters(self, arguments: ast.arguments) -> None:
        for name in _parameter_names(arguments):
            self._count(name, "parameter")

    def visit(self, root: ast.AST) -> None:
        stack: list[tuple[ast.AST, frozenset[str], bool]] = [(root, frozenset(), True)]
        while stack:
            node, hidden, is_own = stack.pop()
            if isinstance(node, ast.Constant):
                continue
            self._record(node, hidden, is_own)
            if not isinstance(node, _SCOPES):
                stack += [(child, hidden, is_own) for child in children(node)]
                continue
            outside, inside = _parts(node)
            stack += [(child, hidden, is_own) for child in outside]
            if isinstance(node, _Nested):
                hidden = hidden | _bound_in(node, self._names)
                is_own = False
            elif isinstance(node, _Comprehension):
                hidden = hidden | _comprehension_targets(node, self._names)
            else:
                is_own = False
            stack += [(child, hidden, is_own) for child in inside]

    def _record(self, node: ast.AST, hidden: frozenset[str], is_own: bool) -> None:
        if isinstance(node, _READERS):
            self._only_read.update(_sys_modules_read_by(node))
        if isinstance(node, ast.Name):
            if node.id in self._names and node.id not in hidden:
                if isinstance(node.ctx, ast.Load):
                    self._count(node.id, "loads")
                elif is_own:
                    self._count(node.id, "stores")
        elif isinstance(node, ast.Attribute):
            self._attribute(node, hidden)
        elif isinstance(node, ast.Call):
            self._call(node, hidden)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            for name in node.names:
                self._count(name, "global")
        elif isinstance(node, (ast.AnnAssign, ast.arg)) and node.annotation is not None:
            self._annotation(node.annotation)
        elif is_own:
            for name in _statement_bindings(node):
                self._count(name, "stores")
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    self._count(alias.asname or alias.name.partition(".")[0], "imports")
        if isinstance(node, FunctionNode) and node.returns is not None:
            self._annotation(node.returns)

    def _attribute(self, node: ast.Attribute, hidden: frozenset[str]) -> None:
        base = node.value
        if isinstance(base, ast.Name) and base.id not in hidden:
            self._count(base.id, "attribute_loads")
            if _is_sys_modules(node) and node not in self._only_read:
                self._touches_sys_modules = True

    def _annotation(self, annotation: ast.expr) -> None:
        for node in ast.walk(annotation):
            if isinstance(node, ast.Name):
                self._count(node.id, "annotation_loads")

    def _call(self, node: ast.Call, hidden: frozenset[str]) -> None:
        function = node.func
        if isinstance(function, ast.Name) and function.id not in hidden:
            self._count(function.id, "calls")
        # eval(text), exec(text, namespace)
        if isinstance(function, ast.Name) and function.id in ("eval", "exec"):
            self._exec_calls += 1
            if len(node.args) + len(node.keywords) > 1:
                self._exec_with_globals += 1
        # importlib.reload(name), reload(name)
        called = function.attr if isinstance(function, ast.Attribute) else None
        called = function.id if isinstance(function, ast.Name) else called
        if called == "reload":
            for argument in node.args:
                for name in ast.walk(argument):
                    if isinstance(name, ast.Name):
                        self._count(name.id, "reloaded")

    def _count(self, name: str, what: str) -> None:
        if name in self._found:
            self._found[name][what] = self._found[name].get(what, 0) + 1


def _parts(
    node: _Nested | _Comprehension | ast.ClassDef,
) -> tuple[Iterable[ast.AST], Iterable[ast.AST]]:
    """What in `node` sees the names around it, and what sees its own scope."""
    if isinstance(node, FunctionNode):
        returns = [node.returns] if node.returns else []
        return [*node.decorator_list, node.args, *returns], node.body
    # lambda x=a: ...: the default is evaluated outside
    if isinstance(node, ast.Lambda):
        return [node.args], [node.body]
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords], node.body
    # [x for x in a]: so is the first iterable
    first = node.generators[0].iter
    generators = (part for each in node.generators for part in children(each))
    elements = (n for n in children(node) if isinstance(n, ast.expr))
    return [first], [part for part in (*elements, *generators) if part is not first]


def _is_sys_modules(node: ast.AST) -> bool:
    if not isinstance(node, ast.Attribute) or node.attr != "modules":
        return False
    return isinstance(node.value, ast.Name) and node.value.id == "sys"


def _sys_modules_read_by(node: ast.AST) -> list[ast.expr]:
    """The ``sys.modules`` that `node` looks into and leaves as it is."""
    operands: list[ast.expr] = []
    # sys.modules.get("a")
    if isinstance(node, ast.Attribute) and node.attr in _READING_METHODS:
        operands = [node.value]
    # sys.modules["a"]
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        operands = [node.value]
    # "a" in sys.modules
    elif isinstance(node, ast.Compare):
        operands = node.comparators
    # for name in sys.modules
    elif isinstance(node, ast.For):
        operands = [node.iter]
    # [name for name in sys.modules]
    elif isinstance(node, _Comprehension):
        operands = [generator.iter for generator in node.generators]
    return [operand for operand in operands if _is_sys_modules(operand)]


def _statement_bindings(node: ast.AST) -> Iterator[str]:
    """Names that `node` itself binds other than through `ast.Name` and imports."""
    name: str | None = None
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        name = node.name
    elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
        name = node.name
    elif isinstance(node, ast.MatchMapping):
        name = node.rest
    if name:
        yield name


def _parameter_names(arguments: ast.arguments) -> Iterable[str]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra]
    return [argument.arg for argument in every]


def _bound_in(node: _Nested, names: frozenset[str]) -> frozenset[str]:
    """Those of `names` that a nested function binds for itself, and so hides."""
    bound = set(_parameter_names(node.args)) & names
    if isinstance(node, ast.Lambda):
        return frozenset(bound)
    shared: set[str] = set()
    stack: list[ast.AST] = list(node.body)
    while stack:
        inner = stack.pop()
        if isinstance(inner, (ast.Global, ast.Nonlocal)):
            shared.update(inner.names)
        elif isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            bound.add(inner.id)
        elif isinstance(inner, (ast.Import, ast.ImportFrom)):
            bound.update(a.asname or a.name.partition(".")[0] for a in inner.names)
        bound.update(_statement_bindings(inner))
        if not isinstance(inner, _SCOPES):
            stack.extend(children(inner))
    return frozenset(bound & names - shared)


def _comprehension_targets(node: _Comprehension, names: frozenset[str]) -> frozenset[str]:
    targets = (n for generator in node.generators for n in ast.walk(generator.target))
    return frozenset(n.id for n in targets if isinstance(n, ast.Name) and n.id in names)
