"""Trees of files from text, the command line as a user sees it, and golden files."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import pytest
from click.testing import CliRunner, Result
from hypothesis import settings

from cycleguard.cli import main

# How long an example takes is the machine's affair.
settings.register_profile("cycleguard", deadline=None)
settings.load_profile("cycleguard")

GOLDEN = Path(__file__).parent / "golden"
REPOSITORY = Path(__file__).parents[1]


class Project(Protocol):
    def __call__(self, files: Mapping[str, str | bytes]) -> Path: ...


class RunCli(Protocol):
    def __call__(self, *arguments: str) -> Result: ...


class RunProcess(Protocol):
    def __call__(
        self, *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the golden files anew instead of comparing",
    )


@pytest.fixture(autouse=True)
def _own_surroundings(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No test writes into the user's cache, or sees the user's terminal."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONHASHSEED", "PYTHONIOENCODING"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session", autouse=True)
def _interrupts_arrive() -> None:
    """What a shell starts with ``&`` ignores Ctrl-C, and so does every process that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Make a tree of files, and make it the current folder."""
    folder = tmp_path / "tree"

    def make(files: Mapping[str, str | bytes]) -> Path:
        for path, content in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        folder.mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        return folder

    return make


@pytest.fixture
def run_cli() -> RunCli:
    """Run `cycleguard` in this process; standard output and standard error stay apart."""

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(main, arguments, prog_name="cycleguard")
        # A bug must show as itself, not as exit code 1.
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def run_process() -> RunProcess:
    """Run ``python -m cycleguard`` in a process of its own, its streams in pipes."""

    def run(
        *arguments: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "cycleguard", *arguments]
        environment = {**os.environ, **(env or {})}
        return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, check=False)

    return run


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a file of tests/golden, or write it with ``--update-golden``."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        assert path.exists(), f"no {path.name}: run pytest --update-golden"
        assert text == path.read_bytes().decode(), "if that is right: pytest --update-golden"

    return compare


@pytest.fixture
def run_pty() -> Callable[..., str]:
    """Run ``python -m cycleguard`` on a terminal of so many columns; give what it shows."""
    pty = pytest.importorskip("pty")
    termios = pytest.importorskip("termios")

    def run(*arguments: str, columns: int, env: Mapping[str, str] | None = None) -> str:
        master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, columns))
        environment = {**os.environ, "TERM": "xterm-256color", **(env or {})}
        command = [sys.executable, "-m", "cycleguard", *arguments]
        with subprocess.Popen(command, stdout=slave, stderr=slave, stdin=slave, env=environment):
            os.close(slave)
            return _read_all(master).decode().replace("\r\n", "\n")

    return run


def _read_all(descriptor: int) -> bytes:
    """Everything that a terminal shows; Linux ends it with an error."""
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    os.close(descriptor)
    return b"".join(parts)
