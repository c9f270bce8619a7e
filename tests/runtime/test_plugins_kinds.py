"""Plugin dispatch keeps what a function is: signature, kind, binding, name, pickling."""

import asyncio
import copy
import functools
import importlib
import inspect
import pickle
import sys
from types import ModuleType
from typing import Any

import pytest

from cycleguard.runtime import (
    original,
    plugin_implementation,
    reset_plugins,
    resolve_plugin,
)
from tests.runtime.conftest import RunPython, Tree

CORE = """
import abc, functools
from cycleguard.runtime import plugin_method

@plugin_method
def f(a, /, b: int = 2, *rest: int, c: str = "c", **more: int) -> str:
    "Doc of f."
    return "core"
f_before = f

@plugin_method
def default(a=1): return a

@plugin_method
async def co(x): return "core", x

@plugin_method
def gen(x):
    got = yield "core"
    yield got

@plugin_method
async def agen(x):
    got = yield "core"
    yield got

class C:
    @plugin_method
    def method(self, x=1): return "core", x

    @plugin_method
    @staticmethod
    def static_below(x): return "core", x

    @staticmethod
    @plugin_method
    def static_above(x): return "core", x

    @plugin_method
    @classmethod
    def class_below(cls, x): return "core", cls, x

    @classmethod
    @plugin_method
    def class_above(cls, x): return "core", cls, x

    @plugin_method
    @property
    def property_below(self): return "core"

    @property
    @plugin_method
    def property_above(self):
        "Doc of the property."
        return "core"

    @property_above.setter
    def property_above(self, value): self.value = value

    @plugin_method
    def this(this, x): return "core", x

    @plugin_method
    async def amethod(self): return "core"

class D(C):
    def method(self, x=1): return "D", super().method(x)

class Abstract(abc.ABC):
    @plugin_method
    @abc.abstractmethod
    def todo(self): ...
"""
PLUGIN = """
from cycleguard.runtime import plugin_implementation

def replaces(key):
    return plugin_implementation("core.x:" + key)

@replaces("f")
def theirs(a, /, b: int = 3, *rest: int, c: str = "d", **more: int) -> str:
    return a, b, rest, c, more

@replaces("default")
def other_default(a=7, b=8): return a, b

@replaces("co")
async def co(x): return "plugin", x

@replaces("gen")
def gen(x):
    got = yield "plugin"
    yield got

@replaces("agen")
async def agen(x):
    try:
        got = yield "plugin"
        yield got
    except ValueError as error:
        yield repr(error)

@replaces("C.method")
def another_name(self, x=2): return "plugin", x

@replaces("C.static_below")
@replaces("C.static_above")
def static(x): return "plugin", x

@replaces("C.class_below")
@replaces("C.class_above")
def klass(cls, x): return "plugin", cls, x

@replaces("C.property_below")
@replaces("C.property_above")
def prop(self): return "plugin"

@replaces("C.this")
def this(self, x): return "plugin", x

@replaces("C.amethod")
async def amethod(self): return "plugin"
"""
FILES = {"core/__init__.py": "", "core/x.py": CORE, "plugin/__init__.py": ""}


@pytest.fixture(params=["core", "plugin"])
def source(request: pytest.FixtureRequest, tree: Tree) -> str:
    """Who answers: there is a plugin, or there is none."""
    tree({**FILES, "plugin/x.py": PLUGIN} if request.param == "plugin" else FILES)
    return str(request.param)


@pytest.fixture
def x(source: str) -> ModuleType:
    return importlib.import_module("core.x")


def test_must_have_04_static_class_and_property_above_and_below(source: str, x: ModuleType) -> None:
    for _ in range(2):
        for owner in (x.C, x.C(), x.D):
            assert owner.static_below(1) == owner.static_above(1) == (source, 1)
            expected = owner if isinstance(owner, type) else type(owner)
            assert owner.class_below(1) == owner.class_above(1) == (source, expected, 1)
        assert x.C().property_below == x.C().property_above == source
        assert x.C().this(1) == (source, 1)


