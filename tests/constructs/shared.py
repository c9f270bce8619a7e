"""What the tests of constructs share: findings and edges of a project, and what CPython says."""

import subprocess
import sys
from pathlib import Path

from cycleguard.model.analysis import Analysis
from cycleguard.model.edges import Origin
from cycleguard.pipeline import resolve
from tests.conftest import REPOSITORY

ALIAS = {
    "local/__init__.py": (
        "from cycleguard.runtime import inject_module_aliases_batch\n"
        "inject_module_aliases_batch([('local.ranks', 'upstream.ranks')])\n"
    ),
    "upstream/__init__.py": "",
    "upstream/train.py": "from upstream.ranks import RANKS\n\nSIZE = 2\n",
    "local/ranks.py": "from upstream.train import SIZE\n\nRANKS = list(range(SIZE))\n",
}


def codes(analysis: Analysis) -> list[tuple[str, str, int]]:
    return [(each.code, each.module, each.at.line) for each in analysis.runtime]


def python(code: str, folder: Path) -> str:
    """What CPython prints, with the runtime and `folder` on its path."""
    paths = f"import sys; sys.path[:0] = [{str(folder)!r}, {str(REPOSITORY)!r}]\n"
    done = subprocess.run([sys.executable, "-c", paths + code], capture_output=True, text=True)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def edges(folder: Path, origin: Origin) -> list[str]:
    return [
        f"{edge.importer} -> {edge.imported} ({edge.timing})"
        for edge in resolve([folder]).edges
        if edge.origin is origin
    ]
