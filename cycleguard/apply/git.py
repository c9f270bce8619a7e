"""Which files have changes that git does not hold yet. Asks the `git` of this machine."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from cycleguard.errors import ApplyError

# Set while git runs a hook; they would point it at another repository or index.
_HOOK_VARIABLES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
_LONGEST_CALL = 200


def uncommitted(paths: Iterable[Path]) -> list[Path]:
    """Those of the files, absolute, that are modified or untracked, sorted; none without git.

    Raises:
        ApplyError: there is a repository, but git cannot be asked.
    """
    by_repository: dict[Path, list[Path]] = {}
    for path in paths:
        repository = _repository(path)
        if repository:
            by_repository.setdefault(repository, []).append(path)
    found: list[Path] = []
    for repository, files in sorted(by_repository.items()):
        for start in range(0, len(files), _LONGEST_CALL):
            found += _status(repository, files[start : start + _LONGEST_CALL])
    return sorted(found)


def _repository(path: Path) -> Path | None:
    return next((folder for folder in path.parents if (folder / ".git").exists()), None)


def _status(repository: Path, files: list[Path]) -> list[Path]:
    command = [
        *("git", "-C", str(repository), "-c", "core.fsmonitor=false", "--no-optional-locks"),
        *("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames"),
        *("--", *(f":(literal){file.relative_to(repository).as_posix()}" for file in files)),
    ]
    environment = {k: v for k, v in os.environ.items() if k not in _HOOK_VARIABLES}
    try:
        answer = subprocess.run(command, capture_output=True, check=False, env=environment)
    except OSError as error:
        raise ApplyError(
            f"cannot ask git whether the files are committed ({error.strerror}); "
            "use --allow-dirty to do without; nothing was changed"
        ) from error
    if answer.returncode:
        message = answer.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise ApplyError(
            f"git cannot say whether the files are committed ({message}); "
            "use --allow-dirty to do without; nothing was changed"
        )
    # XY path NUL
    names = (os.fsdecode(line[3:]) for line in answer.stdout.split(b"\0") if line)
    return [repository / name for name in names]
