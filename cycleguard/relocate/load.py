"""What has to travel with parts of a module: imports, copies, names that the target has already.

In: the symbol graphs of both modules. Out: a `Load`, or why the parts cannot go there.
"""

from collections.abc import Iterable

from msgspec import Struct

from cycleguard.model.proposals import Impossible
from cycleguard.model.symbols import ImportedName, ModuleSymbols, Part


class Load(Struct, frozen=True):
    """`parts` move; `copies` are parts that the target is to have as well; `imports` come along.

    `own` are names that the target has by itself, `names` all that move.
    """

    source: ModuleSymbols
    parts: tuple[Part, ...]
    copies: tuple[Part, ...]
    imports: tuple[ImportedName, ...]
    own: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        """The names that move."""
        return frozenset(name for part in self.parts for name in part.names)

    @property
    def lines(self) -> int:
        """How many lines move."""
        return sum(part.lines for part in self.parts)


def load_for(
    source: ModuleSymbols, numbers: Iterable[int], target: ModuleSymbols | None, name: str
) -> Load | Impossible:
    """What moves with the parts `numbers` of `source` to the module `name`.

    Args:
        source: where they are.
        numbers: a set that is closed under the needs of its parts.
        target: the module that they go to; None if it is new.
        name: its name.
    """
    chosen = frozenset(numbers)
    parts = tuple(part for part in source.parts if part.number in chosen)
    names = frozenset(each for part in parts for each in part.names)
    if source.stars and any(part.unbound for part in parts):
        return Impossible(f"a star import of {source.module} may bind what they read")
    copies: dict[int, Part] = {}
    imports: list[ImportedName] = []
    own: set[str] = set()
    pending = sorted({need for part in parts for need in part.needs} - names)
    seen = set(pending)
    while pending:
        need = pending.pop()
        found = [each for each in source.imports if each.name == need]
        defined = source.part_of(need)
        if not found and defined and defined.is_copyable:
            copies[defined.number] = defined
            pending += sorted(defined.needs - names - seen)
            seen |= defined.needs
            continue
        if not found and need in source.typing:
            # No code that runs can use it: the target takes it where it is, for type checkers.
            level = max((each.level for each in source.imports), default=0)
            found = [ImportedName(need, source.module, need, 0, min(level, 1), is_typing=True)]
        if not found:
            return Impossible(f"they need {need}, which stays in {source.module}")
        for each in _that_run(found):
            if (each.module, each.original) == (name, "") or _names_module(each, name):
                return Impossible(f"they use {name} as a module")
            if each.module == name:
                if each.original != need:
                    return Impossible(f"they know {each.original} of {name} as {need}")
                own.add(need)
            else:
                imports.append(each)
    load = Load(
        source,
        parts,
        tuple(copies[number] for number in sorted(copies)),
        tuple(sorted(imports, key=lambda each: (each.line, each.name))),
        frozenset(own),
    )
    return load if target is None else _fitted(load, target)


def _that_run(found: list[ImportedName]) -> list[ImportedName]:
    return [each for each in found if not each.is_typing] or found


def _names_module(imported: ImportedName, name: str) -> bool:
    # from pkg import target
    return f"{imported.module}.{imported.original}" == name


def _fitted(load: Load, target: ModuleSymbols) -> Load | Impossible:
    """The load without what the target has already; impossible where names clash."""
    source = load.source
    if any(part.is_annotated for part in load.parts):
        if ("annotations" in source.futures) != ("annotations" in target.futures):
            return Impossible(f"{target.module} treats annotations in another way")
    if set(source.futures) - {"annotations"} != set(target.futures) - {"annotations"}:
        return Impossible(f"{target.module} has other __future__ imports")
    if target.part_of("__getattr__"):
        # Old names that it warns of are no longer looked up there once the module has them.
        return Impossible(f"{target.module} answers for names that it does not have")
    for name in sorted(load.names):
        if target.part_of(name):
            return Impossible(f"{target.module} has a {name} of its own")
        for each in target.imports:
            if each.name == name and (each.module, each.original) != (source.module, name):
                return Impossible(f"{target.module} imports another {name}")
        for each in target.imports:
            if (each.module, each.original) == (source.module, name) and each.name != name:
                return Impossible(f"{target.module} knows {name} as {each.name}")
    for name in sorted(load.own):
        if not target.part_of(name) and not target.imported(name):
            return Impossible(f"it is not seen where {target.module} gets {name} from")
    imports: list[ImportedName] = []
    for each in load.imports:
        same = [mine for mine in target.imports if mine.name == each.name]
        is_own = target.part_of(each.name) or each.name in target.typing
        if is_own or any(not _is_same(mine, each) for mine in same):
            return Impossible(f"{target.module} means something else by {each.name}")
        # import a.b, import a.c: both bind a, and load different modules
        is_there = any(
            mine.module == each.module and (each.is_typing or not mine.is_typing) for mine in same
        )
        if not is_there:
            imports.append(each)
    copies: list[Part] = []
    for part in load.copies:
        taken = [name for name in part.names if target.part_of(name) or target.imported(name)]
        twins = {target.part_of(name) for name in part.names}
        if not taken:
            copies.append(part)
        elif not all(twin and twin.is_copyable and twin.names == part.names for twin in twins):
            return Impossible(f"{target.module} means something else by {taken[0]}")
    unbound = {name for part in load.parts for name in part.unbound}
    for name in sorted(unbound):
        if target.part_of(name) or target.imported(name) or target.stars:
            return Impossible(f"{source.module} does not bind {name}, and {target.module} may")
    return Load(source, load.parts, tuple(copies), tuple(imports), load.own)


def _is_same(mine: ImportedName, theirs: ImportedName) -> bool:
    if not mine.original and not theirs.original and not mine.asname and not theirs.asname:
        return True
    return (mine.module, mine.original) == (theirs.module, theirs.original)
