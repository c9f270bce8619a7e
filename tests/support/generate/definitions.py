"""Definitions of a random package: constants, functions, decorators, classes and their hooks."""

from collections.abc import Callable

from tests.support.generate.bodies import body, own_or_known
from tests.support.generate.imports import some_import
from tests.support.generate.placing import condition
from tests.support.generate.plan import Thing, Writer, indented

_Definition = Callable[[Writer, Thing], list[str]]


def definition(w: Writer, thing: Thing) -> list[str]:
    """The statements that define `thing` at module level."""
    return _DEFINITIONS[thing.kind](w, thing)


def _const(w: Writer, thing: Thing) -> list[str]:
    name, other = thing.name, w.fresh()
    ref = w.pick("const")
    if ref and w.chance(0.25):
        return [w.random.choice((f"{name} = {ref.text}", f"{name} = {ref.text} + 1"))]
    w.need("import contextlib")
    forms = (
        [f"{name} = 3"],
        [f"{name}: int = 3"],
        [f"{name} = {other} = 3"],
        [f"{name}, {other} = 3, 4"],
        [f"{name}, *{other} = 3, 4, 5"],
        [f"({name}, ({other},)) = (3, (4,))"],
        [f"({name} := 3)"],
        [f"{name} = 1", f"{name} += 2"],
        [f"{name} = 3 if {condition(w, holds=True)} else 4"],
        [f"for {name} in (1, 3):", "    pass"],
        [f"{name} = sum({other} for {other} in (1, 2))"],
        [f'globals()["{name}"] = 3'],
        [f"with contextlib.nullcontext(3) as {name}:", "    pass"],
        ["try:", f"    {name} = 3", "finally:", f"    {other} = 3"],
        [f"if {condition(w, holds=True)}:", f"    {name} = 3", "else:", f"    {name} = 4"],
        [f"[{name} := {other} for {other} in (1, 2)]"],
        ["match 3:", f"    case {name}:", "        pass"],
        [f"{name} = (lambda: 3)()"],
        [f"def {other}():", f"    global {name}", f"    {name} = 3", f"{other}()"],
        [f"setattr(sys.modules[__name__], '{name}', 3)"],
        [f"import sys as {other}", f"{other}.modules[__name__].{name} = 3"],
        [f"globals().setdefault('{name}', 3)"],
        [f"globals().update({name}=3)"],
        [f"vars()['{name}'] = 3"],
    )
    chosen = w.random.choice(forms[:4] if w.chance(0.5) else forms)
    if "sys.modules" in chosen[0]:
        w.need("import sys")
    return list(chosen)


def parameters(w: Writer) -> str:
    """Parameters that may all be left out, some read something when they are defined."""
    parts = []
    if w.chance(0.25):
        ref = w.pick("const class function module instance")
        parts.append(f"a={ref.text}" if ref else "a=1")
    if w.chance(0.25):
        ref = w.pick("class error")
        parts.append(f"b: {ref.text} = 1" if ref else "b: int = 1")
    if w.chance(0.1):
        ref = w.pick("const")
        parts += ["*", f"c={ref.text}" if ref else "c=1"]
    return ", ".join(parts)


def returns(w: Writer) -> str:
    """A return annotation, mostly none."""
    ref = w.pick("class error") if w.chance(0.15) else None
    return f" -> {ref.text}" if ref else ""


def decorators(w: Writer, below: int) -> list[str]:
    """Decorator lines for a function that can be called without arguments."""
    if w.chance(0.65):
        return []
    found = []
    for _ in range(w.random.choice((1, 1, 1, 2))):
        ref = w.pick("decorator factory", below)
        if ref is None or w.chance(0.2):
            w.need("import functools")
            found.append(
                w.random.choice(
                    (
                        "@functools.lru_cache",
                        "@functools.lru_cache(maxsize=None)",
                        "@functools.cache",
                    )
                )
            )
        elif ref.thing.kind == "factory":
            const = w.pick("const")
            found.append(f"@{ref.text}({const.text if const and w.chance(0.5) else 1})")
        else:
            found.append(f"@{ref.text}")
    return found


