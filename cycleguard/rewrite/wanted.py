"""From an edit and its site to a `Move`: which names leave the function, what is wanted instead.

In: an edit, the import that it speaks of, the module that it is in. Out: a `Move`, or a `Refused`
where the edit does not fit the statement. Read next by `names`.
"""

import ast
from collections.abc import Iterable

from msgspec.structs import replace

from cycleguard.model.edits import (
    DeleteDuplicate,
    DeleteSelfImport,
    Edit,
    FileEdit,
    Guard,
    Hoist,
    Qualify,
    Redirect,
    Refused,
)
from cycleguard.model.imports import NameUse
from cycleguard.rewrite.moves import Move, Object, SelfName, Wanted
from cycleguard.rewrite.scopes import Scope
from cycleguard.rewrite.sites import Site
from cycleguard.rewrite.statements import Item, Statement, bound_by


class Package:
    """The module that is edited: what its relative imports mean, and which names are the same."""

    def __init__(self, file: FileEdit) -> None:
        self.module = file.module
        self._is_package = file.is_package
        self._synonyms = {(s.module, s.name): Object(s.defining, s.original) for s in file.synonyms}

    def absolute(self, module: str | None, level: int) -> str:
        """The module that ``from ..module`` means."""
        if not level:
            return module or ""
        base = self._parent(level)
        return ".".join(part for part in (base, module) if part)

    def relative(self, module: str, level: int) -> tuple[str | None, int]:
        """`module` and its dots as a statement of that `level` would name it."""
        if not level:
            return module, 0
        dots = 1
        base = self._parent(dots)
        while base and module != base and not module.startswith(f"{base}."):
            dots += 1
            base = self._parent(dots)
        if not base:
            return module, 0
        return module[len(base) + 1 :] or None, dots

    def stands_for(self, statement: Statement, item: Item) -> Object:
        """What one name of an import statement stands for."""
        if not statement.is_from:
            return Object(item.name if item.asname else item.name.partition(".")[0], "")
        module = self.absolute(statement.module, statement.level)
        return self._synonyms.get((module, item.name), Object(module, item.name))

    def _parent(self, level: int) -> str:
        parts = self.module.split(".")
        if not self._is_package:
            parts = parts[:-1]
        return ".".join(parts[: len(parts) - (level - 1)]) if level <= len(parts) else ""


def move_of(
    edit: Edit, site: Site, scope: Scope, statement: Statement, package: Package
) -> Move | Refused:
    """What an edit comes down to; its names are not looked at yet."""
    names = _names(edit, statement)
    bound = {bound_by(statement, item) for item in statement.items}
    missing = [name for name in names if name not in bound]
    if missing:
        text = f"the statement does not import {missing[0]}"
        return Refused(edit, "no-such-import", text, tuple(missing))
    uses = {use.name: use for use in (site.facts.function.uses if site.facts.function else ())}
    if any(uses[name].is_reloaded for name in names if name in uses):
        return Refused(edit, "reimport-on-purpose", "the function reloads the module")
    move = Move(edit, site, scope, statement, names)
    if isinstance(edit, DeleteDuplicate):
        return replace(move, wanted=tuple(_as_it_stands(move, package)))
    if isinstance(edit, DeleteSelfImport):
        return _self_import(move, package)
    used = tuple(
        name
        for name in names
        if name not in uses or uses[name].loads or _is_under_alias(move, name)
    )
    if not used and not _is_for_strings(move):
        return _unused(move)
    move = replace(move, names=used or names)
    if isinstance(edit, Guard):
        wanted = tuple(_as_it_stands(move, package))
        move = replace(move, wanted=wanted, is_typing=True)
        return _only_annotations(move, uses) or move
    move = replace(move, anchor=edit.anchor, may_rename=edit.may_rename)
    if isinstance(edit, Hoist):
        return replace(move, wanted=tuple(_as_it_stands(move, package)), may_share=True)
    if not statement.is_from:
        return move.refused("not-a-from-import", "`import m` names a module already")
    if isinstance(edit, Redirect):
        return replace(move, wanted=tuple(_redirected(edit, move, package)))
    return _qualified(edit, move, package)


