"""What may stay: what a baseline or an older revision holds, counted down as it appears."""

from collections import Counter
from collections.abc import Mapping


class Ledger:
    """Counts down what is allowed. `known` says how much of it has been met."""

    def __init__(self, allowed: Mapping[str, int] | None = None) -> None:
        self._left = Counter(allowed or {})
        self.known = 0

    def allows(self, identity: str) -> bool:
        """Whether a finding is allowed; it is used up by that."""
        if self._left[identity] <= 0:
            return False
        self._left[identity] -= 1
        self.known += 1
        return True

    def allows_all(self, identities: tuple[str, ...]) -> bool:
        """Whether all identities of one finding are allowed."""
        answers = [self.allows(identity) for identity in identities]
        return all(answers)
