"""A repair for people: the diff, and a summary of what moves, what stays and why."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from cycleguard.model.findings import Applicability
from cycleguard.model.plans import Edited, FixPlan, Left
from cycleguard.report.console import print_blank, print_place, print_row
from cycleguard.report.diff import unified
from cycleguard.report.moves import print_moves
from cycleguard.report.wording import count, short_statement

_STYLES = (("+++", "bold"), ("---", "bold"), ("@@", "cyan"), ("+", "green"), ("-", "red"))
_MOST_ROWS = 3
_MOST_NOTES = 10


def print_diff(console: Console, plan: FixPlan) -> None:
    """Print what changes in every file."""
    for line in unified(plan.changes):
        text = line.rstrip("\n")
        style = next((style for start, style in _STYLES if text.startswith(start)), "")
        if console.is_terminal:
            shown = (c if c.isprintable() or c == "\t" else repr(c)[1:-1] for c in text)
            console.print(Text("".join(shown), style=style), soft_wrap=True)
        else:
            console.file.write(line)


def print_summary(console: Console, plan: FixPlan, *, is_applied: bool) -> None:
    """Print how many imports move in which way, and what is left and why."""
    for each in plan.moved:
        row = Text.assemble((str(each.action), "green"), f"  {each.title} ({each.applicability})")
        print_row(console, row, 0, 4)
        print_row(console, Text(each.text, style="dim"), 4, 4)
    _print_left(console, plan.left)
    _print_comments(console, plan.edited)
    print_moves(console, plan)
    _print_counts(console, plan, is_applied=is_applied)


def edit_title(edited: Edited) -> Text:
    """One edit on one row: what is done to which statement, and what is there then."""
    row = Text.assemble((str(edited.action), "green"), "  ")
    row.append(short_statement(edited.statement), style="cyan")
    if edited.statements:
        row.append("  ->  ")
        row.append("; ".join(edited.statements), style="cyan")
    if edited.renamed:
        row.append("  with " + ", ".join(f"{new} for {old}" for old, new in edited.renamed))
    return row


def _print_left(console: Console, left: Iterable[Left]) -> None:
    groups: dict[tuple[str, str], list[Left]] = {}
    for each in sorted(left, key=lambda each: (each.by, each.code, each.path, each.line)):
        groups.setdefault((each.by, each.code), []).append(each)
    if groups:
        print_row(console, Text("left in place", style="bold"))
    # What is left most often first: that is where something could be done about it.
    for (by, code), same in sorted(groups.items(), key=lambda group: -len(group[1])):
        title = Text.assemble(f"{count(len(same), 'import')}: ", (code, "bold"))
        title.append(f"  (said by the {by})" if by != "rule" else "", style="dim")
        print_row(console, title, 2, 4)
        texts = {each.text for each in same}
        if len(texts) == 1 and len(same) > 1:
            print_row(console, Text(same[0].text, style="dim"), 4, 4)
        for each in same[:_MOST_ROWS]:
            statement = Text(short_statement(each.statement), style="cyan")
            print_place(console, each.path, each.line, statement, 4)
            if len(texts) > 1 or len(same) == 1:
                print_row(console, Text(each.text, style="dim"), 8, 8)
        if len(same) > _MOST_ROWS:
            rest = f"and {len(same) - _MOST_ROWS} more: --format json lists them all"
            print_row(console, Text(rest, style="dim"), 4)
    if groups:
        print_blank(console)


def _print_comments(console: Console, edited: Iterable[Edited]) -> None:
    notes = [
        (each, comment, what)
        for each in edited
        for what, comments in (("no longer true, goes", each.stale), ("check it", each.doubtful))
        for comment in comments
    ]
    if notes:
        print_row(console, Text("comments", style="bold"))
    for each, comment, what in notes[:_MOST_NOTES]:
        print_place(console, each.path, each.line, Text(f"{comment}  ({what})"), 2)
    if len(notes) > _MOST_NOTES:
        rest = f"and {len(notes) - _MOST_NOTES} more: --format json lists them all"
        print_row(console, Text(rest, style="dim"), 2)
    if notes:
        print_blank(console)


def _print_counts(console: Console, plan: FixPlan, *, is_applied: bool) -> None:
    if not plan.changes:
        print_row(console, Text("nothing to change", style="bold"))
    elif plan.edited or plan.moved:
        listed = ", ".join(f"{many} {action}" for action, many in plan.actions.items())
        verb = "changed" if is_applied else "would change"
        number = len(plan.edited) + len(plan.moved)
        what = "import" if not plan.moved else "place"
        head = f"{count(number, what)} {verb} in {count(len(plan.changes), 'file')}"
        print_row(console, Text(f"{head}: {listed}", style="bold"), 0, 2)
        risky = sum(each.applicability is Applicability.UNSAFE for each in plan.edited)
        if risky:
            text = (
                f"{risky} of them unsafe: a cycle grows, more is loaded, or a comment or a string"
                " of code is overruled"
            )
            print_row(console, Text(text, style="yellow"), 0, 2)
    if plan.left:
        waiting = sum(each.needs_unsafe for each in plan.left)
        text = f"{count(len(plan.left), 'import')} left in place"
        text += f", {waiting} of them could change with --unsafe" if waiting else ""
        print_row(console, Text(text), 0, 2)
    if plan.changes:
        hint = "`cycleguard undo` takes this back" if is_applied else "--apply writes it"
        print_row(console, Text(hint), 0, 2)
