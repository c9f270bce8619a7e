"""The examples of docs/runtime.md do what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "runtime.md").read_text(encoding="utf-8")
SECTIONS = {
    title: body
    for title, body in re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.S | re.M)
    if "```console" in body
}
_FILE = re.compile(r"```python\n# (?P<name>[\w/]+\.py)\n(?P<text>.*?)```", re.S)
_RUN = re.compile(
    r"```console\n\$ (?P<set>(?:\w+=\S+ )*)python (?P<name>\S+)\n(?P<output>.*?)```", re.S
)


def test_there_is_an_example_of_each_system() -> None:
    assert len(SECTIONS) == 5


@pytest.mark.parametrize("section", SECTIONS)
def test_the_example_prints_what_the_page_says(section: str, tmp_path: Path) -> None:
    for found in _FILE.finditer(SECTIONS[section]):
        path = tmp_path / found["name"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found["text"], "utf-8")
    for found in _RUN.finditer(SECTIONS[section]):
        code = (
            f"import runpy, sys; sys.path[:0] = [{str(tmp_path)!r}, {str(REPOSITORY)!r}]; "
            f"runpy.run_path({str(tmp_path / found['name'])!r}, run_name='__main__')"
        )
        command = [sys.executable, "-B", "-c", code]
        given = dict(each.split("=") for each in found["set"].split())
        end = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, **given}
        )
        assert end.stdout.replace(f"{tmp_path}{os.sep}", "") == found["output"], end.stderr


def test_every_example_is_run() -> None:
    for title, body in SECTIONS.items():
        commands = {found["name"] for found in _RUN.finditer(body)}
        files = {found["name"] for found in _FILE.finditer(body)}
        assert commands <= files, title
        assert body.count("```console") == len(list(_RUN.finditer(body))), title
        assert body.count("```python") == len(files), title
