"""The interpreters of this machine, by minor version."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path


@cache
def interpreter(version: str) -> Path | None:
    """The newest Python of that minor version, ``"3.9"``, on the path or of pyenv; or None."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = shutil.which(f"python{version}")
    candidates = [Path(found)] if found else []
    candidates += sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True)
    return next((path for path in candidates if _works(path, version)), None)


def _works(path: Path, version: str) -> bool:
    # A shim of pyenv is there for versions that are not switched on.
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    end = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
    return end.stdout.strip() == version
