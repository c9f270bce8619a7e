import networkx as nx
from hypothesis import given

from cycleguard.graph.build import eager_graph
from cycleguard.graph.reach import EagerReach
from cycleguard.model.edges import Edge
from tests.unit.graph.samples import edges, some_edges


def test_a_path_walks_over_a_parent_package() -> None:
    reach = EagerReach(edges("a -> p.x", "p.x -> p parent", "p -> b"))
    assert reach.reaches("a", "b")
    assert [edge.imported for edge in reach.path("a", "b")] == ["p.x", "p", "b"]


def test_deferred_lazy_and_typing_edges_do_not_count() -> None:
    reach = EagerReach(edges("a -> b deferred", "a -> c lazy", "a -> d typing"))
    assert not any(reach.reaches("a", module) for module in "bcd")
    assert reach.path("a", "b") == ()


def test_a_module_reaches_itself_without_a_path() -> None:
    reach = EagerReach(edges("a -> b", "b -> a"))
    assert reach.reaches("a", "a")
    assert reach.path("a", "a") == ()


def test_a_module_that_is_not_in_the_graph_reaches_only_itself() -> None:
    reach = EagerReach(edges("a -> b"))
    assert reach.reaches("x", "x")
    assert not reach.reaches("x", "a")
    assert not reach.reaches("a", "x")


def test_of_two_shortest_paths_the_first_by_name_is_given() -> None:
    reach = EagerReach(edges("a -> c", "c -> d", "b -> d", "a -> b"))
    assert [edge.imported for edge in reach.path("a", "d")] == ["b", "d"]


@given(some_edges("abcdefg", 18))
def test_it_agrees_with_a_search(given_edges: list[Edge]) -> None:
    graph = eager_graph(given_edges)
    reach = EagerReach(given_edges)
    for source in graph:
        distances = nx.single_source_shortest_path_length(graph, source)
        for target in graph:
            path = reach.path(source, target)
            assert reach.reaches(source, target) == (target in distances)
            assert len(path) == distances.get(target, 0)
            steps = [edge.importer for edge in path] + [target] * bool(path)
            assert steps[1:] == [edge.imported for edge in path]
