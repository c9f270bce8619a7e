"""Issues as SARIF 2.1.0 (OASIS), which GitHub code scanning and editors read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. Results are made of plain dicts:
the object models on PyPI are either not kept or bring a validation library of their own.
"""

import json
from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from cycleguard.model.findings import Step
from cycleguard.model.issues import Issue, Judgement, Replacement
from cycleguard.model.rules import RULES, Rule
from cycleguard.report.issue_words import fingerprints, in_words
from cycleguard.report.judgement import steps_title

Json = dict[str, object]

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_FINGERPRINT = "cycleguard/v1"
_ROOT = "PROJECTROOT"
_NUMBERS = {code: number for number, code in enumerate(RULES)}


def to_sarif(judgement: Judgement, version: str) -> str:
    """The report as JSON text in ASCII; `version` is our own."""
    issues = judgement.issues
    run: Json = {
        "tool": {
            "driver": {
                "name": "cycleguard",
                "semanticVersion": version,
                "rules": [_rule(rule) for rule in RULES.values()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder of the analysis."}}},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {
                        "level": "warning",
                        "message": {"text": f"not analysed: {skipped.reason}"},
                        "locations": [{"physicalLocation": _file(skipped.path)}],
                    }
                    for skipped in judgement.skipped
                ],
            }
        ],
        "results": [
            _result(issue, fingerprint)
            for issue, fingerprint in zip(issues, fingerprints(issues), strict=True)
        ],
    }
    log: Json = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(json.dumps(log), indent=2) + "\n"


def _rule(rule: Rule) -> Json:
    return {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.code.split("-")),
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": f"{rule.why}\n\n{rule.remedy}",
            "markdown": f"{rule.why}\n\n**What to do:** {rule.remedy}",
        },
        "defaultConfiguration": {"level": str(rule.level), "enabled": rule.is_default},
        "properties": {"tags": ["imports", "maintainability"], "precision": "very-high"},
    }


def _result(issue: Issue, fingerprint: str) -> Json:
    result: Json = {
        "ruleId": issue.rule,
        "ruleIndex": _NUMBERS[issue.rule],
        "level": str(issue.level),
        "message": {"text": in_words(issue)},
        "locations": [
            {
                "physicalLocation": {
                    **_file(issue.path),
                    "region": {
                        "startLine": issue.line,
                        "startColumn": issue.column,
                        "endLine": issue.end_line,
                    },
                },
                **_logical(issue.module),
            }
        ],
        "partialFingerprints": {_FINGERPRINT: fingerprint},
    }
    if len(issue.steps) > 1:
        result["codeFlows"] = [
            {
                "message": {"text": steps_title(issue).rstrip(":")},
                "threadFlows": [{"locations": _flow(issue.steps)}],
            }
        ]
    if issue.fix:
        result["fixes"] = [
            {
                "description": {"text": issue.remedy},
                "artifactChanges": [
                    {
                        **_file(issue.path),
                        "replacements": [_replacement(each) for each in issue.fix],
                    }
                ],
            }
        ]
    return result


def _replacement(replacement: Replacement) -> Json:
    return {
        "deletedRegion": {
            "startLine": replacement.start,
            "startColumn": 1,
            "endLine": replacement.end,
            "endColumn": 1,
        },
        "insertedContent": {"text": replacement.text},
    }


def _flow(steps: Sequence[Step]) -> list[Json]:
    return [
        {
            "location": {
                "physicalLocation": {
                    **_file(step.path),
                    "region": {"startLine": step.line},
                },
                **_logical(step.module),
                "message": {"text": f"{step.module}: {step.text}" if step.text else step.module},
            },
            "executionOrder": number,
        }
        for number, step in enumerate(steps, 1)
    ]


def _file(path: str) -> Json:
    return {"artifactLocation": {"uri": quote(path), "uriBaseId": _ROOT}}


def _logical(module: str) -> Json:
    if not module:
        return {}
    return {"logicalLocations": [{"fullyQualifiedName": module, "kind": "module"}]}
