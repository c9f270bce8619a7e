"""Issues as workflow commands of GitHub Actions, which shows them beside the lines.

The form: ``::error file=a.py,line=1,title=x::message``, see "Workflow commands for GitHub Actions".
"""

from cycleguard.model.issues import Issue, Judgement
from cycleguard.model.rules import RULES, Level
from cycleguard.report.issue_words import in_words

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
_IN_MESSAGES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTIES = {**_IN_MESSAGES, ":": "%3A", ",": "%2C"}


def to_github(judgement: Judgement) -> str:
    """One command a line."""
    return "".join(map(_command, judgement.issues))


def _command(issue: Issue) -> str:
    properties = {
        "file": issue.path,
        "line": str(issue.line),
        "endLine": str(issue.end_line),
        "col": str(issue.column),
        "title": f"cycleguard: {RULES[issue.rule].title} [{issue.rule}]",
    }
    listed = ",".join(f"{k}={_escaped(v, _IN_PROPERTIES)}" for k, v in properties.items())
    return f"::{_COMMANDS[issue.level]} {listed}::{_escaped(in_words(issue), _IN_MESSAGES)}\n"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in text)
