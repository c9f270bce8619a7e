"""Timelines of a package that is given as texts."""

from cycleguard.collect.module import collect_module
from cycleguard.model.imports import ModuleFacts
from cycleguard.model.modules import ModuleKind, Skipped
from cycleguard.model.timeline import Timeline
from cycleguard.simulate.moments import Sources, tell
from cycleguard.simulate.timeline import record_entry
from tests.support.prediction import Files, modules_of, world_of


def timelines(files: Files) -> dict[str, Timeline]:
    """The timeline of every module of `files` as the first import."""
    world, sources = world_of(files), _sources(files)
    return {
        module.name: tell(record_entry(world, module.name), sources) for module in modules_of(files)
    }


def _sources(files: Files) -> Sources:
    facts: dict[str, ModuleFacts] = {}
    paths: dict[str, str] = {}
    for module in modules_of(files):
        paths[module.name] = module.path
        if module.kind is ModuleKind.SOURCE:
            read = collect_module(module, files[module.path].encode())
            assert not isinstance(read, Skipped), read
            facts[module.name] = read

    def text(name: str, line: int) -> str:
        return files[paths[name]].splitlines()[line - 1] if line and name in facts else ""

    return Sources(facts, paths, text, lambda _, line: line)
