"""Arcs as plain sets: what a search changes by a few arcs and asks many times.

Takes pairs of importer and imported, gives reachability and the sets that hang together. Nothing is
indexed, so a change costs what it changes; `reach` is for graphs that stay. Read next by
`relocate`.
"""

from collections.abc import Iterable, Mapping

Arc = tuple[str, str]


class Arcs:
    """Who imports whom."""

    def __init__(self, arcs: Iterable[Arc] = ()) -> None:
        self._from: dict[str, set[str]] = {}
        for importer, imported in arcs:
            self._from.setdefault(importer, set()).add(imported)

    def __contains__(self, arc: Arc) -> bool:
        return arc[1] in self._from.get(arc[0], ())

    def from_module(self, importer: str) -> frozenset[str]:
        """What one module imports."""
        return frozenset(self._from.get(importer, ()))

    def changed(self, adds: Iterable[Arc], removes: Iterable[Arc]) -> "Arcs":
        """The same with some arcs more, and some less; what is in both is there."""
        after = Arcs()
        after._from = dict(self._from)
        for importer, imported in removes:
            after._from[importer] = after._from.get(importer, set()) - {imported}
        for importer, imported in adds:
            after._from[importer] = after._from.get(importer, set()) | {imported}
        return after

    def added(self, before: "Arcs") -> frozenset[Arc]:
        """The arcs that are here and not in `before`."""
        return frozenset(
            (importer, imported)
            for importer, ends in self._from.items()
            if ends is not before._from.get(importer)
            for imported in ends - before._from.get(importer, set())
        )

    def reaches(self, start: str, end: str, without: Arc | None = None) -> bool:
        """Say whether a chain of arcs leads from `start` to `end`, leaving out the arc `without`.

        Every module reaches itself.
        """
        seen, pending = {start}, [start]
        while pending and end not in seen:
            importer = pending.pop()
            for imported in self._from.get(importer, ()):
                if imported not in seen and (importer, imported) != without:
                    seen.add(imported)
                    pending.append(imported)
        return end in seen

    def reached(self, start: str) -> frozenset[str]:
        """All that chains of arcs lead to from `start`, itself included."""
        seen, pending = {start}, [start]
        while pending:
            new = self._from.get(pending.pop(), set()) - seen
            seen |= new
            pending += new
        return frozenset(seen)

    def path(self, start: str, end: str, without: Arc | None = None) -> tuple[str, ...]:
        """Give a shortest chain with both ends, the first by name; empty if there is none."""
        came_from, queue = {start: ""}, [start]
        for importer in queue:  # grows while it is read: breadth first
            for imported in sorted(self._from.get(importer, ())):
                if imported not in came_from and (importer, imported) != without:
                    came_from[imported] = importer
                    queue.append(imported)
            if end in came_from and end != start:
                found = [end]
                while came_from[found[-1]]:
                    found.append(came_from[found[-1]])
                return tuple(reversed(found))
        return ()

    def tangles(self) -> tuple[frozenset[str], ...]:
        """The largest sets of modules in which each reaches each other, sorted.

        A module alone makes one if it imports itself.

        Source: Tarjan, "Depth-first search and linear graph algorithms", 1972, without recursion.
        """
        components = _components(self._from)
        found = [each for each in components if len(each) > 1 or (min(each), min(each)) in self]
        return tuple(sorted(found, key=sorted))


def _components(arcs: Mapping[str, Iterable[str]]) -> list[frozenset[str]]:
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[frozenset[str]] = []
    for root in arcs:
        if root in number:
            continue
        number[root] = lowest[root] = len(number)
        stack.append(root)
        on_stack.add(root)
        path = [(root, iter(arcs[root]))]
        while path:
            module, rest = path[-1]
            for imported in rest:
                if imported not in number:
                    number[imported] = lowest[imported] = len(number)
                    stack.append(imported)
                    on_stack.add(imported)
                    path.append((imported, iter(arcs.get(imported, ()))))
                    break
                if imported in on_stack:
                    lowest[module] = min(lowest[module], number[imported])
            else:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[module])
                if lowest[module] == number[module]:
                    members: set[str] = set()
                    while module not in members:
                        members.add(stack.pop())
                    on_stack -= members
                    found.append(frozenset(members))
    return found