def _function(w: Writer, thing: Thing) -> list[str]:
    if w.chance(0.1):
        ref = own_or_known(w, "const class function")
        return [f"{thing.name} = lambda: {ref.text if ref else 1}"]
    heads = decorators(w, thing.order)
    lines = [f"def {thing.name}({parameters(w)}){returns(w)}:", *indented(body(w, thing.order))]
    if w.chance(0.08):
        w.need("import functools")
        return [*heads, *lines, f"{thing.name} = functools.partial({thing.name})"]
    return [*heads, *lines]


def _builder(w: Writer, thing: Thing) -> list[str]:
    """A function that gives a class."""
    ref = own_or_known(w, "class", thing.order)
    if ref is None:
        return [f"def {thing.name}():", "    class Made:", "        ATTR = 1", "    return Made"]
    return [f"def {thing.name}():", f"    return {ref.text}"]


def _decorator(w: Writer, thing: Thing) -> list[str]:
    name, hook = thing.name, body(w, thing.order)
    hook = [line for line in hook if not line.startswith(("return", "raise"))] or ["pass"]
    hook = hook if all(line.strip() and "return" not in line for line in hook) else ["pass"]
    w.need("import functools")
    forms = (
        [f"def {name}(fn):", *indented(hook), "    return fn"],
        [
            f"def {name}(fn):",
            "    @functools.wraps(fn)",
            "    def wrapper(*args, **kwargs):",
            *indented(hook, 8),
            "        return fn(*args, **kwargs)",
            "    return wrapper"
            if not w.chance(0.3)
            else "    return functools.lru_cache(wrapper)",
        ],
        [
            f"class {name}:",
            "    def __init__(self, fn):",
            *indented(hook, 8),
            "        self.fn = fn",
            "    def __call__(self, *args):",
            "        return self.fn(*args)",
        ],
    )
    return list(w.random.choice(forms))


def _factory(w: Writer, thing: Thing) -> list[str]:
    hook = [line for line in body(w, thing.order) if "return" not in line]
    if any(line.rstrip().endswith(":") for line in hook):
        hook = []
    return [
        f"def {thing.name}(option):",
        *indented(hook),
        "    def decorate(fn):",
        "        return fn",
        "    return decorate",
    ]


def _meta(w: Writer, thing: Thing) -> list[str]:
    made = body(w, thing.order)
    lines = [f"class {thing.name}(type):"]
    if w.chance(0.5):
        return [*lines, "    def __init__(cls, name, bases, names):", *_without_value(made)]
    return [
        *lines,
        "    def __new__(mcs, name, bases, names):",
        *_without_value(made),
        "        return super().__new__(mcs, name, bases, names)",
    ]


def _without_value(lines: list[str]) -> list[str]:
    """A body that gives nothing back: constructors must not."""
    inner = [line.replace("return ", "value = ") for line in lines]
    return indented([line for line in inner if line.strip() != "return"] or ["pass"], 8)


def _descriptor(w: Writer, thing: Thing) -> list[str]:
    return [
        f"class {thing.name}:",
        "    def __set_name__(self, owner, name):",
        *indented(body(w, thing.order), 8),
        "    def __get__(self, obj, owner=None):",
        *indented(body(w, thing.order), 8),
    ]


def _error(w: Writer, thing: Thing) -> list[str]:
    ref = _base(w, thing, "error")
    return [f"class {thing.name}({ref or 'Exception'}):", "    pass"]


def _base(w: Writer, thing: Thing, kind: str) -> str | None:
    ref = w.pick(kind, thing.order)
    return ref.text if ref else None


