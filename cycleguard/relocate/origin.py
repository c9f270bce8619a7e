"""The file that definitions leave: it imports them back, and no longer what only they needed.

In: a `Load`, the old module. Out: its new bytes.
"""

import sys
from collections.abc import Callable

from msgspec.structs import replace

from cycleguard.collect.source import SourceText
from cycleguard.model.edits import FileEdit
from cycleguard.model.modules import Module
from cycleguard.model.proposals import Impossible
from cycleguard.model.symbols import ImportedName, Span
from cycleguard.relocate.blocks import without
from cycleguard.relocate.heads import head_of
from cycleguard.relocate.importing import Changes, with_imports
from cycleguard.relocate.load import Load
from cycleguard.relocate.target import import_of
from cycleguard.rewrite.settings import Style
from cycleguard.rewrite.statements import Item, Statement
from cycleguard.rewrite.text import EditableText
from cycleguard.rewrite.wanted import Package
from cycleguard.symbols.build import symbols_of


def reduced_file(
    load: Load,
    content: bytes,
    module: Module,
    target: str,
    exports: tuple[str, ...] | None,
    is_wanted: Callable[[str], bool],
    is_module: Callable[[str], bool],
    style: Style,
) -> bytes | Impossible:
    """The old module without what moves.

    Args:
        load: what moves.
        content: the old file.
        module: the old module.
        target: where it moves to.
        exports: its ``__all__``, if it has one.
        is_wanted: whether other modules get a name from the old module.
        is_module: whether a dotted name is a module of the project.
        style: how it sets imports.

    Raises:
        SyntaxError, UnicodeError: it cannot be edited.
    """
    last = head_of(content).last_line
    staying = [part for part in load.source.parts if part not in load.parts]
    for part in staying:
        if part.first_line < last and part.eager & load.names:
            return Impossible(
                f"line {part.first_line} of {module.name} needs them among its imports"
            )
    spans: list[Span] = [span for part in load.parts for span in part.spans]
    rest = without(content, spans)
    after = symbols_of(module, rest)
    # The names that have left are bound by nothing here.
    read = {name for part in after.parts for name in part.needs | part.unbound}
    listed = frozenset(exports or ())
    spent = [each for each in after.imports if _is_spent(each, load, read | listed)]
    drops: dict[int, frozenset[str]] = {}
    source = SourceText(EditableText(rest).text)
    passed_on: list[Statement] = []
    package = Package(FileEdit(module.path, module.name, module.is_package, ()))
    for each in spent:
        if is_wanted(each.name) or module.is_package or "#" in source.lines[each.line - 1]:
            continue
        drops[each.line] = drops.get(each.line, frozenset()) | {each.name}
        if _is_passed_on(each, exports, target, is_module):
            kept = import_of(each, package)
            marked = replace(kept.items[0], asname=each.name)
            passed_on.append(replace(kept, items=(marked,)))
    back = [
        name
        for name in sorted(load.names)
        if name in read | listed or not name.startswith("_") or is_wanted(name)
    ]
    level = _level(load, module)
    named, dots = package.relative(target, level)
    adds = tuple(
        # A name that this file has no use for is marked as meant for others.
        Statement(named, dots, (Item(name, None if name in read | listed else name),))
        for name in back
    )
    return with_imports(rest, module, Changes(drops, (*adds, *passed_on)), style)


def leaves_with(
    imported: ImportedName,
    load: Load,
    read: frozenset[str],
    exports: tuple[str, ...] | None,
    is_module: Callable[[str], bool],
) -> bool:
    """Whether the old module does without an import once the load has left.

    Args:
        imported: the import.
        load: what leaves.
        read: the names that the parts which stay need.
        exports: as of `reduced_file`.
        is_module: as of `reduced_file`.
    """
    if not _is_spent(imported, load, read | frozenset(exports or ())):
        return False
    return not _is_passed_on(imported, exports, load.source.module, is_module)


def _is_spent(imported: ImportedName, load: Load, read: frozenset[str] | set[str]) -> bool:
    was_read = any(imported.name in part.needs for part in (*load.parts, *load.copies))
    return was_read and imported.name not in read and imported.asname != imported.original


def _is_passed_on(
    imported: ImportedName,
    exports: tuple[str, ...] | None,
    target: str,
    is_module: Callable[[str], bool],
) -> bool:
    is_child = is_module(f"{imported.module}.{imported.original}")
    return not is_child and _is_public(imported, exports, target)


def _is_public(imported: ImportedName, exports: tuple[str, ...] | None, target: str) -> bool:
    """Whether somebody outside might take an imported name for the module's own.

    Nobody asks it for what the standard library has, nor for what is of another package where its
    ``__all__`` does not list it.
    """
    if imported.is_typing or imported.name.startswith("_") or not imported.original:
        return False
    top = imported.module.partition(".")[0]
    is_ours = imported.level > 0 or top == target.partition(".")[0]
    return is_ours or (exports is None and top not in sys.stdlib_module_names)


def _level(load: Load, module: Module) -> int:
    """1 where the file imports its own project by relative names, as most of its imports do."""
    top = module.name.partition(".")[0]
    relative = sum(each.level > 0 for each in load.source.imports)
    absolute = sum(
        not each.level and each.module.partition(".")[0] == top for each in load.source.imports
    )
    return 1 if relative > absolute else 0
