"""The cases in `fixtures/relocate_*` and `split_*`: a tree before, what is asked, the tree after.

`local` asks for the best repair of a function-local import (``module:scope``), `move` for a move of
names (``module:name,name``) `to` a module or to a `new` one, `cycle` for the end of all cycles.
`impossible` is a part of the reason why nothing is done.
"""

from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from cycleguard.model.cycles import CycleKind
from cycleguard.model.proposals import Impossible, Proposal
from cycleguard.pipeline import resolve
from cycleguard.relocate.blocked import proposals_for
from cycleguard.relocate.closing import closed_set
from cycleguard.relocate.cycles import Knot, untangle
from cycleguard.relocate.moving import Route, move
from cycleguard.relocate.places import Settings
from cycleguard.relocate.routes import held_by_others
from cycleguard.relocate.tree import Tree, new_module

FIXTURES = Path(__file__).parents[1] / "fixtures"


class CaseFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a `case.toml` may say."""

    title: str
    why: str
    local: str = ""
    move: str = ""
    to: str = ""
    new: str = ""
    cycle: bool = False
    impossible: str = ""


class Case(NamedTuple):
    name: str
    folder: Path
    file: CaseFile


def load(toml: Path) -> Case:
    folder = toml.parent
    file = msgspec.toml.decode(toml.read_bytes(), type=CaseFile)
    return Case(f"{folder.parent.name}/{folder.name}", folder, file)


CASES = [
    load(toml)
    for family in ("relocate_*", "split_*")
    for toml in sorted(FIXTURES.glob(f"{family}/*/case.toml"))
]
each_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def tree_of(folder: Path) -> Tree:
    resolved = resolve([folder])
    return Tree(resolved.project, resolved.facts, resolved.imports)


def answer(case: Case, tree: Tree) -> dict[str, bytes] | Impossible:
    """The files that change."""
    asked = case.file
    if asked.cycle:
        return end_cycles(tree)
    if asked.local:
        module, _, scope = asked.local.partition(":")
        (blocked,) = (
            each
            for each in tree.imports
            if each.importer == module and each.statement.scope == scope and each.internal
        )
        found = next(proposals_for(tree, blocked, Settings()), None)
        return merged(found[0]) if found else Impossible("there is no proposal")
    made = asked_move(asked, tree)
    return made.files if isinstance(made, Proposal) else made


def merged(moves: tuple[Proposal, ...]) -> dict[str, bytes]:
    return {path: content for each in moves for path, content in each.files.items()}


def asked_move(asked: CaseFile, tree: Tree) -> Proposal | Impossible:
    source, _, names = asked.move.partition(":")
    symbols = tree.symbols(source)
    assert symbols is not None
    held = held_by_others(tree, symbols)
    chosen = closed_set(symbols, frozenset(names.split(",")), held)
    if isinstance(chosen, Impossible):
        return chosen
    target = tree.modules[asked.to] if asked.to else None
    new = new_module(asked.new, f"{asked.new.replace('.', '/')}.py")
    return move(tree, Route(source, chosen, target or new, target is None))


def end_cycles(tree: Tree) -> dict[str, bytes]:
    for kind in (CycleKind.EAGER, CycleKind.DEFERRED):
        for members in tree.tangles(kind):
            tree = untangle(tree, [Knot(members, kind)], Settings()).after
    return dict(tree.contents)
