"""Which settings of a project count for its imports."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from cycleguard.rewrite.settings import Style, style_of
from tests.conftest import Project


def style(project: Project, files: Mapping[str, str], folder: str = "src/shop") -> Style:
    root = project({f"{folder}/__init__.py": "", **files})
    return style_of(root / folder, root)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[tool.ruff]\nline-length = 100\n"),
        ("pyproject.toml", "[tool.black]\nline-length = 100\n"),
        ("pyproject.toml", "[tool.isort]\nline_length = 100\n"),
        ("ruff.toml", "line-length = 100\n"),
        (".ruff.toml", "line-length = 100\n"),
    ],
)
def test_line_length(project: Project, name: str, text: str) -> None:
    assert style(project, {name: text}).width == 100


def test_the_nearest_file_that_says_anything_counts(project: Project) -> None:
    files = {
        "pyproject.toml": "[tool.ruff]\nline-length = 100\n",
        "src/pyproject.toml": "[project]\nname = 'x'\n",
        "src/shop/ruff.toml": "line-length = 120\n",
    }
    assert style(project, files).width == 120
    assert style(project, files, "src/other").width == 100


@pytest.mark.parametrize(
    ("table", "separator"), [("ruff.lint.isort", "-"), ("ruff.isort", "-"), ("isort", "_")]
)
def test_isort_settings(project: Project, table: str, separator: str) -> None:
    text = "force single line = true\ncombine as imports = false\nknown first party = ['ours']\n"
    keys = (line.partition(" = ") for line in text.splitlines())
    lines = (f"{key.replace(' ', separator)} = {value}" for key, _, value in keys)
    found = style(project, {"pyproject.toml": "\n".join((f"[tool.{table}]", *lines))})
    assert (found.force_single_line, found.combine_as_imports) == (True, False)
    assert found.first_party == {"ours"}
    assert found.case_sensitive is None


@pytest.mark.parametrize("text", ["[tool.ruff", "[tool.ruff]\nline-length = 'long'\n", "\0"])
def test_what_is_broken_says_nothing(project: Project, text: str) -> None:
    assert style(project, {"pyproject.toml": text}) == Style()


def test_files_above_the_root_do_not_count(project: Project, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 100\n")
    assert style(project, {}).width == 88
