"""Which interpreter imports the code: the one named, the active virtual environment's, or ours."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from cycleguard.errors import InterpreterError

_IN_ENVIRONMENT = ("bin/python", "Scripts/python.exe")


def find_python(named: str | None, environment: Mapping[str, str]) -> Path:
    """The interpreter to use, absolute; links stay, for they are what makes an environment.

    Args:
        named: a file, a command, or the folder of a virtual environment; None if none is named.
        environment: the variables of the environment.

    Raises:
        InterpreterError: what is named is nothing that can be run.
    """
    if named is not None:
        found = _in_environment(Path(named)) or _command(named)
        if found is None:
            raise InterpreterError(
                f"--python: nothing to run at '{named}': name an interpreter, such as"
                " .venv/bin/python, or the folder of a virtual environment"
            )
        return found
    active = environment.get("VIRTUAL_ENV")
    return (_in_environment(Path(active)) if active else None) or Path(sys.executable)


def _command(named: str) -> Path | None:
    found = shutil.which(named)
    return Path.cwd() / found if found else None


def _in_environment(folder: Path) -> Path | None:
    pythons = (Path.cwd() / folder / each for each in _IN_ENVIRONMENT)
    return next((python for python in pythons if os.access(python, os.X_OK)), None)
