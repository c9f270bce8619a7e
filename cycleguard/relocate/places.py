"""Where definitions could go: to who asks for them, to a module below both, or to a new one.

In: a `Tree`, the module that they are in, the module that wants them. Out: places, without a look
at what they hold.
"""

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from cycleguard.model.modules import Module, ModuleKind
from cycleguard.model.symbols import Part, PartKind
from cycleguard.relocate.tree import Tree, new_module

SHARED = re.compile(
    r"_*(utils?|common|shared|helpers?|constants?|consts|types|typing|exceptions?|errors?|defs"
    r"|definitions|enums?|defaults|compat)_*$"
)
_FUNCTIONS = re.compile(r"_*(utils?|common|shared|helpers?|compat)_*$")
_CLASSES = re.compile(r"_*(utils?|common|shared|helpers?|types|typing|defs|definitions)_*$")
_RAISED = re.compile(r"\w*(errors?|exceptions?|warnings?)_*$")
_TESTS = re.compile(r"(tests?|testing|conftest|test_\w*)$")
_MOST = 3


class Settings(Struct, frozen=True):
    """`module` is the last name of a new module; empty to name it for what it holds."""

    module: str = ""


class Spot(Struct, frozen=True):
    """A module that could take the definitions; `is_new` if it is to be written."""

    module: Module
    is_new: bool = False


def spots(
    tree: Tree, source: str, consumer: str, parts: Sequence[Part], settings: Settings
) -> Iterator[Spot]:
    """The places in the order in which they are asked.

    Nothing goes from the program to its tests.
    """
    if _is_for_tests(tree, source) or not _is_for_tests(tree, consumer):
        yield Spot(tree.modules[consumer])
    for name in _lower(tree, source, consumer, parts):
        yield Spot(tree.modules[name])
    new = _new_place(tree, source, parts, settings)
    if new:
        yield Spot(new, is_new=True)


def _is_for_tests(tree: Tree, name: str) -> bool:
    """Whether a module is of the tests: it is called so, and only such modules import it."""
    importers = (each.importer for each in tree.by_imported.get(name, ()))
    return all(any(map(_TESTS.match, each.split("."))) for each in (name, *importers))


def suits(name: str, parts: Sequence[Part]) -> bool:
    """Whether a module is called as one that these definitions could be in."""
    last = name.rpartition(".")[2]
    if any(part.is_exception for part in parts):
        return bool(_RAISED.match(last))
    kinds = {part.kind for part in parts}
    if kinds == {PartKind.VALUE}:
        return bool(SHARED.match(last)) and not _RAISED.match(last)
    return bool((_CLASSES if kinds == {PartKind.CLASS} else _FUNCTIONS).match(last))


def _lower(tree: Tree, source: str, consumer: str, parts: Sequence[Part]) -> list[str]:
    """Modules made for sharing, near both, that import neither."""
    folders = {_folder(tree, source), _folder(tree, consumer)}
    found = [
        name
        for name, module in tree.modules.items()
        if module.kind is ModuleKind.SOURCE
        and not module.is_package
        and name in tree.facts
        and name not in (source, consumer)
        and name.rpartition(".")[0] in folders
        and suits(name, parts)
        and not tree.loads.reaches(name, source)
        and not tree.loads.reaches(name, consumer)
    ]
    return sorted(found)[:_MOST]


def _folder(tree: Tree, name: str) -> str:
    return name if tree.modules[name].is_package else name.rpartition(".")[0]


def _new_place(tree: Tree, source: str, parts: Sequence[Part], settings: Settings) -> Module | None:
    """A module beside `source` with a name that is free."""
    folder, module = _folder(tree, source), tree.modules[source]
    place = module.path.rpartition("/")[0]
    for last in _names(source.rpartition(".")[2], parts, settings):
        name = f"{folder}.{last}" if folder else last
        facts = tree.facts.get(folder)
        is_bound = facts is not None and any(b.name == last for b in facts.bindings)
        if name not in tree.modules and not is_bound:
            return new_module(name, f"{place}/{last}.py" if place else f"{last}.py")
    return None


def _names(source: str, parts: Sequence[Part], settings: Settings) -> Iterator[str]:
    if settings.module:
        yield settings.module
    stem = source.strip("_")
    yield _for_what_it_holds(stem, parts)
    yield from (f"_{stem}_{word}" for word in ("shared", "base", "parts", "lower"))


def _for_what_it_holds(stem: str, parts: Sequence[Part]) -> str:
    """``_node_kinds``: the class, function or prefix that the definitions have in common."""
    names = [name for part in parts for name in part.names]
    kinds = {part.kind for part in parts}
    if len(names) == 1 and kinds != {PartKind.VALUE}:
        return f"_{_snake(names[0])}"
    if kinds == {PartKind.VALUE}:
        return f"_{stem}_constants"
    if all(part.is_exception for part in parts):
        return f"_base_{stem}" if _RAISED.match(stem) else f"_{stem}_errors"
    # All that is needed stands below the one that needs it.
    main = max(parts, key=lambda part: (part.kind is PartKind.CLASS, part.lines, part.names))
    return f"_{_snake(main.names[0])}" if main.names else f"_{stem}_shared"


def _snake(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.strip("_"))
    return words.lower()