def _names(edit: Edit, statement: Statement) -> tuple[str, ...]:
    if isinstance(edit, Redirect):
        asked = tuple(definition.name for definition in edit.definitions)
    else:
        asked = edit.names
    return asked or tuple(dict.fromkeys(bound_by(statement, item) for item in statement.items))


def _is_under_alias(move: Move, name: str) -> bool:
    """``import a as b`` and ``import a.c``, for ``b.c``."""
    items = [item for item in move.statement.items if bound_by(move.statement, item) == name]
    if move.statement.is_from or not any("." in item.name and not item.asname for item in items):
        return False
    return any(
        alias.name == name and alias.asname
        for node in ast.walk(move.scope.module.node)
        if isinstance(node, ast.Import)
        for alias in node.names
    )


def _is_for_strings(move: Move) -> bool:
    """``import a`` and ``eval(text)``, which looks names up in the function and then at the top."""
    function = move.site.facts.function
    is_asked = isinstance(move.edit, (Hoist, Redirect)) and move.edit.for_strings
    return bool(is_asked and function and function.exec_calls and not function.exec_with_globals)


def _unused(move: Move) -> Refused:
    function = move.site.facts.function
    names = ", ".join(move.names)
    if function and function.exec_calls:
        return move.refused("eval-only-name", f"only a string of code can use {names}", *move.names)
    return move.refused("side-effect-import", f"no code uses {names}", *move.names)


def _as_it_stands(move: Move, package: Package) -> Iterable[Wanted]:
    for item in move.statement.items:
        local = bound_by(move.statement, item)
        if local in move.names:
            alone = replace(move.statement, items=(replace(item, starts_line=False),))
            yield Wanted(local, alone, package.stands_for(alone, item), local)


def _redirected(edit: Redirect, move: Move, package: Package) -> Iterable[Wanted]:
    found = {definition.name: definition for definition in edit.definitions}
    for item in move.statement.items:
        local = bound_by(move.statement, item)
        if local in move.names:
            definition = found[local]
            module, level = package.relative(definition.module, move.statement.level)
            asname = None if definition.original == local else local
            one = replace(item, name=definition.original, asname=asname, starts_line=False)
            alone = replace(move.statement, module=module, level=level, items=(one,))
            yield Wanted(local, alone, package.stands_for(alone, one), local)


def _qualified(edit: Qualify, move: Move, package: Package) -> Move | Refused:
    module, level = move.statement.module, move.statement.level
    if module is None:
        return move.refused("not-importable-as-module", "`from . import x` names no module")
    parent, _, last = module.rpartition(".")
    if level or (edit.by_from and parent):
        # from .a.b import x: from .a import b
        named = Item(last)
        alone = Statement(parent or None, level, (named,))
        prefix = last
    else:
        # from a.b import x: import a.b
        alone = Statement(None, 0, (Item(module),))
        prefix = module
    wanted = tuple(
        Wanted(
            bound_by(move.statement, item),
            replace(alone, items=(replace(alone.items[0], above=item.above, beside=item.beside),)),
            package.stands_for(alone, alone.items[0]),
            f"{prefix}.{item.name}",
        )
        for item in move.statement.items
        if bound_by(move.statement, item) in move.names
    )
    return replace(move, wanted=wanted)


def _self_import(move: Move, package: Package) -> Move | Refused:
    own: list[SelfName] = []
    for item in move.statement.items:
        local = bound_by(move.statement, item)
        if local not in move.names:
            continue
        module = package.absolute(move.statement.module, move.statement.level)
        # from shop.cart import Item
        if move.statement.is_from and module == package.module:
            own.append(SelfName(local, name=item.name))
        # from shop import cart
        elif move.statement.is_from and f"{module}.{item.name}" == package.module:
            own.append(SelfName(local))
        # import shop.cart as me, import shop.cart
        elif not move.statement.is_from and item.name == package.module:
            chain = () if item.asname else tuple(item.name.split(".")[1:])
            own.append(SelfName(local, chain=chain))
        else:
            text = f"{move.statement.plain} imports another module"
            return move.refused("no-such-import", text, local)
    return replace(move, own=tuple(own))


def _only_annotations(move: Move, uses: dict[str, NameUse]) -> Refused | None:
    for name in move.names:
        if uses[name].loads != uses[name].annotation_loads:
            text = f"code other than annotations uses {name}"
            return move.refused("annotation-evaluated", text, name)
    return None
