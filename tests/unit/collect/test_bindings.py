"""Module-level names, literal ``__all__`` and names that tests replace."""

import pytest

from cycleguard.model.imports import BindingKind
from tests.unit.collect.reading import read


def names(source: str) -> list[str]:
    return [binding.name for binding in read(source).bindings]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = b = 1", "a b"),
        ("a, (b, *c) = x", "a b c"),
        ("a: int = 1\nb: int", "a"),
        ("a += 1", "a"),
        ("a.b = c[0] = 1", ""),
        ("for a in x: b = 1", "a b"),
        ("while x: a = 1\nelse: b = 1", "a b"),
        ("with x as a, y as (b, c): d = 1", "a b c d"),
        ("try: a = 1\nexcept E: b = 1\nelse: c = 1\nfinally: d = 1", "a b c d"),
        ("match x:\n    case 1: a = 1\n    case 2: b = 1", "a b"),
        ("if x: a = 1\nelif y: b = 1\nelse: c = 1", "a b c"),
        ("def a(): b = 1", "a"),
        ("class a:\n    b = 1", "a"),
        ("async def a(): pass", "a"),
        ("import a.b, c.d as e", "a e"),
        ("from a import b, c as d", "b d"),
        ("type a = int", "a"),
        ("type a[T] = T", "a"),
    ],
)
def test_names(source: str, expected: str) -> None:
    assert sorted(names(source)) == expected.split()


def test_kinds_and_lines() -> None:
    source = "import a\n\n@x\ndef f():\n    pass\n\nclass C: pass\nv = (\n  1)\n"
    found = [(b.name, b.kind, b.line, b.end_line) for b in read(source).bindings]
    assert found == [
        ("a", BindingKind.IMPORT, 1, 1),
        ("f", BindingKind.FUNCTION, 3, 5),
        ("C", BindingKind.CLASS, 7, 7),
        ("v", BindingKind.VALUE, 8, 9),
    ]


@pytest.mark.parametrize(
    ("source", "is_conditional", "never_at_import"),
    [
        ("a = 1", False, False),
        ("if x: a = 1", True, False),
        ("try: a = 1\nfinally: pass", True, False),
        ("if TYPE_CHECKING: a = 1", True, True),
        ("if __name__ == '__main__':\n    for a in x: pass", True, True),
        ("if not TYPE_CHECKING: pass\nelse:\n    a = 1", True, True),
        ("if x: pass\nelif TYPE_CHECKING: a = 1", True, True),
        ("if TYPE_CHECKING: pass\nelse: a = 1", True, False),
    ],
)
def test_when_a_name_is_bound(source: str, is_conditional: bool, never_at_import: bool) -> None:
    (binding,) = read(source).bindings
    assert (binding.is_conditional, binding.never_at_import) == (is_conditional, never_at_import)


@pytest.mark.parametrize(
    ("source", "exports"),
    [
        ("", None),
        ("__all__ = []", ()),
        ("__all__ = ['a', 'b']", ("a", "b")),
        ("__all__ = ('a',)", ("a",)),
        ("__all__: list[str] = ['a']", ("a",)),
        ("__all__ = ['a'] + ['b']", ("a", "b")),
        ("__all__ = ['a']\n__all__ += ['b']", ("a", "b")),
        ("__all__ = ['a']\n__all__ = ['b']", ("b",)),
        ("__all__ = ['a']\n__all__.append('b')\n__all__.extend(['c', 'd'])", ("a", "b", "c", "d")),
        ("__all__ = ['a']\n__all__.remove('a')", ()),
        ("__all__ = ['a', *m.__all__]", None),
        ("__all__ = ['a'] + m.__all__", None),
        ("__all__ = ['a']\n__all__ += m.__all__", None),
        ("__all__ = [n for n in dir() if n != 'a']", None),
        ("__all__ = sorted(['b', 'a'])", None),
        ("__all__, x = ['a'], 1", None),
        ("if x:\n    __all__ = ['a']\nelse:\n    __all__ = ['b']", None),
        ("def f():\n    __all__ = ['a']", None),
        ("__all__ = ['a']\nif x:\n    __all__ += ['b']", None),
        ("__all__ = ['a']\nfor n in x:\n    __all__.append(n)", None),
        ("__all__ = ['a']\n__all__.sort()", ("a",)),
        ("__all__ = ['a']\n__all__.pop()", None),
        ("__all__: list[str]\n__all__ = ['a']", ("a",)),
        ("__all__ = ['a']\nprint(__all__)", ("a",)),
        ("__all__ += ['a']", None),
    ],
)
def test_exports(source: str, exports: tuple[str, ...] | None) -> None:
    assert read(source).exports == exports


@pytest.mark.parametrize(
    ("source", "patched"),
    [
        ("mock.patch('a.b')", ["a.b"]),
        ("@patch('a.b.c', new=1)\ndef f(): pass", ["a.b.c"]),
        ("import a.b\nmonkeypatch.setattr(a.b, 'c', 1)", ["a.b.c"]),
        ("import a.b as m\nmonkeypatch.setattr(m, 'c', 1)", ["a.b.c"]),
        ("from a import b\npatch.object(b, 'c')", ["a.b.c"]),
        ("monkeypatch.setattr('a.b', 1)", ["a.b"]),
        ("from unittest.mock import patch\npatch('a')", []),
        ("monkeypatch.setattr(unknown, 'c', 1)", []),
        ("setattr(a, 'patch', 1)", []),
    ],
)
def test_patches(source: str, patched: list[str]) -> None:
    assert list(read(source).patched) == patched


def test_a_module_getattr_is_known() -> None:
    assert read("def __getattr__(name): ...\n").has_getattr
    assert read("from m import f as __getattr__\n").has_getattr
    assert not read("class C:\n    def __getattr__(self, name): ...\n").has_getattr
