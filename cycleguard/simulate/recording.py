"""What a module's load sees: all that its outcome can depend on is noted while it runs."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from cycleguard.model.names import is_within
from cycleguard.simulate.machine import Machine
from cycleguard.simulate.state import Mark
from cycleguard.simulate.values import ModuleValue
from cycleguard.simulate.world import Policy, World

# Modules under way, outermost first, each with the line that it stands at.
Standing = tuple[tuple[str, int], ...]
NOT_THERE = object()
ALL = "*"


@dataclass(slots=True, kw_only=True)
class Noted:
    """What the outcome of a load can depend on.

    `touched` are names that were looked up in ``sys.modules``, `failed` modules that raised and
    were caught. `reads` are names of modules that may come to another value, and what was found
    there: those of packages that a sub-module may cover, those of modules that were half-way.
    `found` are sub-modules that were attributes of their packages before anything here asked for
    them to be imported. `passed` are the modules that got to a place of interest, with what was
    under way below.
    """

    touched: dict[str, None] = field(default_factory=dict)
    failed: dict[str, None] = field(default_factory=dict)
    reads: dict[tuple[str, str], object] = field(default_factory=dict)
    found: dict[str, None] = field(default_factory=dict)
    passed: dict[str, Standing] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Recorder(Noted):
    """What is seen while the module `name` loads, and how things were when it began."""

    name: str
    start: Mark
    created_start: int
    asked_before: dict[str, bool]
    depth: int


class RecordingMachine(Machine):
    """A machine that notes what the loads under way look up and find."""

    def __init__(self, world: World, policy: Policy) -> None:
        super().__init__(world, policy)
        self.recorders: list[Recorder] = []

    def touch(self, name: str) -> None:
        """Note a look-up for the load that is under way, its parents first.

        They would be loaded first if the module were absent.
        """
        if self.recorders and name not in self.recorders[-1].touched:
            recorder = self.recorders[-1]
            for end in [*dots(name), len(name)]:
                if not is_within(recorder.name, name[:end]):
                    recorder.touched.setdefault(name[:end])
            recorder.touched.setdefault(name)

    def touch_parent(self, name: str) -> None:
        """Note that a package was looked up; those above the loading module are there anyway."""
        if self.recorders and not is_within(self.recorders[-1].name, name):
            self.recorders[-1].touched.setdefault(name)

    def note_read(self, module: ModuleValue, name: str) -> None:
        """Note what a module had under a name that may come to another value."""
        if not self.recorders:
            return
        if module.is_initialising or name in self.children.get(module.name, ()):
            recorder = self.recorders[-1]
            recorder.touched.setdefault(module.name)
            recorder.reads.setdefault((module.name, name), module.namespace.get(name, NOT_THERE))

    def note_found(self, name: str) -> None:
        """Note a sub-module that is an attribute of its package, and may be there by chance."""
        if self.recorders and name not in self.recorders[-1].touched:
            self.recorders[-1].found[name] = None

    def note_passed(self, name: str, absent: Standing = ()) -> None:
        """Note that a module has got to a place of interest, and which modules lacked then."""
        if self.recorders:
            self.recorders[-1].passed[name] = self.standing(self.recorders[-1].depth) + absent

    def standing(self, depth: int = 0) -> Standing:
        """What is under way, without the outermost `depth`."""
        return tuple((running.module.name, running.line) for running in self.stack[depth:])

    def note_all_read(self, module: ModuleValue) -> None:
        """Note that all names of a module were looked at: later, there may be more."""
        if self.recorders and module.is_initialising:
            self.recorders[-1].reads[module.name, ALL] = None

    @property
    def has_met_order(self) -> bool:
        """As above, in the loads under way too."""
        return super().has_met_order or any("order" in r.asked_before for r in self.recorders)

    def start_recording(self, name: str = "") -> Recorder:
        """Note look-ups and guesses apart from those before."""
        recorder = Recorder(
            name=name,
            start=self.mark(),
            created_start=len(self.created),
            asked_before=self.asked,
            depth=len(self.stack),
        )
        self.asked = {}
        self.recorders.append(recorder)
        return recorder

    def stop_recording(self) -> None:
        """Add what was noted to what was noted before."""
        recorder = self.recorders.pop()
        self.asked = recorder.asked_before | self.asked
        self.add_noted(recorder)

    def drop_recording(self) -> None:
        """Forget what was noted: it is about to be taken back."""
        self.asked = self.recorders.pop().asked_before

    def add_noted(self, noted: Noted) -> None:
        """Count what a load has seen as seen by the load that asked for it."""
        if not self.recorders:
            return
        recorder = self.recorders[-1]
        recorder.found.update({n: None for n in noted.found if n not in recorder.touched})
        recorder.touched.update(noted.touched)
        recorder.failed.update(noted.failed)
        for key, value in noted.reads.items():
            recorder.reads.setdefault(key, value)
        above = self.standing(recorder.depth)
        for name, below in noted.passed.items():
            recorder.passed[name] = above + below


def dots(name: str) -> Iterator[int]:
    """The places of the dots of `name`: where the names of its packages end."""
    return (place for place, character in enumerate(name) if character == ".")
