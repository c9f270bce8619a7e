from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cycleguard.graph.build import arcs, eager_graph, level_graph, parallel_edges, strictest_edge
from cycleguard.model.cycles import CycleKind
from cycleguard.model.edges import Edge
from tests.unit.graph.samples import edges, some_edges

MIXED = edges(
    "a -> b",
    "b -> c deferred",
    "c -> d lazy",
    "d -> e typing",
    "e -> f literal",
    "p.a -> p parent",
    "a -> g dynamic",
)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (CycleKind.EAGER, "ab ef"),
        (CycleKind.DEFERRED, "ab bc cd ef"),
        (CycleKind.TYPING, "ab bc cd de ef"),
    ],
)
def test_each_level_adds_its_timings_to_the_stricter_ones(kind: CycleKind, expected: str) -> None:
    assert [a + b for a, b in level_graph(MIXED, kind).edges] == expected.split()


def test_the_eager_graph_has_parent_and_dynamic_edges() -> None:
    assert list(eager_graph(MIXED).edges) == [("a", "b"), ("a", "g"), ("e", "f"), ("p.a", "p")]


def test_the_strictest_edge_has_the_first_timing_then_the_lowest_line() -> None:
    parallel = edges("a -> b typing 1", "a -> b 9", "a -> b 10", "a -> b deferred 2")
    graph = level_graph(parallel, CycleKind.TYPING)
    assert [edge.line for edge in parallel_edges(graph, "a", "b")] == [9, 10, 2, 1]
    assert strictest_edge(graph, "a", "b").line == 9


def test_a_written_import_stands_for_an_arc_before_an_implicit_one() -> None:
    graph = eager_graph(edges("p.a -> p parent 1", "p.a -> p 5"))
    assert strictest_edge(graph, "p.a", "p").line == 5


def test_an_edge_given_twice_counts_once() -> None:
    graph = level_graph(edges("a -> b", "a -> b"), CycleKind.EAGER)
    assert len(parallel_edges(graph, "a", "b")) == 1


def test_arcs_leave_self_edges_out() -> None:
    graph = level_graph(edges("a -> a", "a -> b"), CycleKind.EAGER)
    assert list(arcs(graph)) == [("a", "b")]


@given(some_edges("abcde", 12), st.integers())
def test_the_order_of_the_input_does_not_show(given_edges: list[Edge], seed: int) -> None:
    shuffled = Random(seed).sample(given_edges, len(given_edges))
    for kind in CycleKind:
        one, other = level_graph(given_edges, kind), level_graph(shuffled, kind)
        assert list(one) == list(other) == sorted(one)
        assert list(one.edges(data=True)) == list(other.edges(data=True))
