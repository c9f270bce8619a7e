"""Which files are found: ignore files, the exclude option, links, what cannot be read."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from cycleguard.config import Config
from cycleguard.discover.ignore import rules_above
from cycleguard.discover.walk import Task, walk
from cycleguard.errors import ConfigError, TargetError
from tests.unit.discover.conftest import Discover, Tree, names, paths

ALWAYS = (
    ".git", ".hg", ".svn", "__pycache__", "node_modules", ".tox", ".nox", ".mypy_cache",
    ".ruff_cache", ".pytest_cache",
)  # fmt: skip


@pytest.mark.parametrize("folder", ALWAYS)
def test_folders_that_are_never_entered(tree: Tree, run: Discover, folder: str) -> None:
    tree(f"setup.cfg a.py {folder}/x.py")
    assert names(run()) == ["a"]


@pytest.mark.parametrize("folder", [".venv", "venv", "py311"])
def test_a_virtual_environment_is_one_by_what_it_holds(
    tree: Tree, run: Discover, folder: str
) -> None:
    tree(f"setup.cfg a.py {folder}/lib/x.py")
    assert len(names(run())) > 1
    tree(f"{folder}/pyvenv.cfg")
    assert names(run()) == ["a"]


def test_build_and_dist_are_not_special(tree: Tree, run: Discover) -> None:
    tree("setup.cfg build/a.py dist/b.py")
    assert names(run()) == ["build", "build.a", "dist", "dist.b"]


IGNORES = {
    "a folder": ({".gitignore": "gen/"}, ["a"]),
    "a file": ({".gitignore": "x.py"}, ["a"]),
    "everything but one": ({".gitignore": "gen/*\n!gen/x.py"}, ["a", "gen", "gen.x"]),
    "a nested file takes back": (
        {".gitignore": "x.py", "gen/.gitignore": "!x.py"},
        ["a", "gen", "gen.x"],
    ),
    "nothing comes back below an ignored folder": (
        {".gitignore": "gen", "gen/.gitignore": "!x.py"},
        ["a"],
    ),
    "a nested file applies below it": ({"gen/.gitignore": "*.py"}, ["a"]),
    "an anchored pattern": ({".gitignore": "/x.py"}, ["a", "gen", "gen.x"]),
    "info/exclude": ({".git/info/exclude": "gen"}, ["a"]),
    "a .gitignore has precedence over info/exclude": (
        {".git/info/exclude": "gen", ".gitignore": "!gen"},
        ["a", "gen", "gen.x"],
    ),
    "a comment, an empty line and a bad pattern": ({".gitignore": "# gen\n\n!\n/\ngen"}, ["a"]),
    "a byte order mark": ({".gitignore": "\ufeffgen"}, ["a"]),
}


@pytest.mark.parametrize(("texts", "expected"), IGNORES.values(), ids=IGNORES)
def test_ignore_files(
    tree: Tree, run: Discover, texts: dict[str, str], expected: list[str]
) -> None:
    tree(".git/HEAD a.py gen/x.py", texts)
    assert names(run()) == expected


def test_ignore_files_above_the_source_root_apply_up_to_the_repository(
    tree: Tree, run: Discover
) -> None:
    texts = {".gitignore": "a.py", "repo/.gitignore": "b.py", "repo/in/.gitignore": "c.py"}
    tree("repo/.git/HEAD repo/in/setup.cfg", texts)
    tree("repo/in/a.py repo/in/b.py repo/in/c.py repo/in/d.py")
    assert names(run("repo/in")) == ["a", "d"]


def test_ignore_files_count_without_a_repository(tree: Tree, run: Discover) -> None:
    tree("pkg/__init__.py pkg/gen.py", {"pkg/.gitignore": "gen.py"})
    assert names(run("pkg")) == ["pkg"]


def test_a_nested_repository_has_its_own_rules(tree: Tree, run: Discover) -> None:
    texts = {".gitignore": "x.py\n", "sub/.gitignore": "y.py"}
    tree(".git/HEAD x.py y.py sub/x.py sub/y.py sub/.git/HEAD", texts)
    assert names(run()) == ["sub", "sub.x", "y"]


def test_a_worktree_shares_the_exclude_file_of_its_repository(tree: Tree, run: Discover) -> None:
    texts = {
        "main/.git/info/exclude": "gen.py",
        "main/.git/worktrees/wt/commondir": "../..\n",
        "wt/.git": "gitdir: ../main/.git/worktrees/wt\n",
    }
    tree("wt/a.py wt/gen.py", texts)
    assert names(run("wt")) == ["a"]


GIT = {
    "a typical file": ({".gitignore": "*.so\nbuild/\n/dist\n.venv\n# x\n*.egg-info/\n"}),
    "all but some kinds": ({".gitignore": "*\n!*/\n!*.py\n"}),
    "all but one folder": ({".gitignore": "/*\n!/pkg\n/pkg/*\n!/pkg/build\n"}),
    "a nested file takes a folder back": ({".gitignore": "build\n", "pkg/.gitignore": "!build/\n"}),
    "an anchored folder is taken back": ({".gitignore": "/pkg/build", "pkg/.gitignore": "!/build"}),
    "folders only": ({".gitignore": "a.py/\nbuild/\n**/dist/\n"}),
    "stars in the middle": ({".gitignore": "pkg/**/a.py\n**/build/*.py\n"}),
    "the last one wins": ({".gitignore": "!a.py\na.py\n!/pkg/a.py\n"}),
    "escapes and classes": ({".gitignore": "\\!x.py\n[ab].py\nbu?ld\n"}),
}  # fmt: skip


@pytest.mark.skipif(shutil.which("git") is None, reason="git is the oracle")
@pytest.mark.parametrize("texts", GIT.values(), ids=GIT)
def test_the_same_files_as_git(tree: Tree, texts: dict[str, str]) -> None:
    folders = ("", "pkg/", "pkg/build/", "build/", "dist/", "pkg/sub/dist/", "pkg/sub/build/in/")
    base = tree(" ".join(f"{folder}{name}" for folder in folders for name in ("a.py", "c.py")))
    tree(texts=texts)
    git = ["git", "-c", "core.excludesFile=", "-C", str(base)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    listing = subprocess.run(
        [*git, "ls-files", "--others", "--exclude-standard", "*.py"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    found = walk(Task(str(base), rules_above(base, Config())), frozenset())
    assert [
        (folder.path / file).relative_to(base).as_posix()
        for folder in found.folders
        for file in folder.files
    ] == sorted(listing.stdout.split(), key=lambda path: (Path(path).parent, path))


NAMED = {
    "an ignored folder": ("gen/", "gen", ["a", "gen", "gen.in", "gen.in.y", "gen.x"]),
    "a folder below an ignored one": ("gen/", "gen/in", ["a", "gen", "gen.in", "gen.in.y"]),
    "an ignored file": ("x.py", "gen/x.py", ["a", "gen", "gen.in", "gen.in.y", "gen.x"]),
    "the content of a folder": ("gen/*", "gen", ["a", "gen", "gen.in", "gen.in.y", "gen.x"]),
}


@pytest.mark.parametrize(("pattern", "target", "expected"), NAMED.values(), ids=NAMED)
def test_what_the_user_names_is_scanned_even_if_ignored(
    tree: Tree, run: Discover, pattern: str, target: str, expected: list[str]
) -> None:
    tree(".git/HEAD a.py gen/x.py gen/in/y.py", {".gitignore": pattern})
    assert names(run(target)) == expected


def test_a_package_in_an_ignored_virtual_environment(tree: Tree, run: Discover) -> None:
    site = "venv/lib/python3/site-packages"
    tree(f".git/HEAD venv/pyvenv.cfg {site}/pkg/__init__.py {site}/b.py", {".gitignore": "venv"})
    assert names(run(f"{site}/pkg")) == ["pkg"]


def test_the_exclude_option_applies_below_its_folder(tree: Tree, run: Discover) -> None:
    text = "[tool.cycleguard]\nexclude = ['/gen', '*_old.py']"
    tree("a.py a_old.py gen/x.py sub/gen/x.py", {"pyproject.toml": text})
    assert names(run()) == ["a", "sub", "sub.gen", "sub.gen.x"]


def test_the_exclude_option_applies_to_what_the_user_names(tree: Tree, run: Discover) -> None:
    tree("a.py gen/in/x.py", {"pyproject.toml": "[tool.cycleguard]\nexclude = ['gen']"})
    with pytest.raises(TargetError, match="no Python file in gen/in"):
        run("gen/in")


def test_a_pattern_that_is_none(tree: Tree, run: Discover) -> None:
    tree("a.py", {"pyproject.toml": "[tool.cycleguard]\nexclude = ['!']"})
    with pytest.raises(ConfigError, match=r"exclude: not a gitignore pattern: '!'"):
        run()


def link(base: Path, path: str, to: str) -> None:
    (base / path).symlink_to(to, target_is_directory=(base / path).parent.joinpath(to).is_dir())


def test_links_to_folders_above_lead_nowhere(tree: Tree, run: Discover) -> None:
    base = tree("top/setup.cfg top/pkg/__init__.py top/pkg/sub/__init__.py other.py")
    link(base, "top/pkg/sub/up", "..")
    link(base, "top/pkg/self", ".")
    link(base, "top/pkg/out", "../..")
    assert names(run("top")) == ["pkg", "pkg.sub"]


def test_a_link_to_itself(tree: Tree, run: Discover) -> None:
    base = tree("setup.cfg a.py")
    link(base, "b", "b")
    link(base, "c.py", "c.py")
    assert names(run()) == ["a"]


def test_links_to_each_other_s_folders(tree: Tree, run: Discover) -> None:
    base = tree("top/setup.cfg top/a.py one/x.py two/y.py")
    link(base, "top/one", "../one")
    link(base, "one/two", "../two")
    link(base, "two/one", "../one")
    assert names(run("top")) == ["a", "one", "one.two", "one.two.y", "one.x"]


def test_a_linked_folder_is_followed(tree: Tree, run: Discover) -> None:
    base = tree("top/setup.cfg top/pkg/__init__.py outside/__init__.py outside/a.py")
    link(base, "top/pkg/sub", "../../outside")
    assert paths(run("top"))["pkg.sub.a"] == "top/pkg/sub/a.py"


def test_a_folder_reached_twice_is_taken_from_its_real_place(tree: Tree, run: Discover) -> None:
    base = tree("setup.cfg pkg/__init__.py pkg/a.py")
    link(base, "alias", "pkg")
    assert names(run()) == ["pkg", "pkg.a"]
    assert run("alias").targets == {"pkg", "pkg.a"}


def test_a_folder_outside_reached_twice_is_taken_from_the_first_link(
    tree: Tree, run: Discover
) -> None:
    base = tree("top/setup.cfg out/__init__.py out/a.py")
    link(base, "top/b", "../out")
    link(base, "top/a", "../out")
    assert names(run("top")) == ["a", "a.a"]


def test_files_reached_twice(tree: Tree, run: Discover) -> None:
    base = tree("top/setup.cfg top/real.py out.py")
    link(base, "top/alias.py", "real.py")
    link(base, "top/b.py", "../out.py")
    link(base, "top/a.py", "../out.py")
    link(base, "top/broken.py", "../nothing.py")
    assert names(run("top")) == ["a", "real"]


def test_a_folder_that_may_not_be_read(
    tree: Tree, run: Discover, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = tree("setup.cfg a.py secret/x.py gone/x.py")
    errors = {
        str(base / "secret"): PermissionError(13, "Permission denied"),
        str(base / "gone"): FileNotFoundError(2, "No such file or directory"),
    }
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path) in errors:
            raise errors[str(path)]
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    project = run()
    assert names(project) == ["a"]
    assert [(s.path, s.reason) for s in project.skipped] == [
        ("gone", "no such file or directory"),
        ("secret", "permission denied"),
    ]
    with pytest.raises(TargetError, match="cannot list secret: permission denied"):
        run("secret")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_entered(tree: Tree, run: Discover) -> None:
    base = tree("setup.cfg a.py secret/__init__.py")
    (base / "secret").chmod(0)
    project = run()
    (base / "secret").chmod(0o755)
    assert names(project) == ["a"]
    assert [(s.path, s.reason) for s in project.skipped] == [("secret", "permission denied")]


@pytest.mark.skipif(os.name == "nt", reason="file names are UTF-16 there")
def test_names_that_are_not_utf_8(tree: Tree, run: Discover) -> None:
    base = os.fsencode(tree("setup.cfg a.py"))
    for name in (b"\xff.py", b"\xfe/x.py", b"\xfd.txt"):
        path = Path(os.fsdecode(base + b"/" + name))
        try:
            path.parent.mkdir(exist_ok=True)
            path.touch()
        except OSError:
            pytest.skip("the file system takes UTF-8 names only")
    project = run()
    assert names(project) == ["a"]
    assert [s.path for s in project.skipped] == ["\\xfe", "\\xff.py"]
    assert {s.reason for s in project.skipped} == {"the file name is not valid UTF-8"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes there")
def test_a_pipe_called_like_a_module(tree: Tree, run: Discover) -> None:
    base = tree("setup.cfg a.py")
    os.mkfifo(base / "b.py")
    assert names(run()) == ["a"]
