"""A message reads the same wherever the project, the interpreter and the objects are."""

import pytest

from cycleguard.verify.messages import Cleaner

FOLDERS = ("/opt/lib/python3.11", "/home/me/p/.venv/lib/site-packages", "", "relative")


@pytest.mark.parametrize(
    ("message", "cleaned"),
    [
        (
            "cannot import name 'a' from 'p.b' (/home/me/p/p/b.py)",
            "cannot import name 'a' from 'p.b'",
        ),
        (
            "cannot import name 'a' from 'n' (unknown location)",
            "cannot import name 'a' from 'n' (unknown location)",
        ),
        (
            "cannot import name 'a' from partially initialized module 'p.b'"
            " (most likely due to a circular import) (/home/me/p/p/b.py)",
            "cannot import name 'a' from partially initialized module 'p.b'"
            " (most likely due to a circular import)",
        ),
        ("No such file: '/home/me/p/data/a.txt'", "No such file: 'data/a.txt'"),
        ("No such file: '/home/me/p/.venv/lib/site-packages/n/a'", "No such file: 'n/a'"),
        ("'/opt/lib/python3.11/json/x' in /home/me/pp", "'json/x' in /home/me/pp"),
        ("<object at 0x7f913d09b740>", "<object at 0x...>"),
        ("the bits 0xff", "the bits 0xff"),
    ],
)  # fmt: skip
def test_clean(message: str, cleaned: str) -> None:
    assert Cleaner("/home/me/p", FOLDERS).clean(message) == cleaned
