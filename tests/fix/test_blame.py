"""Which proposals are dropped for a set of failures: few, enough, and found in any case."""

from collections.abc import Mapping

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cycleguard.plan.blame import chosen

Ways = Mapping[str, tuple[frozenset[str], ...]]
_OWNERS = st.frozensets(st.sampled_from("abcdef"), min_size=1, max_size=3)
_WAYS = st.dictionaries(
    st.text("xyz", max_size=4), st.lists(_OWNERS, max_size=4).map(tuple), max_size=8
)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(_WAYS)
def test_every_failure_lacks_one_of_its_statements(ways: Ways) -> None:
    dropped = chosen(ways)
    for way in ways.values():
        assert not way or any(owners <= dropped for owners in way)


def test_what_is_on_most_ways_goes_first() -> None:
    hub = frozenset(("hub",))
    ways = {str(n): (frozenset((f"from {n}",)), hub, frozenset((f"to {n}",))) for n in range(4)}
    assert chosen(ways) == {"hub"}


def test_all_who_made_a_statement_go_together() -> None:
    ways = {"entry": (frozenset(("first", "second")),)}
    assert chosen(ways) == {"first", "second"}


def test_a_proposal_may_have_made_other_statements_too() -> None:
    shared, own = frozenset(("one", "other")), frozenset(("other",))
    assert chosen({"a": (shared,), "b": (own,), "c": (own,)}) == {"one", "other"}
