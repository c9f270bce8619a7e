"""Work that is put off: what looks, once under threads, switches by context, copies and pickles."""

import asyncio
import copy
import importlib
import inspect
import pickle
import sys
import threading
import time
from collections.abc import Callable

import pytest

from cycleguard.runtime import (
    MaterialiseCycleError,
    Materialised,
    force,
    is_dirty,
    is_late,
    materialise_at_once,
    materialise_late,
)
from tests.runtime.conftest import PATIENCE, Tree, at_once, finish


class Script(Materialised, observers=("code", "run", "spec", "__call__", "__str__", "__len__")):
    """Joins its lines when somebody looks."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.itself = self
        self.works = 0
        self.mark_dirty()

    def materialise(self) -> None:
        self.works += 1
        self._code = "\n".join(self.lines)
        self.spec = len(self.lines)

    @property
    def code(self) -> str:
        return self._code

    @code.setter
    def code(self, value: str) -> None:
        self._code = value

    def run(self) -> str:
        return self._code

    def __call__(self, suffix: str = "") -> str:
        return self._code.upper() + suffix

    def __str__(self) -> str:
        return self._code

    def __len__(self) -> int:
        return len(self._code)

    def unobserved(self) -> list[str]:
        return self.lines


OBSERVERS: dict[str, Callable[[Script], object]] = {
    "a property": lambda s: s.code,
    "a method": lambda s: s.run(),
    "an attribute that the work sets": lambda s: s.spec,
    "a call": lambda s: s("!"),
    "str": str,
    "len": len,
    "hasattr": lambda s: hasattr(s, "code"),
    "pickle": pickle.dumps,
    "force": force,
    "getmembers": inspect.getmembers,
}
NOT_OBSERVERS: dict[str, Callable[[Script], object]] = {
    "repr": repr,
    "dir": dir,
    "isinstance": lambda s: isinstance(s, Script),
    "an attribute": lambda s: s.lines,
    "another method": lambda s: s.unobserved(),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "hasattr of another name": lambda s: hasattr(s, "nothing"),
    "a reference to a method": lambda s: s.run,
    "is_dirty": is_dirty,
    "vars": vars,
    "id and hash": hash,
    "the signature of the class": lambda s: inspect.signature(type(s).__init__),
}


@pytest.mark.parametrize("look", OBSERVERS)
def test_must_have_13_every_observer_forces_the_work_once(look: str) -> None:
    script = Script("a", "b")
    OBSERVERS[look](script)
    assert not is_dirty(script)
    OBSERVERS[look](script)
    assert script.works == 1


@pytest.mark.parametrize("look", NOT_OBSERVERS)
def test_nothing_else_forces_it(look: str) -> None:
    script = Script("a", "b")
    NOT_OBSERVERS[look](script)
    assert is_dirty(script)
    assert script.works == 0


def test_must_have_13_a_clean_object_has_its_own_class_and_nothing_more() -> None:
    script = Script("a")
    assert type(script) is not Script
    assert isinstance(script, Script)
    assert script.code == "a"
    assert type(script) is Script
    assert set(vars(script)) == {"lines", "itself", "works", "_code", "spec"}


def test_observers_give_what_the_class_gives() -> None:
    assert [Script("a")("!"), str(Script("a")), len(Script("ab")), Script("a").run()] == [
        "A!",
        "a",
        2,
        "a",
    ]


def test_edited_it_is_as_it_was_until_it_is_marked() -> None:
    script = Script("a")
    assert script.code == "a"
    script.lines.append("b")
    assert script.code == "a"
    script.mark_dirty()
    assert script.code == "a\nb"
    assert script.spec == 2
    assert script.works == 2


def test_marked_many_times_it_works_once() -> None:
    script = Script("a")
    for _ in range(5):
        script.mark_dirty()
    force(script)
    force(script)
    assert script.works == 1


def test_a_saved_method_works_again_after_another_mark() -> None:
    script = Script("a")
    saved = script.run
    assert [saved() for _ in range(10)] == ["a"] * 10
    assert script.works == 1
    script.lines.append("b")
    script.mark_dirty()
    assert saved() == "a\nb"
    assert script.works == 2


def test_objects_are_independent() -> None:
    one, two = Script("1"), Script("2")
    assert one.code == "1"
    assert is_dirty(two)


def test_setting_an_observed_attribute_does_not_look() -> None:
    script = Script("a")
    script.code = "mine"
    script.spec = 9
    assert is_dirty(script)
    assert vars(script)["_code"] == "mine"
    assert (script.code, script.spec) == ("a", 1)


def test_an_observed_attribute_can_be_deleted() -> None:
    script = Script("a")
    script.spec = 9
    del script.spec
    with pytest.raises(AttributeError):
        del script.spec
    assert script.spec == 1


def test_force_leaves_other_objects_alone() -> None:
    force(3)
    assert not is_dirty("text")


class Broken(Script):
    """Fails until it is repaired."""

    broken = True

    def materialise(self) -> None:
        if self.broken:
            raise ValueError("broken")
        super().materialise()


def test_a_failure_is_raised_and_the_next_look_tries_again() -> None:
    script = Broken("a")
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            _ = script.code
        assert is_dirty(script)
    script.broken = False
    assert script.code == "a"


def test_a_class_that_does_not_say_how_says_so() -> None:
    class Unsaid(Materialised, observers=("value",)):
        pass

    unsaid = Unsaid()
    unsaid.mark_dirty()
    with pytest.raises(NotImplementedError, match="Unsaid"):
        _ = unsaid.value  # type: ignore[attr-defined]


def test_the_work_may_look_at_the_object_itself() -> None:
    class Inward(Script):
        def materialise(self) -> None:
            super().materialise()
            self.inside = (self.run(), self.code, str(self), self.spec, self("?"))
            self.mark_dirty()

    script = Inward("a")
    assert script.code == "a"
    assert script.inside == ("a", "a", "a", 1, "A?")
    assert not is_dirty(script)


def test_subclasses_add_observers() -> None:
    class More(Script, observers=("extra",)):
        extra = "class"

        def materialise(self) -> None:
            super().materialise()
            self.extra = "work"

    assert More("a").extra == "work"
    assert More("a").code == "a"


class Slow(Script):
    """Takes its time, so that threads meet."""

    def materialise(self) -> None:
        time.sleep(0.05)
        super().materialise()


@pytest.mark.parametrize("look", ["a property", "a method", "a call", "str", "pickle", "force"])
def test_must_have_13_once_under_eight_threads(look: str) -> None:
    script = Slow("a")
    found = at_once(lambda: OBSERVERS[look](script))
    assert script.works == 1
    assert len({repr(each) for each in found}) == 1


def test_marked_while_the_work_is_going_on_it_is_done_again() -> None:
    started, go_on = threading.Event(), threading.Event()

    class Watched(Script):
        def materialise(self) -> None:
            lines = list(self.lines)
            started.set()
            assert go_on.wait(PATIENCE)
            self.lines, kept = lines, self.lines
            super().materialise()
            self.lines = kept

    script = Watched("a")
    thread = threading.Thread(target=lambda: script.code, daemon=True)
    thread.start()
    assert started.wait(PATIENCE)
    script.lines.append("b")
    script.mark_dirty()
    go_on.set()
    thread.join(PATIENCE)
    assert script.code == "a\nb"


def test_two_objects_that_look_at_each_other_do_not_wait_for_ever() -> None:
    meet = threading.Barrier(2)

    class Looking(Script):
        other: Script

        def materialise(self) -> None:
            if self.works == 0:
                self.works += 1
                meet.wait(PATIENCE)
            _ = self.other.code
            super().materialise()

    one, two = Looking("1"), Looking("2")
    one.other, two.other = two, one
    errors: list[Exception] = []

    def look(script: Script) -> None:
        try:
            _ = script.code
        except (MaterialiseCycleError, AttributeError) as error:
            errors.append(error)

    finish([threading.Thread(target=look, args=(each,), daemon=True) for each in (one, two)])
    assert any(isinstance(error, MaterialiseCycleError) for error in errors)


def test_must_have_13_imports_in_prepare_do_not_wait_for_the_work(tree: Tree) -> None:
    files = {
        "meeting.py": "from threading import Event\nin_import, in_work = Event(), Event()\n",
        "needed.py": "import meeting, holder\nmeeting.in_import.set()\nmeeting.in_work.wait(30)\n"
        "SEEN = holder.it.code\n",
        "holder.py": "",
    }
    tree(files)
    meeting = importlib.import_module("meeting")

    class Importing(Script):
        def prepare(self) -> None:
            if not meeting.in_work.is_set():
                meeting.in_work.set()
                assert meeting.in_import.wait(PATIENCE)
                importlib.import_module("needed")

    script = Importing("a")
    importlib.import_module("holder").it = script  # type: ignore[attr-defined]
    finish(
        [
            threading.Thread(target=lambda: script.code, daemon=True),
            threading.Thread(target=lambda: importlib.import_module("needed"), daemon=True),
        ]
    )
    assert sys.modules["needed"].SEEN == "a"
    assert script.works == 1


def test_the_innermost_switch_counts_and_is_put_back() -> None:
    assert is_late()
    assert not is_late(default=False)
    with materialise_late(True):
        with materialise_late(False):
            assert not is_late()
            assert not is_dirty(Script("a"))
        assert is_late(default=False)
        assert is_dirty(Script("a"))
    with pytest.raises(KeyError), materialise_late(False):
        raise KeyError
    assert is_late()
    assert not is_late(default=False)


def test_must_have_13_at_once_wins_at_any_nesting() -> None:
    with materialise_late(True), materialise_at_once():
        assert not is_dirty(Script("a"))
        with materialise_late(True):
            assert not is_late()
            assert not is_dirty(Script("a"))
            with materialise_at_once():
                assert not is_late()
            assert not is_late()
    assert is_dirty(Script("a"))


def test_a_switch_can_be_entered_twice() -> None:
    switch = materialise_late(False)
    with switch:
        with switch:
            assert not is_late()
        assert not is_late()
    assert is_late()


def test_must_have_13_switches_are_of_this_thread_only() -> None:
    with materialise_at_once():
        assert at_once(is_late, threads=2) == [True, True]
    with materialise_late(False):
        assert at_once(is_late, threads=2) == [True, True]


def test_must_have_13_switches_are_of_this_task_only() -> None:
    async def switched(entered: asyncio.Event, seen: asyncio.Event) -> bool:
        with materialise_at_once():
            entered.set()
            await seen.wait()
            return is_late()

    async def main() -> tuple[bool, bool]:
        entered, seen = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(switched(entered, seen))
        await entered.wait()
        here = is_late()
        seen.set()
        return here, await task

    assert asyncio.run(main()) == (True, False)


def test_work_that_was_put_off_is_not_done_by_a_switch_later() -> None:
    script = Script("a")
    with materialise_at_once():
        assert is_dirty(script)
        script.mark_dirty()
        assert not is_dirty(script)


def test_must_have_13_a_pickle_holds_the_class_and_the_finished_work() -> None:
    script = Script("a", "b")
    for late in (True, False):
        with materialise_late(late):
            loaded = pickle.loads(pickle.dumps(script))
            assert type(loaded) is Script
            assert not is_dirty(loaded)
            assert loaded.code == "a\nb"
            assert loaded.itself is loaded


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_must_have_13_a_copy_is_as_dirty_and_independent(
    copied: Callable[[Script], Script],
) -> None:
    script = Script("a")
    other = copied(script)
    assert is_dirty(script)
    assert is_dirty(other)
    assert other.code == "a"
    assert type(other) is Script
    assert is_dirty(script)
    assert script.code == "a"
    with materialise_at_once():
        assert copied(script).code == "a"


def test_a_deep_copy_keeps_references_to_itself() -> None:
    script = Script("a")
    other = copy.deepcopy(script)
    assert other.itself is other
    assert other.lines is not script.lines


def test_a_copy_by_hand_of_the_attributes_gets_its_own_work() -> None:
    script = Script("a")
    other = type(script).__new__(type(script))
    other.__dict__.update(vars(script))
    assert other.code == "a"
    assert is_dirty(script)
    assert script.code == "a"


class Copying(Script):
    """Has ways of its own to be copied and pickled."""

    def __copy__(self) -> "Copying":
        return Copying("copied")

    def __deepcopy__(self, memo: object) -> "Copying":
        return Copying("deeply")

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return Copying, (self._code,)


def test_the_ways_of_the_class_to_copy_and_pickle_are_used() -> None:
    script = Copying("a")
    assert copy.copy(script).code == "copied"
    assert copy.deepcopy(script).code == "deeply"
    assert is_dirty(script)
    assert pickle.loads(pickle.dumps(script)).code == "a"


class Slotted(Materialised, observers=("value",)):
    """Without a dictionary, it needs a slot for the work."""

    __slots__ = ("_materialise_work", "value")

    def materialise(self) -> None:
        self.value = 7


def test_a_class_with_slots() -> None:
    slotted = Slotted()
    slotted.mark_dirty()
    assert is_dirty(slotted)
    assert slotted.value == 7
    assert type(slotted) is Slotted


class Items(list, Materialised, observers=("__getitem__", "__iter__")):  # type: ignore[type-arg]
    """A list that fills itself."""

    def materialise(self) -> None:
        list.extend(self, [1, 2])


def test_a_built_in_base() -> None:
    items = Items()
    items.mark_dirty()
    assert isinstance(items, list)
    assert copy.copy(items)[1] == 2
    assert is_dirty(items)
    assert items[0] == 1
    assert pickle.loads(pickle.dumps(items)) == [1, 2]
