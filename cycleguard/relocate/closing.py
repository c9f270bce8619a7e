"""The smallest set of parts that can leave a module together.

In: a symbol graph, the names that are wanted elsewhere. Out: the numbers of the parts, or why they
have to stay.
"""

from cycleguard.graph.cut import cheapest_closure, closure
from cycleguard.model.proposals import Impossible
from cycleguard.model.symbols import ModuleSymbols, Part


def closed_set(
    symbols: ModuleSymbols, names: frozenset[str], held: dict[str, str]
) -> frozenset[int] | Impossible:
    """The parts that bind `names`, and all that these need of the same module.

    Args:
        symbols: the module.
        names: what is wanted elsewhere.
        held: names that must not leave or be read from elsewhere, each with the reason.
    """
    wanted = _wanted(symbols, names)
    if isinstance(wanted, Impossible):
        return wanted
    chosen = closure(wanted, needs_of(symbols))
    problem = obstacle(symbols, chosen, held)
    return Impossible(problem) if problem else chosen


def split_set(
    symbols: ModuleSymbols, names: frozenset[str], held: dict[str, str], upper: frozenset[int]
) -> frozenset[int] | Impossible:
    """As `closed_set`, with what belongs to it: the cut between both halves is a minimum cut.

    The parts `upper` have to stay, for they import what the lower half must not. A line that
    moves costs one; a name that one half has to import from the other costs as four lines do.
    """
    wanted = _wanted(symbols, names)
    if isinstance(wanted, Impossible):
        return wanted
    needs = needs_of(symbols)
    barred = [p.number for p in symbols.parts if reason_of(p, held) or p.kind == "effect"]
    ties = {
        (need, number): 4 * len(symbols.parts[number].names)
        for number in needs
        for need in needs[number]
    }
    cost = {part.number: part.lines for part in symbols.parts}
    chosen = cheapest_closure(wanted, needs, cost, ties, (upper | set(barred)) - wanted)
    if chosen is None:
        return closed_set(symbols, names, held)
    problem = obstacle(symbols, chosen, held)
    return Impossible(problem) if problem else chosen


def _wanted(symbols: ModuleSymbols, names: frozenset[str]) -> frozenset[int] | Impossible:
    found: set[int] = set()
    for name in sorted(names):
        part = symbols.part_of(name)
        if part is None:
            return Impossible(f"{symbols.module} does not define {name}")
        found.add(part.number)
    return frozenset(found)


def needs_of(symbols: ModuleSymbols) -> dict[int, frozenset[int]]:
    """What each part cannot go without; copies are no need."""
    owner = {name: part for part in symbols.parts for name in part.names}
    return {
        part.number: frozenset(
            owner[name].number
            for name in part.needs
            if name in owner and owner[name].number != part.number and not owner[name].is_copyable
        )
        for part in symbols.parts
    }


def obstacle(symbols: ModuleSymbols, chosen: frozenset[int], held: dict[str, str]) -> str | None:
    """Why these parts cannot leave; None if they can."""
    moving = [part for part in symbols.parts if part.number in chosen]
    for part in moving:
        reason = reason_of(part, held)
        if reason:
            return reason
        for name in sorted(part.needs):
            if name in held:
                return f"{part.names[0]} reads {name}, and {held[name]}"
    effects = [part for part in symbols.parts if part.kind == "effect" and part.calls]
    for part in moving:
        before = [each for each in effects if each.first_line < part.first_line]
        if part.calls and before and part.kind == "value":
            return f"{part.names[0]} is made after line {before[0].first_line} has run"
    return None


def reason_of(part: Part, held: dict[str, str]) -> str | None:
    """Why one part has to stay; None if nothing of its own keeps it."""
    if part.fixed:
        return f"{part.names[0] if part.names else 'a statement'} has to stay: {part.fixed[0]}"
    return next((f"{held[name]}" for name in part.names if name in held), None)
