"""A native proxy over a real extension: pybind11's, compiled here, shaped like InfiniLM's."""

import copy
import importlib
import importlib.util
import pickle
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from cycleguard.runtime import (
    NativeProxy,
    at_most_one,
    is_dirty,
    native_list,
    native_method,
    native_property,
)
from tests.runtime.conftest import RunPython, is_loaded

pytestmark = pytest.mark.real

SOURCE = r"""
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <algorithm>
#include <vector>
namespace py = pybind11;
struct DistConfig { std::vector<int> tp_device_ids; };
PYBIND11_MODULE(_real_infinilm, m) {
    py::class_<DistConfig>(m, "DistConfig")
        .def(py::init([](std::vector<int> ids) { return DistConfig{ids}; }),
             py::arg("tp_device_ids"))
        .def_readwrite("tp_device_ids", &DistConfig::tp_device_ids)
        .def_property_readonly("world_size", [](const DistConfig &c) {
            return c.tp_device_ids.size(); })
        .def("rank_of", [](const DistConfig &c, int device) {
            auto at = std::find(c.tp_device_ids.begin(), c.tp_device_ids.end(), device);
            return at - c.tp_device_ids.begin(); });
    m.def("world_size_of", [](const DistConfig &c) { return c.tp_device_ids.size(); });
}
"""


class DistConfig(NativeProxy, native="_real_infinilm:DistConfig"):
    tp_device_ids = native_list(int)
    world_size = native_property(int)
    rank_of = native_method()

    def __init__(
        self, tp_size: "int | None" = None, tp_device_ids: "list[int] | None" = None
    ) -> None:
        at_most_one(tp_size=tp_size, tp_device_ids=tp_device_ids)
        ids = tp_device_ids if tp_size is None else list(range(tp_size))
        self.describe(tp_device_ids=[0] if ids is None else ids)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("c++") or shutil.which("g++")
    if importlib.util.find_spec("pybind11") is None or compiler is None:
        pytest.skip("needs pybind11 and a C++ compiler")
    include = importlib.import_module("pybind11").get_include()
    folder = tmp_path_factory.mktemp("extension")
    (folder / "extension.cpp").write_text(SOURCE)
    target = folder / f"_real_infinilm{sysconfig.get_config_var('EXT_SUFFIX')}"
    command = [
        *(compiler, "-O1", "-shared", "-fPIC", "-std=c++17"),
        *(f"-I{include}", f"-I{sysconfig.get_path('include')}"),
        *(str(folder / "extension.cpp"), "-o", str(target)),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def extension(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(built))


def test_it_is_described_without_the_extension_and_bound_at_first_need(extension: None) -> None:
    sys.modules.pop("_real_infinilm", None)
    config = DistConfig(2)
    config.tp_device_ids.append(7)
    assert DistConfig.available()
    assert not is_loaded("_real_infinilm")
    assert config.rank_of(7) == 2
    assert not is_dirty(config)
    assert config.world_size == 3
    assert type(config._underlying).__module__ == "_real_infinilm"


def test_reads_writes_and_methods_reach_the_native_object(extension: None) -> None:
    config = DistConfig(2)
    native = config._underlying
    config.tp_device_ids = [4, 5, 6]
    assert native.tp_device_ids == [4, 5, 6]
    config.tp_device_ids.append(9)
    assert native.tp_device_ids == [4, 5, 6, 9]
    assert sys.modules["_real_infinilm"].world_size_of(native) == config.world_size == 4
    with pytest.raises(TypeError):
        config.tp_device_ids = ["x"]  # type: ignore[list-item]


def test_what_pybind11_cannot_the_proxy_can(extension: None) -> None:
    config = DistConfig(3)
    assert config.world_size == 3
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(config._underlying)
    for other in (pickle.loads(pickle.dumps(config)), copy.copy(config), copy.deepcopy(config)):
        assert other == config
        other.tp_device_ids.append(1)
        assert other.world_size == 4
        assert config.world_size == 3
    assert repr(config) == "DistConfig(tp_device_ids=[0, 1, 2])"


TWICE = """
import sys
sys.path.insert(0, {folder!r})
import lib._real_infinilm
import _real_infinilm
"""
ONCE = """
import sys
sys.path.insert(0, {folder!r})
from cycleguard.runtime import NativeProxy, inject_module_alias, native_list, native_property

inject_module_alias("lib._real_infinilm", "_real_infinilm", shadow=True)

class DistConfig(NativeProxy, native="_real_infinilm:DistConfig"):
    tp_device_ids = native_list(int)
    world_size = native_property(int)

config = DistConfig()
config.describe(tp_device_ids=[0, 1])
assert not any("_real_infinilm" in name for name in sys.modules)
assert config.world_size == 2
import lib._real_infinilm
import _real_infinilm

assert lib._real_infinilm is _real_infinilm
assert type(config._underlying) is lib._real_infinilm.DistConfig
print("once")
"""


def test_an_extension_under_two_names_is_one(
    built: Path, tmp_path: Path, run_python: RunPython
) -> None:
    """pybind11 refuses to load it twice, which is what InfiniLM does; an alias loads it once."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "__init__.py").write_text("")
    for path in built.glob("_real_infinilm*"):
        shutil.copy(path, tmp_path / "lib")
    folder = str(tmp_path / "lib")
    twice = run_python(TWICE.format(folder=folder))
    assert "is already registered" in twice.stderr
    once = run_python(ONCE.format(folder=folder))
    assert once.stdout == "once\n", once.stderr
