"""Bodies of functions on demand: the few that run while modules are imported."""

import ast
from collections.abc import Mapping
from pathlib import Path

from cycleguard.collect.program import compile_function
from cycleguard.errors import ChangedError
from cycleguard.files import decode
from cycleguard.model.modules import Project
from cycleguard.model.program import Define


class FunctionSource:
    """Reads functions of a project's files; each file is read once, each function compiled once.

    `contents` stand for what the disk holds, by path: files as they would be.
    """

    def __init__(self, project: Project, contents: Mapping[str, bytes] | None = None) -> None:
        self._root = Path(project.root)
        self._contents = contents or {}
        self._paths = {module.name: module.path for module in project.modules}
        self._lines: dict[str, list[str]] = {}
        self._functions: dict[tuple[str, int], Define] = {}

    def read(self, module: str, line: int, end_line: int) -> Define:
        """The function of `module` on the lines from its first decorator to its end.

        Raises:
            ChangedError: the file has gone since it was collected, or has changed.
        """
        key = (module, line)
        if key not in self._functions:
            try:
                lines = self.lines(module)[line - 1 : end_line]
                self._functions[key] = compile_function(lines, line)
            except OSError as error:
                why = f"cannot be read any more ({error.strerror or error})"
                raise ChangedError(f"{self._paths[module]} {why}; run the command again") from error
            except (SyntaxError, TypeError) as error:
                raise ChangedError(
                    f"{self._paths[module]} has changed since it was read; run the command again"
                ) from error
        return self._functions[key]

    def lines(self, module: str) -> list[str]:
        """The lines of a module's file; the first has the index 0.

        Raises:
            OSError: the file has gone since it was collected.
            SyntaxError: it cannot be decoded any more.
        """
        if module not in self._lines:
            path = self._paths[module]
            content = self._contents.get(path)
            if content is None:
                content = (self._root / path).read_bytes()
            self._lines[module] = decode(content).split("\n")
        return self._lines[module]

    def statement_line(self, module: str, line: int) -> int:
        """The first line of the innermost statement around a line; that line where it is unknown.

        Raises:
            OSError: the file has gone since it was collected.
        """
        try:
            tree = ast.parse("\n".join(self.lines(module)))
        except SyntaxError:
            return line
        around = (
            node.lineno
            for node in ast.walk(tree)
            if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or line)
        )
        return max(around, default=line)
