"""`lazy_attribute`: functions, classes and values that behave as the real ones from the start."""

import asyncio
import copy
import importlib
import inspect
import pickle
import sys
from types import ModuleType

import pytest

from cycleguard.runtime import (
    LazyImportError,
    is_lazy,
    lazy_attribute,
    resolve_lazy,
)
from tests.runtime.conftest import Tree, is_loaded

HEAVY = """
import contextlib

LIST = [3, 1, 2]
TABLE = {"a": 1}
NUMBER = 7
TEXT = "text"

def f(x, y=2):
    'Doc of f.'
    return x + y

class Base:
    'Doc of Base.'
    def __init__(self, x=0):
        self.x = x
    def __eq__(self, other):
        return isinstance(other, Base) and self.x == other.x
    __hash__ = None

class Problem(Exception):
    pass

def fail():
    raise Problem("p")

async def later():
    return 5

@contextlib.contextmanager
def manager():
    yield "inside"

MANAGED = manager()
"""
NAMES = "LIST TABLE NUMBER TEXT f Base Problem fail later MANAGED".split()


@pytest.fixture
def user(tree: Tree) -> ModuleType:
    """A module whose globals stand for those of `heavy`, all by `lazy_attribute`."""
    lines = [f"{name} = lazy_attribute('heavy:{name}')" for name in NAMES]
    text = "\n".join(["from cycleguard.runtime import lazy_attribute", *lines])
    tree({"heavy.py": HEAVY, "user.py": text})
    return importlib.import_module("user")


def run(user: ModuleType, code: str) -> object:
    """The value of an expression in the globals of `user`."""
    return eval(code, user.__dict__)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("f(1)", "f"),
        ("f.__doc__", "f"),
        ("f.__module__", "f"),
        ("Base.__init__", "Base"),
        ("Base(3).x", "Base"),
        ("isinstance(1, Base)", "Base"),
        ("issubclass(int, Base)", "Base"),
        ("type('D', (), {})() == Base", "Base"),
        ("len(LIST)", "LIST"),
        ("sorted(LIST)", "LIST"),
        ("LIST[0]", "LIST"),
        ("LIST[1:]", "LIST"),
        ("LIST + [4]", "LIST"),
        ("[4] + LIST", "LIST"),
        ("3 in LIST", "LIST"),
        ("list(reversed(LIST))", "LIST"),
        ("TABLE['a']", "TABLE"),
        ("{**TABLE}", "TABLE"),
        ("NUMBER + 1", "NUMBER"),
        ("1 + NUMBER", "NUMBER"),
        ("-NUMBER", "NUMBER"),
        ("2 ** NUMBER", "NUMBER"),
        ("NUMBER ** 2", "NUMBER"),
        ("divmod(NUMBER, 2)", "NUMBER"),
        ("divmod(20, NUMBER)", "NUMBER"),
        ("NUMBER < 8", "NUMBER"),
        ("8 > NUMBER", "NUMBER"),
        ("NUMBER == 7", "NUMBER"),
        ("NUMBER != 7", "NUMBER"),
        ("bool(NUMBER)", "NUMBER"),
        ("int(NUMBER), float(NUMBER), round(NUMBER)", "NUMBER"),
        ("[0] * NUMBER", "NUMBER"),
        ("range(NUMBER)", "NUMBER"),
        ("hash(NUMBER)", "NUMBER"),
        ("{7: 1}[NUMBER]", "NUMBER"),
        ("f'{TEXT:>6}'", "TEXT"),
        ("str(TEXT)", "TEXT"),
        ("TEXT.upper()", "TEXT"),
        ("TEXT % ()", "TEXT"),
    ],
)
def test_must_have_01_first_use_gives_what_the_real_one_gives(
    user: ModuleType, code: str, name: str
) -> None:
    assert not is_loaded("heavy")
    found = run(user, code)
    assert found == eval(code, vars(sys.modules["heavy"]))
    assert vars(user)[name] is vars(sys.modules["heavy"])[name]


def test_a_class_can_be_subclassed_before_it_is_resolved(user: ModuleType) -> None:
    exec("class D(Base): pass", user.__dict__)
    assert user.D.__mro__[1] is sys.modules["heavy"].Base
    assert user.Base is sys.modules["heavy"].Base


def test_in_place_operators_change_the_real_list(user: ModuleType) -> None:
    exec("LIST += [9]", user.__dict__)
    assert sys.modules["heavy"].LIST == [3, 1, 2, 9]
    assert user.LIST is sys.modules["heavy"].LIST


