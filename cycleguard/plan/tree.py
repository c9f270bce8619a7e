"""A project as it would be: some files have other contents, nothing is written.

In: what `pipeline` has resolved, and new contents by path. Out: the same, resolved anew, with the
facts of unchanged files. Read by all of `plan`.
"""

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from cycleguard.errors import ApplyError
from cycleguard.files import read_bytes
from cycleguard.model.imports import ModuleFacts
from cycleguard.model.modules import Module, ModuleKind, Skipped
from cycleguard.pipeline import Resolved


def content_of(resolved: Resolved, path: str) -> bytes:
    """What the file `path` holds, as it would be.

    Raises:
        ApplyError: it cannot be read any more.
    """
    if path in resolved.contents:
        return resolved.contents[path]
    content = read_bytes(Path(resolved.project.root), path)
    if isinstance(content, Skipped):
        raise ApplyError(f"{path}: {content.reason}; nothing was changed")
    return content


class Reader:
    """Reads changed files, each content once."""

    def __init__(self) -> None:
        self._known: dict[tuple[Module, bytes], ModuleFacts | Skipped] = {}

    def facts(self, module: Module, content: bytes) -> ModuleFacts | Skipped:
        """What `collect` says of a content."""
        # Only a run that changes something reads anything, with LibCST: a third of a second.
        from cycleguard.collect.module import (  # noqa: PLC0415  # cycleguard: leave[start-up time]
            collect_module,
        )

        key = (module, content)
        if key not in self._known:
            self._known[key] = collect_module(module, content)
        return self._known[key]

    def changed(self, resolved: Resolved, files: Mapping[str, bytes | None]) -> Resolved | Skipped:
        """The project with other contents; the first file that cannot be read, if there is one."""
        modules = {module.path: module for module in resolved.project.modules}
        facts, contents = dict(resolved.facts), dict(resolved.contents)
        for path, content in sorted(files.items()):
            module = modules.get(path) or _new_module(path, modules)
            if content is None:
                modules.pop(path, None)
                facts.pop(module.name, None)
                contents.pop(path, None)
                continue
            found = self.facts(module, content)
            if isinstance(found, Skipped):
                return found
            modules[path], facts[module.name], contents[path] = module, found, content
        project = replace(resolved.project, modules=tuple(sorted(modules.values())))
        new = replace(resolved, project=project, facts=facts, contents=contents)
        return new.resolved_anew()


def _new_module(path: str, modules: Mapping[str, Module]) -> Module:
    """The module that a new file is: its folder's name with one more part."""
    folder, _, name = path.rpartition("/")
    parent = modules.get(f"{folder}/__init__.py") or modules.get(folder)
    stem = name.removesuffix(".py")
    return Module(f"{parent.name}.{stem}" if parent else stem, path, ModuleKind.SOURCE, False)
