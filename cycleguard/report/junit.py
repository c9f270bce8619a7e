"""Issues as JUnit XML, which every CI can show: one failed test for each, in a suite per rule."""

from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from cycleguard.model.issues import Issue, Judgement
from cycleguard.report.issue_words import in_words
from cycleguard.report.judgement import verdict


def to_junit(judgement: Judgement) -> str:
    """The report as XML text in ASCII. Without issues there is one test, which passes."""
    issues = sorted(judgement.issues, key=lambda issue: issue.rule)
    number = str(len(issues))
    root = ET.Element("testsuites", name="cycleguard", tests=number, failures=number, errors="0")
    for rule, group in groupby(issues, key=lambda issue: issue.rule):
        _suite(root, f"cycleguard.{rule}", tuple(group))
    if not issues:
        root.set("tests", "1")
        suite = ET.SubElement(root, "testsuite", name="cycleguard", tests="1", failures="0")
        ET.SubElement(
            suite, "testcase", classname="cycleguard", name=_printable(verdict(judgement))
        )
    ET.indent(root)
    text: bytes = ET.tostring(root, "us-ascii", xml_declaration=True)
    return text.decode("ascii") + "\n"


def _suite(root: ET.Element, name: str, issues: Sequence[Issue]) -> None:
    number = str(len(issues))
    suite = ET.SubElement(root, "testsuite", name=name, tests=number, failures=number)
    for issue in issues:
        place = _printable(f"{issue.path}:{issue.line}")
        case = ET.SubElement(
            suite,
            "testcase",
            classname=name,
            name=place,
            file=_printable(issue.path),
            line=str(issue.line),
        )
        message = _printable(issue.message)
        failure = ET.SubElement(case, "failure", message=message, type=issue.rule)
        failure.text = _printable(f"{place}  {issue.statement}\n{in_words(issue)}")


def _printable(text: str) -> str:
    """Without what XML cannot hold, as control characters from a string of the code."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)
