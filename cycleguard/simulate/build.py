"""The world of a simulation from the facts of its files."""

from collections.abc import Mapping

from cycleguard.model.imports import ModuleFacts
from cycleguard.model.modules import Project
from cycleguard.simulate.world import FunctionReader, World


def build_world(
    project: Project, facts: Mapping[str, ModuleFacts], read_function: FunctionReader
) -> World:
    """Put together what the machine needs to know."""
    return World(
        modules={module.name: module for module in project.modules},
        programs={name: each.program for name, each in facts.items()},
        bindable=_bindable(facts),
        read_function=read_function,
    )


def _bindable(facts: Mapping[str, ModuleFacts]) -> dict[str, frozenset[str]]:
    return {name: frozenset(b.name for b in each.bindings) for name, each in facts.items()}
