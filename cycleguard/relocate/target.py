"""The file that definitions move to: an existing one with more in it, or a new one.

In: a `Load` and the target. Out: its new bytes.
"""

import ast
import re
from collections.abc import Iterable, Sequence

from cycleguard.collect.source import SourceText
from cycleguard.collect.syntax import parse
from cycleguard.files import decode, source_encoding
from cycleguard.model.edits import FileEdit
from cycleguard.model.modules import Module
from cycleguard.model.proposals import Impossible
from cycleguard.model.symbols import ImportedName, ModuleSymbols, Part, PartKind
from cycleguard.relocate.blocks import (
    Block,
    blocks_of,
    joined_blocks,
    with_text,
)
from cycleguard.relocate.full_names import named_as_before
from cycleguard.relocate.heads import head_of
from cycleguard.relocate.importing import Changes, Lines, with_imports
from cycleguard.relocate.load import Load
from cycleguard.rewrite.settings import Style
from cycleguard.rewrite.statements import Item, Statement
from cycleguard.rewrite.text import EditableText
from cycleguard.rewrite.wanted import Package

_LICENCE = re.compile(r"copyright|licen[cs]e|\(c\)|spdx", re.IGNORECASE)
_RELATIVE = re.compile(r"from\s+(\.[\w. ]*?)\s+import\b")


def new_file(load: Load, origin: bytes, module: Module, docstring: str, style: Style) -> bytes:
    """The text of a new module that holds what moves.

    Raises:
        SyntaxError, UnicodeError: the old file cannot be read, or its encoding not written.
    """
    text = EditableText(origin)
    source = SourceText(text.text)
    head = _head(source)
    futures = "".join(f"from __future__ import {name}\n" for name in load.source.futures)
    body = joined_blocks(_blocks(source, load, module))
    pieces = [
        f"{head}\n" if head else "",
        f'"""{docstring}"""\n',
        f"\n{futures}" if futures else "",
    ]
    gap = "\n\n" if re.match(r"@|(async )?def |class ", body.lstrip()) else "\n"
    plain = "".join(pieces) + gap + body + "\n"
    encoding = source_encoding(origin)
    newline = "\r\n" if b"\r\n" in origin else "\n"
    content = plain.replace("\n", newline).encode(encoding.replace("utf-8-sig", "utf-8"))
    return with_imports(content, module, _changes(load, module, {}), style)


def extended_file(
    load: Load, origin: bytes, content: bytes, module: Module, target: ModuleSymbols, style: Style
) -> bytes | Impossible:
    """The text of an existing module with what moves in it.

    Raises:
        SyntaxError, UnicodeError: a file cannot be read, or does not take these characters.
    """
    source = SourceText(EditableText(origin).text)
    line = _line_for(load, content, target)
    if isinstance(line, Impossible):
        return line
    blocks = _blocks(source, load, module)
    more = with_text(content, blocks, line)
    shift = decode(more).count("\n") - decode(content).count("\n")
    drops: dict[int, frozenset[str]] = {}
    for each in target.imports:
        if each.module == load.source.module and each.original in load.names:
            number = each.line if each.line <= line else each.line + shift
            drops[number] = drops.get(number, frozenset()) | {each.name}
    return with_imports(more, module, _changes(load, module, drops), style)


def _parts(load: Load) -> list[Part]:
    return sorted((*load.copies, *load.parts), key=lambda part: part.first_line)


def _line_for(load: Load, content: bytes, target: ModuleSymbols) -> int | Impossible:
    """The line below which the definitions go: what they need above, what needs them below."""
    above = head_of(content).last_line
    needed = {name for part in load.parts for name in part.eager}
    if any(part.calls for part in load.parts):
        needed |= {name for part in load.parts for name in part.deferred}
    lowest = max(
        (part.last_line for part in target.parts if needed & load.own & set(part.names)), default=0
    )
    users = [part for part in target.parts if part.needs & load.names]
    eager = [part.first_line for part in target.parts if part.eager & load.names]
    called = any(part.calls for part in target.parts)
    if called:
        eager += [p.first_line for p in users if p.kind != "function" or p.eager & load.names]
    latest = min(eager, default=len(content) + 1)
    if lowest >= latest:
        return Impossible(
            f"{target.module} needs them above line {latest}, they need line {lowest}"
        )
    if above >= latest:
        return Impossible(f"{target.module} needs them between its imports")
    start = max(above, lowest)
    if all(part.kind == "value" for part in load.parts):
        return max(start, _below_values(target, start, latest))
    first_user = min((part.first_line for part in users), default=0)
    candidates = [
        p.last_line for p in target.parts if start < p.last_line < min(first_user, latest)
    ]
    return max(candidates, default=start) if first_user else _end(target, start, latest)


