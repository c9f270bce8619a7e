from random import Random

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cycleguard.graph.build import TIMINGS, arcs, level_graph, strictest_edge
from cycleguard.graph.components import components
from cycleguard.model.cycles import Component, CycleKind
from cycleguard.model.edges import Edge
from tests.unit.graph.samples import edges, some_edges


def told(found: tuple[Component, ...]) -> list[str]:
    return [f"{component.kind}: {' '.join(component.modules)}" for component in found]


def walked(component: Component) -> str:
    return " ".join(edge.importer for edge in component.witness)


@pytest.mark.parametrize(
    ("given_edges", "expected"),
    [
        pytest.param([], [], id="no edges have no component"),
        pytest.param(["a -> b", "b -> c"], [], id="a chain has no component"),
        pytest.param(["a -> b", "b -> a"], ["eager: a b"], id="two eager imports"),
        pytest.param(["a -> a"], ["eager: a"], id="a module that imports itself"),
        pytest.param(["a -> b", "b -> a deferred"], ["deferred: a b"], id="one is deferred"),
        pytest.param(["a -> b", "b -> a lazy"], ["deferred: a b"], id="lazy counts as deferred"),
        pytest.param(["a -> b deferred", "b -> a typing"], ["typing: a b"], id="one is for types"),
        pytest.param(["p -> p.a", "p.a -> p parent"], [], id="a parent edge makes no cycle"),
        pytest.param(["a -> b", "b -> a dynamic"], [], id="nor does a guess"),
        pytest.param(["a -> b", "b -> a literal"], ["eager: a b"], id="a literal call does"),
        pytest.param(
            ["a -> b", "b -> a", "a -> b deferred", "b -> a typing"],
            ["eager: a b"],
            id="the same members are told once, at the strictest level",
        ),
        pytest.param(
            ["a -> b", "b -> a", "b -> c", "c -> a deferred", "d -> c typing", "c -> d"],
            ["eager: a b", "deferred: a b c", "typing: a b c d"],
            id="a component that grows is told at each level",
        ),
        pytest.param(
            ["y -> z", "z -> y", "b -> c deferred", "c -> b", "x -> w", "w -> x"],
            ["eager: w x", "eager: y z", "deferred: b c"],
            id="by kind and then by name",
        ),
    ],
)
def test_components_and_their_kinds(given_edges: list[str], expected: list[str]) -> None:
    assert told(components(edges(*given_edges))) == expected


@pytest.mark.parametrize(
    ("given_edges", "near", "expected"),
    [
        pytest.param(["b -> a", "a -> b"], "", "a b", id="starts at the first name"),
        pytest.param(
            ["a -> b", "b -> c", "c -> a", "c -> d", "d -> c"], "", "c d", id="the shortest"
        ),
        pytest.param(
            ["a -> b", "b -> a", "c -> d", "d -> c", "b -> c", "c -> b"],
            "",
            "a b",
            id="the first by name of the shortest",
        ),
        pytest.param(
            ["a -> b", "b -> a", "b -> c", "c -> d", "d -> b"],
            "d",
            "b c d",
            id="near a module although there is a shorter one elsewhere",
        ),
        pytest.param(
            ["a -> b", "b -> a", "b -> c", "c -> a deferred"],
            "",
            "a b c",
            id="uses the deferred import although the eager cycle is shorter",
        ),
        pytest.param(
            ["a -> b deferred", "b -> a", "b -> c", "c -> b"],
            "c",
            "a b",
            id="away from near where no simple cycle has both the deferred import and near",
        ),
        pytest.param(["a -> a", "a -> b", "b -> a"], "", "a b", id="not the self edge"),
    ],
)
def test_the_witness_is(given_edges: list[str], near: str, expected: str) -> None:
    assert walked(components(edges(*given_edges), frozenset(near))[-1]) == expected


def test_the_witness_shows_the_strictest_import_of_a_pair() -> None:
    found = components(edges("a -> b typing 1", "a -> b 7", "a -> b 5", "b -> a deferred 3"))
    assert [edge.line for edge in found[0].witness] == [5, 3]


def test_only_components_that_touch_near_are_given() -> None:
    two = edges("a -> b", "b -> a", "c -> d", "d -> c")
    assert told(components(two, frozenset("dx"))) == ["eager: c d"]


def test_edges_are_those_of_the_level_between_members_sorted() -> None:
    found = components(
        edges("b -> a 3", "a -> b 2", "a -> b deferred 1", "a -> c", "b -> a parent 1")
    )
    assert [(edge.importer, edge.line) for edge in found[0].edges] == [("a", 2), ("b", 3)]


@given(some_edges("abcdef", 14), st.integers())
def test_the_order_of_the_input_does_not_show(given_edges: list[Edge], seed: int) -> None:
    shuffled = Random(seed).sample(given_edges, len(given_edges))
    near = frozenset("ab")
    assert components(given_edges) == components(shuffled)
    assert components(given_edges, near) == components(shuffled, near)


@given(some_edges("abcdefg", 20))
def test_the_condensation_of_a_level_is_acyclic(given_edges: list[Edge]) -> None:
    for kind in CycleKind:
        graph = level_graph(given_edges, kind)
        owner = {module: module for module in graph}
        for component in components(given_edges):
            if _at_most(component.kind, kind):
                owner |= dict.fromkeys(component.modules, component.modules[0])
        between = ((owner[a], owner[b]) for a, b in graph.edges if owner[a] != owner[b])
        assert nx.is_directed_acyclic_graph(nx.DiGraph(between))


@given(some_edges("abcdef", 16))
@settings(max_examples=300)
def test_no_cycle_of_the_kind_is_shorter_than_the_witness(given_edges: list[Edge]) -> None:
    for component in components(given_edges):
        every = _cycles_of_its_kind(component)
        assert tuple(edge.importer for edge in component.witness) in every
        assert len(component.witness) == min(map(len, every))
        _assert_closed(component.witness)


@given(some_edges("abcdef", 16), st.frozensets(st.sampled_from("abcdef"), min_size=1))
@settings(max_examples=300)
def test_the_witness_near_some_modules(given_edges: list[Edge], near: frozenset[str]) -> None:
    for component in components(given_edges, near):
        every = _cycles_of_its_kind(component)
        through = [cycle for cycle in every if near & frozenset(cycle)]
        assert near & frozenset(component.modules)
        assert tuple(edge.importer for edge in component.witness) in every
        _assert_closed(component.witness)
        if component.kind is CycleKind.EAGER:
            assert len(component.witness) == min(map(len, through))


def _at_most(kind: CycleKind, level: CycleKind) -> bool:
    kinds = tuple(CycleKind)
    return kinds.index(kind) <= kinds.index(level)


def _cycles_of_its_kind(component: Component) -> set[tuple[str, ...]]:
    """Enumerate by brute force, each cycle from its first name on."""
    graph = level_graph(component.edges, component.kind)
    if len(component.modules) == 1:
        return {component.modules}
    own = {
        (a, b)
        for a, b in arcs(graph)
        if strictest_edge(graph, a, b).timing in TIMINGS[component.kind]
    }
    turned = [
        tuple(cycle[cycle.index(min(cycle)) :] + cycle[: cycle.index(min(cycle))])
        for cycle in nx.simple_cycles(graph)
        if len(cycle) > 1
    ]
    return {cycle for cycle in turned if own & set(zip(cycle, cycle[1:] + cycle[:1], strict=True))}


def _assert_closed(witness: tuple[Edge, ...]) -> None:
    followers = witness[1:] + witness[:1]
    assert all(a.imported == b.importer for a, b in zip(witness, followers, strict=True))
