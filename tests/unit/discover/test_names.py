"""Which dotted name a file gets: source roots, namespace packages, monorepos, loose scripts."""

import pytest

from tests.unit.discover.conftest import Discover, Tree, kinds, names, paths

LAYOUTS = {
    "a package beside pyproject.toml": (
        "pyproject.toml pkg/__init__.py pkg/a.py",
        ["pkg", "pkg.a"],
    ),
    "a package in src": (
        "pyproject.toml src/pkg/__init__.py src/pkg/a.py",
        ["pkg", "pkg.a"],
    ),
    "a single module in src": ("setup.py src/mod.py", ["mod", "setup"]),
    "src that is a package itself": (
        "pyproject.toml src/__init__.py src/a.py",
        ["src", "src.a"],
    ),
    "src that holds no Python": (
        "pyproject.toml src/main.c a.py",
        ["a"],
    ),
    "src of a repository without metadata": (".git/HEAD src/pkg/__init__.py", ["pkg"]),
    "src of no project at all is a plain folder that holds a package": (
        "src/pkg/__init__.py",
        ["pkg"],
    ),
    "packages in lib and python": (
        "setup.cfg lib/one/__init__.py python/two/__init__.py python/two/a.py",
        ["one", "two", "two.a"],
    ),
    "loose scripts take the folders into their name": (
        "pyproject.toml examples/foo/run.py",
        ["examples", "examples.foo", "examples.foo.run"],
    ),
    "loose modules beside a package are named as it is": (
        "pyproject.toml python/pkg/__init__.py python/helper.py",
        ["helper", "pkg"],
    ),
    "a monorepo of two projects": (
        ".git/HEAD a/pyproject.toml a/src/one/__init__.py b/setup.py b/two/__init__.py",
        ["one", "setup", "two"],
    ),
    "src and a flat package in one project": (
        "pyproject.toml src/one/__init__.py tests/__init__.py tests/test_one.py",
        ["one", "tests", "tests.test_one"],
    ),
    "a project inside a package, such as a template": (
        "pyproject.toml pkg/__init__.py pkg/template/pyproject.toml pkg/template/main.py",
        ["main", "pkg"],
    ),
    "setup.py in a package makes no project of it": (
        "pyproject.toml pkg/__init__.py pkg/core/__init__.py pkg/core/setup.py",
        ["pkg", "pkg.core", "pkg.core.setup"],
    ),
    "a folder without __init__ in a package": (
        "pyproject.toml pkg/__init__.py pkg/data/x.py",
        ["pkg", "pkg.data", "pkg.data.x"],
    ),
    "__main__": (
        "pyproject.toml pkg/__init__.py pkg/__main__.py",
        ["pkg", "pkg.__main__"],
    ),
    "a folder of unpacked wheels": (
        "a/pkg/__init__.py a/a-1.dist-info/METADATA b/tool/__init__.py b/b-1.dist-info/RECORD",
        ["pkg", "tool"],
    ),
    "a folder that is called like a file": (
        "pyproject.toml pkg/__init__.py pkg/x.py/__init__.py",
        ["pkg", "pkg.x-py"],
    ),
}


@pytest.mark.parametrize(("files", "expected"), LAYOUTS.values(), ids=LAYOUTS)
def test_names_of_a_whole_tree(tree: Tree, run: Discover, files: str, expected: list[str]) -> None:
    tree(files)
    assert names(run()) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from ns.pkg.b import x", ["ns", "ns.pkg", "ns.pkg.a", "ns.pkg.b"]),
        ("    import ns.pkg", ["ns", "ns.pkg", "ns.pkg.a", "ns.pkg.b"]),
        ("import pkg.b\nfrom ns.pkg import b", ["ns", "ns.pkg", "ns.pkg.a", "ns.pkg.b"]),
        ("from pkg.b import x", ["pkg", "pkg.a", "pkg.b"]),
        ("from . import b", ["pkg", "pkg.a", "pkg.b"]),
        ("# from ns.pkg import b", ["pkg", "pkg.a", "pkg.b"]),
        ("from other.ns.pkg import b", ["pkg", "pkg.a", "pkg.b"]),
        ("from ns.pkgs import b", ["pkg", "pkg.a", "pkg.b"]),
    ],
    ids=[
        "the longer name in a from import",
        "the longer name in a nested import",
        "both names: the longer one decides",
        "the bare name",
        "relative imports only: no evidence",
        "a comment is no evidence",
        "another parent is no evidence",
        "a name that merely starts alike is no evidence",
    ],
)
def test_a_namespace_package_needs_evidence(
    tree: Tree, run: Discover, text: str, expected: list[str]
) -> None:
    tree("pyproject.toml src/ns/pkg/__init__.py src/ns/pkg/b.py", {"src/ns/pkg/a.py": text})
    assert names(run()) == expected


def test_the_evidence_of_a_deep_namespace_names_all_its_parents(tree: Tree, run: Discover) -> None:
    tree(
        "setup.py",
        {"google/cloud/storage/__init__.py": "from google.cloud.storage.client import Client"},
    )
    project = run("google")
    assert names(project) == ["google", "google.cloud", "google.cloud.storage", "setup"]
    assert kinds(project)["google.cloud"] == "namespace"
    assert paths(project)["google.cloud"] == "google/cloud"


