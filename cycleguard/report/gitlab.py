"""Issues as a Code Quality report of GitLab, see "Code Quality report format" in its manual."""

import json

import msgspec

from cycleguard.model.issues import Judgement
from cycleguard.model.rules import Level
from cycleguard.report.issue_words import fingerprints

_SEVERITIES = {Level.ERROR: "major", Level.WARNING: "minor", Level.NOTE: "info"}


def to_gitlab(judgement: Judgement) -> str:
    """The report as JSON text."""
    issues = judgement.issues
    entries = [
        {
            "description": f"{issue.message[:1].upper()}{issue.message[1:]}. {issue.remedy}",
            "check_name": f"cycleguard/{issue.rule}",
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[issue.level],
            "location": {
                "path": issue.path,
                "lines": {"begin": issue.line, "end": issue.end_line},
            },
        }
        for issue, fingerprint in zip(issues, fingerprints(issues), strict=True)
    ]
    return msgspec.json.format(json.dumps(entries), indent=2) + "\n"
