"""Whether the names of all moves of a file can mean the same after the moves; else which cannot.

In: the moves of a file and its scopes. Out: the moves that can be made together, some with another
local name, and the others as `Refused`. Refusing one may take others along, until nothing changes.
"""

import ast
import builtins
import keyword
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from cycleguard.model.edits import DeleteDuplicate, Refused
from cycleguard.rewrite.module_names import ModuleNames
from cycleguard.rewrite.moves import Move, Object, Wanted
from cycleguard.rewrite.scopes import Scope, Without, resolve
from cycleguard.rewrite.sites import ImportNode
from cycleguard.rewrite.statements import bound_by
from cycleguard.rewrite.uses import own_uses


def settle(
    moves: Sequence[Move], module: ModuleNames
) -> tuple[tuple[Move, ...], tuple[Refused, ...]]:
    """The moves that can be made together, in order, and the refused ones."""
    pending = list(moves)
    refused: list[Refused] = []
    while True:
        judged = _Judge(pending, module).judge()
        problems = [each for each in judged if isinstance(each, Refused)]
        if not problems:
            return tuple(each for each in judged if isinstance(each, Move)), tuple(refused)
        refused += problems
        gone = {id(problem.edit) for problem in problems}
        pending = [move for move in pending if id(move.edit) not in gone]


