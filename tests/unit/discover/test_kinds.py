"""What backs a module: source, a namespace folder, something compiled, something generated."""

import pytest

from tests.unit.discover.conftest import Discover, Tree, kinds, paths

FILES = {
    "a compiled module with the tag of CPython": "x.cpython-311-x86_64-linux-gnu.so",
    "a compiled module with the stable ABI": "x.abi3.so",
    "a compiled module without a tag": "x.so",
    "a compiled module on Windows": "x.cp311-win_amd64.pyd",
    "Cython that is not built": "x.pyx",
    "a stub alone": "x.pyi",
    "a package of stubs alone": "x/__init__.pyi",
    "a compiled package": "x/__init__.cpython-312-darwin.so",
}


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_an_extension(tree: Tree, run: Discover, file: str) -> None:
    tree(f"pyproject.toml pkg/__init__.py pkg/{file}")
    assert kinds(run()) == {"pkg": "source", "pkg.x": "extension"}


@pytest.mark.parametrize("other", ["x.pyx", "x.pyi", "x.abi3.so", "x.cpython-311-darwin.so"])
def test_source_is_source_whatever_is_beside_it(tree: Tree, run: Discover, other: str) -> None:
    tree(f"pyproject.toml pkg/__init__.py pkg/x.py pkg/{other}")
    project = run()
    assert paths(project)["pkg.x"] == "pkg/x.py"
    assert kinds(project)["pkg.x"] == "source"
    assert not project.skipped


def test_stubs_of_a_compiled_package_with_modules_inside(tree: Tree, run: Discover) -> None:
    tree("setup.py pkg/__init__.py pkg/_C.so pkg/_C/__init__.pyi pkg/_C/_sub.pyi")
    modules = {module.name: module for module in run("pkg").modules}
    assert modules["pkg._C"].is_package
    assert modules["pkg._C._sub"].kind == "extension"


def test_stubs_that_are_data_stand_for_nothing(tree: Tree, run: Discover) -> None:
    tree(
        "setup.py pkg/__init__.py pkg/typeshed/stdlib/os/__init__.pyi typings/requests/__init__.pyi"
    )
    assert kinds(run("pkg")) == {"pkg": "source", "setup": "source"}


def test_protocol_buffers_generate_two_modules(tree: Tree, run: Discover) -> None:
    tree("setup.py pkg/__init__.py pkg/my-api.proto pkg/b.proto pkg/b_pb2.py")
    found = kinds(run("pkg"))
    assert found["pkg.my_api_pb2"] == found["pkg.my_api_pb2_grpc"] == "generated"
    assert found["pkg.b_pb2"] == "source"


PYPROJECTS = {
    "setuptools_scm write_to": "[tool.setuptools_scm]\nwrite_to = 'src/pkg/_version.py'",
    "setuptools_scm version_file": "[tool.setuptools_scm]\nversion_file = 'src/pkg/_version.py'",
    "hatch-vcs": "[tool.hatch.build.hooks.vcs]\nversion-file = 'src/pkg/_version.py'",
    "pdm": "[tool.pdm.version]\nsource = 'scm'\nwrite_to = 'src/pkg/_version.py'",
}


@pytest.mark.parametrize("text", PYPROJECTS.values(), ids=PYPROJECTS)
def test_a_version_file(tree: Tree, run: Discover, text: str) -> None:
    tree("src/pkg/__init__.py", {"pyproject.toml": text})
    project = run()
    assert kinds(project)["pkg._version"] == "generated"
    assert paths(project)["pkg._version"] == "src/pkg/_version.py"
    tree("src/pkg/_version.py")
    assert kinds(run())["pkg._version"] == "source"


EXTENSIONS = {
    "maturin": ("pyproject.toml", "[tool.maturin]\nmodule-name = 'pkg._native'"),
    "setuptools": ("pyproject.toml", "[[tool.setuptools.ext-modules]]\nname = 'pkg._native'"),
    "setuptools-rust": (
        "pyproject.toml",
        "[[tool.setuptools-rust.ext-modules]]\ntarget = 'pkg._native'",
    ),
    "setup.py": ("setup.py", "setup(ext_modules=[Extension('pkg._native', ['a.c'])])"),
    "setup.py by keyword": ("setup.py", "e = cpp.CppExtension(name='pkg._native', sources=[])"),
}


@pytest.mark.parametrize(("file", "text"), EXTENSIONS.values(), ids=EXTENSIONS)
def test_a_declared_extension(tree: Tree, run: Discover, file: str, text: str) -> None:
    tree("pkg/__init__.py", {file: text})
    assert kinds(run("pkg"))["pkg._native"] == "extension"


@pytest.mark.parametrize(
    "text",
    ["import os\nsetup(", "\0", "[tool.setuptools_scm]\nwrite_to = 3", "x = {"],
    ids=["half a call", "a null byte", "a wrong type", "half a table"],
)
@pytest.mark.parametrize("file", ["pyproject.toml", "setup.py", "setup.cfg"])
def test_broken_metadata_declares_nothing(tree: Tree, run: Discover, file: str, text: str) -> None:
    tree("repo/.git/HEAD repo/pkg/__init__.py", {f"repo/inner/{file}": text})
    tree("repo/inner/tool/__init__.py")
    assert "tool" in kinds(run("repo"))
