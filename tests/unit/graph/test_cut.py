"""The cheapest closed set: compared with every closed set there is."""

from itertools import combinations
from random import Random

import pytest

from cycleguard.graph.cut import cheapest_closure

Needs = dict[int, frozenset[int]]


@pytest.mark.parametrize("seed", range(40))
def test_nothing_that_is_closed_is_cheaper(seed: int) -> None:
    random = Random(seed)
    members = range(random.randint(2, 7))
    needs = {m: frozenset(n for n in members if n != m and random.random() < 0.2) for m in members}
    cost = {m: random.randint(1, 9) for m in members}
    ties = {(a, b): random.randint(1, 9) for a in members for b in members if random.random() < 0.2}
    ties = {pair: price for pair, price in ties.items() if pair[1] not in needs[pair[0]]}
    wanted, barred = {0}, {m for m in members if m and random.random() < 0.15}

    def price(chosen: frozenset[int]) -> int:
        cut = sum(p for (a, b), p in ties.items() if a in chosen and b not in chosen)
        return sum(cost[m] for m in chosen) + cut

    closed = [
        frozenset(chosen)
        for size in range(1, len(members) + 1)
        for chosen in combinations(members, size)
        if wanted <= set(chosen)
        and not barred & set(chosen)
        and all(needs[m] <= set(chosen) for m in chosen)
    ]
    found = cheapest_closure(wanted, needs, cost, ties, barred)
    if not closed:
        assert found is None
    else:
        assert found in closed
        assert price(found) == min(map(price, closed))
