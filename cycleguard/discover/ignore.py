"""The ignore rules of a folder: .gitignore files, .git/info/exclude and the `exclude` option.

`walk` asks for every folder and every file of interest. Patterns are matched by pathspec. The
user's global excludes file is left out on purpose: the result must not depend on the machine.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from msgspec import Struct
from pathspec import GitIgnoreSpec

from cycleguard.config import Config
from cycleguard.discover.disk import exists, is_file, text_of
from cycleguard.errors import ConfigError


class IgnoreFile(Struct, frozen=True):
    """The patterns of one file, which apply to paths that start with `prefix`.

    `patterns`, the last one first, are expressions and whether they ignore or take back. `by_name`
    and `by_path` are the unions of the patterns without and with an inner slash: most paths match
    neither, and asking them first is 5 times faster than asking every pattern.
    """

    prefix: str
    patterns: tuple[tuple[re.Pattern[str], bool], ...]
    by_name: re.Pattern[str]
    by_path: re.Pattern[str]


class Rules(Struct, frozen=True):
    """What applies to the entries of one folder; a later file of `files` has precedence."""

    files: tuple[IgnoreFile, ...]
    exclude: IgnoreFile | None


def rules_above(folder: Path, config: Config) -> Rules:
    """Return the rules that the folders above `folder` make for it, from the repository top down.

    Raises:
        ConfigError: A pattern of the `exclude` option is not valid.
    """
    rules = Rules((), _exclude(config))
    above = list(folder.parents)
    tops = [n for n, parent in enumerate(above) if exists(parent / ".git")]
    for parent in reversed(above[: tops[0] + 1] if tops else []):
        names = {name for name in (".git", ".gitignore") if exists(parent / name)}
        rules = rules_within(str(parent), names, rules)
    return rules


def rules_within(folder: str, names: Collection[str], rules: Rules) -> Rules:
    """Return the rules for the entries of `folder`, `names`; a repository's top starts afresh."""
    files = rules.files
    if ".git" in names:
        files = tuple(_read(folder, _info_exclude(Path(folder, ".git"))))
    if ".gitignore" in names:
        files = (*files, *_read(folder, Path(folder, ".gitignore")))
    return rules if files is rules.files else Rules(files, rules.exclude)


def is_ignored(path: str, is_folder: bool, rules: Rules) -> bool:
    """Tell whether an entry is to be left out, given that the folder it is in is not."""
    if rules.exclude is not None and _verdict(path, is_folder, rules.exclude):
        return True
    verdicts = (_verdict(path, is_folder, file) for file in reversed(rules.files))
    return next((verdict for verdict in verdicts if verdict is not None), False)


def is_excluded(path: str, is_folder: bool, rules: Rules) -> bool:
    """Tell whether the `exclude` option leaves out a path or a folder on the way to it."""
    return rules.exclude is not None and _leaves_out(path, is_folder, rules.exclude)


def rules_for_named(path: str, is_folder: bool, rules: Rules) -> Rules:
    """Drop the ignore files that would leave out a path which the user has named.

    A pattern such as ``gen/*`` leaves out all of a folder but not the folder, so for a folder the
    question is what would become of some Python file in it.
    """
    probe = f"{path}{os.sep}some.py" if is_folder else path
    kept = (file for file in rules.files if not _leaves_out(probe, False, file))
    return Rules(tuple(kept), rules.exclude)


def _exclude(config: Config) -> IgnoreFile | None:
    for pattern in config.exclude:
        if not _is_valid(pattern):
            raise ConfigError(
                f"pyproject.toml: [tool.cycleguard] exclude: not a gitignore pattern: '{pattern}'"
            )
    return _compile(config.folder, config.exclude) if config.exclude else None


def _info_exclude(git: Path) -> Path:
    """In a worktree or a submodule ``.git`` is a file that names the real folder."""
    if is_file(git):
        git = git.parent / text_of(git).removeprefix("gitdir:").strip()
        git /= text_of(git / "commondir").strip()
    return git / "info" / "exclude"


def _read(folder: str, path: Path) -> Iterator[IgnoreFile]:
    lines = [line for line in text_of(path).splitlines() if _is_valid(line)]
    if lines:
        yield _compile(folder, lines)


def _is_valid(pattern: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([pattern])
    except ValueError:
        return False
    return True


def _compile(folder: str, lines: Iterable[str]) -> IgnoreFile:
    names = [line for line in lines if "/" not in line.strip().rstrip("/")]
    paths = [line for line in lines if "/" in line.strip().rstrip("/")]
    return IgnoreFile(
        prefix=folder.rstrip(os.sep) + os.sep,
        patterns=tuple(reversed(list(_patterns(lines)))),
        by_name=_union(names),
        by_path=_union(paths),
    )


def _patterns(lines: Iterable[str]) -> Iterator[tuple[re.Pattern[str], bool]]:
    for pattern in GitIgnoreSpec.from_lines(lines).patterns:
        if pattern.regex is not None and pattern.include is not None:
            yield pattern.regex, pattern.include


def _union(lines: Iterable[str]) -> re.Pattern[str]:
    texts = (regex.pattern for regex, _ in _patterns(lines))
    unnamed = (re.sub(r"\(\?P<\w+>", "(?:", text) for text in texts)
    anchored = (text if text.startswith("^") else f".*{text}" for text in unnamed)
    return re.compile("|".join(anchored) or r"(?!)", re.DOTALL)


def _verdict(path: str, is_folder: bool, file: IgnoreFile) -> bool | None:
    """Return True for ignored, False for taken back by ``!``, None if no pattern says."""
    if not path.startswith(file.prefix):
        return None
    relative = path[len(file.prefix) :].replace(os.sep, "/")
    if is_folder:
        relative += "/"
    name = relative[relative.rfind("/", 0, -1) + 1 :]
    if not file.by_name.match(name) and not file.by_path.match(relative):
        return None
    includes = (include for regex, include in file.patterns if _names(regex, relative))
    return next(includes, None)


def _names(regex: re.Pattern[str], path: str) -> bool:
    """Tell whether a pattern names the path itself, as git asks, and not a folder above it.

    The expressions of pathspec match both; the slash after a folder is the only named group.
    """
    match = regex.search(path)
    if match is None or match.lastgroup is None or match.end() == len(path):
        return match is not None
    return regex.search(path, len(path) - 1) is not None


def _leaves_out(path: str, is_folder: bool, file: IgnoreFile) -> bool:
    """Tell whether the file ignores the path, or a folder on the way to it."""
    while path.startswith(file.prefix):
        if _verdict(path, is_folder, file):
            return True
        path, is_folder = str(Path(path).parent), True
    return False
