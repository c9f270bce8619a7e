"""The comments of an import that leaves its function: which go along, which stay, which are stale.

In: a move, and the statements that leave the same block. Out: the comments for module level, and
the cut to make in the function.
"""

import ast
import re
from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.collect.source import SourceText
from cycleguard.rewrite.comments import Judged, is_about_imports, is_pragma, judge
from cycleguard.rewrite.moves import Move
from cycleguard.rewrite.removal import lines_with
from cycleguard.rewrite.sites import ImportNode, Site
from cycleguard.rewrite.statements import Item, bound_by

# Lines of a comment that may be about an import alone; longer ones are about what is done.
_SHORT = 3
_ENDS = re.compile(r"[.:;!?)]$")
_STARTS = re.compile(r"#+\s*[A-Z]")


class Carried(Struct, frozen=True):
    """`above` and `beside` go to module level, `items` are the names with their own comments.

    `lines_above` and `takes_comment` say what of that is cut from the function. `stale` are the
    dropped comments that the move makes untrue, `doubtful` kept ones of which that may be so.
    """

    items: dict[str, Item]
    above: tuple[str, ...] = ()
    beside: str = ""
    lines_above: int = 0
    takes_comment: bool = False
    stale: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


def carried(move: Move, gone: frozenset[ast.stmt], source: SourceText) -> Carried:
    """What goes along with a move.

    Args:
        move: the move.
        gone: the statements of the block that leave it as a whole.
        source: the text.
    """
    site = move.site
    words = _words(move)
    collected = _Collected(words)
    items = {
        bound_by(move.statement, item): replace(
            item,
            above=tuple(collected.kept(item.above)),
            beside=" ".join(collected.kept((item.beside,))),
            starts_line=False,
        )
        for item in move.statement.items
        if bound_by(move.statement, item) in move.names
    }
    if site.node not in gone:
        return Carried(items, stale=collected.stale, doubtful=collected.doubtful)
    lines = _comment_lines(site, gone, words, source)
    number = site.node.lineno - 1
    above = collected.kept_block([line.strip() for line in source.lines[number - lines : number]])
    comment = _comment_behind(site, gone, source)
    layout = move.statement.layout
    beside = collected.kept((layout.opening, *layout.last, comment))
    return Carried(
        items,
        above=tuple(above),
        beside="  ".join(beside),
        lines_above=lines,
        takes_comment=bool(comment),
        stale=collected.stale,
        doubtful=collected.doubtful,
    )


class _Collected:
    def __init__(self, words: Iterable[str]) -> None:
        self._words = tuple(words)
        self.stale: tuple[str, ...] = ()
        self.doubtful: tuple[str, ...] = ()

    def kept(self, comments: Iterable[str]) -> list[str]:
        """What is left of comments, empty ones dropped; the others are noted."""
        left: list[str] = []
        for comment in comments:
            judged = judge(comment, self._words) if comment else Judged("")
            self.stale += (comment,) if judged.is_stale else ()
            self.doubtful += (comment,) if judged.is_doubtful else ()
            left += [judged.kept] if judged.kept else []
        return left

    def kept_block(self, lines: Sequence[str]) -> list[str]:
        """The same for the lines of one comment: a sentence may go over several."""
        prose = [line.lstrip("# \t") for line in lines if not is_pragma(line)]
        judged = judge(f"# {' '.join(prose)}", self._words)
        if judged.is_stale:
            self.stale += tuple(line for line in lines if not is_pragma(line))
            return self.kept(line for line in lines if is_pragma(line))
        self.doubtful += tuple(lines) if judged.is_doubtful else ()
        pragmas = {line: judge(line, self._words).kept for line in lines if is_pragma(line)}
        left = [pragmas.get(line, line) for line in lines]
        return [line for line in left if line]


def _words(move: Move) -> list[str]:
    statement = move.statement
    names = [item.name for item in statement.items]
    aliases = [item.asname for item in statement.items if item.asname]
    return [*(statement.module or "").split("."), *names, *aliases]


def _comment_behind(site: Site, gone: frozenset[ast.stmt], source: SourceText) -> str:
    """The comment that ends the import's line, if the line is the import's alone."""
    mates = lines_with(site.suite, site.node)
    if any(mate not in gone for mate in mates) or mates[-1] is not site.node:
        return ""
    is_inline = source.lines[mates[0].lineno - 1][: source.column(mates[0]) - 1].strip()
    behind = source.behind(site.node).lstrip(" \t\f;").rstrip()
    return behind if behind.startswith("#") and not is_inline else ""


def _comment_lines(
    site: Site, gone: frozenset[ast.stmt], words: Sequence[str], source: SourceText
) -> int:
    """How many lines of comments right above the import go along with it."""
    mates = lines_with(site.suite, site.node)
    start = source.column(mates[0]) - 1
    if mates[0] is not site.node or any(mate not in gone for mate in mates):
        return 0
    if source.lines[site.node.lineno - 1][:start].strip():
        return 0
    count = 0
    while True:
        line = source.lines[site.node.lineno - 2 - count] if site.node.lineno - 2 >= count else ""
        if not line.lstrip(" \t\f").startswith("#"):
            break
        if len(line) - len(line.lstrip(" \t\f")) != start:
            break
        count += 1
    if not count:
        return 0
    number = site.node.lineno - 1
    comments = [line.strip() for line in source.lines[number - count : number]]
    for first in _sentences(comments):
        # # Open a file.
        # # Imported here for the cycle.
        is_apart = not first or not is_about_imports(" ".join(comments[:first]), words)
        if is_apart and _belongs(comments[first:], site, gone, words, source):
            return count - first
    return 0


def _sentences(comments: Sequence[str]) -> list[int]:
    """The lines of a comment that begin a sentence, the lowest first, and its first line."""
    return [
        number
        for number in range(len(comments) - 1, -1, -1)
        if not number or (_ENDS.search(comments[number - 1]) and _STARTS.match(comments[number]))
    ]


def _belongs(
    comments: list[str],
    site: Site,
    gone: frozenset[ast.stmt],
    words: Sequence[str],
    source: SourceText,
) -> bool:
    """Whether comments speak of the import below them, not of what is done with it."""
    if all(re.match(r"#\s*(fmt|yapf|isort|type|mypy):", comment) for comment in comments):
        return False
    paragraph = _paragraph(site, source)
    imports = [node for node in paragraph if isinstance(node, ImportNode)]
    is_last = all(node in gone for node in imports)
    # A pragma above a block holds for all imports of the block.
    if all(is_pragma(comment) for comment in comments):
        return is_last
    text = " ".join(comments)
    names_it = any(word and re.search(rf"\b{re.escape(word)}\b", text) for word in words)
    is_about = len(comments) <= _SHORT and is_about_imports(text, words)
    return is_about and (is_last or names_it)


def _paragraph(site: Site, source: SourceText) -> list[ast.stmt]:
    """The import and the statements right below it, up to a blank line or a comment."""
    statements = site.suite.statements
    found: list[ast.stmt] = [site.node]
    for node in statements[site.index + 1 :]:
        end = found[-1].end_lineno or found[-1].lineno
        start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        if start > end + 1:
            break
        found.append(node)
    return found