def test_a_property_keeps_its_setter_and_documentation(source: str, x: ModuleType) -> None:
    value = x.C()
    assert value.property_above == source
    value.property_above = 5
    assert value.value == 5
    assert x.C.property_above.__doc__ == "Doc of the property."


def test_super_reaches_it(source: str, x: ModuleType) -> None:
    default = {"core": 1, "plugin": 2}[source]
    assert x.C().method() == (source, default)
    assert x.D().method() == ("D", (source, 1))


def test_must_have_04_coroutines(source: str, x: ModuleType) -> None:
    before = x.co
    assert inspect.iscoroutinefunction(before)
    assert asyncio.run(before(3)) == (source, 3)
    assert inspect.iscoroutinefunction(x.co)
    assert asyncio.run(x.co(3)) == asyncio.run(before(3)) == (source, 3)
    assert asyncio.run(x.C().amethod()) == asyncio.run(x.C().amethod()) == source


def test_must_have_04_generators(source: str, x: ModuleType) -> None:
    before = x.gen
    assert inspect.isgeneratorfunction(before)
    for function in (before, before, x.gen):
        running = function(1)
        assert next(running) == source
        assert running.send("sent") == "sent"
        assert list(running) == []
        inspect.isgeneratorfunction(function)
    assert inspect.isgeneratorfunction(x.gen)


def test_must_have_04_asynchronous_generators(source: str, x: ModuleType) -> None:
    before = x.agen
    assert inspect.isasyncgenfunction(before)

    async def drive() -> None:
        for function in (before, before, x.agen):
            running = function(1)
            assert await running.asend(None) == source
            assert await running.asend("sent") == "sent"
            with pytest.raises(StopAsyncIteration):
                await running.asend(None)
            running = function(1)
            assert [each async for each in running] == [source, None]
            running = function(1)
            await running.asend(None)
            await running.aclose()
            running = function(1)
            await running.asend(None)
            if source == "plugin":
                assert await running.athrow(ValueError("v")) == "ValueError('v')"
            else:
                with pytest.raises(ValueError, match="v"):
                    await running.athrow(ValueError("v"))

    asyncio.run(drive())
    assert inspect.isasyncgenfunction(x.agen)


def test_the_signature_and_names_are_kept(x: ModuleType) -> None:
    plain = original("core.x:f")
    assert inspect.signature(x.f) == inspect.signature(plain)
    for name in ("__name__", "__qualname__", "__module__", "__doc__", "__annotations__"):
        assert getattr(x.f, name) == getattr(plain, name)
    assert inspect.unwrap(x.f) is plain
    assert "Doc of f." in inspect.getsource(x.f)


def test_every_kind_of_parameter_arrives(source: str, x: ModuleType) -> None:
    calls: list[tuple[tuple[int, ...], dict[str, Any]]]
    calls = [((1,), {}), ((1, 2), {}), ((1, 2, 3, 4), {"c": "x", "z": 5}), ((1,), {"b": 9})]
    before = x.f
    for arguments, named in calls * 2:
        expected = resolve_plugin("core.x:f")(*arguments, **named)
        assert before(*arguments, **named) == x.f(*arguments, **named) == expected
    for wrong in [(), ()]:
        with pytest.raises(TypeError):
            before(*wrong)
        with pytest.raises(TypeError):
            before(b=1)


