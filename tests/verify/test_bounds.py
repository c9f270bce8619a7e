"""Whatever a module does while it is imported, there is one answer for it, and the right one.

Everything twice: with entries as forks of one process, and with a process for each.
"""

import os
import signal
import sys
from pathlib import Path

import pytest

from cycleguard.verify.answers import Answer
from tests.verify.support import are_gone, imported, wait_for_text

OK = Answer("ok")
SLEEPER = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="these modules do what POSIX can")


@pytest.fixture(params=[True, False], ids=["forks", "a process each"])
def forks(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        pytest.param("x = 1\n", OK, id="imports"),
        pytest.param("import os\nos._exit(3)\n", Answer("exit", status=3), id="ends the process"),
        pytest.param("import os\nos._exit(0)\n", Answer("exit"), id="ends it in silence"),
        pytest.param(
            "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n",
            Answer("signal", status=signal.SIGSEGV),
            id="dies by a signal",
        ),
        pytest.param(
            "import os\nfor _ in range(500):\n    print('x' * 10000)\n"
            "    os.write(1, b'y' * 5000)\n    os.write(2, b'z' * 5000)\n",
            OK,
            id="floods its output",
        ),
        pytest.param(
            "print(\"{'kind': 'exit', 'status': 9}\", flush=True)\n", OK, id="prints an answer"
        ),
        pytest.param(
            "import os, sys\nassert sys.stdin.read() == ''\nassert os.read(0, 9) == b''\n",
            OK,
            id="reads standard input, which is empty",
        ),
        pytest.param("import os\nos.chdir('/')\n", OK, id="changes the folder"),
        pytest.param("import os\nos.fork()\n", OK, id="forks and goes on in both"),
        pytest.param(
            "import os\nif os.fork() == 0:\n    raise ValueError\nos.wait()\n",
            OK,
            id="forks, and only the fork fails",
        ),
        pytest.param(
            "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n",
            OK,
            id="leaves a thread running",
        ),
        pytest.param(
            "import os, sys\nassert os.listdir() == []\nopen('rubbish', 'w').close()\n",
            OK,
            id="finds an empty folder to write to",
        ),
        pytest.param(
            "import sys\nassert sys.modules['__main__'].__dict__.keys() <= {'__name__', '__doc__',"
            " '__package__', '__loader__', '__spec__'}\nassert sys.argv == ['-c']\n",
            OK,
            id="sees nothing of the worker",
        ),
    ],
)
def test_one_answer(text: str, answer: Answer, forks: bool, tmp_path: Path) -> None:
    files = {"a_first": "x = 1\n", "m": text, "z_last": "x = 1\n"}
    assert imported(tmp_path / "tree", files, forks=forks) == {
        "a_first": OK,
        "m": answer,
        "z_last": OK,
    }


def test_an_import_that_hangs_is_stopped(forks: bool, tmp_path: Path) -> None:
    files = {"m": "while True:\n    pass\n", "z_last": ""}
    answers = imported(tmp_path / "tree", files, forks=forks, seconds=1)
    assert answers == {"m": Answer("timeout"), "z_last": OK}


def test_an_import_that_sleeps_through_signals_is_stopped(forks: bool, tmp_path: Path) -> None:
    text = (
        "import signal, time\nfor number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):\n"
        "    signal.signal(number, signal.SIG_IGN)\ntime.sleep(600)\n"
    )
    assert imported(tmp_path / "tree", {"m": text}, forks=forks, seconds=1)["m"].kind == "timeout"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit it well")
def test_memory_is_limited(forks: bool, tmp_path: Path) -> None:
    files = {"m": "x = bytearray(600 * 1024 * 1024)\n", "n": "x = bytearray(1024 * 1024)\n"}
    small = imported(tmp_path / "tree", files, forks=forks, megabytes=200)
    assert [error.kind for error in small["m"].raised] == ["MemoryError"]
    assert small["n"] == OK
    assert imported(tmp_path / "tree", files, forks=forks, megabytes=4096) == {"m": OK, "n": OK}


