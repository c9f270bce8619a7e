"""One move, carried out on all files that it concerns: parts of a module go to another one.

In: a `Tree` and a `Route`. Out: a `Proposal` with the new contents, or why it cannot be.
"""

import hashlib
from pathlib import Path

from msgspec import Struct

from cycleguard.model.edits import DeleteSelfImport, Edit, FileEdit, Hoist, Place
from cycleguard.model.findings import Action
from cycleguard.model.imports import Form
from cycleguard.model.modules import Module
from cycleguard.model.moved import Moved
from cycleguard.model.proposals import UNREADABLE, Impossible, Proposal
from cycleguard.model.resolved import ResolvedImport
from cycleguard.relocate.importers import importers_of, redirectable, redirected_file
from cycleguard.relocate.load import Load, load_for
from cycleguard.relocate.origin import reduced_file
from cycleguard.relocate.packaging import left_out
from cycleguard.relocate.remarks import remarks_on
from cycleguard.relocate.target import described, extended_file, new_file
from cycleguard.relocate.tree import Tree
from cycleguard.rewrite.rewrite import rewrite


class Route(Struct, frozen=True):
    """Which parts of a module go where.

    `numbers` are a closed set of parts of `source`; `created` is true if `target` is a new module.
    `hoisted` is a local import that the move is made for, which then goes to the top of its file.
    `redirects_all`: also those importers that then no longer load the old module.
    """

    source: str
    numbers: frozenset[int]
    target: Module
    created: bool = False
    action: Action = Action.RELOCATE
    hoisted: ResolvedImport | None = None
    redirects_all: bool = False


def move(tree: Tree, route: Route) -> Proposal | Impossible:
    """Carry out one move; nothing is checked but what the files forbid."""
    try:
        return _Mover(tree, route).proposal()
    except (SyntaxError, UnicodeError, RecursionError, OSError) as error:
        return Impossible(f"a file cannot be edited: {error}")