def test_the_defaults_are_those_of_what_is_called(source: str, x: ModuleType) -> None:
    before = x.default
    expected = {"core": 1, "plugin": (7, 8)}[source]
    for _ in range(3):
        assert before() == x.default() == expected
    if source == "plugin":
        assert before(1, b=2) == (1, 2)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_must_have_04_pickling_by_name(x: ModuleType, protocol: int) -> None:
    def again(value: Any) -> Any:
        return pickle.loads(pickle.dumps(value, protocol))

    before, bound = x.f_before, x.C().method
    assert again(before) is before
    before(1)
    bound()
    assert x.f is not before
    assert again(before) is before
    assert again(x.f) is x.f
    assert again(x.C.method) is x.C.method
    assert again(x.C().method)() == x.C().method()
    assert again(x.C.class_above)(1) == x.C.class_above(1)
    assert copy.deepcopy(before) is before


def test_must_have_04_a_pickle_is_read_by_a_process_that_has_not_decided(
    x: ModuleType, run_python: RunPython, source: str
) -> None:
    before = x.default
    before()
    data = pickle.dumps([before, x.default, x.C.method])
    ended = run_python(f"import pickle; print([f() for f in pickle.loads({data!r})[:2]])")
    expected = {"core": 1, "plugin": (7, 8)}[source]
    assert ended.stdout.strip() == str([expected, expected]), ended.stderr


def test_abstract_methods_stay_abstract(x: ModuleType) -> None:
    with pytest.raises(TypeError, match="abstract"):
        x.Abstract()


def test_one_implementation_for_two_functions(source: str, x: ModuleType) -> None:
    assert x.C.static_below(1) == x.C.static_above(1) == (source, 1)
    assert original(x.C.static_below)(1) == ("core", 1)
    assert x.C.static_below.__qualname__ == "C.static_below"


def test_the_plugins_function_is_left_as_it_is(source: str, x: ModuleType) -> None:
    x.f(1)
    if source == "plugin":
        theirs = sys.modules["plugin.x"].theirs
        assert vars(theirs) == {}
        assert (theirs.__module__, theirs.__qualname__) == ("plugin.x", "theirs")


def test_reset_puts_everything_back(x: ModuleType) -> None:
    before = {name: vars(x.C)[name] for name in ("method", "static_above", "property_above")}
    x.C().method(), x.C.static_above(1), x.C().property_above
    reset_plugins()
    assert vars(x.C)["method"] is before["method"]
    assert vars(x.C)["static_above"].__func__ is before["static_above"].__func__
    assert vars(x.C)["property_above"].fget is before["property_above"].fget
    assert x.C.method.__qualname__ == "C.method"


def test_below_another_decorator_it_decides_all_the_same(tree: Tree) -> None:
    core = "import functools\nfrom cycleguard.runtime import plugin_method\n"
    core += "@functools.lru_cache\n@plugin_method\ndef f(x): return 'core', x\n"
    plugin = PLUGIN.split("@replaces")[0] + "@replaces('f')\ndef f(x): return 'plugin', x\n"
    tree({**FILES, "core/x.py": core, "plugin/x.py": plugin})
    x = importlib.import_module("core.x")
    cached = x.f
    assert cached(1) == cached(1) == ("plugin", 1)
    assert x.f is cached
    assert isinstance(cached, functools._lru_cache_wrapper)


@pytest.mark.parametrize("implementation", ["len", "functools.partial(divmod, 7)"])
def test_what_is_no_python_function_can_implement_too(tree: Tree, implementation: str) -> None:
    plugin = f"import functools\n{PLUGIN.split('@replaces')[0]}replaces('f')({implementation})\n"
    core = "from cycleguard.runtime import plugin_method\n@plugin_method\ndef f(x): return 0\n"
    tree({**FILES, "core/x.py": core, "plugin/x.py": plugin})
    x = importlib.import_module("core.x")
    argument, expected = ([1], 1) if implementation == "len" else (2, (3, 1))
    assert x.f(argument) == x.f(argument) == expected
    assert pickle.loads(pickle.dumps(x.f)) is x.f


CELLS = """
import core.x
from cycleguard.runtime import plugin_implementation

def closed(b, a):
    def inner(x, y=a, *, z=b, **more):
        return x, y, z, a, b, more
    return inner

plugin_implementation("core.x:f")(closed("b", "a"))

class Base:
    def m(self): return "base"

class Plugin(Base):
    def m(self): return "plugin of " + __class__.__name__

plugin_implementation("core.x:g")(Plugin.m)
"""


