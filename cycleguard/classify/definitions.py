"""How much has to move when a definition moves: itself and what it is built from.

A class is built from its bases and decorators, a value from what computes it. What only the bodies
of its functions use is not counted: they can import that when they run.
"""

from collections.abc import Mapping

from msgspec import Struct

from cycleguard.classify.import_time import definitions, reads
from cycleguard.model.imports import Binding, BindingKind, ModuleFacts
from cycleguard.model.program import Statement
from cycleguard.model.resolved import Target
from cycleguard.resolve.reexports import Reexports

_Name = tuple[str, str]
_Span = tuple[str, int, int]


class Extent(Struct, frozen=True):
    """`lines` of all that has to move, `own` of them the wanted names' alone."""

    lines: int
    own: int

    def __str__(self) -> str:
        built_from = ", with what it is built from" if self.lines > self.own else ""
        return f"{self.lines} line{'' if self.lines == 1 else 's'}{built_from}"


class Definitions:
    """The definitions of a project's files, and what each is built from in the same file."""

    def __init__(self, facts: Mapping[str, ModuleFacts], reexports: Reexports) -> None:
        self._facts = facts
        self._reexports = reexports
        self._bindings: dict[str, dict[str, list[Binding]]] = {}
        self._statements: dict[str, dict[str, Statement]] = {}

    def extent(self, target: Target) -> Extent | None:
        """How much would move with the names wanted from `target`.

        None if one of them is not a definition: one unconditional statement that binds it.
        """
        wanted: list[_Name] = []
        for name in target.names:
            found = self._reexports.definition(target.module, name)
            if found is None or found.name is None or not self._is_single(found.module, found.name):
                return None
            wanted.append((found.module, found.name))
        own = {span for module, name in wanted for span in self._spans(module, name)}
        return Extent(_count(self._built_from(wanted)), _count(own))

    def bindings(self, module: str, name: str) -> tuple[Binding, ...]:
        """The module-level bindings of `name` in `module`."""
        if module not in self._bindings:
            by_name = self._bindings[module] = {}
            for binding in self._facts[module].bindings if module in self._facts else ():
                by_name.setdefault(binding.name, []).append(binding)
        return tuple(self._bindings[module].get(name, ()))

    def _is_single(self, module: str, name: str) -> bool:
        found = self.bindings(module, name)
        is_plain = len(found) == 1 and not found[0].is_conditional
        return is_plain and found[0].kind is not BindingKind.IMPORT

    def _spans(self, module: str, name: str) -> set[_Span]:
        found = self.bindings(module, name)
        return {(module, b.line, b.end_line) for b in found if b.kind is not BindingKind.IMPORT}

    def _built_from(self, pending: list[_Name]) -> set[_Span]:
        spans: set[_Span] = set()
        seen: set[_Name] = set()
        while pending:
            module, name = pending.pop()
            if (module, name) in seen:
                continue
            seen.add((module, name))
            own = self._spans(module, name)
            spans |= own
            statement = self._statement(module, name)
            if own and statement is not None:
                pending += [(module, read) for read in reads([statement])]
        return spans

    def _statement(self, module: str, name: str) -> Statement | None:
        if module not in self._statements:
            self._statements[module] = definitions(self._facts[module].program)
        return self._statements[module].get(name)


def _count(spans: set[_Span]) -> int:
    return sum(end - start + 1 for _, start, end in spans)
