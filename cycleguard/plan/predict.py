"""The graph that a round should give, from the graph before and what was done.

In: the project before, the proposals that were carried out. Out: edges without their lines, to be
compared with those of the project as it is read anew.
"""

import ast
from collections.abc import Iterable

from cycleguard.model.edges import Edge, Origin, Timing
from cycleguard.model.edits import Done, Guard
from cycleguard.model.imports import Alias, Form, ImportStatement
from cycleguard.model.plans import Proposal
from cycleguard.pipeline import Resolved
from cycleguard.plan.batch import lines_with
from cycleguard.resolve.edges import edges_of
from cycleguard.resolve.targets import TargetResolver

Seen = tuple[str, str, str]


def seen_edges(resolved: Resolved) -> frozenset[Seen]:
    """The edges of a project: importer, imported, timing."""
    return _seen(resolved.edges)


def predicted_edges(
    before: Resolved, after: Resolved, carried_out: Iterable[tuple[Proposal, Done]]
) -> frozenset[Seen]:
    """What `seen_edges` should give of `after`.

    A statement that is not there was not needed: another one binds the same object to the name.
    """
    resolver = TargetResolver(before.project, before.facts, before.generated)
    found = dict.fromkeys(before.imports)
    for proposal, done in carried_out:
        finding = proposal.finding
        if finding is None:
            continue
        importer, statement = finding.resolved.importer, finding.resolved.statement
        old = resolver.resolve(importer, statement)
        found.pop(old, None)
        rest = tuple(
            alias
            for alias, name in zip(statement.names, statement.bound_names, strict=True)
            if name not in done.names
        )
        if rest:
            left = _with_names(statement, rest)
            found[resolver.resolve(importer, left)] = None
        timing = Timing.TYPING if isinstance(done.edit, Guard) else Timing.EAGER
        facts = after.facts[importer]
        for text in (text for text in done.statements if lines_with(text, facts)):
            new = _statement(text, timing)
            found[resolver.resolve(importer, new)] = None
    others = [edge for edge in after.edges if edge.origin in (Origin.PLUGIN, Origin.BACKEND)]
    places = {(edge.path, edge.line) for edge in others}
    above = [e for e in after.edges if e.origin is Origin.PARENT and (e.path, e.line) in places]
    return _seen(edges_of(found, above))


def _seen(edges: Iterable[Edge]) -> frozenset[Seen]:
    return frozenset(
        (edge.importer, edge.imported, str(edge.timing))
        for edge in edges
        if edge.origin in (Origin.EXPLICIT, Origin.PARENT, Origin.ALIAS)
    )


def _with_names(statement: ImportStatement, names: tuple[Alias, ...]) -> ImportStatement:
    return ImportStatement(
        form=statement.form,
        module=statement.module,
        level=statement.level,
        names=names,
        line=statement.line,
        column=statement.column,
        end_line=statement.end_line,
        scope=statement.scope,
        timing=statement.timing,
        guards=statement.guards,
        statement=statement.statement,
        function=statement.function,
    )


def _statement(text: str, timing: Timing) -> ImportStatement:
    node = ast.parse(text).body[0]
    assert isinstance(node, (ast.Import, ast.ImportFrom)), "that is what `rewrite` adds"
    is_from = isinstance(node, ast.ImportFrom)
    return ImportStatement(
        form=Form.FROM if is_from else Form.IMPORT,
        module=node.module if isinstance(node, ast.ImportFrom) else None,
        level=node.level if isinstance(node, ast.ImportFrom) else 0,
        names=tuple(Alias(alias.name, alias.asname) for alias in node.names),
        line=0,
        column=0,
        end_line=0,
        scope="<module>",
        timing=timing,
        guards=(),
        statement=text,
    )
