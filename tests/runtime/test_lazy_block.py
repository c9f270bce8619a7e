"""``with lazy():`` makes the block's own import statements lazy, and no others."""

import builtins
import importlib
import sys
import threading

import pytest

from cycleguard.runtime import LazyImportError, is_lazy, lazy
from tests.runtime.conftest import PATIENCE, Tree, is_loaded

HEAD = "from cycleguard.runtime import lazy\n"
PACKAGE = {
    "package/__init__.py": "NAME = 'package'",
    "package/sub/__init__.py": "NAME = 'sub'",
    "package/sub/deep.py": "NAME = 'deep'\ndef f():\n    return NAME\n",
    "package/other.py": "NAME = 'other'",
}
CASES = {
    "import package": "package.NAME",
    "import package as p": "p.NAME",
    "import package.sub.deep": "package.sub.deep.NAME",
    "import package.sub.deep as d": "d.NAME",
    "import package.sub as s": "s.NAME",
    "import package.other, package.sub.deep": "package.other.NAME + package.sub.deep.NAME",
    "import package\n    import package.other": "package.NAME + package.other.NAME",
    "from package import NAME": "NAME",
    "from package import NAME as n, sub": "n + sub.NAME",
    "from package.sub.deep import f, NAME": "f() + NAME",
    "from package.sub import (deep as d)": "d.f()",
    "from package import __name__ as n": "n",
}


@pytest.mark.parametrize("statement", CASES)
def test_every_form_of_import_is_lazy_and_binds_what_it_always_binds(
    tree: Tree, statement: str
) -> None:
    tree({**PACKAGE, "user.py": f"{HEAD}with lazy():\n    {statement}\n"})
    user = importlib.import_module("user")
    assert not any(map(is_loaded, ("package", "package.sub", "package.other")))
    found = eval(CASES[statement], vars(user))
    plain: dict[str, str] = {}
    exec(statement.replace("\n    ", "\n"), plain)
    assert found == eval(CASES[statement], plain)
    for name in set(vars(user)) & set(plain) - {"__builtins__"}:
        exec(f"str({name})", vars(user))
        assert vars(user)[name] is plain[name]


@pytest.mark.parametrize(
    ("statement", "expression"),
    [
        ("from . import other", "other.NAME"),
        ("from .other import NAME", "NAME"),
        ("from .. import NAME", "NAME"),
        ("from ..other import NAME as n", "n"),
    ],
)
def test_relative_imports(tree: Tree, statement: str, expression: str) -> None:
    files = {
        **PACKAGE,
        "package/sub/user.py": f"{HEAD}with lazy():\n    {statement}\n",
        "package/sub/other.py": "NAME = 'sub.other'",
    }
    tree(files)
    user = importlib.import_module("package.sub.user")
    assert not any(map(is_loaded, ("package.other", "package.sub.other")))
    plain: dict[str, object] = {"__package__": "package.sub"}
    exec(statement, plain)
    assert eval(expression, vars(user)) == eval(expression, plain)


def test_must_have_09_a_star_is_refused_with_its_place(tree: Tree) -> None:
    tree({"user.py": f"{HEAD}with lazy():\n    from os import *\n"})
    with pytest.raises(SyntaxError, match=r"\*' is not allowed") as caught:
        importlib.import_module("user")
    assert str(caught.value.filename).endswith("user.py")
    assert caught.value.lineno == 3


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    with lazy():\n        import os\nexcept ImportError:\n    pass\n",
        "try:\n    with lazy():\n        import os\nfinally:\n    pass\n",
        "import contextlib\ntry:\n    with contextlib.suppress(ValueError):\n        with lazy():\n"
        "            import os\nexcept ImportError:\n    os = None\n",
    ],
)
@pytest.mark.skipif(sys.version_info < (3, 11), reason="older code objects do not tell")
def test_must_have_09_a_try_statement_is_refused(tree: Tree, code: str) -> None:
    tree({"user.py": HEAD + code})
    with pytest.raises(SyntaxError, match="try statement"):
        importlib.import_module("user")


@pytest.mark.parametrize(
    "code",
    [
        "if True:\n    with lazy():\n        import wave\n",
        "from contextlib import nullcontext\n"
        "with nullcontext():\n    with lazy():\n        import wave\n",
        "try:\n    X = 1\nfinally:\n    Y = 2\nwith lazy():\n    import wave\n",
        "for _ in [1]:\n    with lazy():\n        import wave\n",
    ],
)
def test_where_pep_810_allows_it(tree: Tree, code: str) -> None:
    tree({"user.py": HEAD + code})
    assert is_lazy(importlib.import_module("user").wave)


@pytest.mark.parametrize(
    "code", ["def f():\n    with lazy():\n        import os\nf()\n", "class C:\n    lazy()\n"]
)
def test_must_have_09_functions_and_classes_are_refused(tree: Tree, code: str) -> None:
    tree({"user.py": HEAD + code})
    with pytest.raises(SyntaxError, match="module level"):
        importlib.import_module("user")


