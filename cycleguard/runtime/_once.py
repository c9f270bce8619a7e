"""Work on an object that is done once, by one thread, while the others wait for it.

A dirty object carries a `Work`, and its class is a dirty one that knows its `_clean_class`; when
the work is done it gets that class back. The object's own ``__setattr__`` has no part in that.
"""

from _thread import allocate_lock, get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol, TypeVar

    T = TypeVar("T")

    class Materialising(Protocol):
        _clean_class: type

        def prepare(self) -> None: ...
        def materialise(self) -> None: ...


_KEY = "_materialise_work"
# Held for a few lines that call nothing of the user's.
_guard = allocate_lock()
_waiting: "dict[int, Work]" = {}


class MaterialiseCycleError(RuntimeError):
    """Two threads wait for each other: the work on each object looks at the other one."""


class Work:
    """What is to be done for the object with that `id`."""

    __slots__ = ("_lock", "again", "owner", "whose")

    def __init__(self, whose: int) -> None:
        self.whose = whose
        self.owner: int | None = None
        self.again = False
        self._lock = allocate_lock()

    def __reduce__(self) -> "tuple[type[Work], tuple[int]]":
        """For copies of the object, which get their own when it is asked for."""
        return Work, (0,)

    def run(self, value: "Materialising") -> None:
        """Do the work, or wait until another thread has.

        Raises:
            MaterialiseCycleError: waiting would be for ever.
            Exception: whatever the work raises; the object stays dirty.
        """
        # Without a lock: this is where the work may import.
        value.prepare()
        me = get_ident()
        self._acquire(me)
        try:
            if _work_of(value) is not self:
                return
            self.again = False
            self.owner = me
            value.materialise()
            with _guard:
                if not self.again:
                    object.__setattr__(value, "__class__", value._clean_class)
                    object.__delattr__(value, _KEY)
        finally:
            self.owner = None
            self._lock.release()

    def _acquire(self, me: int) -> None:
        if self._lock.acquire(False):
            return
        with _guard:
            _waiting[me] = self
            awaited: Work | None = self
            while awaited is not None and awaited.owner != me:
                awaited = _waiting.get(awaited.owner) if awaited.owner is not None else None
            if awaited is not None:
                del _waiting[me]
                raise MaterialiseCycleError("the work on two objects waits for each other")
        try:
            self._lock.acquire()
        finally:
            _waiting.pop(me, None)


def force(value: object) -> None:
    """Do what is to be done for an object now; nothing if it is clean or of another kind.

    What the work itself looks at is as it is: the work does not wait for itself.

    Raises:
        Exception: whatever the work raises; the object stays dirty.
    """
    work = _work_of(value)
    while work is not None and work.owner != get_ident():
        work.run(value)  # type: ignore[arg-type]
        work = _work_of(value)


def is_dirty(value: object) -> bool:
    """Tell whether there is work to be done for an object. Does nothing."""
    return _work_of(value) is not None


def without_work(value: object, function: "Callable[[], T]") -> "T":
    """Call `function` as the work itself would: what it looks at in the object is as it is."""
    me = get_ident()
    work = _work_of(value)
    if work is None or work.owner == me:
        return function()
    work._acquire(me)
    try:
        work.owner = me
        return function()
    finally:
        work.owner = None
        work._lock.release()


def make_dirty(value: object, dirty_class: type) -> bool:
    """Leave work to be done; False if it is that work itself that says so, as it is at it."""
    with _guard:
        work = _carried(value)
        if work is None:
            object.__setattr__(value, _KEY, Work(id(value)))
            object.__setattr__(value, "__class__", dirty_class)
        elif work.owner == get_ident():
            return False
        else:
            work.again = True
    return True


def _work_of(value: object) -> "Work | None":
    work = _carried(value)
    if work is not None and work.whose != id(value):
        # It came with a copy of the attributes of another object.
        with _guard:
            work = _carried(value)
            if work is not None and work.whose != id(value):
                work = Work(id(value))
                object.__setattr__(value, _KEY, work)
    return work


def _carried(value: object) -> "Work | None":
    try:
        work = object.__getattribute__(value, _KEY)
    except AttributeError:
        return None
    return work if isinstance(work, Work) else None
