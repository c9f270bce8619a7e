"""A `Judgement` as plain data, schema version 1, and as a table for a pull request."""

import json

import msgspec

from cycleguard.model.issues import Issue, Judgement
from cycleguard.report.issue_words import fingerprints
from cycleguard.report.judgement import also, verdict
from cycleguard.report.markdown import as_code, as_words
from cycleguard.report.wording import short_statement

SCHEMA_VERSION = 1


def to_json(judgement: Judgement) -> str:
    """The judgement as JSON text in ASCII."""
    issues = judgement.issues
    data = {
        "schema_version": SCHEMA_VERSION,
        "root": ".",
        "passed": not issues,
        "summary": {
            "files": judgement.files,
            "findings": len(issues),
            "known": judgement.known,
            "allowed_by": judgement.allowed_by or None,
        },
        "findings": [
            _issue(issue, fingerprint)
            for issue, fingerprint in zip(issues, fingerprints(issues), strict=True)
        ],
        "skipped": [{"path": s.path, "reason": s.reason} for s in judgement.skipped],
    }
    return msgspec.json.format(json.dumps(data), indent=2) + "\n"


def to_markdown(judgement: Judgement) -> str:
    """The judgement as GitHub-flavoured Markdown, for the summary of a job."""
    lines = ["# Imports", "", f"{as_words(verdict(judgement))}.", ""]
    if judgement.issues:
        lines += ["| place | import | finding | what to do |", "|---|---|---|---|"]
    for issue in judgement.issues:
        more = f" ({also(issue)})" if also(issue) else ""
        cells = (
            as_words(f"{issue.path}:{issue.line}"),
            as_code(short_statement(issue.statement)) if issue.statement else "",
            f"**{issue.rule}**: " + as_words(f"{issue.message}{more}"),
            as_words(issue.remedy),
        )
        lines.append(f"| {' | '.join(cells)} |")
    lines += [f"- not analysed: {as_words(f'{s.path}: {s.reason}')}" for s in judgement.skipped]
    return "\n".join([*lines, ""])


def _issue(issue: Issue, fingerprint: str) -> dict[str, object]:
    return {
        "rule": issue.rule,
        "level": str(issue.level),
        "path": issue.path,
        "line": issue.line,
        "column": issue.column,
        "end_line": issue.end_line,
        "module": issue.module,
        "statement": issue.statement,
        "message": issue.message,
        "remedy": issue.remedy,
        "details": list(issue.details),
        "steps": [
            {"module": step.module, "path": step.path, "line": step.line, "text": step.text}
            for step in issue.steps
        ],
        "modules": list(issue.modules),
        "identities": list(issue.identities),
        "fingerprint": fingerprint,
    }
