"""Lazy imports under threads: once only, no lock of our own, and no circle that waits for ever."""

import importlib
import sys
import threading
from collections.abc import Callable

import pytest

from cycleguard.runtime import lazy_attribute, lazy_module
from tests.runtime.conftest import PATIENCE, Tree, at_once, finish, is_loaded

SLOW = (
    "import time, counting\ncounting.seen.append(1)\ntime.sleep(0.05)\nX = 1\ndef f(): return X\n"
)


@pytest.mark.parametrize(
    ("make", "use"),
    [
        (lambda: lazy_module("slow"), lambda m: m.X),
        (lambda: lazy_attribute("slow:f"), lambda f: f()),
    ],
    ids=["module", "attribute"],
)
def test_must_have_07_eight_threads_import_once(
    tree: Tree, make: Callable[[], object], use: Callable[[object], int]
) -> None:
    tree({"slow.py": SLOW, "counting.py": "seen = []"})
    proxy = make()
    assert at_once(lambda: use(proxy)) == [1] * 8
    assert sys.modules["counting"].seen == [1]


# `ma` uses the proxy while it is imported; `mb`, for which the proxy stands, imports `ma`. Each
# thread is half-way in one of them before it goes for the other.
CIRCLE = {
    "meeting.py": "import threading\nin_a, in_b = threading.Event(), threading.Event()\n",
    "shared.py": "from cycleguard.runtime import lazy_module\nmb = lazy_module('mb')\n",
    "ma.py": "import meeting, shared\nmeeting.in_a.set()\nmeeting.in_b.wait(30)\n"
    "VALUE = shared.mb.VALUE\n",
    "mb.py": "import meeting\nmeeting.in_b.set()\nmeeting.in_a.wait(30)\nVALUE = 1\nimport ma\n",
}


def test_must_have_07_two_threads_that_import_each_other_come_to_an_end(tree: Tree) -> None:
    tree(CIRCLE)
    shared = importlib.import_module("shared")
    ends: dict[str, object] = {}

    def start(name: str, function: Callable[[], object]) -> threading.Thread:
        def call() -> None:
            try:
                ends[name] = function()
            except ImportError as error:
                ends[name] = error

        return threading.Thread(target=call, daemon=True)

    finish(
        [
            start("a", lambda: importlib.import_module("ma")),
            start("b", lambda: shared.mb.VALUE),
        ]
    )
    assert set(ends) == {"a", "b"}
    # Whatever failed, works when it is tried again.
    assert shared.mb.VALUE == 1
    assert importlib.import_module("ma").VALUE == 1
    assert is_loaded("mb")


def test_a_thread_that_waits_for_an_import_gets_the_whole_module(tree: Tree) -> None:
    tree(
        {
            "gate.py": "import threading\nentered, leave = threading.Event(), threading.Event()\n",
            "slow.py": "import gate\ngate.entered.set()\ngate.leave.wait(30)\nX = 1\n",
        }
    )
    proxy = lazy_module("slow")
    gate = importlib.import_module("gate")
    seen: list[int] = []
    first = threading.Thread(target=lambda: seen.append(proxy.X), daemon=True)
    first.start()
    assert gate.entered.wait(PATIENCE)
    second = threading.Thread(target=lambda: seen.append(proxy.X), daemon=True)
    second.start()
    gate.leave.set()
    first.join(PATIENCE)
    second.join(PATIENCE)
    assert seen == [1, 1]
