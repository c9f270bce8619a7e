"""A project made ready for its entries to be imported one by one, and watched."""

import re
from collections.abc import Iterator

from cycleguard.collect.functions import FunctionSource
from cycleguard.model.findings import Step
from cycleguard.model.imports import ImportStatement
from cycleguard.model.timeline import Hoisted, Timeline
from cycleguard.pipeline import Resolved
from cycleguard.simulate.build import build_world
from cycleguard.simulate.moments import Sources, tell
from cycleguard.simulate.run import entry_names
from cycleguard.simulate.timeline import Hoist, insertion_line, record_entry, record_hoist

_DEFINITION = re.compile(r"\s*(async\s+def|def|class)\b")
_GOES_ON = ("(", "[", "{", ",", "\\")


class Stage:
    """Imports modules of one project first, and tells what happens."""

    def __init__(self, resolved: Resolved) -> None:
        self.resolved = resolved
        self._functions = FunctionSource(resolved.project)
        self.world = build_world(resolved.project, resolved.facts, self._functions.read)
        self.names = entry_names(resolved.project)
        self._statements = {
            (name, statement.line): statement.statement
            for name, facts in resolved.facts.items()
            for statement in reversed(facts.imports)
        }
        paths = {module.name: module.path for module in resolved.project.modules}
        self.sources = Sources(resolved.facts, paths, self._text, self._definition)

    def place(self, module: str, statement: ImportStatement) -> Step:
        """The place of an import, as the machine knows it: of a call, that of its statement."""
        path, line = self.sources.paths[module], statement.line
        if statement.is_dynamic:
            line = self._functions.statement_line(module, line)
        return Step(module, path, line, statement.statement)

    def timeline(self, entry: str) -> Timeline:
        """What the import of `entry` comes to."""
        return tell(record_entry(self.world, entry), self.sources)

    def timeline_of(self, entry: str, focus: Step) -> Timeline:
        """What one statement comes to when `entry` is imported first."""
        record = record_entry(self.world, entry, (focus.module, focus.line))
        return tell(record, self.sources, focus=focus)

    def timeline_between(self, entry: str, members: frozenset[str]) -> Timeline:
        """What the modules of a cycle ask of each other when `entry` is imported first."""
        return tell(record_entry(self.world, entry), self.sources, among=members)

    def timeline_of_hoist(self, entry: str, hoist: Hoist, statement: Step) -> Timeline:
        """What a local import would come to at the top of its file."""
        record = record_hoist(self.world, entry, hoist)
        hoisted = Hoisted(statement, insertion_line(self.world, hoist.module))
        return tell(record, self.sources, focus=statement, hoisted=hoisted)

    def _text(self, module: str, line: int) -> str:
        """The statement that begins on a line, on one row."""
        known = self._statements.get((module, line))
        return known if known is not None else " ".join(self._rows(module, line))

    def _rows(self, module: str, line: int) -> Iterator[str]:
        """The first row of a statement; of a definition, its decorators too."""
        rows = self._lines(module)[max(line - 1, 0) :] if line else []
        for row in rows:
            yield f"{row.strip()} ..." if row.rstrip().endswith(_GOES_ON) else row.strip()
            if not row.lstrip().startswith("@"):
                return

    def _definition(self, module: str, line: int) -> int:
        """The line of ``def`` or ``class`` in a definition that begins with a decorator."""
        rows = self._lines(module)
        if line and rows[line - 1 : line] and rows[line - 1].lstrip().startswith("@"):
            for number, row in enumerate(rows[line - 1 :], line):
                if _DEFINITION.match(row):
                    return number
        return line

    def _lines(self, module: str) -> list[str]:
        return self._functions.lines(module) if module in self.resolved.facts else []
