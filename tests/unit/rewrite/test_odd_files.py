"""Files that are no plain, current Python: newer syntax, broken bytes, deep nesting."""

import pytest

from cycleguard.model.edits import FileEdit, Hoist, Place, Rewritten
from cycleguard.model.imports import ModuleFacts
from cycleguard.rewrite.rewrite import rewrite
from cycleguard.rewrite.settings import Style
from tests.unit.rewrite.generated import MODULE, facts_of, hoist_all

LOCAL = "def f(x):\n    from one import a\n\n    return a\n"


def hoisted(text: str) -> str:
    result = hoist_all(text.encode())
    assert result.refused == ()
    return result.content.decode()


def refused(content: bytes) -> Rewritten:
    """What becomes of a file that has no facts."""
    edit = Hoist(Place(2, 5))
    file = FileEdit(MODULE.path, MODULE.name, MODULE.is_package, (edit,))
    facts = ModuleFacts((), (), None, (), False, False, 0)
    return rewrite(content, file, facts, Style())


@pytest.mark.parametrize(
    "line",
    [
        "type X = int",
        "def g[T](x: T) -> T:\n    return x",
        "class C[T = int]: ...",
        "try:\n    pass\nexcept A, B:\n    pass",
        "x = f'{f'{1}'}'",
        "x = t'{1}'",
    ],
    ids=["type", "generic", "default", "except", "nested quotes", "template"],
)
def test_newer_syntax_than_that_of_this_python(line: str) -> None:
    head = "from one import a\n\n"
    assert hoisted(f"{line}\n\n\n{LOCAL}").startswith(head)
    assert hoisted(f"{line}\n\n\n{LOCAL}").endswith(f"{line}\n\n\ndef f(x):\n    return a\n")


def test_names_in_nested_quotes_follow() -> None:
    head = "def a(): ...\n\n\ndef f():\n    from one import a\n\n"
    text = head + '    return f"{f"{a}"} {a}", t\'{a}\'\n'
    assert hoisted(text).endswith('    return f"{f"{one_a}"} {one_a}", t\'{one_a}\'\n')


def test_a_lazy_import_of_the_same_is_enough() -> None:
    text = f"lazy from one import a\n\n\n{LOCAL}"
    assert hoisted(text) == "lazy from one import a\n\n\ndef f(x):\n    return a\n"


def test_a_lazy_import_takes_no_other_names() -> None:
    text = f"lazy from one import b\n\n\n{LOCAL}"
    assert hoisted(text).startswith("from one import a\nlazy from one import b\n") or hoisted(
        text
    ).startswith("lazy from one import b\nfrom one import a\n")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"def f():\n    import a\n    return a +\n", "unreadable-file"),
        (b'def f():\n    import a\n    return a, "\xff"\n', "unreadable-file"),
        (b"def f():\n    import a\n    return a\0\n", "unreadable-file"),
        (b"# coding: klingon\ndef f():\n    import a\n    return a\n", "unreadable-file"),
        (b"def f():\n    import a\n    return " + b"(" * 300 + b")" * 300, "unreadable-file"),
        (b"# coding: utf-7\ndef f():\n    import a\n    return '+AGE-'\n", "encoding-not-exact"),
        (b"def f():\n    return 1\n", "no-such-import"),
    ],
    ids=["syntax", "bytes", "null", "codec", "deep", "not exact", "no import"],
)
def test_what_cannot_be_read_is_not_touched(content: bytes, code: str) -> None:
    result = refused(content)
    assert result.content == content
    assert [each.code for each in result.refused] == [code]


def test_a_long_chain_of_operators() -> None:
    chain = " + ".join(["a"] * 900)
    text = f"def f(x):\n    from one import a\n\n    return {chain}\n"
    assert hoisted(text) == f"from one import a\n\n\ndef f(x):\n    return {chain}\n"


def test_facts_of_another_text_find_no_import() -> None:
    """The plan is older than the file: nothing is guessed."""
    content = LOCAL.encode()
    edit = Hoist(Place(2, 5))
    file = FileEdit(MODULE.path, MODULE.name, MODULE.is_package, (edit,))
    result = rewrite(b"\n" + content, file, facts_of(content), Style())
    assert [each.code for each in result.refused] == ["no-such-import"]
