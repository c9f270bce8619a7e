"""What the simulation says of a package that is given as texts: no disk, no cache, no processes."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from cycleguard.collect.module import collect_module
from cycleguard.collect.program import compile_function
from cycleguard.model.imports import ModuleFacts
from cycleguard.model.modules import Dependencies, Module, ModuleKind, Project, Skipped
from cycleguard.model.program import Define
from cycleguard.simulate.build import build_world
from cycleguard.simulate.entries import Result, simulate_entries
from cycleguard.simulate.world import World

Files = Mapping[str, str]


def predict(files: Files) -> dict[str, Result]:
    """The predicted outcome of every module of `files` as first import."""
    return simulate_entries(world_of(files), (module.name for module in modules_of(files)))


def world_of(files: Files) -> World:
    """The world that the simulation of `files` runs in."""
    modules = modules_of(files)
    facts: dict[str, ModuleFacts] = {}
    for module in modules:
        if module.kind is ModuleKind.SOURCE:
            read = collect_module(module, files[module.path].encode())
            assert not isinstance(read, Skipped), read
            facts[module.name] = read
    paths = {module.name: module.path for module in modules}

    def read_function(name: str, first: int, last: int) -> Define:
        lines = files[paths[name]].splitlines()
        return compile_function(lines[first - 1 : last], first)

    dependencies = Dependencies(known=False, required=frozenset(), optional=frozenset())
    targets = frozenset(paths)
    project = Project("", modules, targets, skipped=(), dependencies=dependencies)
    return build_world(project, facts, read_function)


def modules_of(files: Files) -> tuple[Module, ...]:
    """The modules that `files` make: sources, and folders without an ``__init__.py``."""
    found: dict[str, Module] = {}
    for path in sorted(files):
        parts = PurePosixPath(path).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        parts = parts[:-1] if is_package else parts
        name = ".".join(parts)
        found[name] = Module(name, path, ModuleKind.SOURCE, is_package)
        for end in range(1, len(parts)):
            above = ".".join(parts[:end])
            folder = Module(above, "/".join(parts[:end]), ModuleKind.NAMESPACE, is_package=True)
            found.setdefault(above, folder)
    return tuple(sorted(found.values()))