def _below_values(target: ModuleSymbols, start: int, latest: int) -> int:
    """The last of the values that stand right below the imports."""
    line = start
    for part in target.parts:
        if part.first_line <= start:
            continue
        if part.kind != "value" or part.last_line >= latest:
            break
        line = part.last_line
    return line


def _end(target: ModuleSymbols, start: int, latest: int) -> int:
    """The end of what is defined, above a last ``if __name__ == "__main__":``."""
    kept = [p for p in target.parts if start < p.last_line < latest and p.kind != "effect"]
    kept = [p for p in kept if p.names]
    return max((part.last_line for part in kept), default=start)


def _changes(load: Load, module: Module, drops: Lines) -> Changes:
    package = Package(FileEdit(module.path, module.name, module.is_package, ()))
    statements = [(each, import_of(each, package)) for each in load.imports]
    return Changes(
        drops,
        tuple(statement for each, statement in statements if not each.is_typing),
        tuple(statement for each, statement in statements if each.is_typing),
    )


def import_of(imported: ImportedName, package: Package) -> Statement:
    """The statement that binds an imported name in another module of the same project."""
    if not imported.original:
        return Statement(None, 0, (Item(imported.module, imported.asname),))
    module, level = package.relative(imported.module, imported.level)
    return Statement(module, level, (Item(imported.original, imported.asname),))


def _blocks(source: SourceText, load: Load, module: Module) -> list[Block]:
    """The texts of all that moves, as they stand in `module`.

    Relative imports inside of them lead from there to where they led before.
    """
    here = load.source
    old = Package(FileEdit(here.path, here.module, here.is_package, ()))
    new = Package(FileEdit(module.path, module.name, module.is_package, ()))

    def lead(match: re.Match[str]) -> str:
        written = match[1].replace(" ", "")
        level = len(written) - len(written.lstrip("."))
        absolute = old.absolute(written.lstrip(".") or None, level)
        name, dots = new.relative(absolute, level)
        return match[0].replace(match[1], "." * dots + (name or ""))

    relative = {
        node.lineno
        for node in ast.walk(parse(source.text).tree)
        if isinstance(node, ast.ImportFrom) and node.level
    }
    found: list[Block] = []
    ends: set[int] = set()
    for part in _parts(load):
        for number, (span, block) in enumerate(
            zip(part.spans, blocks_of(source, part), strict=True)
        ):
            lines = block.text.split("\n")
            for line in sorted(relative & set(range(span.first, span.last + 1))):
                index = line - span.first
                lines[index] = _RELATIVE.sub(lead, lines[index], count=1)
            # What stood below another definition that stays is set apart from a new one.
            is_next = bool(found) and span.first - 1 in ends
            text = "\n".join(lines)
            if part.is_exception and part in load.parts:
                text = named_as_before(text, here.module)
            found.append(Block(text, block.is_apart or not (number or is_next)))
            ends.add(span.last)
    return found


def _head(source: SourceText) -> str:
    """Encoding and licence from the top of a file."""
    kept: list[str] = []
    for line in source.lines:
        if line and not line.startswith("#"):
            break
        kept.append(line)
    paragraphs = "\n".join(kept).strip("\n").split("\n\n")
    first = [line for line in kept[:2] if re.match(r"#.*coding[:=]", line)]
    licence = [each for each in paragraphs if _LICENCE.search(each) and each]
    lines = [line for each in licence for line in each.split("\n") if not line.startswith("#!")]
    return "\n".join(dict.fromkeys([*first, *lines]) if not licence else lines)


def described(parts: Sequence[Part], users: Iterable[str]) -> str:
    """A docstring for a new module."""
    names = [name for part in parts for name in part.names]
    kinds = {part.kind for part in parts}
    words = {PartKind.VALUE: "Constants", PartKind.CLASS: "Classes", PartKind.FUNCTION: "Functions"}
    what = words.get(next(iter(kinds)), "Definitions") if len(kinds) == 1 else "Definitions"
    if all(part.is_exception for part in parts):
        what = "Exceptions"
    if len(names) <= 2:
        what = " and ".join(f"`{name}`" for name in names)
    shared = " and ".join(f"`{user}`" for user in sorted(users))
    return f"{what} that {shared} share." if len(set(users)) > 1 else f"{what} of {shared}."
