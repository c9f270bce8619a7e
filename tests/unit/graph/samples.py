"""Edges for the tests of `cycleguard.graph`: written as short texts, or drawn at random."""

from hypothesis import strategies as st

from cycleguard.model.edges import Edge, Origin, Timing


def edges(*texts: str) -> list[Edge]:
    """Read edges such as ``a -> b``, ``a -> b deferred 7`` or ``a -> b parent x,y``.

    The words after the arc are a timing, an origin, a line, and names; each may be left out.
    """
    return [_edge(*text.replace("->", " ").split()) for text in texts]


def _edge(importer: str, imported: str, *words: str) -> Edge:
    timings = [Timing(word) for word in words if word in list(Timing)]
    origins = [Origin(word) for word in words if word in list(Origin)]
    lines = [int(word) for word in words if word.isdigit()]
    other = {*timings, *origins, *map(str, lines)}
    names = [name for word in words if word not in other for name in word.split(",")]
    return Edge(
        importer=importer,
        imported=imported,
        path=f"{importer}.py",
        line=lines[0] if lines else 1,
        timing=timings[0] if timings else Timing.EAGER,
        origin=origins[0] if origins else Origin.EXPLICIT,
        statement=f"from {imported} import {', '.join(names)}" if names else f"import {imported}",
        names=tuple(names),
    )


def some_edges(
    modules: str,
    most: int,
    timings: tuple[Timing, ...] = tuple(Timing),
    origins: tuple[Origin, ...] = tuple(Origin),
) -> st.SearchStrategy[list[Edge]]:
    """Draw up to `most` edges between one-letter modules, self edges and parallel ones too."""
    module = st.sampled_from(modules)
    words = st.builds(
        _edge,
        module,
        module,
        st.sampled_from(timings),
        st.sampled_from(origins),
        st.sampled_from(["1", "2", "3"]),
        st.sampled_from(["x", "x,y", "*"]),
    )
    return st.lists(words, max_size=most)
