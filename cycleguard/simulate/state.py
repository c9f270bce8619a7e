"""The machine's memory: ``sys.modules``, name spaces, and a journal that can undo every write.

The journal is what makes thousands of entries affordable: their common start is run once, and
each entry is taken back when it is done.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cycleguard.model.modules import Module, ModuleKind
from cycleguard.simulate.errors import Frame, SimulatedError
from cycleguard.simulate.values import ModuleValue, Namespace
from cycleguard.simulate.world import Policy, World

_ABSENT = object()
_DELETED = "deleted "

# Names that every module has from its creation (Lib/importlib/_bootstrap.py, _init_module_attrs).
MODULE_NAMES = frozenset(
    "__name__ __doc__ __package__ __loader__ __spec__ __file__ __cached__ __builtins__ __dict__ "
    "__class__ __annotations__".split()
)

_DOUBTS = {
    "refused": "code that it runs refuses to, as long as something is not set up",
    "demanding": "a module that it loads refuses to, unless something outside the source is there",
    "computed": "code that it runs imports a module whose name is computed",
    "unseen": "it loads an extension, which may import a module that is half-way",
}


def doubt(asked: Container[str]) -> str | None:
    """Why a run that went through may fail all the same, from what was noted on the way."""
    return next((text for noted, text in _DOUBTS.items() if noted in asked), None)


@dataclass(slots=True)
class Running:
    """A body under way, of a module or of a function of it, and the line that it is at."""

    module: ModuleValue
    line: int = 0
    function: str | None = None


class Mark(NamedTuple):
    """How long the journal and the list of swallowed errors were."""

    journal: int
    silent: int


class State:
    """Memory of one simulated interpreter."""

    def __init__(self, world: World, policy: Policy) -> None:
        self.world = world
        self.policy = policy
        self.modules: dict[str, ModuleValue | None] = {}
        self.stack: list[Running] = []
        self.body: ModuleValue | None = None
        self.silent: list[tuple[Frame, SimulatedError]] = []
        self.asked: dict[str, bool] = {}
        self.guesses = 0
        self.turns_guesses = False
        self.journal: list[tuple[dict[str, object], str, object]] = []
        self._namesakes: dict[str, list[str]] = {}
        self._bound_somewhere: set[str] = set()
        self.children: dict[str, set[str]] = {}
        for name in world.modules:
            parent, _, child = name.rpartition(".")
            self.children.setdefault(parent, set()).add(child)
        self.created: list[object] = []
        self.taken_out: dict[str, bool] = {}

    def mark(self) -> Mark:
        """A point that `undo` can go back to."""
        return Mark(len(self.journal), len(self.silent))

    def undo(self, mark: Mark) -> None:
        """Take back what was swallowed and written since `mark`, the last write first."""
        del self.silent[mark.silent :]
        journal = self.journal
        while len(journal) > mark.journal:
            table, key, old = journal.pop()
            if old is _ABSENT:
                table.pop(key, None)
            else:
                table[key] = old

    def write(self, table: Mapping[str, object], key: str, value: object) -> None:
        """Set `table[key]`, undoably."""
        assert isinstance(table, dict)
        old = table.get(key, _ABSENT)
        if old is not value:
            self.journal.append((table, key, old))
            table[key] = value

    def remove(self, table: Mapping[str, object], key: str) -> None:
        """Delete `table[key]`, undoably; a missing key is no error."""
        assert isinstance(table, dict)
        if key in table:
            self.journal.append((table, key, table[key]))
            del table[key]

    def flag(self, module: ModuleValue, name: str, *, is_set: bool = True) -> None:
        """Set a flag of a module, undoably."""
        self.write(module.flags, name, is_set)

    def take_out(self, name: str) -> None:
        """Remove a module from ``sys.modules`` as the program does: the next import runs it."""
        self.remove(self.modules, name)
        self.write(self.taken_out, name, True)

    def note_deleted(self, module: ModuleValue, name: str) -> None:
        """Note that a module has had `name` and lost it by a ``del``."""
        self.flag(module, _DELETED + name)

    def is_deleted(self, module: ModuleValue, name: str) -> bool:
        """Whether `name` has been deleted from the module."""
        return module.flags.get(_DELETED + name, False)

    def new_module(self, info: Module) -> ModuleValue:
        """An empty module object for `info`; open if there is no program to run."""
        names, flags = self.table(), dict[str, bool]()
        self.created.append(flags)
        module = ModuleValue(info.name, info.path, info.is_package, names, flags)
        if info.kind is not ModuleKind.NAMESPACE and info.name not in self.world.programs:
            module.flags["open"] = True
        return module

    def table(self) -> Namespace:
        """A new name space, known to belong to whatever is being loaded."""
        names: Namespace = {}
        self.created.append(names)
        return names

    def touch(self, name: str) -> None:
        """Called for every name that is looked up in ``sys.modules``."""

    def note_read(self, module: ModuleValue, name: str) -> None:
        """Called for every name of another module that is read and may come to change."""

    def note_found(self, name: str) -> None:
        """Called for every sub-module that is read as an attribute of its package."""

    def note_all_read(self, module: ModuleValue) -> None:
        """Called when whoever reads sees which names another module has."""

    def note_called(self, name: str) -> None:
        """Called for every module that a call imports, not a statement of the body."""

    def note_order(self) -> None:
        """Note that a name has come to another value than it would have in another order."""
        self.asked["order"] = True

    def note_refusal(self) -> None:
        """Note that code of the project raises by itself, whatever was guessed."""
        self.asked["refused"] = True

    def note_demand(self) -> None:
        """Note that a module's body may raise by itself: what decides it is not in the source."""
        self.asked["demanding"] = True

    def note_computed(self) -> None:
        """Note an import of a module that nobody can name."""
        self.asked["computed"] = True

    def note_unseen(self) -> None:
        """Note that a module runs that cannot be looked into, and may import others."""
        self.asked["unseen"] = True

    @property
    def has_met_order(self) -> bool:
        """Whether a value may be another than it would be in another order of imports."""
        return bool(self.silent) or "order" in self.asked

    def frames(self) -> tuple[Frame, ...]:
        """The statements under way, outermost first."""
        return tuple(Frame(r.module.name, r.module.path, r.line, r.function) for r in self.stack)

    def bindable(self, module: str) -> frozenset[str]:
        """Names that the file of `module` can bind, and its sub-modules on disk."""
        return self.world.bindable.get(module, frozenset())

    def is_bound_somewhere(self, name: str) -> bool:
        """Whether any module of the project can have `name`."""
        if not self._bound_somewhere:
            self._bound_somewhere.update(*self.world.bindable.values(), *self.children.values())
        return name in self._bound_somewhere

    def may_have(self, module: ModuleValue, name: str) -> bool:
        """Whether `module`, or one that it may be taken for by its last name, can have `name`."""
        return any(
            name in self.bindable(each) or self.is_submodule(each, name)
            for each in (module.name, *self._called(module.name.rpartition(".")[2]))
        )

    def is_bound_in_module_called(self, last: str, name: str) -> bool:
        """Whether a module whose dotted name ends in `last` can have `name`."""
        return any(name in self.bindable(each) for each in self._called(last))

    def _called(self, last: str) -> list[str]:
        if not self._namesakes:
            for name in self.world.modules:
                self._namesakes.setdefault(name.rpartition(".")[2], []).append(name)
        return self._namesakes.get(last, [])

    def is_submodule(self, module: str, name: str) -> bool:
        """Whether a file backs the sub-module `name` of `module`."""
        return f"{module}.{name}" in self.world.modules
