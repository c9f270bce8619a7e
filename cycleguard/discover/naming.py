"""Where a folder stands: its source root and its dotted name, from the file system alone.

In: a folder at or below a base (the project, or what stands in for it). Out: a `Place`. The name
depends on the project only, never on what the user asked for: `scan pkg/sub` and `scan .` agree.
Read by `scope` and `modules`.
"""

from pathlib import Path

from msgspec import Struct, structs

from cycleguard.discover.disk import exists, is_file, names_in
from cycleguard.discover.evidence import import_depth, python_files

PROJECT_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg")
SITE_PACKAGES = frozenset(("site-packages", "dist-packages"))


class Place(Struct, frozen=True):
    """A folder's source root and the parts of its dotted name, none for the root itself.

    `outer` is the root that holds if the folders in between are namespace packages. Below a regular
    package, and below a root that the user configured, every folder just adds its name.
    """

    root: Path
    parts: tuple[str, ...]
    outer: Path
    in_package: bool = False
    configured: bool = False


class Layout(Struct, frozen=True):
    """What naming depends on; `places` and `depths` remember what was found out."""

    base: Path
    configured: tuple[Path, ...]
    namespaces: frozenset[str]
    places: dict[Path, Place] = {}
    depths: dict[Path, int] = {}


def place_of(folder: Path, layout: Layout) -> Place:
    """Return where `folder`, at or below the base of the layout, stands."""
    place = layout.places.get(folder)
    if place is None:
        place = layout.places[folder] = _find_place(folder, layout)
    return place


def is_package(folder: Path) -> bool:
    """Tell whether a folder is a regular package.

    A project folder with a stray ``__init__.py`` is none: its files import the packages in it by
    their own names, not through it.
    """
    if not is_file(folder / "__init__.py"):
        return False
    if not (is_project(folder) or exists(folder / ".git")):
        return True
    inner = {name for name in names_in(folder) if is_file(folder / name / "__init__.py")}
    return import_depth(folder, (folder.name,), inner) != 0


def is_project(folder: Path) -> bool:
    """Tell whether a folder holds the metadata of a project."""
    return any(is_file(folder / marker) for marker in PROJECT_MARKERS)


def is_site_packages(folder: Path) -> bool:
    """Tell whether a folder holds installed or unpacked distributions."""
    if folder.name in SITE_PACKAGES:
        return True
    return any(name.endswith(".dist-info") for name in names_in(folder))


def _find_place(folder: Path, layout: Layout) -> Place:
    if folder == layout.base or folder in layout.configured:
        return Place(folder, (), folder, configured=folder in layout.configured)
    parent = place_of(folder.parent, layout)
    if parent.configured:
        return _below(parent, folder)
    if parent.in_package:
        is_root = is_project(folder) and not is_package(folder)
        return Place(folder, (), folder) if is_root else _below(parent, folder)
    if is_package(folder):
        depth = _namespace_depth(folder, parent.outer, layout)
        return Place(folder.parents[depth], folder.parts[-depth - 1 :], parent.outer, True)
    if is_project(folder) or is_site_packages(folder) or _is_src(folder, parent, layout):
        return Place(folder, (), folder)
    if _holds_package(folder, parent.outer, layout):
        return Place(folder, (), parent.outer)
    return _below(parent, folder)


def _below(parent: Place, folder: Path) -> Place:
    return structs.replace(parent, parts=(*parent.parts, folder.name))


def _namespace_depth(package: Path, outer: Path, layout: Layout) -> int:
    """Return how many of the folders between `outer` and a regular package are in its name."""
    depth = layout.depths.get(package)
    if depth is None:
        above = package.parent.relative_to(outer).parts
        declared = (n for n in range(len(above), 0, -1) if _dotted(above, n) in layout.namespaces)
        depth = next(declared, 0)
        if above and not depth:
            depth = import_depth(package, above, (package.name,)) or 0
        layout.depths[package] = depth
    return depth


def _dotted(above: tuple[str, ...], depth: int) -> str:
    return ".".join(above[len(above) - depth :])


def _is_src(folder: Path, parent: Place, layout: Layout) -> bool:
    """Tell whether this is the ``src`` of a project, and not a namespace package of that name."""
    if folder.name != "src" or folder.parent != parent.outer or "src" in layout.namespaces:
        return False
    if not any(True for _ in python_files(folder)):
        return False
    inner = {name.removesuffix(".py") for name in names_in(folder)}
    return not import_depth(folder, ("src",), inner)


def _holds_package(folder: Path, outer: Path, layout: Layout) -> bool:
    """Tell whether a regular package right below is imported by its bare name."""
    inner = (folder / name for name in names_in(folder))
    return any(is_package(path) and not _namespace_depth(path, outer, layout) for path in inner)