def test_must_have_09_imports_of_other_modules_and_functions_are_not_lazy(tree: Tree) -> None:
    files = {
        "user.py": f"{HEAD}def f():\n    import inner\n    return inner\n"
        "with lazy():\n    import outer\n    seen = f()\n    outer.X\n",
        "inner.py": "import innermost",
        "innermost.py": "",
        "outer.py": "import innermost\nX = 1",
    }
    tree(files)
    user = importlib.import_module("user")
    assert not is_lazy(user.seen)
    assert user.seen is sys.modules["inner"]
    assert sys.modules["inner"].innermost is sys.modules["innermost"]
    assert user.outer is sys.modules["outer"]


def test_must_have_09_other_threads_import_as_ever(tree: Tree) -> None:
    body = "for _ in range(2000):\n    with lazy():\n        import wave\n        wave\n"
    tree({"user.py": HEAD + body})
    stop = threading.Event()
    proxies: list[object] = []

    def plain_imports() -> None:
        names: dict[str, object] = {"__name__": "elsewhere"}
        code = compile("import textwrap", "elsewhere", "exec")
        while not stop.is_set():
            exec(code, names)
            if is_lazy(names["textwrap"]):
                proxies.append(names["textwrap"])

    thread = threading.Thread(target=plain_imports, daemon=True)
    thread.start()
    importlib.import_module("user")
    stop.set()
    thread.join(PATIENCE)
    assert not proxies


def test_must_have_09_nested_and_left_by_an_exception(tree: Tree) -> None:
    before = builtins.__import__
    code = (
        "with lazy():\n    with lazy():\n        import one\n    import two\n    raise KeyError\n"
    )
    tree({"user.py": HEAD + code})
    with pytest.raises(KeyError):
        importlib.import_module("user")
    assert builtins.__import__ is before
    assert not is_loaded("one")


def test_a_hook_that_came_later_stays_above(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    code = "with lazy():\n    import hooks\n    hooks.install()\n    import wave\nimport textwrap\n"
    hooks = "import builtins\nseen = []\ndef install():\n    below = builtins.__import__\n"
    hooks += (
        "    def hook(name, *rest):\n        seen.append(name)\n        return below(name, *rest)\n"
    )
    hooks += "    builtins.__import__ = hook\n"
    tree({"user.py": HEAD + code, "hooks.py": hooks})
    monkeypatch.setattr(builtins, "__import__", builtins.__import__)
    user = importlib.import_module("user")
    seen = sys.modules["hooks"].seen
    assert {"wave", "textwrap"} <= set(seen)
    assert is_lazy(user.wave)
    assert not is_lazy(user.textwrap)


def test_after_somebody_took_the_hook_away_blocks_still_work(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = builtins.__import__
    one = "import builtins\nwith lazy():\n    builtins.__import__ = PLAIN\n    pass\n"
    tree({"one.py": HEAD + one.replace("PLAIN", "__builtins__['PLAIN']"), "two.py": ""})
    monkeypatch.setitem(vars(builtins), "PLAIN", plain)
    importlib.import_module("one")
    tree({"two.py": f"{HEAD}with lazy():\n    import wave\n"})
    importlib.invalidate_caches()
    assert is_lazy(importlib.import_module("two").wave)
    assert builtins.__import__ is plain


def test_a_relative_import_beyond_the_top_is_an_error_at_once(tree: Tree) -> None:
    tree({"package/__init__.py": f"{HEAD}with lazy():\n    from .. import x\n"})
    with pytest.raises(ImportError, match="beyond top-level package"):
        importlib.import_module("package")


def test_errors_name_the_line_of_the_import(tree: Tree) -> None:
    path = tree({"user.py": f"{HEAD}with lazy():\n    import wave\n    from nowhere import x\n"})
    user = importlib.import_module("user")
    with pytest.raises(LazyImportError, match=f"{path / 'user.py'}:4"):
        user.x()


def test_must_have_16_it_breaks_a_cycle_where_lazy_modules_of_pep_810_does_not(tree: Tree) -> None:
    if sys.version_info >= (3, 15):
        pytest.skip("__lazy_modules__ works here")
    two = "import one\nclass Two:\n    base = one\n"
    lazily = "__lazy_modules__ = {'two'}\nfrom two import Two\nBASE = 1\n"
    shim = f"{HEAD}with lazy():\n    from two import Two\nBASE = 1\n"
    files = {"two.py": two + "X = one.BASE\n", "one.py": lazily}
    tree(files)
    with pytest.raises(AttributeError, match="partially initialized"):
        importlib.import_module("one")
    tree({**files, "one.py": shim})
    importlib.invalidate_caches()
    assert importlib.import_module("one").Two().base is sys.modules["one"]


def test_the_block_may_be_opened_with_an_object_made_before() -> None:
    assert callable(lazy)
