"""Random packages: what CPython imported before a repair of cycles it imports after.

Every repair that is proposed is made for itself, and then all cycles are ended together. In some
packages modules import each other for annotations alone, or for what runs later.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cycleguard.model.findings import Action
from cycleguard.relocate.blocked import proposals_for
from cycleguard.relocate.cycles import Knot, untangle
from cycleguard.relocate.places import Settings
from cycleguard.relocate.sketch import LEVELS
from cycleguard.relocate.tree import Tree
from tests.relocate_cases import tree_of
from tests.support.annotated import annotated_package
from tests.support.mutual import mutual_package
from tests.support.oracle import ask_cpython
from tests.support.packages import Package, random_package

SEEDS = range(int(os.environ.get("CYCLEGUARD_SEEDS", "40")))
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="forks interpreters")


def write(root: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def importable(root: Path, names: list[str]) -> set[str]:
    return {name for name, truth in ask_cpython(root, names).items() if truth.error is None}


@needs_fork
@pytest.mark.parametrize(
    ("package", "seed"),
    [
        *((random_package, seed) for seed in SEEDS),
        *((annotated_package, seed) for seed in SEEDS[::2]),
        *((mutual_package, seed) for seed in SEEDS[::2]),
    ],
)
def test_what_was_imported_still_is(
    package: Callable[[int], Package],
    seed: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = tmp_path / "before"
    files = {path: text.encode() for path, text in package(seed).items()}
    write(root, files)
    monkeypatch.chdir(root)
    tree = tree_of(root)
    names = sorted(tree.facts)
    worked = importable(root, names)
    for number, repaired in enumerate(repairs(tree)):
        copy = tmp_path / f"after{number}"
        write(copy, files)
        write(copy, dict(repaired.contents))
        assert worked <= importable(copy, names), sorted(repaired.contents)


@needs_fork
def test_more_modules_import_without_what_annotations_alone_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That such imports are there, and that cycles end by them."""
    guards = before = after = 0
    for seed in range(12):
        root = tmp_path / str(seed)
        write(root, {path: text.encode() for path, text in annotated_package(seed).items()})
        monkeypatch.chdir(root)
        tree = tree_of(root)
        names = sorted(tree.facts)
        before += len(importable(root, names))
        knots = [Knot(members, kind) for kind in LEVELS for members in tree.tangles(kind)]
        done = untangle(tree, knots, Settings())
        write(root, dict(done.after.contents))
        after += len(importable(root, names))
        guards += sum(each.action is Action.GUARD for each in done.proposals)
    assert guards >= 3
    assert after > before


def repairs(tree: Tree) -> list[Tree]:
    found = [
        after
        for blocked in tree.imports
        if blocked.statement.is_local and blocked.internal
        for _, after in list(proposals_for(tree, blocked, Settings(), most=3))[:1]
    ]
    for kind in LEVELS:
        for members in tree.tangles(kind):
            after = untangle(tree, [Knot(members, kind)], Settings()).after
            found += [after] if after.contents else []
    knots = [Knot(members, kind) for kind in LEVELS for members in tree.tangles(kind)]
    return [*found, untangle(tree, knots, Settings()).after]
