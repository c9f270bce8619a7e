from itertools import permutations
from random import Random

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cycleguard.graph.balance import Balance, balance, heavier_arcs, knots
from cycleguard.graph.feedback import feedback_arc_set, weight
from cycleguard.graph.improve import improve
from cycleguard.model.edges import Edge, Origin, Timing
from tests.unit.graph.samples import edges, some_edges

MANY = "abcdefghijklmnopqr"
"""More modules than are solved exactly."""


@pytest.mark.parametrize(
    ("given_edges", "expected"),
    [
        pytest.param(["a -> b", "b -> c"], [], id="nothing where there is no cycle"),
        pytest.param(["a -> b", "b -> a"], ["b -> a"], id="on a tie the order of names is kept"),
        pytest.param(["a -> b", "b -> c", "c -> a"], ["c -> a"], id="also on a longer cycle"),
        pytest.param(["a -> b typing", "b -> a lazy"], ["a -> b"], id="typing before lazy"),
        pytest.param(["a -> b lazy", "b -> a deferred"], ["a -> b"], id="lazy before deferred"),
        pytest.param(["a -> b deferred", "b -> a"], ["a -> b"], id="deferred before eager"),
        pytest.param(["a -> b x", "b -> a x,y"], ["a -> b"], id="fewer names first"),
        pytest.param(["a -> b x,y,z", "b -> a *"], ["a -> b"], id="a star is dear"),
        pytest.param(
            ["a -> b 1", "a -> b 2", "b -> a 3"], ["b -> a"], id="one statement before two"
        ),
        pytest.param(
            ["a -> b deferred 1", "a -> b deferred 2", "b -> a"],
            ["a -> b", "a -> b"],
            id="parallel edges fall together",
        ),
        pytest.param(["a -> a", "a -> b"], ["a -> a"], id="a self edge always falls"),
        pytest.param(
            ["a -> b deferred", "b -> c *", "c -> b", "c -> a"],
            ["a -> b", "c -> b"],
            id="the eager core is cut too",
        ),
        pytest.param(
            ["a -> b", "b -> c", "c -> a", "b -> d", "d -> a", "b -> e", "e -> a"],
            ["a -> b"],
            id="one edge that all cycles share",
        ),
    ],
)
def test_the_cut_is(given_edges: list[str], expected: list[str]) -> None:
    cut = feedback_arc_set(edges(*given_edges))
    assert [f"{edge.importer} -> {edge.imported}" for edge in cut] == expected


def test_a_package_keeps_what_it_offers() -> None:
    offered = [f"p -> p.{name} *" for name in "abc"]
    cut = feedback_arc_set(edges(*offered, "p.a -> p x,y,z", "p.b -> p *", "p.c -> p"))
    assert [edge.importer for edge in cut] == ["p.a", "p.b", "p.c"]


def test_a_package_may_lose_what_it_imports_late() -> None:
    cut = feedback_arc_set(edges("p -> p.a deferred", "p.a -> p"))
    assert [edge.importer for edge in cut] == ["p"]


def test_names_of_an_import_that_is_not_eager_only_break_ties() -> None:
    typing, deferred = edges("a -> b typing *", "a -> b deferred")
    assert weight(typing) < weight(deferred)


@given(some_edges("abcdef", 14))
@settings(max_examples=200, deadline=None)
def test_no_cut_of_a_small_graph_is_cheaper(given_edges: list[Edge]) -> None:
    cut = feedback_arc_set(given_edges)
    assert sum(map(weight, cut)) == _least_cost(set(given_edges))


@given(some_edges("abcdefgh", 24) | some_edges(MANY, 60, (Timing.EAGER,), (Origin.EXPLICIT,)))
@settings(deadline=None)
def test_the_cut_leaves_no_cycle_and_none_of_it_can_stay(given_edges: list[Edge]) -> None:
    cut = frozenset(feedback_arc_set(given_edges))
    graph: nx.DiGraph[str] = nx.DiGraph(
        (edge.importer, edge.imported) for edge in set(given_edges) - cut
    )
    assert nx.is_directed_acyclic_graph(graph)
    graph.add_nodes_from(end for edge in cut for end in (edge.importer, edge.imported))
    assert all(nx.has_path(graph, edge.imported, edge.importer) for edge in cut)


@given(some_edges(MANY, 60), st.integers())
@settings(deadline=None)
def test_the_order_of_the_input_does_not_show(given_edges: list[Edge], seed: int) -> None:
    shuffled = Random(seed).sample(given_edges, len(given_edges))
    assert feedback_arc_set(given_edges) == feedback_arc_set(shuffled)


arc_weights = st.dictionaries(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), st.integers(1, 5)
)


@given(arc_weights)
def test_every_cycle_lies_in_one_knot(weights: dict[tuple[str, str], int]) -> None:
    rows = balance(weights)
    inner = [set(heavier_arcs(knot)) for knot in knots(rows)]
    graph: nx.DiGraph[str] = nx.DiGraph(heavier_arcs(rows))
    for cycle in nx.simple_cycles(graph):
        steps = set(zip(cycle, cycle[1:] + cycle[:1], strict=True))
        assert sum(steps <= knot for knot in inner) == 1


@given(arc_weights)
def test_the_local_search_never_makes_an_order_worse(weights: dict[tuple[str, str], int]) -> None:
    for knot in knots(balance(weights)):
        given_order = sorted(knot, reverse=True)
        assert _cost(knot, improve(knot, given_order)) <= _cost(knot, given_order)


def _least_cost(given_edges: set[Edge]) -> int:
    """Try all orders."""
    modules = sorted({end for edge in given_edges for end in (edge.importer, edge.imported)})
    return min(
        sum(
            weight(edge)
            for edge in given_edges
            if order.index(edge.importer) >= order.index(edge.imported)
        )
        for order in permutations(modules)
    )


def _cost(knot: Balance, order: list[str]) -> int:
    return sum(knot[a][b] for a, b in heavier_arcs(knot) if order.index(a) > order.index(b))
