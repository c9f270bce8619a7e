"""Definitions that move to other modules, as a short story; and what became of cycles."""

from collections import Counter

from rich.console import Console
from rich.text import Text

from cycleguard.model.cycles import CycleKind
from cycleguard.model.plans import FixPlan
from cycleguard.model.proposals import CycleEnd, Hold
from cycleguard.report.console import print_blank, print_row
from cycleguard.report.wording import count

_MOST_STUCK = 2
_MOST_CRASHES = 3
_MOST_IMPORTS = 8
_WORDS = {
    Hold.STAR: "a star import may bring any name",
    Hold.WHOLE: "the module itself is needed, not only names of it",
    Hold.UNDEFINED: "what is imported is no definition of the module that is asked for it",
    Hold.STAYS: "the definition has to stay where it is",
    Hold.PLACE: "no other module can take the definition",
    Hold.LARGE: "too much would have to move",
    Hold.BACK: "what the definition needs leads back to where it comes from",
    Hold.CIRCLE: "another import would close the circle instead",
    Hold.FILE: "a file does not allow the change",
    Hold.HARM: "a name, a loaded module or the end of another cycle would be lost",
    Hold.ENTRY: "without the import, some module could not be imported any more",
}


def print_moves(console: Console, plan: FixPlan) -> None:
    """Print each move with its consequences, and each cycle with what is left of it."""
    for number, move in enumerate(plan.moves, 1):
        first, *rest = move.story
        row = Text.assemble(f"{number}. ", (str(move.action), "green"), f"  {first}")
        print_row(console, row, 0, 4)
        for line in rest:
            print_row(console, Text(line), 4, 4)
        for line in move.remarks:
            print_row(console, Text(line, style="dim"), 4, 4)
    if plan.moves:
        print_blank(console)
    for cycle in plan.cycles:
        _print_cycle(console, cycle)
    if plan.cycles:
        print_blank(console)
    if plan.moves:
        lines = sum(move.lines for move in plan.moves)
        verb = "moves" if lines == 1 else "move"
        text = f"{count(len(plan.moves), 'change')}, all unsafe: {count(lines, 'line')} {verb}"
        print_row(console, Text(text, style="yellow"))


def _print_cycle(console: Console, cycle: CycleEnd) -> None:
    head = f"cycle of {count(len(cycle.modules), 'module')} ({cycle.kind}): "
    if cycle.kind == CycleKind.TYPING:
        what = "only type checkers follow it, so no import can fail: nothing is to be done"
        print_row(console, Text(head + what), 0, 2)
        return
    if not cycle.left:
        print_row(console, Text.assemble(head, ("gone", "green")))
        _print_imports(console, cycle)
        return
    if len(cycle.modules) == 1:
        what = "it imports itself, which no move ends"
        print_row(console, Text(head + what), 0, 2)
        return
    sizes = " and ".join(str(size) for size in cycle.left)
    print_row(console, Text(f"{head}{sizes} still import each other in a circle"), 0, 2)
    _print_entries(console, cycle)
    _print_imports(console, cycle)
    _print_holds(console, cycle)
    if cycle.is_cut_short:
        what = "as many changes were tried as are tried at most: another run may find more"
        print_row(console, Text(what, style="yellow"), 2, 4)


def _print_imports(console: Console, cycle: CycleEnd) -> None:
    """Print the graph before and after, as a diff; what stays as it is only where it is little."""
    before = len(cycle.gone) + len(cycle.kept)
    what = f"{count(before, 'import')} among them before"
    if cycle.gone or cycle.added:
        what += f": {len(cycle.gone)} gone, {len(cycle.added)} new"
    print_row(console, Text(what), 2, 4)
    for mark, style, arcs in (("-", "red", cycle.gone), ("+", "green", cycle.added)):
        for importer, imported in arcs[:_MOST_IMPORTS]:
            print_row(console, Text(f"{mark} {importer} -> {imported}", style=style), 4, 8)
        if len(arcs) > _MOST_IMPORTS:
            rest = f"{mark} {len(arcs) - _MOST_IMPORTS} more: --format json lists them all"
            print_row(console, Text(rest, style="dim"), 4)
    for importer, imported in cycle.kept if len(cycle.kept) <= _MOST_IMPORTS else ():
        print_row(console, Text(f"  {importer} -> {imported}"), 4, 8)


def _print_entries(console: Console, cycle: CycleEnd) -> None:
    """Print whether what is left of a cycle does harm."""
    if cycle.is_benign:
        what = "but every module of them imports, whichever comes first"
        print_row(console, Text(what, style="green"), 2, 4)
    for each in cycle.crashes[:_MOST_CRASHES]:
        what = f"importing {each.module} first still fails: {each.error}: {each.message}"
        print_row(console, Text(what, style="red"), 2, 4)
    if len(cycle.crashes) > _MOST_CRASHES:
        rest = f"and {len(cycle.crashes) - _MOST_CRASHES} more: --format json lists them all"
        print_row(console, Text(rest, style="dim"), 2, 4)
    if cycle.unknown:
        names = ", ".join(cycle.unknown[:_MOST_CRASHES])
        more = len(cycle.unknown) - _MOST_CRASHES
        names += f" and {more} more" if more > 0 else ""
        what = f"the simulation cannot tell how importing these first ends: {names}"
        print_row(console, Text(what, style="yellow"), 2, 4)


def _print_holds(console: Console, cycle: CycleEnd) -> None:
    """Print what keeps the rest of a cycle together, the most frequent reason first."""
    if cycle.stuck:
        what = f"{count(len(cycle.stuck), 'import')} that nothing can cut:"
        print_row(console, Text(what), 2, 4)
    many = Counter(each.held.hold for each in cycle.stuck)
    for hold, number in sorted(many.items(), key=lambda item: (-item[1], item[0])):
        print_row(console, Text(f"{number}: {_WORDS[hold]}"), 4, 6)
        same = [each for each in cycle.stuck if each.held.hold is hold]
        for each in same[:_MOST_STUCK]:
            what = f"{each.importer} -> {each.imported}: {each.held.text}"
            print_row(console, Text(what, style="dim"), 6, 8)
        if number > _MOST_STUCK:
            rest = f"and {number - _MOST_STUCK} more: --format json lists them all"
            print_row(console, Text(rest, style="dim"), 6)
