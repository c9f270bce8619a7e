"""The files of an older revision, in a folder of their own: what `--since` compares with.

Asks the `git` of this machine. The repository is only read: the older files come from its objects
by way of an index that lies in the temporary folder, so there is no worktree to forget.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from cycleguard.errors import RevisionError

_SHORT = 10
# Set while git runs a hook; they would point it at another repository or index.
_HOOK_VARIABLES = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY",
)  # fmt: skip


class Checkout(Struct, frozen=True):
    """`folder` has the files of `commit`; `repository` is the top of the user's own files."""

    folder: Path
    repository: Path
    commit: str

    def twin(self, path: Path) -> Path:
        """Where the older state of an absolute path is, whether or not there was one."""
        return self.folder / path.relative_to(self.repository)

    @property
    def shown(self) -> str:
        """The commit in a message."""
        return self.commit[:_SHORT]


@contextmanager
def checkout_of_merge_base(revision: str, near: Path) -> Iterator[Checkout]:
    """Put the files of the merge base of HEAD and `revision` into a temporary folder.

    Args:
        revision: a branch, tag or commit.
        near: a path in the repository.

    Raises:
        RevisionError: there is no git, no repository, no such revision, or no merge base.
    """
    start = near if near.is_dir() else near.parent
    top = _git(start, ["rev-parse", "--show-toplevel"], f"{near} is in no git repository")
    repository = Path(os.path.realpath(top))
    _git(
        repository,
        ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"],
        f"there is no revision '{revision}': fetch it first (in CI, fetch the whole history)",
    )
    commit = _git(
        repository,
        ["merge-base", "--end-of-options", revision, "HEAD"],
        f"'{revision}' and HEAD have no common commit here: fetch the whole history first"
        " (git fetch --unshallow; with actions/checkout, fetch-depth: 0)",
    )
    with tempfile.TemporaryDirectory(prefix="cycleguard-") as temporary:
        folder = Path(os.path.realpath(temporary), "tree")
        # What marks the top of a repository, for those who look for it.
        (folder / ".git").mkdir(parents=True)
        index = {"GIT_INDEX_FILE": str(Path(temporary, "index"))}
        problem = f"git cannot give the files of {commit[:_SHORT]}"
        _git(repository, ["read-tree", commit], problem, index)
        _git(repository, ["checkout-index", "--all", f"--prefix={folder}/"], problem, index)
        yield Checkout(folder, repository, commit)


def _git(
    folder: Path, arguments: Sequence[str], problem: str, more: Mapping[str, str] | None = None
) -> str:
    environment = {k: v for k, v in os.environ.items() if k not in _HOOK_VARIABLES}
    command = ["git", "-C", str(folder), *arguments]
    try:
        answer = subprocess.run(
            command, capture_output=True, check=False, env={**environment, **(more or {})}
        )
    except OSError as error:
        raise RevisionError(f"--since needs git, which cannot be run: {error.strerror}") from error
    if answer.returncode:
        said = answer.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise RevisionError(f"{problem}{f' ({said})' if said else ''}")
    return os.fsdecode(answer.stdout).strip()
