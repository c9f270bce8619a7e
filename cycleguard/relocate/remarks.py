"""What changes although every name stays where it was: why a move is not safe.

In: a `Load` and the target. Out: sentences.
"""

from collections.abc import Iterator

from cycleguard.model.symbols import PartKind
from cycleguard.relocate.load import Load


def remarks_on(load: Load, target: str) -> tuple[str, ...]:
    """The remarks, the same ones for the same move."""
    return tuple(_remarks(load, target))


def _remarks(load: Load, target: str) -> Iterator[str]:
    source = load.source.module
    defined = [
        name
        for part in load.parts
        for name in part.names
        if part.kind in (PartKind.CLASS, PartKind.FUNCTION) and not part.is_exception
    ]
    if defined:
        listed = ", ".join(sorted(defined)[:6]) + (" and others" if len(defined) > 6 else "")
        yield f"__module__ of {listed} is {target}: new pickles name it, old ones still load"
    raised = sorted(name for part in load.parts if part.is_exception for name in part.names)
    if raised:
        listed = ", ".join(raised[:6]) + (" and others" if len(raised) > 6 else "")
        yield f"__module__ of {listed} is set to {source}: tracebacks and pickles say it as before"
    # mock.patch("old.helper") sets a name that nobody reads any more.
    yield f"a test that patches names in {source} has to patch those that {target} uses in {target}"
    if load.copies:
        names = ", ".join(name for part in load.copies for name in part.names)
        yield f"{target} has a {names} of its own"
