"""Native proxies over an extension that tells what is done with it (a module that stands in)."""

import copy
import importlib
import pickle
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from cycleguard.runtime import (
    NativeProxy,
    NativeUnavailableError,
    at_most_one,
    is_dirty,
    native_field,
    native_list,
    native_method,
    native_property,
)
from tests.runtime.conftest import Tree, at_once, is_loaded

EXTENSION = """
import builtins
made = 0

class DistConfig:
    def __init__(self, tp_device_ids, moe_ep_backend="disabled", moe_ep_size=1):
        global made
        made += 1
        if tp_device_ids == [13]:
            raise MemoryError("no such device")
        self._ids = list(tp_device_ids)
        self.moe_ep_backend = moe_ep_backend
        self.moe_ep_size = moe_ep_size
    @property
    def tp_device_ids(self):
        return list(self._ids)
    @tp_device_ids.setter
    def tp_device_ids(self, value):
        if not all(isinstance(v, int) for v in value):
            raise TypeError("incompatible function arguments")
        self._ids = list(value)
    @property
    def world_size(self):
        return len(self._ids) * self.moe_ep_size
    def rank_of(self, device):
        return self._ids.index(device)
"""


class DistConfig(NativeProxy, native="fake_infinilm:DistConfig"):
    """As InfiniLM's, with what it lacked."""

    tp_device_ids = native_list(int, "Devices.")
    moe_ep_backend = native_field(str)
    moe_ep_size = native_field(int)
    world_size = native_property(int, "How many take part.")
    rank_of = native_method("The rank of a device.")

    def __init__(
        self,
        tp_size: "int | None" = None,
        tp_device_ids: "Iterable[int] | None" = None,
        moe_ep_backend: str = "disabled",
        moe_ep_size: int = 1,
    ) -> None:
        at_most_one(tp_size=tp_size, tp_device_ids=tp_device_ids)
        ids = [0] if tp_device_ids is None else list(tp_device_ids)
        self.describe(
            tp_device_ids=ids if tp_size is None else list(range(tp_size)),
            moe_ep_backend=moe_ep_backend,
            moe_ep_size=moe_ep_size,
        )

    def validate(self, fields: "dict[str, Any]") -> "dict[str, Any]":
        if any(isinstance(each, bool) or each < 0 for each in fields["tp_device_ids"]):
            raise ValueError(f"tp_device_ids must not be negative: {fields['tp_device_ids']}")
        if fields["moe_ep_backend"] not in ("disabled", "nccl"):
            raise ValueError(f"Unsupported moe_ep_backend={fields['moe_ep_backend']!r}")
        return fields


@pytest.fixture
def extension(tree: Tree) -> Path:
    return tree({"fake_infinilm.py": EXTENSION})


def bind(config: DistConfig) -> DistConfig:
    assert config.world_size > 0
    assert not is_dirty(config)
    return config


def test_two_arguments_that_exclude_each_other_need_no_extension() -> None:
    text = "Provide either tp_size OR tp_device_ids, not both"
    for arguments in ((1, [0]), (0, [])):
        with pytest.raises(ValueError, match=f"^{text}$"):
            DistConfig(*arguments)
    with pytest.raises(ValueError, match=r"^Provide either a, b OR c, not several$"):
        at_most_one(a=1, b=2, c=None)


def test_arguments_are_those_of_the_original() -> None:
    assert DistConfig(3).tp_device_ids == [0, 1, 2]
    assert DistConfig(tp_device_ids=(4, 5)).tp_device_ids == [4, 5]
    assert DistConfig(tp_device_ids=(n for n in [7])).tp_device_ids == [7]
    assert DistConfig().tp_device_ids == [0]
    assert DistConfig(0).tp_device_ids == []


DESCRIBED: "dict[str, Callable[[Any], object]]" = {
    "nothing": lambda c: None,
    "read": lambda c: (c.tp_device_ids, c.moe_ep_backend, c.moe_ep_size),
    "write": lambda c: setattr(c, "moe_ep_size", 4),
    "append": lambda c: c.tp_device_ids.append(9),
    "equality": lambda c: c == DistConfig(2),
    "repr": repr,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda c: pickle.loads(pickle.dumps(c)),
    "available": lambda c: c.available(),
    "isinstance": lambda c: isinstance(c, DistConfig),
    "hasattr of a field": lambda c: hasattr(c, "tp_device_ids"),
    "dir": dir,
}


@pytest.mark.parametrize("what", DESCRIBED)
def test_must_have_12_what_describes_it_needs_no_extension(extension: Path, what: str) -> None:
    DESCRIBED[what](DistConfig(2))
    assert not is_loaded("fake_infinilm")


FORCING: "dict[str, Callable[[Any], object]]" = {
    "a property": lambda c: c.world_size,
    "a method": lambda c: c.rank_of(1),
    "a reference to a method": lambda c: c.rank_of,
    "the native object": lambda c: c._underlying,
}


