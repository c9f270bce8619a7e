"""Definitions that move to other modules, as a short story; and what became of cycles."""

from rich.console import Console
from rich.text import Text

from cycleguard.model.cycles import CycleKind
from cycleguard.model.plans import FixPlan
from cycleguard.model.proposals import CycleEnd
from cycleguard.report.console import print_blank, print_row
from cycleguard.report.wording import count

_MOST_STUCK = 5


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
        text = f"{count(len(plan.moves), 'move')} of {count(lines, 'line')} in all, all unsafe"
        print_row(console, Text(text, style="yellow"))


def _print_cycle(console: Console, cycle: CycleEnd) -> None:
    head = f"cycle of {count(len(cycle.modules), 'module')} ({cycle.kind}): "
    if cycle.kind == CycleKind.TYPING:
        what = "only type checkers follow it, so no import can fail: nothing is to be done"
        print_row(console, Text(head + what), 0, 2)
        return
    if not cycle.left:
        print_row(console, Text.assemble(head, ("gone", "green")))
        return
    if len(cycle.modules) == 1:
        what = "it imports itself, which no move ends"
        print_row(console, Text(head + what), 0, 2)
        return
    sizes = " and ".join(str(size) for size in cycle.left)
    print_row(console, Text(f"{head}{sizes} still import each other in a circle"), 0, 2)
    for importer, imported in cycle.stuck[:_MOST_STUCK]:
        print_row(console, Text(f"nothing can cut {importer} -> {imported}", style="dim"), 2, 4)
    if len(cycle.stuck) > _MOST_STUCK:
        rest = f"and {len(cycle.stuck) - _MOST_STUCK} more: --format json lists them all"
        print_row(console, Text(rest, style="dim"), 2)