def test_a_namespace_package_that_the_configuration_names(tree: Tree, run: Discover) -> None:
    tree(
        "ns/pkg/__init__.py",
        {"pyproject.toml": "[tool.cycleguard]\nnamespace-packages = ['ns']"},
    )
    assert names(run()) == ["ns", "ns.pkg"]


def test_a_bare_name_of_the_standard_library_is_no_evidence(tree: Tree, run: Discover) -> None:
    texts = {f"ns/logging/{name}.py": "import logging" for name in "abcd"}
    texts["ns/logging/z.py"] = "from ns.logging import a"
    tree("pyproject.toml ns/logging/__init__.py", texts)
    assert "ns.logging.a" in names(run())


def test_src_is_a_namespace_package_if_the_files_import_it(tree: Tree, run: Discover) -> None:
    tree("pyproject.toml src/pkg/b.py", {"src/pkg/__init__.py": "from src.pkg import b"})
    assert names(run()) == ["src", "src.pkg", "src.pkg.b"]


def test_a_stray_init_in_the_project_folder_makes_no_package_of_it(
    tree: Tree, run: Discover
) -> None:
    tree(
        "repo/.git/HEAD repo/pyproject.toml repo/__init__.py repo/pkg/a.py",
        {"repo/pkg/__init__.py": "from pkg import a"},
    )
    assert names(run("repo/pkg")) == ["__init__", "pkg", "pkg.a"]


def test_a_project_folder_that_is_the_package(tree: Tree, run: Discover) -> None:
    tree(
        "repo/.git/HEAD repo/__init__.py repo/nodes.py", {"repo/__init__.py": "from . import nodes"}
    )
    assert names(run("repo")) == ["repo", "repo.nodes"]


@pytest.mark.parametrize("target", [".", "src", "src/ns", "src/ns/pkg", "src/ns/pkg/sub/a.py"])
def test_the_name_does_not_depend_on_the_target(tree: Tree, run: Discover, target: str) -> None:
    tree(
        "pyproject.toml src/ns/pkg/sub/__init__.py src/ns/pkg/sub/a.py",
        {"src/ns/pkg/__init__.py": "import ns.pkg.sub"},
    )
    assert paths(run(target))["ns.pkg.sub.a"] == "src/ns/pkg/sub/a.py"


def test_configured_source_roots_win(tree: Tree, run: Discover) -> None:
    tree(
        "src/pkg/__init__.py vendor/deep/mod.py tests/test_a.py",
        {"pyproject.toml": "[tool.cycleguard]\nsource-roots = ['.', 'vendor/deep']"},
    )
    assert names(run()) == ["mod", "src", "src.pkg", "tests", "tests.test_a"]


def test_a_source_root_inside_a_package(tree: Tree, run: Discover) -> None:
    tree(
        "pkg/__init__.py pkg/vendor/__init__.py pkg/vendor/six.py",
        {"pyproject.toml": "[tool.cycleguard]\nsource-roots = ['pkg/vendor']"},
    )
    assert names(run()) == ["__init__", "pkg", "six"]


def test_files_that_no_import_can_name_are_importers_only(tree: Tree, run: Discover) -> None:
    tree("pyproject.toml scripts/my-script.py scripts/2to3.py my-tools/run.py pkg/v1.2.py pkg/a.py")
    assert names(run()) == [
        "my-tools.run", "pkg", "pkg.a", "pkg.v1-2", "scripts.2to3", "scripts.my-script",
    ]  # fmt: skip
    assert names(run("pkg/a.py")) == ["pkg", "pkg.a"]


def test_a_package_below_a_folder_that_is_no_identifier(tree: Tree, run: Discover) -> None:
    tree("pyproject.toml my-app/pkg/__init__.py my-app/pkg/a.py")
    assert names(run()) == ["pkg", "pkg.a"]


def test_two_roots_with_the_same_module(tree: Tree, run: Discover) -> None:
    tree("pyproject.toml src/pkg/__init__.py src/pkg/a.py pkg/__init__.py pkg/b.py")
    project = run()
    assert paths(project) == {
        "pkg": "src/pkg/__init__.py", "pkg.a": "src/pkg/a.py", "pkg.b": "pkg/b.py",
    }  # fmt: skip
    (skipped,) = project.skipped
    assert skipped.path == "pkg/__init__.py"
    assert skipped.reason == (
        "module name 'pkg' is already taken by src/pkg/__init__.py (two source roots)"
    )


def test_configured_roots_have_their_order(tree: Tree, run: Discover) -> None:
    tree(
        "a/mod.py b/mod.py",
        {"pyproject.toml": "[tool.cycleguard]\nsource-roots = ['b', 'a']"},
    )
    project = run()
    assert paths(project) == {"mod": "b/mod.py"}
    assert [s.path for s in project.skipped] == ["a/mod.py"]


def test_a_package_wins_against_a_module_of_its_name(tree: Tree, run: Discover) -> None:
    tree("pyproject.toml x.py x/__init__.py x/y.py")
    project = run()
    assert paths(project)["x"] == "x/__init__.py"
    assert [(s.path, s.reason) for s in project.skipped] == [
        ("x.py", "module name 'x' is already taken by x/__init__.py (CPython takes the package)")
    ]


def test_a_module_wins_against_a_namespace_folder_of_its_name(tree: Tree, run: Discover) -> None:
    tree("pyproject.toml x.py x/y.py")
    assert kinds(run()) == {"x": "source", "x.y": "source"}
