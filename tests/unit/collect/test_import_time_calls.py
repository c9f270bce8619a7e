"""Which functions run while a module is imported: CPython is asked, by running the module."""

import ast
from textwrap import dedent

import pytest

from cycleguard.collect.guards import Conditions
from cycleguard.collect.import_time_calls import called_at_import
from cycleguard.collect.source import SourceText

# Each function says by `ran(...)` that it runs.
CASES = {
    "by name": """
        def f(): ran("f")
        def g(): ran("g")
        f()
        """,
    "last definition": """
        def f(): ran("first")
        f()
        def f(): ran("second")
        def g(): f()
        def f(): ran("third")
        g()
        """,
    "lambda": """
        f = lambda: ran("f")
        g = lambda: ran("g")
        (lambda: ran("at once"))()
        f()
        """,
    "nested": """
        def f():
            def g(): ran("g")
            def h(): ran("h")
            return g()
        def g(): ran("outer g")
        f()
        """,
    "class scope is not enclosing": """
        class C:
            def f(): ran("C.f")
            def g(self): f()
        def f(): ran("f")
        C().g()
        """,
    "decorators": """
        def plain(f): ran("plain")
        def factory(name):
            ran("factory")
            def mark(f):
                ran("mark")
                return f
            def other(f): ran("other")
            return mark
        @plain
        def f(): ran("f")
        @factory("x")
        class C: pass
        """,
    "what a decorator returns": """
        def logged(f):
            def wrapper(): ran("wrapper"); return f()
            return wrapper
        @logged
        def f(): ran("f")
        @logged
        def g(): ran("g")
        f()
        """.replace("@logged\n        def g(): ran", "def g(): ran"),
    "class as a decorator": """
        class Plugin:
            def __init__(self, f): ran("init")
            def __call__(self): ran("call")
        class Named:
            def __init__(self, name): pass
            def __call__(self, f): ran("called"); return f
        @Plugin
        def f(): pass
        @Named("x")
        def g(): pass
        """,
    "constructors": """
        class Base:
            def __new__(cls): ran("new"); return super().__new__(cls)
            def __init__(self): ran("base"); self.load()
            def load(self): ran("base load")
            def unused(self): ran("unused")
        class C(Base):
            def __init__(self): ran("C"); super().__init__()
            def load(self): ran("C load")
        class D(Base):
            def __init__(self): ran("D")
        C()
        """,
    "diamond": """
        class A:
            def f(self): ran("A")
        class B(A): pass
        class C(A):
            def f(self): ran("C")
        class D(B, C): pass
        D().f()
        """,
    "super goes on in the order of the object's class": """
        class A:
            def f(self): ran("A")
        class B(A):
            def f(self): ran("B"); super().f()
        class C(A):
            def f(self): ran("C"); super().f()
        class D(B, C): pass
        D().f()
        """,
    "class methods": """
        class C:
            @classmethod
            def make(cls): ran("make"); return cls()
            @staticmethod
            def help(self): ran("help"); return self
            def __init__(self): ran("init")
        class D(C): pass
        class E(C):
            def __init__(self): ran("E")
        C.help(1)
        D.make()
        """,
    "dataclass": """
        from dataclasses import dataclass
        @dataclass
        class C:
            x: int = 0
            def __post_init__(self): ran("post")
        C()
        class D:
            def __init__(self): pass
            def __post_init__(self): ran("never")
        D()
        """,
    "hooks": """
        class Base:
            def __init_subclass__(cls): ran("subclass"); cls.note()
            @classmethod
            def note(cls): ran("note")
        class C(Base):
            def __init_subclass__(cls): ran("own")
        """,
    "metaclass": """
        class Meta(type):
            def __prepare__(name, bases): ran("prepare"); return {}
            __prepare__ = classmethod(lambda meta, name, bases: {})
            def __new__(meta, *args): ran("new"); return super().__new__(meta, *args)
            def __init__(cls, *args): ran("init")
            def __call__(cls): ran("call")
        class C(metaclass=Meta): pass
        """.replace('            def __prepare__(name, bases): ran("prepare"); return {}\n', ""),
    "called metaclass": """
        class Meta(type):
            def __call__(cls): ran("call")
        class C(metaclass=Meta): pass
        class D(C): pass
        D()
        """,
    "set name": """
        class Field:
            def __set_name__(self, owner, name): ran("name")
            def __get__(self, *args): ran("get")
        class C:
            x = Field()
        """,
    "generators": """
        def kept(): ran("kept"); yield
        def listed(): ran("listed"); yield
        def looped(): ran("looped"); yield
        def delegated(): ran("delegated"); yield
        def outer(): ran("outer"); yield from delegated()
        def spread(): ran("spread"); yield 1
        def unpacked(): ran("unpacked"); yield 1; yield 2
        g = kept()
        list(listed())
        for x in looped(): pass
        sum(1 for x in outer())
        print(*spread(), end="", file=None if 0 else open(__import__("os").devnull, "w"))
        a, b = unpacked()
        """,
    "generator expressions": """
        def first(): ran("first"); return ()
        def later(): ran("later"); return ()
        def summed(): ran("summed"); return 1
        g = (later() for x in first() for y in later() if later())
        sum(summed() for x in (1,))
        """,
    "coroutines": """
        import asyncio
        async def kept(): ran("kept")
        async def inner(): ran("inner")
        async def outer(): ran("outer"); await inner()
        kept().close()
        asyncio.run(outer())
        """,
    "context manager": """
        from contextlib import contextmanager
        @contextmanager
        def opened(): ran("opened"); yield
        @contextmanager
        def closed(): ran("closed"); yield
        with opened(): pass
        closed()
        """,
    "tests that are false while a module is imported": """
        from typing import TYPE_CHECKING
        import typing as t
        def f(): ran("f")
        def g(): ran("g")
        if TYPE_CHECKING: f()
        else: g()
        if __name__ == "__main__": f()
        if not __name__ != "__main__" and g(): f()
        if t.TYPE_CHECKING or False: f()
        if True: g()
        else: f()
        """,
    "places": """
        def a(): ran("a"); return ()
        def b(): ran("b"); return ()
        def c(): ran("c"); return object
        def d(): ran("d"); return object
        def e(): ran("e")
        def unused(): ran("unused")
        def f(x=a(), *, y: b() = 1) -> None: unused()
        class C(c()):
            x = [d() for _ in (1,)]
            def m(self): unused()
        lambda x=e(): unused()
        """,
    "conditional definitions": """
        import sys
        if sys.maxsize:
            def f(): ran("f")
        else:
            def f(): pass
        f()
        """,
}