class _Judge:
    """One look at moves that are all taken to be made."""

    def __init__(self, moves: Sequence[Move], module: ModuleNames) -> None:
        self._moves = moves
        self._module = module
        self._without: Without = frozenset(
            (move.scope, name) for move in moves for name in move.names
        )
        self._leaving: dict[tuple[Scope, str], set[ast.AST]] = {}
        for move in moves:
            for name in move.names:
                self._leaving.setdefault((move.scope, name), set()).add(move.site.node)
        self._objects: dict[tuple[Scope, str], Object] = {}
        # What the names that earlier moves bring to the module stand for.
        self._brought: dict[str, Object] = {}
        self._renamed: dict[Object, str] = {}

    def judge(self) -> list[Move | Refused]:
        return [self._one(move) for move in self._moves]

    def _one(self, move: Move) -> Move | Refused:
        for name in move.names:
            problem = self._local_problem(move, name)
            if problem:
                return problem
        if move.own:
            return self._own_problem(move) or move
        settled: list[Wanted] = []
        drops: list[tuple[ast.stmt, str]] = []
        for wanted in move.wanted:
            answer = self._settled(move, wanted)
            if isinstance(answer, Refused):
                return answer
            settled.append(answer)
            drops += self._module.typing_imports(answer.bound) if not move.is_typing else []
        return replace(move, wanted=tuple(settled), typing_drops=tuple(drops))

    # Inside the function: nothing else may bind the name.

    def _local_problem(self, move: Move, name: str) -> Refused | None:
        scope = move.scope
        if name.startswith("__") and not name.endswith("__"):
            return move.refused("name-mangled", f"{name} has another name inside a class", name)
        if name in scope.globals | scope.nonlocals:
            text = f"the function declares {name} global or nonlocal"
            return move.refused("global-declaration", text, name)
        for binding in scope.bindings.get(name, ()):
            if binding in self._leaving[scope, name]:
                continue
            if isinstance(binding, ImportNode):
                text = f"line {binding.lineno} of the function imports {name} too, and stays"
            else:
                text = f"the function binds {name} in another way too"
            return move.refused("name-rebound", text, name)
        for inner in scope.all():
            if inner is not scope and name in inner.nonlocals:
                return move.refused(
                    "global-declaration", f"a nested function declares {name} nonlocal", name
                )
        return None

    # At module level: nothing else may be meant by the name.

    def _settled(self, move: Move, wanted: Wanted) -> Wanted | Refused:
        earlier = self._objects.setdefault((move.scope, wanted.local), wanted.stands_for)
        if earlier != wanted.stands_for:
            text = f"the function imports {wanted.local} from two places"
            return move.refused("name-rebound", text, wanted.local)
        wanted = self._shared(move, wanted) or wanted
        problem = self._clash(move, wanted)
        if problem is None:
            self._brought[wanted.bound] = wanted.stands_for
            return wanted
        renamed = self._other_name(move, wanted) if self._may_rename(move, wanted) else None
        if renamed is None:
            return problem
        self._brought[renamed.bound] = wanted.stands_for
        self._renamed[wanted.stands_for] = renamed.bound
        return renamed

    def _shared(self, move: Move, wanted: Wanted) -> Wanted | None:
        """``import shutil as _shutil`` where the top of the file has ``import shutil``."""
        if not move.may_share or not self._may_rename(move, wanted):
            return None
        # import a.b
        if not wanted.statement.is_from and not wanted.item.asname and "." in wanted.item.name:
            return None
        for name in self._module.names_of(wanted.stands_for):
            if name == wanted.bound or self._module.is_set_by_function(name):
                return None
            readers = self._readers(move, wanted.local)
            if all(resolve(each, name, self._without).parent is None for each in readers):
                asname = None if name == _plain_name(wanted) else name
                item = replace(wanted.item, asname=asname)
                statement = replace(wanted.statement, items=(item,))
                return replace(wanted, statement=statement, use=name)
        return None

    def _may_rename(self, move: Move, wanted: Wanted) -> bool:
        name = wanted.bound
        # Who imports it around, or sets it from functions, means this very name.
        is_meant = (
            self._is_imported_around(move, wanted.local)
            or self._module.is_set_by_function(name)
            or self._module.imports(name, wanted.stands_for)
        )
        # Whether a star import brings the name nobody knows.
        return move.may_rename and not is_meant and self._module.late_star() is None

    def _clash(self, move: Move, wanted: Wanted) -> Refused | None:
        name, local = wanted.bound, wanted.local
        for scope in self._readers(move, local):
            owner = resolve(scope, name, self._without)
            if owner.parent is not None:
                return move.refused("name-shadowed", f"a function around binds {name} too", local)
        if isinstance(move.edit, DeleteDuplicate):
            if self._module.has(name, wanted.stands_for):
                return None
            text = f"the top of the file does not bind the same {name}, or not only once"
            return move.refused("not-bound-at-module-level", text, local)
        if move.is_typing and self._module.has_typing(name, wanted.stands_for):
            return None
        if self._module.has(name, wanted.stands_for):
            return None
        brought = self._brought.get(name)
        if brought is not None and brought != wanted.stands_for:
            text = f"another import that moves binds {name} to {brought.module}"
            return move.refused("name-shadowed", text, local)
        star = self._module.late_star()
        if star is not None and not move.is_typing:
            text = f"the star import of line {star} may bind {name} too"
            return move.refused("star-import", text, local)
        text_or_none = self._module.obstacle(name, wanted.stands_for)
        if text_or_none:
            return move.refused("name-shadowed", text_or_none, local)
        return None

    def _is_imported_around(self, move: Move, name: str) -> bool:
        """Whether a function around has an import of the name, which stays."""
        owner = resolve(move.scope, name, self._without)
        bindings = owner.bindings.get(name, ()) if owner.parent else ()
        return any(isinstance(node, ImportNode) for node in bindings)

    def _readers(self, move: Move, name: str) -> Iterable[Scope]:
        for scope in move.scope.all():
            if name in scope.reads and resolve(scope, name) is move.scope:
                yield scope

    def _other_name(self, move: Move, wanted: Wanted) -> Wanted | None:
        """The same under a name that nothing in the file has, if every use can follow."""
        # A module that is called as something else is mostly one that may be missing.
        if not wanted.statement.is_from or wanted.use.count(".") > 1:
            return None
        name = self._renamed.get(wanted.stands_for) or _speaking_name(wanted)
        is_mine = self._brought.get(name) == wanted.stands_for
        is_bad = keyword.iskeyword(name) or hasattr(builtins, name)
        if is_bad or (not is_mine and self._module.mentions(name)):
            return None
        item = replace(wanted.item, asname=name)
        use = name if wanted.use == wanted.local else f"{name}.{wanted.use.partition('.')[2]}"
        statement = replace(wanted.statement, items=(item,))
        return replace(wanted, statement=statement, use=use)

    # A module that imports itself.

    def _own_problem(self, move: Move) -> Refused | None:
        for own in move.own:
            uses = own_uses(move.scope, own)
            if uses is None:
                text = "the function needs the module itself, as an object"
                return move.refused("self-as-object", text, own.local)
            for use in uses:
                if not self._module.binds(use.name):
                    text = f"no statement at module level binds {use.name}"
                    return move.refused("not-bound-at-module-level", text, own.local)
                # from shop.cart import total: what it was at that moment
                if own.name and self._module.is_set_by_function(use.name):
                    text = f"a function sets the global {use.name}"
                    return move.refused("name-rebound", text, own.local)
                if resolve(use.scope, use.name, self._without).parent is not None:
                    text = f"the function has another {use.name}"
                    return move.refused("name-shadowed", text, own.local)
        return None


def _plain_name(wanted: Wanted) -> str:
    """The name that the statement binds without ``as``."""
    return bound_by(wanted.statement, replace(wanted.item, asname=None))


def _speaking_name(wanted: Wanted) -> str:
    """``models_rate``, ``ModelsOrder``, ``MODELS_RATES`` for names of ``shop.models``."""
    name = wanted.item.name
    parts = [part.strip("_") for part in (wanted.statement.module or "").split(".")]
    parts = [part for part in parts if part and part.lower() != name.lower()]
    module = parts[-1] if parts else "other"
    if name.isupper() and len(name) > 1:
        return f"{module.upper()}_{name}"
    if name[:1].isupper():
        return "".join(part.capitalize() for part in module.split("_")) + name
    return f"{module}_{name}"