@pytest.mark.parametrize("end", ["", "raise SystemExit", "time.sleep(600)", "os._exit(1)"])
def test_a_process_that_is_left_running_is_killed(end: str, forks: bool, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    text = (
        f"import os, subprocess, sys, time\nchild = {SLEEPER}\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n{end}\n"
    )
    imported(tmp_path / "tree", {"m": text}, forks=forks, seconds=3)
    assert are_gone([int(pid) for pid in wait_for_text(pids).split()])


def test_a_fork_that_is_left_running_keeps_nobody_waiting(forks: bool, tmp_path: Path) -> None:
    text = "import os, time\nif os.fork() == 0:\n    time.sleep(600)\n"
    assert imported(tmp_path / "tree", {"m": text}, forks=forks) == {"m": OK}


def test_the_worker_itself_may_be_killed(tmp_path: Path) -> None:
    files = {"a_first": "", "m": "import os\nos.kill(os.getppid(), 9)\n", "z_last": ""}
    answers = imported(tmp_path / "tree", files)
    assert answers == {"a_first": OK, "m": Answer("signal", status=9), "z_last": OK}


def test_an_answer_that_was_tampered_with_is_none(tmp_path: Path) -> None:
    text = (
        "import os\nfor number in range(3, 20):\n    try:\n"
        "        os.write(number, b'nonsense\\n')\n    except OSError:\n        pass\n"
        "os._exit(0)\n"
    )
    answers = imported(tmp_path / "tree", {"m": text, "z_last": ""})
    assert answers["m"].kind == "exit"
    assert answers["z_last"] == OK


def test_a_forged_answer_is_not_taken_for_the_next_module(tmp_path: Path) -> None:
    text = (
        "import os\nfor number in range(3, 20):\n    try:\n"
        "        os.write(number, b\"{'kind': 'ok'}\\n\")\n    except OSError:\n        pass\n"
    )
    answers = imported(tmp_path / "tree", {"m": text, "z_last": "raise ValueError\n"})
    assert answers["z_last"].kind == "error"


def test_functions_of_os_may_be_replaced(forks: bool, tmp_path: Path) -> None:
    text = (
        "import os\ndef refuse(*arguments):\n    raise OSError\n"
        "os.write = os._exit = os.getpid = refuse\n"
    )
    assert imported(tmp_path / "tree", {"m": text}, forks=forks) == {"m": OK}


def test_an_entry_starts_without_what_others_did(forks: bool, tmp_path: Path) -> None:
    files = {
        "a": "import sys\nsys.path.append('nonsense')\nimport b\n",
        "b": "import sys\nassert 'a' not in sys.modules\nassert 'nonsense' not in sys.path\n",
        "c": "import sys\nassert not {'b', 'select', 'opcode', 'resource'} & set(sys.modules)\n",
    }
    # b fails below a, which is its first import there; by itself it is the first.
    answers = imported(tmp_path / "tree", files, forks=forks)
    assert [answers[name].kind for name in "abc"] == ["error", "ok", "ok"]


def test_many_jobs_give_the_same_answers(forks: bool, tmp_path: Path) -> None:
    files = {f"m{n}": f"import os\nos._exit({n})\n" if n % 3 else "" for n in range(12)}
    alone = imported(tmp_path / "tree", files, forks=forks, jobs=1)
    assert imported(tmp_path / "tree", files, forks=forks, jobs=4) == alone


def test_the_place_and_the_chain_of_an_error(forks: bool, tmp_path: Path) -> None:
    files = {
        "m": "import n\n",
        "n": (
            "try:\n    import nowhere\nexcept ImportError as error:\n"
            "    raise RuntimeError('install it') from error\n"
        ),
    }
    first, second = imported(tmp_path / "tree", files, forks=forks)["m"].raised
    assert (first.kind, first.message, first.by_hand) == ("RuntimeError", "install it", True)
    frame = first.frames[-1]
    assert (frame.file, frame.line, frame.module) == (str(tmp_path / "tree" / "n.py"), 4, "n")
    assert (second.kind, second.module, second.by_hand) == ("ModuleNotFoundError", "nowhere", False)


def test_errors_that_cannot_be_told(forks: bool, tmp_path: Path) -> None:
    """A text that raises, a cause that leads back to itself, a text without end."""
    files = {
        "a": "class E(Exception):\n    def __str__(self):\n        raise KeyError\nraise E\n",
        "b": "a, b = KeyError(1), KeyError(2)\na.__cause__, b.__cause__ = b, a\nraise a\n",
        "c": "raise ValueError('x' * 10**7)\n",
        "d": "def f():\n    f()\nf()\n",
        "e": "raise ValueError('\\ud800 \\x1b[31m\\n')\n",
    }
    answers = imported(tmp_path / "tree", files, forks=forks)
    kinds = {name: answer.raised[0].kind for name, answer in answers.items()}
    assert kinds == {
        "a": "E",
        "b": "KeyError",
        "c": "ValueError",
        "d": "RecursionError",
        "e": "ValueError",
    }
    assert answers["a"].raised[0].message == ""
    assert len(answers["c"].raised[0].message) < 10_000
    assert answers["e"].raised[0].message == "\ud800 \x1b[31m\n"