def said_to_run(source: str) -> set[str]:
    tree = ast.parse(source)
    labels = (_label(node) for node in called_at_import(tree, Conditions(SourceText(source))))
    return {label for label in labels if label}


def _label(node: ast.AST) -> str | None:
    body = node.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else [node]
    own = (n for n in body if not isinstance(n, ast.FunctionDef | ast.ClassDef | ast.Module))
    calls = (c for n in own for c in ast.walk(n) if isinstance(c, ast.Call))
    names = (c.args[0] for c in calls if isinstance(c.func, ast.Name) and c.func.id == "ran")
    return next((ast.literal_eval(name) for name in names), None)


def running(source: str) -> set[str]:
    seen: set[str] = set()
    exec(compile(source, "pkg/a.py", "exec"), {"ran": seen.add, "__name__": "pkg.a"})
    return seen


@pytest.mark.parametrize("name", CASES)
def test_cpython_agrees(name: str) -> None:
    source = dedent(CASES[name])
    assert said_to_run(source) == running(source)


def test_recursion_ends() -> None:
    assert said_to_run("def f(): ran('f'); g()\ndef g(): ran('g'); f()\nf()\n") == {"f", "g"}


def test_a_decorator_may_be_decorated_by_what_it_decorates() -> None:
    source = "@b\ndef a(f): ran('a')\n@a\ndef b(f): ran('b')\n"
    assert said_to_run(source) == {"a", "b"}


def test_a_class_may_seem_to_be_its_own_base() -> None:
    assert said_to_run("class C(C): pass\nC().f()\n") == set()
