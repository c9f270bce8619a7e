"""What the project declares that it imports, in all the places where that can stand."""

import pytest

from cycleguard.model.modules import Dependencies
from tests.unit.discover.conftest import Discover, Tree

DECLARED = {
    "[project]": {
        "pyproject.toml": "[project]\ndependencies = ['click>=8', 'My.Dist']\n"
        "[project.optional-dependencies]\nfast = ['orjson']"
    },
    "poetry": {
        "pyproject.toml": "[tool.poetry.dependencies]\npython = '^3.11'\nclick = '^8'\n"
        "My-Dist = {version='1'}\norjson = {version = '*', optional = true}\n"
    },
    "setup.cfg": {
        "setup.cfg": "[options]\ninstall_requires =\n  click>=8\n  my_dist\n"
        "[options.extras_require]\nfast = orjson"
    },
    "setup.py": {
        "setup.py": "from setuptools import setup\nNEEDS = ['click', 'my-dist']\n"
        "setup(install_requires=NEEDS, extras_require={'fast': 'orjson'})"
    },
    "dynamic in pyproject.toml, given in setup.py": {
        "pyproject.toml": "[project]\ndynamic = ['dependencies']",
        "setup.py": "setup(install_requires=['click', 'my-dist', 'orjson; os_name == \"nt\"'])",
    },
    "dynamic from a file": {
        "pyproject.toml": "[project]\ndynamic = ['dependencies']\n"
        "optional-dependencies = {x = ['orjson']}\n"
        "[tool.setuptools.dynamic]\ndependencies = {file = ['needs.txt']}",
        "needs.txt": "click\nmy-dist # ours\n",
    },
    "setup.cfg from a file": {
        "setup.cfg": "[options]\ninstall_requires = file: needs.txt",
        "needs.txt": "click\nmy-dist\norjson; sys_platform == 'win32'\n",
    },
    "requirements.txt alone": {
        "requirements.txt": "# these\n-r other.txt\nclick==8 \\\n  --hash=sha256:00\n"
        "my-dist\norjson; platform_system == 'Windows'\nnot a requirement\n",
    },
}


@pytest.mark.parametrize("texts", DECLARED.values(), ids=DECLARED)
def test_where_dependencies_are_declared(tree: Tree, run: Discover, texts: dict[str, str]) -> None:
    tree(".git/HEAD pkg/__init__.py", texts)
    assert run("pkg").dependencies == Dependencies(
        known=True, required=frozenset({"click", "my_dist"}), optional=frozenset({"orjson"})
    )


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"pyproject.toml": "[tool.black]\nline-length = 100"},
        {"pyproject.toml": "[project]\ndynamic = ['dependencies']"},
        {"setup.py": "setup(install_requires=read())"},
    ],
    ids=["no metadata", "a table of another tool", "dynamic without a source", "computed"],
)
def test_nothing_is_known(tree: Tree, run: Discover, texts: dict[str, str]) -> None:
    tree("pkg/__init__.py", texts)
    assert not run("pkg").dependencies.known


def test_a_project_without_dependencies_is_known_to_have_none(tree: Tree, run: Discover) -> None:
    tree("pkg/__init__.py", {"pyproject.toml": "[project]\nname = 'x'"})
    assert run().dependencies == Dependencies(True, frozenset(), frozenset())


def required(tree: Tree, run: Discover, *lines: str, config: str = "") -> frozenset[str]:
    text = f"[project]\nrequires-python = '>=3.11'\ndependencies = {list(lines)}\n{config}"
    tree("pkg/__init__.py", {"pyproject.toml": text})
    return run().dependencies.required


def test_known_import_names(tree: Tree, run: Discover) -> None:
    found = required(tree, run, "scikit-learn", "PyYAML", "attrs", "Pillow", "protobuf")
    assert found >= {"sklearn", "yaml", "attr", "attrs", "pil", "google_protobuf"}


def test_import_names_from_the_configuration(tree: Tree, run: Discover) -> None:
    config = "[tool.cycleguard.dependency-modules]\nfoo = 'Acme_Foo'"
    assert required(tree, run, "acme-foo", config=config) == {"acme_foo", "foo"}


@pytest.mark.parametrize(
    "lines",
    [
        ("a>1; python_version < '3.13'", "a>2; python_version >= '3.13'"),
        ("a; python_version >= '3.8'",),
        ("a; os_name == 'nt'", "a"),
    ],
    ids=["halves that make a whole", "always true", "one of the lines is unconditional"],
)
def test_markers_that_cover_every_version_are_none(
    tree: Tree, run: Discover, lines: tuple[str, ...]
) -> None:
    assert required(tree, run, *lines) == {"a"}


@pytest.mark.parametrize(
    "line",
    [
        "a; python_version < '3.13'",
        "a; sys_platform != 'win32'",
        "a; platform_system == 'Linux' and python_version > '3'",
        "a; implementation_name == 'cpython'",
    ],
)
def test_markers_make_optional(tree: Tree, run: Discover, line: str) -> None:
    assert required(tree, run, line) == set()
    assert run().dependencies.optional == {"a"}


def test_metadata_of_the_distribution_that_owns_the_target(tree: Tree, run: Discover) -> None:
    tree(
        "w/pkg/__init__.py w/other/__init__.py w/broken-1.dist-info/",
        {
            "w/a-1.dist-info/RECORD": "other/__init__.py,,\n",
            "w/a-1.dist-info/METADATA": "Name: a\nRequires-Dist: left\n",
            "w/b-1.dist-info/RECORD": "pkg/__init__.py,sha256=0,1\n",
            "w/b-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: b\nVersion: 1\n"
            "Requires-Dist: right>=1\nRequires-Dist: more; extra == 'all'\n",
        },
    )
    assert run("w/pkg").dependencies == Dependencies(
        True, frozenset({"right"}), frozenset({"more"})
    )
    assert run("w").dependencies.required == {"left", "right"}


def test_projects_of_a_monorepo_are_taken_together(tree: Tree, run: Discover) -> None:
    text = "[project]\ndependencies = ['{}']\n[project.optional-dependencies]\nx = ['{}']"
    tree(
        ".git/HEAD a/one/__init__.py b/two/__init__.py",
        {"a/pyproject.toml": text.format("p", "q"), "b/pyproject.toml": text.format("q", "r")},
    )
    assert run().dependencies == Dependencies(True, frozenset("pq"), frozenset("r"))
    assert run("a").dependencies == Dependencies(True, frozenset("p"), frozenset("q"))