@pytest.mark.parametrize("what", FORCING)
def test_must_have_12_what_only_the_native_object_can_do_binds_once(
    extension: Path, what: str
) -> None:
    config = DistConfig(2)
    for _ in range(3):
        FORCING[what](config)
    assert sys.modules["fake_infinilm"].made == 1
    assert type(config) is DistConfig


@pytest.mark.parametrize("what", FORCING)
def test_must_have_12_a_missing_extension_names_what_needed_it(what: str) -> None:
    config = DistConfig(2)
    name = {"a property": "world_size", "the native object": "_underlying"}.get(what, "rank_of")
    for _ in range(2):
        with pytest.raises(NativeUnavailableError) as raised:
            FORCING[what](config)
        assert str(raised.value) == (
            f"DistConfig.{name} needs the extension module 'fake_infinilm', which is not installed"
        )
        assert isinstance(raised.value, ImportError)
        assert isinstance(raised.value.__cause__, ModuleNotFoundError)
        assert raised.value.name == "fake_infinilm"
        assert is_dirty(config)
    assert config.tp_device_ids == [0, 1]


def test_must_have_12_a_broken_extension_is_told_apart_and_tried_again(tree: Tree) -> None:
    path = tree({"fake_infinilm.py": "import libcudart_of_another_world\n"})
    config = DistConfig(2)
    assert DistConfig.available(), "it is there, it does not work"
    with pytest.raises(NativeUnavailableError, match=r"cannot be imported: No module named 'libcu"):
        _ = config.world_size
    (path / "fake_infinilm.py").write_text(EXTENSION)
    importlib.invalidate_caches()
    assert config.world_size == 2


def test_must_have_12_an_extension_without_the_class_is_an_error(tree: Tree) -> None:
    tree({"fake_infinilm.py": "Other = 1\n"})
    with pytest.raises(NativeUnavailableError, match="cannot import name 'DistConfig'"):
        _ = DistConfig(2).world_size


def test_must_have_12_nothing_is_kept_of_a_native_object_that_is_not_made(extension: Path) -> None:
    config = DistConfig(tp_device_ids=[13])
    for _ in range(2):
        with pytest.raises(MemoryError, match="no such device"):
            _ = config.world_size
        assert is_dirty(config)
    config.tp_device_ids = [1]
    assert config.world_size == 1


def test_must_have_12_available_does_not_import(extension: Path) -> None:
    assert DistConfig.available()
    assert not is_loaded("fake_infinilm")


def test_available_is_false_without_the_extension() -> None:
    assert not DistConfig.available()


def test_bound_it_reads_and_writes_the_native_object(extension: Path) -> None:
    config = bind(DistConfig(2))
    native = config._underlying
    config.moe_ep_size = 3
    assert native.moe_ep_size == 3
    native.moe_ep_backend = "nccl"
    assert config.moe_ep_backend == "nccl"
    assert config.world_size == 6
    config.tp_device_ids = (5, 6)  # type: ignore[assignment]
    assert native.tp_device_ids == [5, 6]
    assert config.rank_of(6) == 1


def test_must_have_12_the_method_is_that_of_the_native_object(extension: Path) -> None:
    config = bind(DistConfig(2))
    assert config.rank_of == config._underlying.rank_of
    assert config.rank_of is config.rank_of, "fetched once"


def test_what_was_written_before_arrives(extension: Path) -> None:
    config = DistConfig(2)
    config.moe_ep_size = 5
    config.tp_device_ids.append(9)
    assert config.world_size == 15
    assert config._underlying.tp_device_ids == [0, 1, 9]


@pytest.mark.parametrize("bound", [False, True])
def test_a_list_that_is_read_writes_through(extension: Path, bound: bool) -> None:
    config = DistConfig(3)
    if bound:
        bind(config)
    ids = config.tp_device_ids
    ids.append(9)
    ids += [4]
    ids[0] = 8
    del ids[1]
    ids.sort()
    ids.extend(n for n in [1])
    ids.insert(0, 6)
    assert ids.pop() == 1
    ids.remove(6)
    ids.reverse()
    assert config.tp_device_ids == [9, 8, 4, 2]
    assert config._underlying.tp_device_ids == [9, 8, 4, 2]
    config.tp_device_ids.clear()
    assert config.tp_device_ids == []
    assert copy.copy(ids) is not ids
    assert type(pickle.loads(pickle.dumps(config.tp_device_ids))) is list


def test_two_lists_of_one_field_do_not_undo_each_other(extension: Path) -> None:
    config = DistConfig(1)
    one, two = config.tp_device_ids, config.tp_device_ids
    one.append(1)
    two.append(2)
    assert config.tp_device_ids == [0, 1, 2]


@pytest.mark.parametrize("bound", [False, True])
def test_a_misspelt_attribute_is_an_error(extension: Path, bound: bool) -> None:
    config = DistConfig(2)
    if bound:
        bind(config)
    with pytest.raises(AttributeError, match="tp_devices"):
        config.tp_devices = [1]  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="tp_devices"):
        _ = config.tp_devices  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        config.world_size = 4
    assert not hasattr(config, "nothing")
    if not bound:
        assert not is_loaded("fake_infinilm")


