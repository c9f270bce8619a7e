"""Small trees whose modules are imported, and questions to the system about processes."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from msgspec import structs

from cycleguard.verify.answers import Answer
from cycleguard.verify.pool import import_each
from cycleguard.verify.process import Setting

_PATIENCE = 30


def imported(
    root: Path,
    files: Mapping[str, str],
    *,
    forks: bool = True,
    seconds: float = 60,
    megabytes: int = 4096,
    jobs: int = 1,
) -> dict[str, Answer]:
    """Write modules into `root` and have CPython import each first; where it found them is cut."""
    root.mkdir(exist_ok=True)
    for name, text in files.items():
        (root / f"{name}.py").write_text(text, encoding="utf-8")
    setting = Setting(Path(sys.executable), (str(root),), seconds, megabytes, forks)
    answers = import_each(sorted(files), setting, jobs).by_name
    return {name: structs.replace(answer, found=()) for name, answer in answers.items()}


def other_pythons() -> list[Path]:
    """Interpreters of other versions that pyenv has installed."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    ours = f"{sys.version_info[0]}.{sys.version_info[1]}."
    wanted = [f"3.{minor}." for minor in range(9, 15)]
    return [
        folder / "bin" / "python"
        for folder in sorted(root.glob("3.*"))
        if folder.name.startswith(tuple(wanted)) and not folder.name.startswith(ours)
    ]


def wait_for_text(path: Path) -> str:
    """The text of a file that another process is about to write."""
    for _ in range(_PATIENCE * 20):
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.05)
    raise AssertionError(f"nothing was written to {path}")


def are_gone(pids: list[int]) -> bool:
    """Whether processes end, if not at once: a signal takes its time."""
    for _ in range(_PATIENCE * 20):
        if not any(map(_is_running, pids)):
            return True
        time.sleep(0.05)
    return False


def _is_running(pid: int) -> bool:
    command = ["ps", "-o", "stat=", "-p", str(pid)]
    state = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    # Where nobody waits for orphans, they stay as zombies.
    return bool(state) and not state.startswith("Z")
