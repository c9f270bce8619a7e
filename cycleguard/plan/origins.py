"""Where an import stood before any edit: reports and answers of the user speak of those places.

Function-local imports of a file keep their order from round to round; some go.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from msgspec.structs import replace

from cycleguard.model.edits import Done, Place
from cycleguard.model.imports import ImportStatement, ModuleFacts
from cycleguard.model.plans import Edited, Left
from cycleguard.pipeline import Resolved

At = tuple[str, Place]
Row = TypeVar("Row", Edited, Left)


class Origins:
    """Follows the places of imports through the rounds."""

    def __init__(self, resolved: Resolved) -> None:
        self._origin: dict[At, At] = {
            (module.path, place): (module.path, place)
            for module in resolved.project.modules
            if module.name in resolved.facts
            for place in _places(resolved.facts[module.name])
        }

    def origin(self, at: At) -> At:
        """Where the import that is at a place now stood first."""
        return self._origin.get(at, at)

    def now(self, origins: Iterable[At]) -> frozenset[At]:
        """Where the imports that stood at some places are now."""
        wanted = frozenset(origins)
        return frozenset(now for now, origin in self._origin.items() if origin in wanted)

    def move_on(self, before: Resolved, after: Resolved, dones: Mapping[At, Done]) -> None:
        """Take a round into account: what was done at which places."""
        for module in after.project.modules:
            old, new = before.facts.get(module.name), after.facts.get(module.name)
            if old is None or new is None or old is new:
                continue
            stays = [
                Place(each.line, each.column)
                for each in _locals(old)
                if not _is_gone(each, dones.get((module.path, Place(each.line, each.column))))
            ]
            known = {place: self.origin((module.path, place)) for place in _places(old)}
            for place in _places(old):
                self._origin.pop((module.path, place), None)
            places = _places(new)
            if len(places) == len(stays):
                self._origin.update(
                    ((module.path, now), known[was]) for was, now in zip(stays, places, strict=True)
                )


def _is_gone(statement: ImportStatement, done: Done | None) -> bool:
    return done is not None and set(statement.bound_names) <= set(done.names)


def _locals(facts: ModuleFacts) -> list[ImportStatement]:
    found = (statement for statement in facts.imports if statement.is_local)
    return sorted(found, key=lambda s: (s.line, s.column))


def _places(facts: ModuleFacts) -> list[Place]:
    return [Place(statement.line, statement.column) for statement in _locals(facts)]


def found_in(before: Resolved, row: Row, sources: Iterable[str]) -> Row:
    """The row of an import of a project after moves, with its place in the one before.

    Its function may have come from one of the modules `sources`.
    """
    for module in (row.module, *sources):
        facts = before.facts.get(module)
        same = [
            Place(each.line, each.column)
            for each in (facts.imports if facts else ())
            if each.is_local and (each.scope, each.statement) == (row.scope, row.statement)
        ]
        if module == row.module and Place(row.line, row.column) in same:
            return row
        if same:
            path = next(each.path for each in before.project.modules if each.name == module)
            line, column = same[0].line, same[0].column
            return replace(row, module=module, path=path, line=line, column=column)
    return row
