"""The baseline: what was wrong when the gate was put up, and may stay until it is mended.

A file of JSON with one entry a line, sorted, so that git merges what two branches have removed.
Every line ends with a comma: taking out one leaves all others as they are. A file in which git has
left both sides of a conflict is read as both: as a baseline only shrinks, pruning that is right.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from cycleguard.errors import BaselineError
from cycleguard.gate.identity import module_of
from cycleguard.model.issues import Issue
from cycleguard.model.rules import RULES

SCHEMA_VERSION = 1
_VERSION_KEY = "schema_version"
_CONFLICT = re.compile(r"^(<<<<<<<|\|\|\|\|\|\|\||=======|>>>>>>>)( .*)?$")
_ENTRY = re.compile(r'^\s*(?P<key>"(?:[^"\\]|\\.)*")\s*:\s*(?P<count>[0-9]+)\s*,?\s*$')
_BRACES = frozenset(("", "{", "}", "{}"))
_RULE = RULES["stale-baseline"]


class Baseline(Struct, frozen=True):
    """The entries of a baseline: how often each identity may be there, and its line in the file.

    `is_conflicted` is true where git has left both sides of a conflict.
    """

    counts: dict[str, int]
    lines: dict[str, int]
    is_conflicted: bool = False


def parse_baseline(text: str, shown: str) -> Baseline:
    """Read a baseline; `shown` is its name in messages.

    Raises:
        BaselineError: a line is no entry, or the file is of another version.
    """
    counts: dict[str, int] = {}
    lines: dict[str, int] = {}
    is_conflicted = False
    version = None
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if _CONFLICT.match(line):
            is_conflicted = True
            continue
        match = _ENTRY.match(line)
        if match is None:
            if line.strip() in _BRACES:
                continue
            raise BaselineError(_damaged(shown, number))
        key, count = str(json.loads(match["key"])), int(match["count"])
        if key == _VERSION_KEY:
            version = count
        elif module_of(key) is None:
            raise BaselineError(_damaged(shown, number))
        else:
            counts[key] = max(count, counts.get(key, 0))
            lines.setdefault(key, number)
    if version != SCHEMA_VERSION:
        raise BaselineError(
            f"{shown}: not a baseline of this version of cycleguard (schema_version"
            f" {SCHEMA_VERSION}): delete it and write it anew with --write-baseline"
        )
    return Baseline(counts, lines, is_conflicted)


def format_baseline(counts: Mapping[str, int]) -> str:
    """The text of a baseline, in ASCII."""
    entries = [f"  {json.dumps(key)}: {counts[key]},\n" for key in sorted(counts) if counts[key]]
    return "".join(["{\n", *entries, f'  "{_VERSION_KEY}": {SCHEMA_VERSION}\n', "}\n"])


def pruned(
    counts: Mapping[str, int], holding: Mapping[str, int], judged: Collection[str]
) -> dict[str, int]:
    """The entries that still hold; `judged` are the modules that can be said anything about."""
    return {
        key: min(count, holding.get(key, 0)) if module_of(key) in judged else count
        for key, count in counts.items()
    }


def stale_issues(
    baseline: Baseline, holding: Mapping[str, int], judged: Collection[str], path: str
) -> Iterator[Issue]:
    """Entries that no longer hold, at their lines of the baseline `path`."""
    kept = pruned(baseline.counts, holding, judged)
    for key, count in sorted(baseline.counts.items()):
        if kept[key] == count:
            continue
        left = f"{kept[key]} of {count} left" if kept[key] else "it is mended"
        yield Issue(
            rule=_RULE.code,
            level=_RULE.level,
            path=path,
            line=baseline.lines[key],
            column=1,
            end_line=baseline.lines[key],
            module=module_of(key) or "",
            statement=key,
            message=f"this entry of the baseline no longer holds ({left})",
            remedy=_RULE.remedy,
            identities=(key,),
        )


def check_growth(old: Mapping[str, int], new: Mapping[str, int], shown: str) -> None:
    """See to it that a baseline is not written anew with more in it.

    Names may change, as those of modules do; numbers may not grow.

    Raises:
        BaselineError: there would be more of a kind.
    """
    before, after = _by_family(old), _by_family(new)
    grown = [f"{name} from {before[name]} to {after[name]}" for name in after - before]
    if grown:
        raise BaselineError(
            f"{shown} would grow ({', '.join(sorted(grown))}), and a baseline only shrinks:"
            " mend what is new, or delete the file to begin anew"
        )


def _by_family(counts: Mapping[str, int]) -> Counter[str]:
    families: Counter[str] = Counter()
    for key, count in counts.items():
        families[key.partition(":")[0]] += count
    return families


def _damaged(shown: str, number: int) -> str:
    return (
        f"{shown}:{number}: not an entry of a baseline: take the file of the last commit, or delete"
        " it and write it anew with --write-baseline"
    )
