"""What a comment that speaks to cycleguard says: ``# cycleguard: leave[reason]``."""

import re

_VOUCHED = re.compile(r"#\s*cycleguard\s*:\s*leave\b\s*(?:\[(?P<reason>[^\]]*)\])?", re.IGNORECASE)


def vouched_reason(comment: str) -> str | None:
    """The reason to leave an import; empty if the comment gives none, None if it says no such."""
    match = _VOUCHED.search(comment)
    return (match["reason"] or "").strip() if match else None
