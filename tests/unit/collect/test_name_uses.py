"""How a function uses the names that it imports, by CPython's scoping rules."""

import pytest

from tests.unit.collect.reading import only, use


def loads(*body: str) -> int:
    return use("def f():\n    import a\n" + "".join(f"    {line}\n" for line in body), "a").loads


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (["return a"], 1),
        (["return a.b.c(a)"], 2),
        (["def g(): return a"], 1),
        (["return lambda: a"], 1),
        (["return [a for _ in a]"], 2),
        (["class C:", "    x = a"], 1),
        # hidden by a binding of an inner scope
        (["def g(a): return a"], 0),
        (["def g(*a): return a"], 0),
        (["def g(*, a=a): return a"], 1),
        (["return lambda a=a: a"], 1),
        (["@a", "def g(a: a) -> a: return a"], 3),
        (["@a", "class C(a, b=a): pass"], 3),
        (["def g():", "    a = 1", "    return a"], 0),
        (["def g():", "    for a in (): print(a)"], 0),
        (["def g():", "    with x as a: print(a)"], 0),
        (["def g():", "    try: pass", "    except E as a: print(a)"], 0),
        (["def g(x):", "    match x:", "        case [a]: print(a)"], 0),
        (["def g(x):", "    match x:", "        case {**a}: print(a)"], 0),
        (["def g(x):", "    match x:", "        case [*a]: print(a)"], 0),
        (["def g():", "    def a(): pass", "    return a"], 0),
        (["def g():", "    class a: pass", "    return a"], 0),
        (["def g():", "    print(a := 1)"], 0),
        (["return lambda a: a"], 0),
        (["return [a for a in ()]"], 0),
        (["return [a for a in a]"], 1),
        (["return {a for x in () for a in a if a}"], 0),
        (["return {a: b for a, b in ()}"], 0),
        (["return [x for a in () for x in a]"], 0),
        # shared with the inner scope
        (["def g():", "    nonlocal a", "    a = 1", "    return a"], 1),
        # a nested scope's own hiding ends with it
        (["def g():", "    def h(a): return a", "    return a"], 1),
    ],
)
def test_loads(body: list[str], expected: int) -> None:
    assert loads(*body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a = 1", 1),
        ("a += 1", 1),
        ("for a in x: pass", 1),
        ("with x as (a, b): pass", 1),
        ("print(a := 1)", 1),
        ("del a", 1),
        ("try: pass\n    except E as a: pass", 1),
        ("match x:\n        case {'k': a}: pass", 1),
        ("match x:\n        case C(b=a) | a: pass", 2),
        ("def a(): pass", 1),
        ("class a: pass", 1),
        ("def g(): a = 1", 0),
        ("a.b = 1", 0),
        ("a[0] = 1", 0),
        ("x = [a for a in ()]", 0),
    ],
)
def test_stores(body: str, expected: int) -> None:
    assert use(f"def f():\n    import a\n    {body}\n", "a").stores == expected


def test_kinds_of_loads() -> None:
    source = """
        def f(x: "a"):
            from m import a
            y: a = a.b
            def g(z: a.c) -> a: ...
            return a
        """
    found = use(source, "a")
    assert (found.loads, found.attribute_loads, found.annotation_loads) == (5, 2, 3)


def test_global_names_and_parameters() -> None:
    assert use("def f():\n    global a\n    import a\n", "a").is_global
    assert not use("def f():\n    import a\n", "a").is_global
    assert use("def f(x, /, *a):\n    import a\n", "a").is_parameter
    assert not use("def f(x):\n    import a\n", "a").is_parameter


def test_reload_and_repeated_imports() -> None:
    source = "import importlib\ndef f():\n    import a.b\n    importlib.reload(a.b)\n"
    function = only(source.partition("\n")[2]).function
    assert function is not None
    assert function.uses[0].is_reloaded
    assert use("def f():\n    from m import a, b as a\n", "a").imports == 2


def test_code_strings_and_sys_modules() -> None:
    function = only(
        """
        def f():
            import a
            eval("a")
            exec("a", {})
            sys.modules["a"] = a
        """
    ).function
    assert function is not None
    assert (function.exec_calls, function.exec_with_globals) == (2, 1)
    assert function.touches_sys_modules
