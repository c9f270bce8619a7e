"""The formats that `scan` and `check` share: what a machine makes of issues."""

from cycleguard import __version__
from cycleguard.model.issues import Judgement
from cycleguard.report.github import to_github
from cycleguard.report.gitlab import to_gitlab
from cycleguard.report.judgement_data import to_json, to_markdown
from cycleguard.report.junit import to_junit
from cycleguard.report.sarif import to_sarif


def rendered(judgement: Judgement, output_format: str) -> str:
    """The judgement as text in one of the formats for machines."""
    match output_format:
        case "sarif":
            # cycleguard: leave[start-up time: repairs are made with LibCST]
            from cycleguard.gate.fixes import with_fixes  # noqa: PLC0415

            return to_sarif(with_fixes(judgement), __version__)
        case "github":
            return to_github(judgement)
        case "gitlab":
            return to_gitlab(judgement)
        case "junit":
            return to_junit(judgement)
        case "markdown":
            return to_markdown(judgement)
        case _:
            return to_json(judgement)
