"""Whether a path matches gitignore patterns that the configuration holds."""

from collections.abc import Sequence

from pathspec import GitIgnoreSpec

from cycleguard.errors import ConfigError


class PathPatterns:
    """Gitignore patterns; `key` names them in messages.

    Raises:
        ConfigError: one of them is not valid.
    """

    def __init__(self, patterns: Sequence[str], key: str) -> None:
        try:
            self._spec = GitIgnoreSpec.from_lines(patterns)
        except ValueError as error:
            listed = ", ".join(patterns)
            raise ConfigError(f"{key}: not gitignore patterns: {listed} ({error})") from error

    def match(self, path: str) -> bool:
        """Whether a relative POSIX path matches; what is above the folder never does."""
        return not path.startswith("../") and self._spec.match_file(path)
