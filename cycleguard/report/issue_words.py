"""One issue as plain text of a few lines, and the name that stays the same when lines move."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator

from cycleguard.model.issues import Issue
from cycleguard.report.judgement import also, steps_title
from cycleguard.report.wording import short_statement


def in_words(issue: Issue) -> str:
    """What a viewer without a layout of its own shows."""
    return "\n".join(_lines(issue))


def fingerprints(issues: Iterable[Issue]) -> list[str]:
    """A name for each issue that depends on no line number, unique in the list."""
    seen: Counter[str] = Counter()
    found: list[str] = []
    for issue in issues:
        what = "\n".join([issue.rule, *(issue.identities or (issue.module, issue.statement))])
        seen[what] += 1
        text = f"{what}\n{seen[what]}"
        found.append(hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32])
    return found


def _lines(issue: Issue) -> Iterator[str]:
    yield f"{issue.message[:1].upper()}{issue.message[1:]}."
    if also(issue):
        yield f"{also(issue)}."
    yield from issue.details
    if len(issue.steps) > 1:
        yield steps_title(issue)
        for step in issue.steps:
            yield f"  {step.path}:{step.line}  {short_statement(step.text)}".rstrip()
    yield issue.remedy
