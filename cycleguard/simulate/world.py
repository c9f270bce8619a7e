"""What the machine is given: the project's programs and what its environment is taken to be."""

import sys
from collections.abc import Callable, Mapping

from msgspec import Struct

from cycleguard.model.modules import Module
from cycleguard.model.program import Define, Statement
from cycleguard.resolve.aliases import AliasTable

FunctionReader = Callable[[str, int, int], Define]


class Policy(Struct, frozen=True):
    """How the machine goes on where the source does not tell.

    `takes_branches`: conditions that cannot be folded are true. `has_optional`: third-party
    modules whose absence the code is ready for are there.
    """

    takes_branches: bool = True
    has_optional: bool = True


POLICIES = (
    Policy(),
    Policy(takes_branches=False),
    Policy(has_optional=False),
)


class World(Struct, frozen=True):
    """The project as the machine sees it.

    Args:
        modules: every module of the project by name.
        programs: the code of those whose file could be read.
        bindable: the names that each file can bind at module level, whatever the order.
        stars: the modules that a file imports by star, where there are any.
        namesakes: the modules whose parent package binds their name to something of its own.
        rebound: the names that a file binds more than once.
        always_bound: the names that one statement binds, which no condition skips.
        aliases: names under which modules are injected, where there are any.
        read_function: gives the body of a function: module, first line, last line.
    """

    modules: Mapping[str, Module]
    programs: Mapping[str, tuple[Statement, ...]]
    bindable: Mapping[str, frozenset[str]]
    read_function: FunctionReader
    stars: Mapping[str, tuple[str, ...]] = {}
    namesakes: frozenset[str] = frozenset()
    rebound: Mapping[str, frozenset[str]] = {}
    always_bound: Mapping[str, frozenset[str]] = {}
    aliases: AliasTable | None = None

    def is_internal(self, name: str) -> bool:
        """Whether the top-level package of `name` belongs to the project."""
        return name.partition(".")[0] in self.modules

    def is_stdlib(self, name: str) -> bool:
        """Whether `name` is of the standard library of the running Python."""
        return name.partition(".")[0] in sys.stdlib_module_names
