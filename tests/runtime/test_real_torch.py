"""A GraphModule of real torch that is compiled when it is looked at: torch's tests of its own.

The behaviours are those of `test_lazy_graph_module.py`, and those that it leaves untested.
"""

import copy
import importlib.util
import pickle
import time
from typing import TYPE_CHECKING, Any

import pytest

from cycleguard.runtime import (
    force,
    is_dirty,
    materialise_at_once,
    materialise_late,
)
from tests.runtime.conftest import at_once

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs torch"),
]

if TYPE_CHECKING:
    LazyGraphModule: Any = object
    fx: Any = None
    to_cosine: Any = None
    torch: Any = None
elif importlib.util.find_spec("torch") is not None:
    import torch
    from torch import fx

    from tests.runtime.lazy_graph_module import LazyGraphModule, to_cosine


def sine(x: Any) -> Any:
    return torch.sin(x)


@pytest.fixture
def lazy() -> Any:
    plain = fx.symbolic_trace(sine)
    return LazyGraphModule(plain, plain.graph)


def one() -> Any:
    return torch.ones(1)


LOOKS: "dict[str, Any]" = {
    "a call": lambda m: m(one()),
    "forward": lambda m: m.forward(one()),
    "code": lambda m: m.code,
    "str": str,
    "pickle": pickle.dumps,
    "force": force,
}


@pytest.mark.parametrize("look", LOOKS)
def test_each_look_compiles_once(lazy: Any, look: str) -> None:
    assert is_dirty(lazy)
    LOOKS[look](lazy)
    assert not is_dirty(lazy)
    LOOKS[look](lazy)
    assert lazy.compiled == 1


@pytest.mark.parametrize("look", [repr, copy.deepcopy, lambda m: m.graph, lambda m: m.training])
def test_nothing_else_does(lazy: Any, look: Any) -> None:
    look(lazy)
    assert is_dirty(lazy)


def test_an_operation_is_replaced_and_the_module_recompiled(lazy: Any) -> None:
    assert torch.equal(lazy(one()), torch.sin(one()))
    to_cosine(lazy)
    assert torch.equal(lazy(one()), torch.sin(one())), "edited only, it runs the old code"
    for _ in range(5):
        lazy.recompile()
    assert torch.equal(lazy(one()), torch.cos(one()))
    assert "torch.cos" in lazy.code
    assert lazy.compiled == 2


def test_a_saved_forward_keeps_working(lazy: Any) -> None:
    saved = lazy.forward
    assert all(torch.equal(saved(one()), torch.sin(one())) for _ in range(10))
    assert lazy.compiled == 1
    to_cosine(lazy)
    lazy.recompile()
    assert torch.equal(saved(one()), torch.cos(one()))


def test_it_is_traced_again(lazy: Any) -> None:
    # What looks into the class, and not at the object, has to force: torch's tracer does so for its
    # own lazy class.
    force(lazy)
    traced = fx.symbolic_trace(lazy)
    assert torch.equal(traced(one()), torch.sin(one()))


def test_a_pickle_keeps_the_class_wherever_it_is_loaded(lazy: Any) -> None:
    data = pickle.dumps(lazy)
    for late in (True, False):
        with materialise_late(late):
            loaded = pickle.loads(data)
        assert isinstance(loaded, LazyGraphModule)
        assert is_dirty(loaded) is late
        assert torch.equal(loaded(one()), torch.sin(one()))


def test_a_deep_copy_is_lazy_and_leaves_the_original_alone(lazy: Any) -> None:
    other = copy.deepcopy(lazy)
    assert isinstance(other, LazyGraphModule)
    assert is_dirty(other)
    assert torch.equal(other(one()), torch.sin(one()))
    assert is_dirty(lazy)


def test_modules_are_independent() -> None:
    plain = fx.symbolic_trace(sine)
    first, second = (LazyGraphModule(plain, plain.graph) for _ in range(2))
    first(one())
    assert is_dirty(second)


def test_switched_off_it_compiles_at_once_at_any_nesting() -> None:
    plain = fx.symbolic_trace(sine)
    with materialise_at_once(), materialise_late(True):
        assert not is_dirty(LazyGraphModule(plain, plain.graph))


def test_eight_threads_compile_once(lazy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    work = LazyGraphModule.materialise

    def slowly(self: Any) -> None:
        time.sleep(0.05)
        work(self)

    monkeypatch.setattr(LazyGraphModule, "materialise", slowly)
    results = at_once(lambda: lazy(one()))
    assert all(torch.equal(each, torch.sin(one())) for each in results)
    assert lazy.compiled == 1