FAILING = """
from cycleguard.runtime import plugin_method

FACTOR = 2

@plugin_method
def f(a):
    return FACTOR * a.missing

captured = f

class Base:
    @plugin_method
    def method(self, a): return FACTOR * a

class C(Base):
    @plugin_method
    def method(self, a): return super().method(a) + 1

def closed(b):
    @plugin_method
    def inner(a): return FACTOR * a + b
    return inner
"""


def frames(function: Any) -> list[str]:
    """The functions that run when `function` is called, outermost first."""
    with pytest.raises(AttributeError) as caught:
        function(1)
    return [entry.name for entry in caught.traceback][1:]


def test_must_have_03_without_a_plugin_a_captured_function_runs_no_other(tree: Tree) -> None:
    tree({"core/__init__.py": "", "core/x.py": FAILING})
    core = importlib.import_module("core.x")
    captured = core.captured
    with pytest.raises(AttributeError):
        captured(1)
    assert core.f is not captured
    assert frames(captured) == frames(core.f) == ["f"]
    assert captured.__wrapped__ is core.f
    reset_plugins("core.x:f")
    plugin_implementation("core.x:f")(lambda a: ("plugin", a))
    assert captured(1) == core.f(1) == ("plugin", 1)
    assert core.captured is captured


def test_a_captured_function_that_needs_its_cells_keeps_them(tree: Tree) -> None:
    tree({"core/__init__.py": "", "core/x.py": FAILING})
    core = importlib.import_module("core.x")
    captured = core.C().method
    two, three = core.closed(2), core.closed(3)
    for _ in range(3):
        assert captured(1) == 3
        assert (two(1), three(1)) == (4, 5)


def test_must_have_03_a_plugin_of_a_captured_function_is_called_by_a_private_global(
    tree: Tree,
) -> None:
    tree({"core/__init__.py": "", "core/x.py": FAILING + "def public(): pass\n"})
    names: dict[str, Any] = {}
    exec("from core.x import *", names)
    assert sorted(n for n in names if n != "__builtins__") == [
        "Base", "C", "FACTOR", "captured", "closed", "f", "plugin_method", "public",
    ]  # fmt: skip
    core = importlib.import_module("core.x")
    again = importlib.reload(core)
    first, second = names["captured"], again.captured
    plugin_implementation("core.x:f")(lambda a: ("plugin", a))
    assert second(1) == first(1) == ("plugin", 1)


def test_an_implementation_keeps_its_cells_and_defaults(tree: Tree) -> None:
    head = "from cycleguard.runtime import plugin_method\n"
    core = f"{head}@plugin_method\ndef f(x): pass\n@plugin_method\ndef g(self): pass\nf0 = f\n"
    tree({"core/x.py": core, "plugin/x.py": CELLS})
    x = importlib.import_module("core.x")
    assert x.f(1) == (1, "a", "b", "a", "b", {})
    assert x.f(1, 2, z=3, q=4) == x.f0(1, 2, z=3, q=4) == (1, 2, 3, "a", "b", {"q": 4})
    assert x.g(None) == "plugin of Plugin"


def test_after_a_reset_the_defaults_of_a_plugin_are_gone(tree: Tree) -> None:
    head = "from cycleguard.runtime import plugin_method\n"
    tree({"core/x.py": f"{head}@plugin_method\ndef f(a): return a\n"})
    x = importlib.import_module("core.x")
    before = x.f

    @plugin_implementation("core.x:f", vendor="one")
    def other(a: int = 7) -> int:
        return a

    assert x.f(1) == 1
    assert before() == x.f() == 7
    reset_plugins()
    assert x.f is before
    with pytest.raises(TypeError):
        before()
