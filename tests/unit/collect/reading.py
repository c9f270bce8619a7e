"""One source text through `collect_module`."""

from textwrap import dedent

from cycleguard.collect.module import collect_module
from cycleguard.model.imports import ImportStatement, ModuleFacts, NameUse
from cycleguard.model.modules import Module, ModuleKind, Skipped

MODULE = Module("pkg.a", "pkg/a.py", ModuleKind.SOURCE, is_package=False)


def collected(source: str | bytes) -> ModuleFacts | Skipped:
    content = source if isinstance(source, bytes) else dedent(source).encode()
    return collect_module(MODULE, content)


def read(source: str | bytes) -> ModuleFacts:
    facts = collected(source)
    assert isinstance(facts, ModuleFacts), facts
    return facts


def reason(source: str | bytes) -> str:
    """Why the source is skipped."""
    facts = collected(source)
    assert isinstance(facts, Skipped), facts
    assert facts.path == MODULE.path
    return facts.reason


def lines(source: str | bytes) -> list[tuple[str, int]]:
    """The imports and their lines."""
    return [(statement.statement, statement.line) for statement in read(source).imports]


def only(source: str | bytes) -> ImportStatement:
    """The one import of the source."""
    (statement,) = read(source).imports
    return statement


def use(source: str, name: str) -> NameUse:
    """How the one function with an import uses `name`."""
    function = only(source).function
    assert function is not None
    return next(found for found in function.uses if found.name == name)
