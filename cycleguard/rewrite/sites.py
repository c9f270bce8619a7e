"""The function-local import statements of a file, each with its surroundings.

In: a syntax tree and the facts that `collect` gave. Out: a `Site` for each place. Read by `names`
and `removal`.
"""

import ast
from collections.abc import Iterator

from msgspec import Struct

from cycleguard.collect.source import SourceText
from cycleguard.model.edits import Place
from cycleguard.model.imports import ImportStatement
from cycleguard.rewrite.scopes import FunctionNode

ImportNode = ast.Import | ast.ImportFrom
_BLOCKS = ("body", "orelse", "finalbody")


class Suite(Struct, frozen=True, eq=False):
    """The statements of one block, and the node that they belong to."""

    owner: ast.AST
    statements: list[ast.stmt]


class Site(Struct, frozen=True, eq=False):
    """One import statement in a function.

    `function` is the innermost function around it. `outside` are the compound statements around
    that function; `facts` what `collect` says of the statement.
    """

    node: ImportNode
    suite: Suite
    function: FunctionNode
    outside: tuple[ast.stmt, ...]
    facts: ImportStatement

    @property
    def index(self) -> int:
        """The place of the statement in its block."""
        return self.suite.statements.index(self.node)


class _Task(Struct, frozen=True, eq=False):
    suite: Suite
    function: FunctionNode | None
    inside: tuple[ast.stmt, ...]
    outside: tuple[ast.stmt, ...]


def sites_of(
    tree: ast.Module, source: SourceText, imports: tuple[ImportStatement, ...]
) -> dict[Place, Site]:
    """Every function-local import statement of the file that `imports` tell of."""
    local = {Place(each.line, each.column): each for each in imports if each.is_local}
    found: dict[Place, Site] = {}
    stack = [_Task(Suite(tree, tree.body), None, (), ())]
    while stack:
        task = stack.pop()
        for node in task.suite.statements:
            if isinstance(node, ImportNode) and task.function:
                place = Place(node.lineno, source.column(node))
                if place in local:
                    found[place] = Site(node, task.suite, task.function, task.outside, local[place])
            stack += _inside(node, task)
    return found


def _inside(node: ast.stmt, task: _Task) -> Iterator[_Task]:
    if isinstance(node, FunctionNode):
        yield _Task(Suite(node, node.body), node, (), task.outside + task.inside)
        return
    inside = task.inside if isinstance(node, ast.ClassDef) else (*task.inside, node)
    for suite in suites_of(node):
        yield _Task(suite, task.function, inside, task.outside)


def statements_of(tree: ast.Module) -> Iterator[ast.stmt]:
    """All statements of a file, blocks included, in an order that does not depend on imports."""
    stack: list[list[ast.stmt]] = [tree.body]
    while stack:
        for node in stack.pop():
            yield node
            stack += (suite.statements for suite in suites_of(node))


def suites_of(node: ast.stmt) -> Iterator[Suite]:
    """The blocks of a compound statement."""
    for field in _BLOCKS:
        statements = getattr(node, field, None)
        if isinstance(statements, list) and statements:
            yield Suite(node, statements)
    for clause in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield Suite(clause, clause.body)
