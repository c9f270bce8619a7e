"""Small trees of files, changes of them, and processes that die on the way."""

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

from cycleguard.apply.disk import Disk
from cycleguard.model.edits import FileChange

OLD: dict[str, bytes] = {
    "pkg/a.py": b"import a  # old\r\n",
    "pkg/sub/b.py": b"b = 1\n" * 500,
    "pkg/gone.py": b"gone\n",
    "other.txt": b"not ours\n",
}
NEW: dict[str, bytes] = {
    "pkg/a.py": b"import a  # new\r\n",
    "pkg/sub/b.py": b"",
    "pkg/sub/fresh.py": b"fresh\n",
    "other.txt": b"not ours\n",
}
CHANGES = tuple(
    FileChange(path, OLD.get(path), NEW.get(path))
    for path in sorted(OLD.keys() | NEW.keys())
    if OLD.get(path) != NEW.get(path)
)


def make(root: Path, files: Mapping[str, bytes] = OLD) -> Path:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def found(root: Path) -> dict[str, bytes]:
    """All files below `root` but the journal's."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".cycleguard" not in path.relative_to(root).parts
    }


class Counter:
    """Counts steps; at the step `last` it ends the process, or raises what it is given."""

    def __init__(self, last: int | None = None, error: BaseException | None = None) -> None:
        self.steps: list[str] = []
        self._last = last
        self._error = error

    def __call__(self, step: str) -> None:
        self.steps.append(step)
        if len(self.steps) == self._last:
            if self._error:
                raise self._error
            os.kill(os.getpid(), signal.SIGKILL)


def killed_at(step: int, work: Callable[[Disk], object]) -> bool:
    """Do `work` in a process of its own that is killed at a step; whether it came that far."""
    child = os.fork()
    if child == 0:
        try:
            work(Disk(Counter(step)))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)
