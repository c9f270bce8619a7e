"""From folders and file names to modules with dotted names.

In: the folders of a walk. Out: `Candidate`s, and from those of all roots one per name: where two
files claim a name, the one that CPython would take; a source file that loses is remembered. One
exception: of ``x.py`` and a compiled ``x.*.so`` beside it CPython takes the compiled one. Here it
is the source: it can be read, and the other is as a rule compiled from it.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from cycleguard.discover.naming import Layout, Place, place_of
from cycleguard.discover.walk import Folder
from cycleguard.model.modules import ModuleKind

COMPILED = re.compile(r"(?P<stem>[^.]+)(?:\.(?:cp|cpython|abi3|pypy|graalpy)[^.]*)?\.(?:so|pyd)$")


class Candidate(Struct, frozen=True):
    """A file that claims a name. `parts` may hold what is no identifier: nothing can import it."""

    root: Path
    parts: tuple[str, ...]
    path: str
    real: str
    kind: ModuleKind
    is_package: bool = False
    rank: int = 0

    @property
    def is_importable(self) -> bool:
        """Tell whether an import statement can name it."""
        return all(part.isidentifier() for part in self.parts)

    @property
    def name(self) -> str:
        """The dotted name; a dot within a part would read as a package and becomes a dash."""
        return ".".join(part.replace(".", "-") for part in self.parts)


class Chosen(Struct, frozen=True):
    """One candidate per name, and what became of the source files that lost theirs."""

    by_name: dict[str, Candidate]
    losers: tuple[tuple[Candidate, Candidate], ...]


def find_candidates(folders: Iterable[Folder], layout: Layout) -> Iterator[Candidate]:
    """Yield what the files of the folders claim to be; files that nothing can use are left out."""
    stubbed: set[Path] = set()
    for folder in folders:
        if not folder.files:
            continue
        place = place_of(folder.path, layout)
        if _may_hold_stubs(folder, place, stubbed, layout):
            stubbed.add(folder.path)
        for file in folder.files:
            if not file.endswith(".pyi") or folder.path in stubbed:
                yield from _candidates(file, folder, place)


def choose(candidates: Iterable[Candidate], roots: Sequence[Path]) -> Chosen:
    """Settle who gets a name: source first, then by order of the roots, then packages first."""
    order = {root: number for number, root in enumerate(roots)}
    ranked = sorted(
        candidates,
        key=lambda c: (
            not c.is_importable, c.kind is not ModuleKind.SOURCE, order[c.root],
            not c.is_package, c.rank, c.path,
        ),
    )  # fmt: skip
    chosen: dict[str, Candidate] = {}
    losers: list[tuple[Candidate, Candidate]] = []
    for candidate in ranked:
        winner = chosen.setdefault(candidate.name, candidate)
        if winner is not candidate and candidate.kind is ModuleKind.SOURCE:
            losers.append((candidate, winner))
    return Chosen(chosen, tuple(losers))


def add_namespaces(chosen: Mapping[str, Candidate]) -> dict[str, Candidate]:
    """Add the folders that hold importable modules but have no module of their own."""
    full = dict(chosen)
    for candidate in chosen.values():
        if candidate.is_importable:
            for length in range(1, len(candidate.parts)):
                name = ".".join(candidate.parts[:length])
                if name not in full:
                    full[name] = _namespace(candidate.root, candidate.parts[:length])
    return full


def _namespace(root: Path, parts: tuple[str, ...]) -> Candidate:
    path = str(root.joinpath(*parts))
    return Candidate(root, parts, path, path, ModuleKind.NAMESPACE, is_package=True)


def _may_hold_stubs(folder: Folder, place: Place, stubbed: set[Path], layout: Layout) -> bool:
    """Tell whether a stub here stands for a module, and is not data (a copy of typeshed)."""
    if not place.parts:
        return True
    if folder.path.parent in stubbed or not place_of(folder.path.parent, layout).in_package:
        return place.in_package and not {"__init__.py", "__init__.pyi"}.isdisjoint(folder.files)
    return False


def _candidates(file: str, folder: Folder, place: Place) -> Iterator[Candidate]:
    path, real = (f"{base}{os.sep}{file}" for base in (folder.path, folder.real))
    for rank, (stem, kind) in _backs(file):
        is_package = stem == "__init__" and bool(place.parts)
        candidate = Candidate(
            root=place.root,
            parts=place.parts if is_package else (*place.parts, stem),
            path=path,
            real=real,
            kind=kind,
            is_package=is_package,
            rank=rank,
        )
        if candidate.is_importable or kind is ModuleKind.SOURCE:
            yield candidate


def _backs(file: str) -> Iterator[tuple[int, tuple[str, ModuleKind]]]:
    """Yield rank, stem and kind of the modules that a file backs."""
    stem, _, suffix = file.rpartition(".")
    compiled = COMPILED.match(file)
    if suffix == "py":
        yield 0, (stem, ModuleKind.SOURCE)
    elif compiled:
        yield 1, (compiled["stem"], ModuleKind.EXTENSION)
    elif suffix in ("pyx", "pyi"):
        yield 2 + (suffix == "pyi"), (stem, ModuleKind.EXTENSION)
    elif suffix == "proto":
        name = stem.replace("-", "_")
        yield 4, (f"{name}_pb2", ModuleKind.GENERATED)
        yield 4, (f"{name}_pb2_grpc", ModuleKind.GENERATED)
