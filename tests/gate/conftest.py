"""What the gate says, as values: the JSON of `check`."""

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.conftest import RunCli


class Checked(NamedTuple):
    exit_code: int
    found: list[tuple[str, str, int]]
    known: int


@pytest.fixture
def check(run_cli: RunCli) -> Callable[..., Checked]:
    """Run `cycleguard check`: its exit code, and rule, path and line of what it finds."""

    def run(*arguments: str) -> Checked:
        result = run_cli("check", "--format", "json", *arguments)
        assert result.exit_code in (0, 1), result.stderr
        data = json.loads(result.stdout)
        assert data["passed"] == (result.exit_code == 0) == (not data["findings"])
        found = [(f["rule"], f["path"], f["line"]) for f in data["findings"]]
        return Checked(result.exit_code, found, data["summary"]["known"])

    return run
