"""Names that a system lacks, compared with what the running interpreter has."""

import importlib
import sys

import pytest

from cycleguard.classify.platforms import Platforms


@pytest.mark.skipif(sys.platform == "win32", reason="asks for names of Windows")
@pytest.mark.parametrize(
    ("module", "name"),
    [("subprocess", "STARTUPINFO"), ("signal", "CTRL_C_EVENT"), ("os", "startfile")],
)
def test_names_of_windows(module: str, name: str) -> None:
    assert not hasattr(importlib.import_module(module), name)
    assert Platforms().lacks(module, name)


@pytest.mark.skipif(sys.platform == "win32", reason="asks for names that Windows lacks")
@pytest.mark.parametrize(
    ("module", "name"),
    [("os", "fork"), ("signal", "SIGKILL"), ("asyncio", "open_unix_connection")],
)
def test_names_that_windows_lacks(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name)
    assert Platforms().lacks(module, name)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "path"),
        ("os.path", "join"),
        ("os", "environ"),
        ("signal", "SIGINT"),
        ("socket", "AF_INET"),
        ("time", "monotonic"),
    ],
)
def test_names_of_all_systems(module: str, name: str) -> None:
    assert hasattr(importlib.import_module(module), name)
    assert not Platforms().lacks(module, name)


@pytest.mark.parametrize("module", ["fcntl", "winreg", "no_such_module"])
def test_a_module_that_is_missing_as_a_whole_lacks_no_name(module: str) -> None:
    assert not Platforms().lacks(module, "flock")
