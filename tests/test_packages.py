"""Real packages: nothing is missed, nothing is invented, nothing depends on how the tool runs.

The packages are not in the repository. Fill a folder with unpacked wheels, one sub-folder each,
and name it by CYCLEGUARD_PACKAGES:

    pip download --no-deps --dest wheels networkx sympy django jedi pandas torch \
        paddlepaddle==2.6.2
    for wheel in wheels/*.whl; do
        name=$(basename "$wheel"); unzip -q "$wheel" -d "packages/${name%%-*}"
    done
    CYCLEGUARD_PACKAGES=packages pytest -m packages
"""

import ast
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import Struct

from cycleguard.config import Config
from cycleguard.discover.project import discover
from cycleguard.model.modules import ModuleKind
from cycleguard.pipeline import Options, analyse
from cycleguard.report.data import to_json

pytestmark = pytest.mark.packages

FOLDER = os.environ.get("CYCLEGUARD_PACKAGES", "")
TARGETS = (
    "paddlepaddle/paddle/jit",
    "networkx/networkx",
    "sympy/sympy",
    "django/django",
    "torch/torch",
    "jedi/jedi",
    "pandas/pandas",
)

Place = tuple[str, int, int]


class Package(Struct, frozen=True):
    """The target of a scan, relative to the folder that the scan runs in."""

    folder: Path
    target: Path


@pytest.fixture(scope="module", params=TARGETS)
def package(request: pytest.FixtureRequest) -> Package:
    if not FOLDER:
        pytest.skip("CYCLEGUARD_PACKAGES names no folder of unpacked wheels")
    name, _, target = request.param.partition("/")
    folder = Path(FOLDER).resolve() / name
    if not (folder / target).is_dir():
        pytest.skip(f"CYCLEGUARD_PACKAGES holds no {request.param}")
    return Package(folder, Path(target))


@pytest.fixture(scope="module")
def report(package: Package) -> str:
    """The JSON of a scan in this process without a cache."""
    return scan(package, Options())


def scan(package: Package, options: Options) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(package.folder)
        return to_json(analyse([package.target], options))


def test_every_function_local_import_is_reported_once(package: Package, report: str) -> None:
    reported = Counter(
        (row["path"], row["line"], row["column"])
        for row in json.loads(report)["imports"]
        if row["origin"] == "explicit"
    )

    assert reported == Counter(local_imports(package))


def test_every_file_is_analysed_or_skipped_with_a_reason(package: Package, report: str) -> None:
    project = discover([package.target], Config(), package.folder)
    sources = {m.path for m in project.modules if m.kind is ModuleKind.SOURCE}
    skipped = {row["path"]: row["reason"] for row in json.loads(report)["skipped"]}
    top = package.folder / package.target.parts[0]

    found = {path.relative_to(package.folder).as_posix() for path in top.rglob("*.py")}

    assert found == sources | skipped.keys()
    assert all(skipped.values())
    assert json.loads(report)["summary"]["files"] == len(sources - skipped.keys())


def test_the_number_of_processes_changes_no_byte(package: Package, report: str) -> None:
    assert scan(package, Options(jobs=2)) == report


def test_the_cache_changes_no_byte(package: Package, report: str, tmp_path: Path) -> None:
    options = Options(jobs=2, cache=tmp_path / "facts.sqlite")

    assert scan(package, options) == report  # fills the cache
    assert scan(package, options) == report  # reads it


def local_imports(package: Package) -> Iterator[Place]:
    """What `ast` says: the import statements inside functions of the target's files."""
    for file in (package.folder / package.target).rglob("*.py"):
        path = file.relative_to(package.folder).as_posix()
        source = file.read_bytes()
        lines = source.splitlines()
        for node in inside_functions(ast.parse(source)):
            before = lines[node.lineno - 1][: node.col_offset]
            yield path, node.lineno, len(before.decode()) + 1


def inside_functions(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    stack: list[tuple[ast.AST, bool]] = [(tree, False)]
    while stack:
        node, is_inside = stack.pop()
        if is_inside and isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        stack += [(child, is_inside or is_function) for child in ast.iter_child_nodes(node)]
