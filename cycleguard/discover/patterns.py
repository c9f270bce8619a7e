"""Whether a path matches gitignore patterns that the configuration holds."""

from collections.abc import Sequence

from pathspec import GitIgnoreSpec

from cycleguard.errors import ConfigError


def compile_patterns(patterns: Sequence[str], key: str) -> GitIgnoreSpec:
    """Read gitignore patterns; `key` names them in messages.

    Raises:
        ConfigError: one of them is not valid.
    """
    try:
        return GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        listed = ", ".join(patterns)
        raise ConfigError(f"{key}: not gitignore patterns: {listed} ({error})") from error