def _lazy(w: Writer, thing: Thing) -> list[str]:
    """A name that only the module's own ``__getattr__`` knows."""
    if w.hooked:
        return [f"{thing.name} = 3"]
    w.hooked = True
    imported = some_import(w, allow_star=False) if w.chance(0.6) else None
    given = "3"
    lines = imported.lines if imported else []
    if imported and imported.bound and w.chance(0.6):
        given = w.random.choice(list(imported.bound))
    if w.chance(0.3):
        lines = [*lines, f'globals()["{thing.name}"] = {given}']
    return [
        "def __getattr__(name):",
        f'    if name == "{thing.name}":',
        *indented(lines, 8),
        f"        return {given}",
        '    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")',
    ]


def _instance(w: Writer, thing: Thing) -> list[str]:
    base = _base(w, thing, "class")
    lines = [f"class {thing.name}_class({base or 'object'}):", "    ATTR = 1"]
    for trait in sorted(thing.traits):
        lines += indented(_trait(w, trait, thing.order))
    return [*lines, f"{thing.name} = {thing.name}_class()"]


def _class(w: Writer, thing: Thing) -> list[str]:
    base = _base(w, thing, "class") if w.chance(0.45) else None
    keywords = ""
    meta = w.pick("meta", thing.order)
    if base is None and meta and w.chance(0.4):
        keywords = f"metaclass={meta.text}"
    inside = (
        f"({base or keywords})" if base or keywords else w.random.choice(("", "()", "(object)"))
    )
    lines = [f"class {thing.name}{inside}:"]
    for trait in sorted(thing.traits):
        lines += indented(_trait(w, trait, thing.order))
    lines += indented(_class_attribute(w))
    heads = []
    if w.chance(0.1):
        w.need("import dataclasses")
        heads = [w.random.choice(("@dataclasses.dataclass", "@dataclasses.dataclass(eq=False)"))]
    ref = w.pick("factory", thing.order)
    if ref and w.chance(0.2):
        heads.append(f"@{ref.text}(1)")
    return [*heads, *lines]


def _class_attribute(w: Writer) -> list[str]:
    ref = w.pick("const function class module instance")
    descriptor = w.pick("descriptor")
    if descriptor and w.chance(0.5):
        return [f"ATTR = {descriptor.text}()"]
    if ref is None or w.chance(0.3):
        return [w.random.choice(("ATTR = 1", "ATTR: int = 1", "ATTR = None"))]
    kind = w.pick("class")
    if kind and w.chance(0.2):
        return ["ATTR = 1", f"other: {kind.text} = None"]
    return [f"ATTR = {ref.text}"]


def _trait(w: Writer, trait: str, order: int) -> list[str]:
    inner = indented(body(w, order))
    quiet = _without_value(body(w, order))
    quiet = [line[4:] for line in quiet]
    above = ["    super().__init__()"] if w.chance(0.2) else []
    heads = {
        "init": ["def __init__(self):", *above, *quiet],
        "method": ["def method(self):", *inner],
        "static": ["@staticmethod", "def build():", *inner],
        "make": ["@classmethod", "def make(cls):", "    return cls()"],
        "prop": ["@property", "def prop(self):", *inner],
        "call": ["def __call__(self):", *inner],
        "enter": ["def __enter__(self):", *inner, "def __exit__(self, *error):", "    return None"],
        "iter": ["def __iter__(self):", *quiet, "    yield 1"],
        "hook": ["def __init_subclass__(cls, **keywords):", *quiet],
        "getitem": ["def __class_getitem__(cls, item):", *inner],
    }
    return heads[trait]


_DEFINITIONS: dict[str, _Definition] = {
    "const": _const,
    "function": _function,
    "builder": _builder,
    "class": _class,
    "decorator": _decorator,
    "factory": _factory,
    "meta": _meta,
    "descriptor": _descriptor,
    "error": _error,
    "lazy": _lazy,
    "instance": _instance,
}