def test_a_wrong_value_is_refused_and_changes_nothing() -> None:
    config = DistConfig(2)
    with pytest.raises(ValueError, match="Unsupported moe_ep_backend='gloo'"):
        config.moe_ep_backend = "gloo"
    with pytest.raises(ValueError, match="must not be negative"):
        config.tp_device_ids.append(-1)
    with pytest.raises(TypeError):
        config.tp_device_ids = None  # type: ignore[assignment]
    assert config == DistConfig(2)


@pytest.mark.parametrize("bound", [False, True])
def test_it_compares_by_its_fields(extension: Path, bound: bool) -> None:
    one = DistConfig(2)
    if bound:
        bind(one)
    assert one == DistConfig(tp_device_ids=[0, 1])
    assert one == bind(DistConfig(2))
    assert one != DistConfig(3)
    assert one != "DistConfig"
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


@pytest.mark.parametrize("bound", [False, True])
def test_repr_tells_the_fields(extension: Path, bound: bool) -> None:
    config = DistConfig(2)
    if bound:
        bind(config)
    assert repr(config) == str(config)
    assert repr(config) == (
        "DistConfig(tp_device_ids=[0, 1], moe_ep_backend='disabled', moe_ep_size=1)"
    )


def by_pickle(protocol: int) -> "Callable[[Any], Any]":
    return lambda value: pickle.loads(pickle.dumps(value, protocol))


COPIES: "dict[str, Callable[[Any], Any]]" = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {n}": by_pickle(n) for n in range(pickle.HIGHEST_PROTOCOL + 1)},
}


@pytest.mark.parametrize("bound", [False, True])
@pytest.mark.parametrize("how", COPIES)
def test_copies_are_described_anew_and_independent(extension: Path, bound: bool, how: str) -> None:
    config = DistConfig(2)
    config.moe_ep_size = 7
    if bound:
        bind(config)
        config._underlying.tp_device_ids = [3, 4]
    other = COPIES[how](config)
    assert other == config
    assert is_dirty(other)
    other.tp_device_ids.append(5)
    other.moe_ep_size = 1
    assert config.moe_ep_size == 7
    assert len(config.tp_device_ids) == 2
    assert other.world_size == 3


def test_before_it_is_described_it_says_so() -> None:
    config = DistConfig.__new__(DistConfig)
    for name in ("tp_device_ids", "world_size", "rank_of"):
        with pytest.raises(AttributeError, match="has not been described"):
            getattr(config, name)


def test_a_field_that_is_missing_or_unknown_is_an_error() -> None:
    config = DistConfig(1)
    with pytest.raises(TypeError, match="DistConfig needs moe_ep_backend"):
        config.describe(tp_device_ids=[1])
    with pytest.raises(TypeError, match="DistConfig has no field pp_size"):
        config.describe(tp_device_ids=[1], moe_ep_backend="nccl", moe_ep_size=1, pp_size=2)


def test_once_under_eight_threads(tree: Tree) -> None:
    slow = EXTENSION.replace("made += 1", "made += 1; import time; time.sleep(0.05)")
    tree({"fake_infinilm.py": slow})
    config = DistConfig(2)
    assert at_once(lambda: config.world_size) == [2] * 8
    assert sys.modules["fake_infinilm"].made == 1


def test_a_write_while_another_thread_binds_is_not_lost(tree: Tree) -> None:
    slow = EXTENSION.replace("made += 1", "made += 1; import time; time.sleep(0.05)")
    tree({"fake_infinilm.py": slow})
    config = DistConfig(1)
    numbers = iter(range(8))

    def work() -> object:
        if next(numbers) % 2:
            return config.rank_of
        config.moe_ep_size = 4
        return None

    at_once(work)
    assert config.world_size == 4


def test_must_have_12_an_attribute_error_of_the_build_is_not_hidden(extension: Path) -> None:
    class Wrong(DistConfig):
        def build(self, native_class: Any, fields: "dict[str, Any]") -> Any:
            return native_class.make(fields)

    for name in ("world_size", "rank_of", "_underlying"):
        with pytest.raises(AttributeError, match="has no attribute 'make'"):
            getattr(Wrong(1), name)


def test_a_build_of_ones_own_and_a_subclass(extension: Path) -> None:
    class Wide(DistConfig):
        doubled = native_property(int)

        def build(self, native_class: Any, fields: "dict[str, Any]") -> Any:
            native = native_class(fields["tp_device_ids"] * 2)
            native.doubled = True
            return native

    wide = Wide(2)
    assert isinstance(wide, DistConfig)
    assert wide != DistConfig(2)
    assert wide.world_size == 4
    assert wide.doubled is True
    assert type(wide).__name__ == "Wide"


def test_the_class_tells_what_it_has() -> None:
    assert DistConfig.tp_device_ids.__doc__ == "Devices."
    assert DistConfig.world_size.__doc__ == "How many take part."
    assert type(DistConfig(1)).__name__ == "DistConfig"
    assert DistConfig(1).__class__.__module__ == __name__
