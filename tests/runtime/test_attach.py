"""`attach`: lazy attributes of a package, and nothing in their way once they are there."""

import importlib
import sys
from types import ModuleType

import pytest

from cycleguard.runtime import LazyImportError, LazyModuleNotFoundError
from tests.runtime.conftest import Tree, at_once, is_loaded

HEAD = "from cycleguard.runtime import attach\n__getattr__, __dir__, __all__ = attach(__name__, "
FILES = {
    "package/__init__.py": f"{HEAD}['io'], {{'shapes': ['Circle', 'area'], 'scale': ['scale']}})",
    "package/io.py": "NAME = 'io'",
    "package/shapes.py": "class Circle: pass\ndef area(): return 3\n",
    "package/scale.py": "def scale(): return 2\n",
}


@pytest.fixture
def package(tree: Tree) -> ModuleType:
    tree(FILES)
    return importlib.import_module("package")


def test_must_have_02_the_package_loses_its_getattr_when_all_is_there(package: ModuleType) -> None:
    assert "__getattr__" in vars(package)
    assert package.io.NAME == "io"
    assert package.area() == 3
    assert package.Circle is sys.modules["package.shapes"].Circle
    assert "__getattr__" in vars(package)
    assert package.scale() == 2
    assert "__getattr__" not in vars(package)
    assert type(package) is ModuleType
    assert set(dir(package)) >= {"io", "Circle", "area", "scale", "__name__"}


def test_must_have_02_each_is_bound_at_its_first_use_and_no_sooner(package: ModuleType) -> None:
    assert not any(map(is_loaded, ("package.io", "package.shapes", "package.scale")))
    assert package.area() == 3
    assert vars(package)["area"] is sys.modules["package.shapes"].area
    assert not any(map(is_loaded, ("package.io", "package.scale")))


def test_must_have_02_a_function_survives_the_import_of_a_submodule_of_its_name(
    package: ModuleType,
) -> None:
    importlib.import_module("package.scale")
    assert callable(package.scale)
    assert package.scale() == 2
    assert package.scale is sys.modules["package.scale"].scale
    assert type(package) is ModuleType


def test_another_submodule_of_that_name_is_bound_as_ever(tree: Tree) -> None:
    files = {**FILES, "package/area.py": "NAME = 'area'"}
    tree(files)
    package = importlib.import_module("package")
    importlib.import_module("package.area")
    assert package.area is sys.modules["package.area"], "as after `from .shapes import area`"


def test_the_guard_lets_other_attributes_through(package: ModuleType) -> None:
    package.anything = 1  # type: ignore[attr-defined]
    package.scale = "mine"  # type: ignore[attr-defined]
    assert (package.anything, package.scale) == (1, "mine")


def test_dir_and_all_are_complete_and_import_nothing(package: ModuleType) -> None:
    assert package.__all__ == ["Circle", "area", "io", "scale"]
    assert set(dir(package)) >= {"Circle", "area", "io", "scale"}
    assert not is_loaded("package.io")


def test_from_import_and_star_import(package: ModuleType) -> None:
    names: dict[str, object] = {}
    exec("from package import area, io\nfrom package import *", names)
    assert names["Circle"] is package.Circle
    assert callable(names["scale"])


def test_an_unknown_name_is_an_attribute_error(package: ModuleType) -> None:
    with pytest.raises(AttributeError, match="module 'package' has no attribute 'nothing'"):
        _ = package.nothing
    assert not hasattr(package, "nothing")


def test_a_missing_submodule_and_name_say_where_they_were_declared(tree: Tree) -> None:
    code = f"{HEAD}['gone'], {{'shapes': ['Square']}})"
    path = tree({**FILES, "package/__init__.py": code}) / "package" / "__init__.py"
    package = importlib.import_module("package")
    with pytest.raises(LazyModuleNotFoundError, match=f"{path}:2"):
        _ = package.gone
    with pytest.raises(LazyImportError, match="'Square'"):
        _ = package.Square
    assert "__getattr__" in vars(package), "what failed is tried again"


def test_a_submodule_that_needs_the_package_gets_it(tree: Tree) -> None:
    tree({**FILES, "package/io.py": "import package\nNAME = package.area()"})
    assert importlib.import_module("package").io.NAME == 3


def test_eight_threads_get_the_same(package: ModuleType) -> None:
    found = at_once(lambda: (package.area, package.scale, package.io, package.Circle))
    assert found == [(package.area, package.scale, package.io, package.Circle)] * 8
    assert "__getattr__" not in vars(package)


def test_reload_of_the_package_starts_again(package: ModuleType) -> None:
    assert package.scale() == 2
    importlib.reload(package)
    assert package.scale() == 2
