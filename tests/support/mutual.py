"""Random packages of modules that import each other, and use most names only when they are called.

The same seed gives the same package. No definition can move: each reads its ``__file__``.
"""

from random import Random

from tests.support.packages import Package

# Uses that run later, with the name as a place of `{}`; `~` is a number that no other use has.
_LATER = (
    "def use~(a=1):\n    return {}, f'{{}.__name__!r} {a}'",
    "class Use~:\n    def part(self):\n        return [{} for b in (1, 2)], {}",
    "later~ = lambda: {}",
    "def use~():\n    def inner(a={}):\n        return a\n\n    return inner()",
    "def use~(m0=0, m1=1):\n    return {}",
    "def use~():\n    return isinstance(1, type({}))",
)
_EAGER = ("class Sub~({0}): ...", "kept~ = {}.__name__", "def use~(a={}):\n    return a")


def mutual_package(seed: int) -> Package:
    """The files of the package `seed`."""
    random = Random(seed)
    modules = [f"m{number}" for number in range(random.randint(2, 5))]
    files = {f"pkg/{name}.py": _module(random, name, modules) for name in modules}
    first = random.choice(("", "", f"from pkg import {random.choice(modules)}\n"))
    return {"pkg/__init__.py": first, **files}


def _module(random: Random, name: str, modules: list[str]) -> str:
    number = name[1:]
    blocks = [
        f"class C{number}:\n    path = __file__",
        f"def f{number}():\n    return __file__",
    ]
    others = [each for each in modules if each != name]
    imports: list[str] = []
    for count, other in enumerate(random.sample(others, random.randint(1, len(others)))):
        kind = random.choice("Cf")
        wanted = f"{kind}{other[1:]}"
        bound = random.choice((wanted, wanted, f"Wanted{count}"))
        renamed = "" if bound == wanted else f" as {bound}"
        source = random.choice((f"pkg.{other}", f".{other}"))
        imports.append(f"from {source} import {wanted}{renamed}")
        eager = _EAGER if kind == "C" else _EAGER[1:]
        forms = eager if random.random() < 0.15 else _LATER
        form = random.choice(forms).replace("{0}", bound).replace("{}", bound)
        blocks.append(form.replace("~", str(count)))
    random.shuffle(imports)
    if random.random() < 0.2:
        imports.insert(0, "import pkg")
    head = ["from __future__ import annotations"] if random.random() < 0.2 else []
    # One may stand below the first definition.
    low = [imports.pop()] if random.random() < 0.2 else []
    return "\n".join([*head, *imports, "", "", blocks[0], "", *low, "", "\n\n\n".join(blocks[1:])])
