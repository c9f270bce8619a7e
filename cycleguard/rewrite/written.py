"""The text of new and changed import statements, where their runs and groups want it.

In: runs of entries. Out: replacements.
"""

import re
from collections.abc import Iterator

from cycleguard.collect.source import SourceText
from cycleguard.rewrite.entries import Entry, Group, Run
from cycleguard.rewrite.setting import rendered
from cycleguard.rewrite.statements import Wrap
from cycleguard.rewrite.text import Replacement

_WORD = re.compile(r"[^\W\d_]+")
# Words of a heading, at most; lines of a licence, at least.
_HEADING = 5
_LICENCE = 4


def group_text(group: Group, indent: str, wrap: Wrap) -> str:
    """The new entries of a group, one below the other, without a newline at the end."""
    text = ""
    for entry in group:
        # A comment stands below a blank line, if not at the top.
        text += ("\n\n" if entry.statement.above else "\n") if text else ""
        text += entry_text(entry, indent, wrap)
    return text


def entry_text(entry: Entry, indent: str, wrap: Wrap) -> str:
    """A new statement with its comments."""
    statement = entry.statement
    beside = f"  {statement.beside}" if statement.beside else ""
    text = f"{indent}{rendered(statement, wrap, indent)}{beside}"
    return "".join(f"{indent}{comment}\n" for comment in statement.above) + text


def run_replacements(
    run: Run, source: SourceText, wrap: Wrap, block: str = ""
) -> Iterator[Replacement]:
    """What a run with at least one statement that stays becomes.

    Args:
        run: the run.
        source: the text.
        wrap: how long statements are set.
        block: other statements, to be set below.
    """
    inserted: dict[int, str] = {}
    for number, group in enumerate(run.groups):
        here = [entry for entry in group if _stays(entry)]
        if here:
            _into_group(group, run.indent, source, wrap, inserted)
        elif any(entry.node is None for entry in group):
            text = group_text([e for e in group if e.node is None], run.indent, wrap)
            above = [e for each in run.groups[:number] for e in each if _stays(e)]
            if above:
                place = _line_end(above[-1].end_line, source)
                inserted[place] = inserted.get(place, "") + f"\n\n{text}"
            else:
                below = next(e for each in run.groups[number:] for e in each if _stays(e))
                line = below.lead if _is_about(below, source) else below.line
                place = source.offset(line, 0)
                inserted[place] = inserted.get(place, "") + f"{text}\n\n"
    for entry in run.entries:
        if _stays(entry):
            yield from _changed(entry, run.indent, source, wrap, inserted)
    if block:
        last = [entry for entry in run.entries if _stays(entry)][-1]
        place = _line_end(last.end_line, source)
        inserted[place] = inserted.get(place, "") + f"\n\n{block}"
    yield from (Replacement(place, place, text) for place, text in inserted.items())


def _stays(entry: Entry) -> bool:
    return entry.node is not None and not entry.is_gone


def _into_group(
    group: Group, indent: str, source: SourceText, wrap: Wrap, inserted: dict[int, str]
) -> None:
    """New entries below the existing one before them, or above the first."""
    above: Entry | None = None
    waiting = ""
    for entry in group:
        if _stays(entry):
            if waiting:
                is_about = _is_about(entry, source)
                place = source.offset(entry.lead if is_about else entry.line, 0)
                # A comment inside of a group stands below a blank line.
                waiting += "\n" if is_about else ""
                inserted[place] = inserted.get(place, "") + waiting
                waiting = ""
            above = entry
        elif entry.node is None and above:
            place = _line_end(above.end_line, source)
            blank = "\n" if entry.statement.above else ""
            text = f"\n{blank}{entry_text(entry, indent, wrap)}"
            inserted[place] = inserted.get(place, "") + text
        elif entry.node is None:
            waiting += f"{entry_text(entry, indent, wrap)}\n"


def _is_about(entry: Entry, source: SourceText) -> bool:
    """Whether comments above an import name it, or say much; else they head the group.

    ``# Standard library`` is a heading.
    """
    lines = source.lines[entry.lead - 1 : entry.line - 1]
    comments = "\n".join(lines)
    if entry.lead > 1 and len(lines) < _LICENCE and len(_WORD.findall(comments)) > _HEADING:
        return True
    modules = [entry.statement.module or "", *(item.name for item in entry.statement.items)]
    parts = {part for module in modules for part in module.split(".") if part}
    return any(re.search(rf"\b{re.escape(part)}\b", comments) for part in parts)


def _changed(
    entry: Entry, indent: str, source: SourceText, wrap: Wrap, inserted: dict[int, str]
) -> Iterator[Replacement]:
    if entry.node is None:
        return
    start, end = source.span(entry.node)
    if entry.is_changed:
        if entry.takes_trailing:
            end = _line_end(entry.end_line, source)
        yield Replacement(start, end, rendered(entry.statement, wrap, indent))
    if entry.beside:
        place = _line_end(entry.end_line, source)
        inserted[place] = f"  {entry.beside}" + inserted.get(place, "")
    if entry.above:
        is_first = entry.lead == 1 or not source.lines[entry.lead - 2].strip()
        place = source.offset(entry.lead, 0)
        comments = "".join(f"{indent}{comment}\n" for comment in entry.above)
        blank = "" if is_first else "\n"
        inserted[place] = inserted.get(place, "") + blank + comments


def _line_end(line: int, source: SourceText) -> int:
    return source.offset(line, len(source.lines[line - 1]))
