"""Whether a new module would be left out when the project is built: lists of packages and modules.

In: the project's folder, a new module. Out: None, or what is missing where. Lists that are computed
(``find_packages()``) find it by themselves. Source: setuptools, `py_modules` and `packages`.
"""

import ast
import configparser
from collections.abc import Iterator
from pathlib import Path

from cycleguard.config import read_toml, value_at
from cycleguard.discover.disk import text_of
from cycleguard.errors import ConfigError
from cycleguard.model.modules import Module

_KEYS = ("py_modules", "packages")


def left_out(root: Path, module: Module) -> str | None:
    """What a person has to add, and to which file.

    Args:
        root: the folder of the project.
        module: the new module.
    """
    package = module.name.rpartition(".")[0]
    wanted, key = (package, "packages") if package else (module.name, "py_modules")
    for file, lists in _declared(root):
        other = lists.get("packages" if key == "py_modules" else "py_modules")
        listed = lists.get(key)
        if listed is not None and wanted not in listed:
            return f"{file} lists its {key}: add {wanted}, or {module.path} is not installed"
        if listed is None and other is not None and key == "py_modules":
            return f"{file} lists its packages alone: {module.path} is not installed"
    return None


def _declared(root: Path) -> Iterator[tuple[str, dict[str, list[str]]]]:
    try:
        document = read_toml(root / "pyproject.toml", "pyproject.toml")
    except ConfigError:
        document = {}
    setuptools = {
        key: value_at(document, f"tool.setuptools.{key.replace('_', '-')}", list[str])
        for key in _KEYS
    }
    yield "pyproject.toml", {key: value for key, value in setuptools.items() if value is not None}
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text_of(root / "setup.cfg"))
    except configparser.Error:
        parser.clear()
    found = {key: parser.get("options", key, fallback="") for key in _KEYS}
    yield (
        "setup.cfg",
        {
            key: value.replace(",", "\n").split()
            for key, value in found.items()
            if value and not value.strip().startswith("find")
        },
    )
    yield "setup.py", dict(_literal_lists(text_of(root / "setup.py")))


def _literal_lists(text: str) -> Iterator[tuple[str, list[str]]]:
    # setup(packages=["shop", "shop.cart"])
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in _KEYS:
            if isinstance(node.value, (ast.List, ast.Tuple)):
                names = [e.value for e in node.value.elts if isinstance(e, ast.Constant)]
                if len(names) == len(node.value.elts):
                    yield node.arg, [str(name) for name in names]