class _Mover:
    def __init__(self, tree: Tree, route: Route) -> None:
        self._tree = tree
        self._route = route
        self._source = tree.modules[route.source]
        self._files: dict[str, bytes] = {}
        self._redirected: list[str] = []

    def proposal(self) -> Proposal | Impossible:
        route, tree = self._route, self._tree
        if route.created and route.target.name in tree.modules:
            return Impossible(f"{route.target.name} is there already")
        symbols = tree.symbols(route.source)
        target = None if route.created else tree.symbols(route.target.name)
        if symbols is None or (target is None and not route.created):
            return Impossible("a file cannot be read")
        load = load_for(symbols, route.numbers, target, route.target.name)
        if isinstance(load, Impossible):
            return load
        problem = self._write_target(load)
        if problem:
            return problem
        kept = self._redirect(load, self._importers(load))
        if route.redirects_all:
            kept = self._redirect(load, kept, is_forced=True)
        return self._write_source(load) or self._finish(load, tuple(sorted(kept)))

    def _importers(self, load: Load) -> dict[str, list[ResolvedImport]]:
        found = importers_of(self._tree, self._route.source, load.names)
        return {n: each for n, each in found.items() if n != self._route.target.name}

    def _after(self) -> Tree | None:
        created = (self._route.target,) if self._route.created else ()
        return self._tree.changed({self._path(n): c for n, c in self._files.items()}, created)

    def _path(self, name: str) -> str:
        target = self._route.target
        return target.path if name == target.name else self._tree.modules[name].path

    def _write_target(self, load: Load) -> Impossible | None:
        route, tree, name = self._route, self._tree, self._route.target.name
        origin, style = tree.read(route.source), tree.style(route.source)
        if route.created:
            users = [route.source, *([route.hoisted.importer] if route.hoisted else [])]
            docstring = described(load.parts, {user.rpartition(".")[2] for user in users})
            self._files[name] = new_file(load, origin, route.target, docstring, style)
            return None
        target = tree.symbols(name)
        assert target is not None
        found = extended_file(load, origin, tree.read(name), route.target, target, tree.style(name))
        if isinstance(found, Impossible):
            return found
        self._files[name] = found
        return None

    def _redirect(
        self, load: Load, importers: dict[str, list[ResolvedImport]], *, is_forced: bool = False
    ) -> dict[str, list[ResolvedImport]]:
        """Have `importers` import from the new place; those that should not are given back."""
        source, target = self._route.source, self._route.target.name
        moved = {(source, name): (target, name) for name in load.names}
        loading = frozenset(importers)
        if not is_forced:
            loading = redirectable(self._tree, source, importers, load.names)
        for importer in sorted(loading):
            self._files[importer] = redirected_file(self._tree, importer, moved)
            self._redirected.append(importer)
        return {name: each for name, each in importers.items() if name not in loading}

    def _write_source(self, load: Load) -> Impossible | None:
        source, tree = self._source, self._tree
        others = self._names_asked_for(load)
        found = reduced_file(
            load,
            tree.read(source.name),
            source,
            self._route.target.name,
            tree.facts[source.name].exports,
            others.__contains__,
            tree.modules.__contains__,
            tree.style(source.name),
        )
        if isinstance(found, Impossible):
            return found
        self._files[source.name] = found
        return None

    def _names_asked_for(self, load: Load) -> frozenset[str]:
        """The names that other modules still get from the old one."""
        tree, source, target = self._tree, self._route.source, self._route.target.name
        asked: set[str] = set()
        for resolved in tree.by_imported.get(source, ()):
            if resolved.importer == source:
                continue
            names = {n for t in resolved.internal if t.module == source for n in t.names}
            if not names or names == {"*"} or resolved.statement.form is not Form.FROM:
                asked |= self._attributes(resolved.importer)
            is_redirected = resolved.importer in self._redirected or resolved.importer == target
            asked |= names - load.names if is_redirected else names
        return frozenset(asked)

    def _attributes(self, importer: str) -> frozenset[str]:
        """Words behind a dot in the text of a module: what it could want of another one."""
        return self._tree.words_behind_dots(importer)

    def _finish(self, load: Load, kept: tuple[str, ...]) -> Proposal | Impossible:
        """Delete what has become an import of the module itself, and hoist what it is all for."""
        route, tree = self._route, self._tree
        created = (route.target,) if route.created else ()
        after = self._after()
        if after is None:
            return Impossible(UNREADABLE)
        moved_names = {(route.source, n): (route.target.name, n) for n in load.names}
        if not route.created:
            # What its functions imported from the old module they have at hand now.
            content = redirected_file(after, route.target.name, moved_names, is_only_local=True)
            self._files[route.target.name] = content
            after = after.changed({route.target.path: content})
        if after is None:
            return Impossible(UNREADABLE)
        edits = self._following_edits(after, load)
        for name, each in edits.items():
            module = after.modules[name]
            file = FileEdit(module.path, name, module.is_package, tuple(each))
            content = after.read(name)
            result = rewrite(content, file, after.facts[name], tree.style(route.source))
            hoists = [r for r in result.refused if isinstance(r.edit, Hoist)]
            if hoists:
                return Impossible(f"the import cannot be hoisted: {hoists[0].text}")
            self._files[name] = result.content
        files = {self._path(name): content for name, content in self._files.items()}
        moved = Moved(tuple(sorted(load.names)), route.source, route.target.name, load.lines)
        return Proposal(
            id=_identifier(route.action, moved),
            action=route.action,
            moved=(moved,),
            story=_story(load, route, sorted(self._redirected)),
            remarks=remarks_on(load, route.target.name) + self._packaging(),
            redirected=tuple(sorted(self._redirected)),
            kept=kept,
            files={path: files[path] for path in sorted(files)},
            created=created,
        )

    def _packaging(self) -> tuple[str, ...]:
        if not self._route.created:
            return ()
        missing = left_out(Path(self._tree.project.root), self._route.target)
        return (missing,) if missing else ()

    def _following_edits(self, after: Tree, load: Load) -> dict[str, list[Edit]]:
        edits: dict[str, list[Edit]] = {}
        target, wish = self._route.target.name, self._route.hoisted
        symbols = after.symbols(target)
        defined = {name for part in symbols.parts for name in part.names} if symbols else set()
        for resolved in after.by_importer.get(target, ()):
            statement = resolved.statement
            own = {n for t in resolved.internal if t.module == target for n in t.names}
            names = tuple(
                alias.asname or alias.name
                for alias in statement.names
                if alias.name in own & (load.names | defined)
            )
            if statement.is_local and names:
                place = Place(statement.line, statement.column)
                edits.setdefault(target, []).append(DeleteSelfImport(place, names))
        if wish is None:
            return edits
        for resolved in after.by_importer.get(wish.importer, ()):
            statement = resolved.statement
            is_same = statement.scope == wish.statement.scope and statement.is_local
            bound = set(statement.bound_names) & set(wish.statement.bound_names)
            is_own = any(t.module == wish.importer for t in resolved.internal)
            if is_same and bound and not is_own:
                place = Place(statement.line, statement.column)
                edits.setdefault(wish.importer, []).append(Hoist(place, tuple(sorted(bound))))
        return edits


def _identifier(action: Action, moved: Moved) -> str:
    text = "\n".join((str(action), moved.source, moved.target, *moved.names))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]


def _story(load: Load, route: Route, redirected: list[str]) -> tuple[str, ...]:
    names = sorted(load.names)
    listed = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    where = f"new module {route.target.name}" if route.created else route.target.name
    lines = "1 line" if load.lines == 1 else f"{load.lines} lines"
    story = [
        f"move {listed} ({lines}) from {route.source} to {where}",
        f"{route.source} imports {'it' if len(names) == 1 else 'them'} back",
    ]
    if redirected:
        verb = "imports" if len(redirected) == 1 else "import"
        story.append(f"{', '.join(redirected)} {verb} from {route.target.name}")
    if route.hoisted:
        statement = route.hoisted.statement
        story.append(
            f"the import of line {statement.line} of {route.hoisted.importer} goes to the top"
        )
    return tuple(story)
