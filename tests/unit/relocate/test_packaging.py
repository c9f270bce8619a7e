"""Lists of packages and modules that a new module would be missing from."""

from pathlib import Path

import pytest

from cycleguard.model.modules import Module, ModuleKind
from cycleguard.relocate.packaging import left_out


@pytest.mark.parametrize(
    ("file", "text", "name", "says"),
    [
        ("pyproject.toml", '[tool.setuptools]\npy-modules = ["a"]\n', "b", "add b"),
        ("pyproject.toml", '[tool.setuptools]\npy-modules = ["b"]\n', "b", None),
        ("pyproject.toml", '[tool.setuptools]\npackages = ["shop"]\n', "shop.b", None),
        ("pyproject.toml", '[tool.setuptools]\npackages = ["shop"]\n', "shop.a.b", "add shop.a"),
        ("pyproject.toml", '[tool.setuptools]\npackages = ["shop"]\n', "b", "packages alone"),
        ("pyproject.toml", "not toml [", "b", None),
        ("setup.cfg", "[options]\npy_modules =\n    a\n    c\n", "b", "add b"),
        ("setup.cfg", "[options]\npackages = find:\n", "shop.b", None),
        ("setup.py", "setup(packages=['shop', 'shop.c'])", "shop.a.b", "add shop.a"),
        ("setup.py", "setup(packages=find_packages())", "shop.a.b", None),
        ("setup.py", "this is ( not python", "b", None),
    ],
)
def test_lists(tmp_path: Path, file: str, text: str, name: str, says: str | None) -> None:
    (tmp_path / file).write_text(text)
    path = f"{name.replace('.', '/')}.py"
    found = left_out(tmp_path, Module(name, path, ModuleKind.SOURCE, False))
    assert (says in found if found and says else found) == (True if says else None)
