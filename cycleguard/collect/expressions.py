"""Expressions of the syntax tree to those of `model.program`; constants and noise fold away."""

import ast
from collections.abc import Iterable, Iterator

from cycleguard.model.program import (
    Attribute,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Expression,
    Generator,
    Join,
    Lambda,
    Load,
    Logic,
    Mapping,
    Not,
    Opaque,
    Operation,
    Parameters,
    Sequence,
    Slice,
    Starred,
    Subscript,
    Walrus,
)

_LONGEST_TEXT = 200
_LONGEST_SEQUENCE = 64
# __all__, and tables of lazy names
_MOST_NAMES = 1_000
_NOTHING = Opaque()


def compile_expression(node: ast.expr) -> Expression:
    """The part of `node` that matters to importing.

    Raises:
        RecursionError: nested too deeply to walk.
    """
    match node:
        case ast.Constant(value=value):
            return _constant(value)
        case ast.Name(id=name):
            return Load(name)
        case ast.Attribute(value=base, attr=name):
            return Attribute(compile_expression(base), name)
        case ast.Call():
            return _call(node)
        case ast.Subscript(value=base, slice=index):
            return Subscript(compile_expression(base), compile_expression(index))
        case ast.Slice(lower=lower, upper=upper, step=step):
            return Slice(tuple(compile_expression(each) for each in (lower, upper, step) if each))
        case ast.Starred(value=value):
            return Starred(compile_expression(value))
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return _sequence(items, is_set=isinstance(node, ast.Set))
        case ast.Dict(keys=keys, values=values):
            return _mapping(keys, values)
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            name = type(operator).__name__
            return Compare(name, compile_expression(left), compile_expression(right))
        case ast.BoolOp(op=operator, values=values):
            return Logic(isinstance(operator, ast.And), tuple(map(compile_expression, values)))
        case ast.UnaryOp(op=ast.Not(), operand=value):
            return Not(compile_expression(value))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return Conditional(*map(compile_expression, (test, body, orelse)))
        case ast.BinOp(op=ast.Add()):
            return Join(tuple(map(compile_expression, _operands(node))))
        # "%s" % name: text takes anything
        case ast.BinOp(op=ast.Mod()):
            return opaque(_operands(node))
        case ast.BinOp():
            return Operation(tuple(map(compile_expression, _operands(node))))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
            return _constant(-value)
        case ast.UnaryOp(operand=value):
            return Operation((compile_expression(value),))
        case ast.JoinedStr(values=values):
            return Join(tuple(map(compile_expression, values)), is_format=True)
        case ast.FormattedValue(value=value, format_spec=None, conversion=-1):
            return compile_expression(value)
        case ast.NamedExpr(target=ast.Name(id=name), value=value):
            return Walrus(name, compile_expression(value))
        case ast.Lambda(args=arguments, body=body):
            return Lambda(compile_parameters(arguments), compile_expression(body))
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return _comprehension(node)
    return opaque(child for child in _children(node))


def compile_parameters(arguments: ast.arguments) -> Parameters:
    """``(a, b=1, *rest, c, d=2, **more)``."""
    positional = (*arguments.posonlyargs, *arguments.args)
    keyword_only = (
        (argument.arg, compile_expression(default) if default else None)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    )
    return Parameters(
        names=tuple(argument.arg for argument in positional),
        defaults=tuple(map(compile_expression, arguments.defaults)),
        keyword_only=tuple(keyword_only),
        rest=arguments.vararg.arg if arguments.vararg else None,
        keywords=arguments.kwarg.arg if arguments.kwarg else None,
    )


def opaque(nodes: Iterable[ast.expr]) -> Opaque:
    """A value that is not known, made of parts that are evaluated."""
    parts = (compile_expression(node) for node in nodes)
    kept = tuple(part for part in parts if not is_inert(part))
    return Opaque(kept) if kept else _NOTHING


def is_inert(part: Expression) -> bool:
    """Whether evaluating `part` can neither bind, import nor fail."""
    return isinstance(part, Constant) or part == _NOTHING


def is_text(value: str) -> bool:
    r"""Whether a string is valid Unicode: "\\ud800" is not, and no module has such a name."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _constant(value: object) -> Expression:
    if isinstance(value, str):
        return Constant(value) if len(value) <= _LONGEST_TEXT and is_text(value) else _NOTHING
    if isinstance(value, int):
        return Constant(value) if abs(value) < 2**53 else _NOTHING
    return Constant(value) if value is None or isinstance(value, float) else _NOTHING


def _call(node: ast.Call) -> Expression:
    keywords = (
        (keyword.arg or "**", compile_expression(keyword.value)) for keyword in node.keywords
    )
    return Call(
        compile_expression(node.func),
        tuple(map(compile_expression, node.args)),
        tuple(keywords),
    )


def _sequence(items: list[ast.expr], *, is_set: bool) -> Expression:
    if _is_data(items):
        return opaque(items)
    compiled = tuple(map(compile_expression, items))
    return Sequence(compiled, is_set)


def _mapping(keys: list[ast.expr | None], values: list[ast.expr]) -> Expression:
    # {**other}
    if None in keys or _is_data(keys):
        return opaque([node for node in (*keys, *values) if node is not None])
    known = [key for key in keys if key is not None]
    return Mapping(tuple(map(compile_expression, known)), tuple(map(compile_expression, values)))


def _is_data(items: list[ast.expr] | list[ast.expr | None]) -> bool:
    """Whether a list is too long to look into: one of names may be longer than others."""
    if len(items) <= _LONGEST_SEQUENCE:
        return False
    return len(items) > _MOST_NAMES or not all(map(_is_name, items))


def _is_name(node: ast.expr | None) -> bool:
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, str) and value.replace(".", "").isidentifier()


def _operands(node: ast.BinOp) -> list[ast.expr]:
    """The operands of a chain of one operator; tables of data have chains of thousands."""
    operands: list[ast.expr] = []
    current: ast.expr = node
    while isinstance(current, ast.BinOp) and type(current.op) is type(node.op):
        operands.append(current.right)
        current = current.left
    return [current, *reversed(operands)]


def _comprehension(
    node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
) -> Expression:
    elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    generators = (
        Generator(
            target=compile_expression(generator.target),
            iterable=compile_expression(generator.iter),
            conditions=tuple(map(compile_expression, generator.ifs)),
        )
        for generator in node.generators
    )
    return Comprehension(
        generators=tuple(generators),
        elements=tuple(map(compile_expression, elements)),
        is_lazy=isinstance(node, ast.GeneratorExp),
        is_set=isinstance(node, ast.SetComp),
    )


def _children(node: ast.expr) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child
