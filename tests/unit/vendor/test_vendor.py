"""`cycleguard vendor`: which parts, what is in the file, and what it never writes over."""

import ast
import collections
import subprocess
import sys
from pathlib import Path

import pytest

from cycleguard.vendor.assemble import assemble, is_ours, was_ours
from cycleguard.vendor.parts import PARTS, Runtime, read_runtime
from tests.conftest import Project, RunCli


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return read_runtime()


def top_level_names(text: str) -> set[str]:
    """Names that a module binds when it runs, but those of imports and under TYPE_CHECKING."""
    names: set[str] = set()
    for statement in ast.parse(text).body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            names.add(statement.name)
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.For)):
            names.update(
                each.id
                for each in ast.walk(statement)
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            )
    return names - {"TYPE_CHECKING", "__all__"}


def test_no_two_modules_of_the_runtime_bind_one_name(runtime: Runtime) -> None:
    homes = collections.defaultdict(list)
    for source in runtime.sources.values():
        for name in top_level_names(source.text):
            homes[name].append(source.name)
    twice = {name: where for name, where in homes.items() if len(where) > 1}
    assert not twice, "give one another name: they stand in one file when they are vendored"


def test_no_module_of_the_runtime_renames_what_it_imports(runtime: Runtime) -> None:
    renamed = [
        f"{source.name}: {ast.unparse(statement)}"
        for source in runtime.sources.values()
        for statement in ast.walk(ast.parse(source.text))
        if isinstance(statement, ast.ImportFrom)
        and (statement.module or "").startswith("cycleguard")
        and any(alias.asname for alias in statement.names)
    ]
    assert not renamed


def test_every_module_belongs_to_a_part(runtime: Runtime) -> None:
    assert set(runtime.needed(PARTS)) == set(runtime.sources)


def test_every_public_name_belongs_to_a_part(runtime: Runtime) -> None:
    for name in runtime.homes:
        parts = runtime.parts_of([name])
        assert len(parts) == 1, name
        assert name in runtime.public(runtime.needed(parts))
    assert runtime.public(runtime.needed(PARTS)) == tuple(sorted(runtime.homes))


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_loaded_alone_and_loads_nothing(
    runtime: Runtime, part: str, tmp_path: Path
) -> None:
    text = assemble(runtime, [part])
    (tmp_path / "copied.py").write_text(text, "utf-8")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); before = set(sys.modules)\n"
        "import copied; new = set(sys.modules) - before\n"
        "assert all(hasattr(copied, name) for name in copied.__all__)\n"
        "print(*sorted(new - {'copied', '_contextvars'}))"
    )
    command = [sys.executable, "-S", "-E", "-B", "-c", code]
    end = subprocess.run(command, capture_output=True, text=True, check=False)
    assert end.returncode == 0, end.stderr
    assert end.stdout.strip() == ""


def test_the_file_is_the_same_each_time_and_knows_when_it_was_edited(runtime: Runtime) -> None:
    text = assemble(runtime, list(PARTS))
    assert text == assemble(read_runtime(), list(PARTS))
    assert is_ours(text)
    assert "cycleguard.runtime" not in [
        each.module for each in ast.walk(ast.parse(text)) if isinstance(each, ast.ImportFrom)
    ]
    edited = text.replace("def load(", "def load_it(")
    assert was_ours(edited)
    assert not is_ours(edited)
    assert not was_ours("X = 1\n")


def test_the_parts_in_use_are_found(project: Project, run_cli: RunCli) -> None:
    root = project(
        {
            "shop/__init__.py": "from cycleguard.runtime import attach\n",
            "shop/a.py": "def f():\n    from cycleguard.runtime import force\n    force(1)\n",
        }
    )
    end = run_cli("vendor", "shop")
    assert end.exit_code == 0, end.output
    assert end.stdout == "shop/_cycleguard.py\n"
    assert end.stderr == "written: attach, materialise\n"
    text = (root / "shop/_cycleguard.py").read_text()
    assert "def attach(" in text
    assert "def inject_module_alias(" not in text


def test_imports_of_the_copy_count_too(project: Project, run_cli: RunCli) -> None:
    project({"shop/__init__.py": "", "shop/a.py": "from cycleguard.runtime import lazy\n"})
    run_cli("vendor", "shop/_own.py")
    files = {"shop/a.py": "from shop._own import lazy\n", "shop/b.py": "from . import _own\n"}
    project({"shop/a.py": files["shop/a.py"]})
    assert run_cli("vendor", "shop/_own.py").stderr == "unchanged: lazy\n"
    project({"shop/b.py": "from ._own import remove_alias\n"})
    assert run_cli("vendor", "shop/_own.py").stderr == "written: lazy, aliases\n"


def test_a_module_that_is_imported_whole_needs_every_part(
    project: Project, run_cli: RunCli
) -> None:
    project({"shop/__init__.py": "import cycleguard.runtime as rt\n"})
    assert run_cli("vendor", "shop").stderr == f"written: {', '.join(PARTS)}\n"


def test_without_any_use_parts_have_to_be_named(project: Project, run_cli: RunCli) -> None:
    root = project({"shop/__init__.py": ""})
    end = run_cli("vendor", "shop")
    assert end.exit_code == 2
    assert end.stderr == (
        "error: shop: nothing here imports cycleguard.runtime; say what is wanted with --part "
        "(lazy, attach, plugins, materialise, aliases, backend)\n"
    )
    assert not (root / "shop/_cycleguard.py").exists()
    assert run_cli("vendor", "shop", "--part", "aliases").exit_code == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"X = 1\n", "not written by `cycleguard vendor`; name another file"),
        (b"", "not written by `cycleguard vendor`; name another file"),
        (b"\xff\x00", "not written by `cycleguard vendor`; name another file"),
    ],
)
def test_a_file_of_somebody_else_is_never_written_over(
    project: Project, run_cli: RunCli, content: bytes, message: str
) -> None:
    root = project({"shop/__init__.py": "", "shop/own.py": content})
    end = run_cli("vendor", "shop/own.py", "--part", "lazy")
    assert end.exit_code == 2
    assert end.stderr == f"error: shop/own.py: {message}\n"
    assert (root / "shop/own.py").read_bytes() == content


def test_an_edited_file_is_not_written_over(project: Project, run_cli: RunCli) -> None:
    root = project({"shop/__init__.py": ""})
    run_cli("vendor", "shop", "--part", "lazy")
    file = root / "shop/_cycleguard.py"
    file.write_text(file.read_text() + "# mine\n")
    end = run_cli("vendor", "shop", "--part", "aliases")
    assert end.exit_code == 2
    assert "edited since it was written; delete it to write it again" in end.stderr
    assert file.read_text().endswith("# mine\n")


def test_a_checkout_with_other_newlines_is_still_ours(project: Project, run_cli: RunCli) -> None:
    root = project({"shop/__init__.py": ""})
    run_cli("vendor", "shop", "--part", "lazy")
    file = root / "shop/_cycleguard.py"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert run_cli("vendor", "shop", "--part", "aliases").exit_code == 0


@pytest.mark.parametrize(
    ("destination", "message"),
    [
        ("shop/text.txt", "no folder, nor the name of a module (`name.py`)"),
        ("shop/not-a-name.py", "no folder, nor the name of a module (`name.py`)"),
        ("gone/own.py", "no such folder"),
    ],
)
def test_what_cannot_be_imported_is_not_written(
    project: Project, run_cli: RunCli, destination: str, message: str
) -> None:
    project({"shop/__init__.py": ""})
    end = run_cli("vendor", destination, "--part", "lazy")
    assert end.exit_code == 2
    assert message in end.stderr
