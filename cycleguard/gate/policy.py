"""Which rules fail for which file: the configuration, overrides applied."""

import os
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import UNSET

from cycleguard.config import Config
from cycleguard.discover.patterns import PathPatterns
from cycleguard.model.names import with_packages
from cycleguard.model.policy import Override, Policy
from cycleguard.model.rules import RULES

EVERYTHING = Policy(fail_on=tuple(RULES))


class Policies:
    """Answers what the policy of a file is.

    Args:
        config: the configuration.
        root: the folder that paths are relative to.

    Raises:
        ConfigError: the `paths` of an override are not valid patterns.
    """

    def __init__(self, config: Config, root: str) -> None:
        self.config = config
        self._root = root
        self._plain = Policy(config.fail_on, config.cycle_verdicts, config.allow_local)
        self._overrides = [
            (PathPatterns(override.paths, "[tool.cycleguard] overrides: paths"), override)
            for override in config.overrides
        ]
        self._known: dict[str, Policy] = {}

    def of(self, path: str) -> Policy:
        """The policy of a file; of several overrides the last one counts."""
        if not self._overrides:
            return self._plain
        if path not in self._known:
            self._known[path] = self._overridden(self._from_config(path))
        return self._known[path]

    def fails(self, rule: str, path: str) -> bool:
        """Whether findings of `rule` in a file fail the check."""
        return rule in self.of(path).fail_on

    def _from_config(self, path: str) -> str:
        if not self.config.folder:
            return path
        relative = os.path.relpath(Path(self._root, path), self.config.folder)
        return relative.replace(os.sep, "/")

    def _overridden(self, path: str) -> Policy:
        policy = self._plain
        for patterns, override in self._overrides:
            if patterns.match(path):
                policy = _changed(policy, override)
        return policy


class Everything(Policies):
    """The policy that lets nothing pass, for reports that show all."""

    def of(self, path: str) -> Policy:
        """Every rule."""
        return EVERYTHING


def is_allowed_local(modules: Iterable[str], patterns: tuple[str, ...]) -> bool:
    """Whether a pattern covers each module, or a package above it."""
    return all(any(_covers(pattern, module) for pattern in patterns) for module in modules)


def _covers(pattern: str, module: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in with_packages(module))


def _changed(policy: Policy, override: Override) -> Policy:
    return Policy(
        policy.fail_on if override.fail_on is UNSET else override.fail_on,
        policy.cycle_verdicts if override.cycle_verdicts is UNSET else override.cycle_verdicts,
        policy.allow_local if override.allow_local is UNSET else override.allow_local,
    )