def test_in_place_operators_of_what_has_none_bind_the_result(user: ModuleType) -> None:
    exec("NUMBER += 1", user.__dict__)
    assert user.NUMBER == 8
    assert sys.modules["heavy"].NUMBER == 7


def test_items_can_be_set_and_deleted(user: ModuleType) -> None:
    exec("TABLE['b'] = 2\ndel TABLE['a']", user.__dict__)
    assert sys.modules["heavy"].TABLE == {"b": 2}


def test_attributes_can_be_set_and_deleted(user: ModuleType) -> None:
    proxy = user.f
    proxy.mark = 1
    assert sys.modules["heavy"].f.mark == 1
    del proxy.mark
    assert not hasattr(sys.modules["heavy"].f, "mark")


def test_a_context_manager_works_through_the_proxy(user: ModuleType) -> None:
    with user.MANAGED as value:
        assert value == "inside"


def test_a_coroutine_function_works_through_the_proxy(user: ModuleType) -> None:
    assert asyncio.run(user.later()) == 5


def test_a_function_in_a_class_body_is_bound(user: ModuleType) -> None:
    exec("class C(int):\n    method = f", user.__dict__)
    assert user.C(3).method() == 5


def test_must_have_10_except_works_once_the_class_was_used(user: ModuleType) -> None:
    with pytest.raises(TypeError, match="catching classes"):
        exec("try:\n    fail()\nexcept Problem:\n    pass", user.__dict__)
    resolve_lazy(user.Problem)
    exec("try:\n    fail()\nexcept Problem:\n    pass", user.__dict__)


def test_except_works_through_resolve(user: ModuleType) -> None:
    problem, fail = user.Problem, user.fail
    with pytest.raises(resolve_lazy(problem)):
        fail()


@pytest.mark.parametrize("probe", [repr, dir, callable, inspect.unwrap, is_lazy, type])
def test_must_have_08_probes_do_not_import(user: ModuleType, probe: object) -> None:
    assert callable(probe)
    probe(user.f)
    isinstance(user.f, (type, str, ModuleType))
    assert not is_loaded("heavy")


def test_a_proxy_kept_by_somebody_looks_like_the_real_one_afterwards(user: ModuleType) -> None:
    proxy = user.Base
    assert isinstance(proxy(), proxy)
    assert isinstance(proxy, type)
    assert repr(proxy) == repr(sys.modules["heavy"].Base)
    assert set(dir(proxy)) == set(dir(sys.modules["heavy"].Base))
    assert proxy == sys.modules["heavy"].Base


@pytest.mark.skipif(sys.version_info < (3, 10), reason="Python 3.9 has no such unions")
def test_a_union_with_a_lazy_class_is_one_with_the_real_class(user: ModuleType) -> None:
    assert isinstance(3, user.Base | int)


def test_must_have_10_pickled_by_reference(user: ModuleType) -> None:
    data = pickle.dumps(user.f)
    assert not is_loaded("heavy")
    assert pickle.loads(data) is sys.modules["heavy"].f


def test_must_have_10_copies_of_functions_and_classes_are_themselves(user: ModuleType) -> None:
    assert copy.deepcopy(user.f) is sys.modules["heavy"].f
    assert copy.copy(user.Base) is sys.modules["heavy"].Base


def test_a_deep_copy_of_a_list_is_a_list_of_its_own(user: ModuleType) -> None:
    copied = copy.deepcopy(user.LIST)
    copied.append(0)
    assert sys.modules["heavy"].LIST == [3, 1, 2]


def test_a_submodule_can_be_named_like_an_attribute(tree: Tree) -> None:
    tree({"package/__init__.py": "", "package/sub.py": "X = 1"})
    assert lazy_attribute("package:sub").X == 1


def test_a_dotted_attribute_is_found(user: ModuleType) -> None:
    assert lazy_attribute("heavy:Base.__init__").__name__ == "__init__"


def test_a_missing_attribute_says_where_it_was_declared(tree: Tree) -> None:
    tree({"heavy.py": ""})
    proxy = lazy_attribute("heavy:nothing")
    with pytest.raises(LazyImportError, match="cannot import name 'nothing' from 'heavy'") as e:
        proxy()
    assert __file__ in str(e.value)
    assert not isinstance(e.value, ModuleNotFoundError)


@pytest.mark.parametrize("target", ["heavy", "heavy:", ":f", ""])
def test_a_target_of_another_form_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match="'module:name'"):
        lazy_attribute(target)
