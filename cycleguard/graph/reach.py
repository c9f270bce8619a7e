"""Which modules a module pulls in while it is being imported.

Takes the edges of `resolve`, gives an index that answers many questions: one bit mask per
component of the condensation, built once. Read next by `classify` and `plan`.
"""

from collections.abc import Iterable

import networkx as nx

from cycleguard.graph.build import eager_graph, strictest_edge
from cycleguard.model.edges import Edge


class EagerReach:
    """Reachability over eager edges, those to parent packages included.

    A path may walk from the importer to the imported module and on to a parent package, as
    CPython does. Parent edges make no component but they do load modules, so here they count.
    """

    def __init__(self, edges: Iterable[Edge], modules: Iterable[str] = ()) -> None:
        """Index the eager ones of `edges`; `modules` are those that may have none, too."""
        self._graph = eager_graph(edges)
        self._graph.add_nodes_from(modules)
        condensation = nx.condensation(self._graph)
        self._component: dict[str, int] = condensation.graph["mapping"]
        self._reach = _reach_masks(condensation)

    def reaches(self, source: str, target: str) -> bool:
        """Say whether importing `source` imports `target`; every module reaches itself.

        A module without eager edges reaches, and is reached by, no other.
        """
        if source == target:
            return True
        if source not in self._component or target not in self._component:
            return False
        return bool(self._reach[self._component[source]] >> self._component[target] & 1)

    def reached(self, source: str) -> int:
        """The set of modules that importing `source` imports, itself counted, as `mask` has it."""
        return self._reach[self._component[source]] if source in self._component else 0

    def mask(self, modules: Iterable[str]) -> int:
        """A set of modules, for `reaches_any`: a bit for each component of the graph."""
        found = 0
        for module in modules:
            if module in self._component:
                found |= 1 << self._component[module]
        return found

    def reaches_any(self, source: str, mask: int) -> bool:
        """Say whether importing `source` imports one of a set, itself not counted."""
        return source in self._component and bool(self._reach[self._component[source]] & mask)

    def path(self, source: str, target: str) -> tuple[Edge, ...]:
        """Give a shortest path, the first by name; empty if there is none or none is needed."""
        if source == target or not self.reaches(source, target):
            return ()
        came_from = {source: source}
        queue = [source]
        bit = 1 << self._component[target]
        for module in queue:  # grows while it is read: breadth first
            for imported in self._graph.adj[module]:
                if imported not in came_from and self._reach[self._component[imported]] & bit:
                    came_from[imported] = module
                    queue.append(imported)
            if target in came_from:
                break
        return self._trace(came_from, target)

    def _trace(self, came_from: dict[str, str], module: str) -> tuple[Edge, ...]:
        path = []
        while came_from[module] != module:
            path.append(strictest_edge(self._graph, came_from[module], module))
            module = came_from[module]
        return tuple(reversed(path))


def _reach_masks(condensation: "nx.DiGraph[int]") -> dict[int, int]:
    masks: dict[int, int] = {}
    for component in reversed(list(nx.topological_sort(condensation))):
        mask = 1 << component
        for imported in condensation.successors(component):
            mask |= masks[imported]
        masks[component] = mask
    return masks
