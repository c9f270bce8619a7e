"""Random packages whose functions import from each other, and use what they import.

Every function returns a value made of what it imports, so that a repair that changes what a name
means shows. The same seed gives the same package.
"""

from random import Random

Files = dict[str, str]


def package(seed: int) -> Files:
    """The files of the package `seed`: paths and texts."""
    random = Random(seed)
    names = [f"m{number}" for number in range(random.randint(3, 6))]
    files = {f"pkg/{name}.py": _module(random, name, names) for name in names}
    files["pkg/__init__.py"] = _init(random, names)
    files["pyproject.toml"] = '[project]\nname = "pkg"\nversion = "1"\n'
    return dict(sorted(files.items()))


def _init(random: Random, names: list[str]) -> str:
    lines = ['"""The package."""']
    for name in random.sample(names, random.randint(0, 2)):
        lines.append(f"from pkg.{name} import {random.choice(('f', 'C', 'K'))}_{name}")
    return "\n".join(lines) + "\n"


def _module(random: Random, name: str, names: list[str]) -> str:
    others = [other for other in names if other != name]
    above, below = names[: names.index(name)], names[names.index(name) + 1 :]
    lines = [f'"""{name}."""', ""]
    # Mostly downwards, so that most packages import at all.
    for other in random.sample(below, min(len(below), random.randint(0, 2))):
        lines.append(_top_import(random, other))
    if above and random.random() < 0.15:
        lines.append(f"import pkg.{random.choice(above)}")
    lines += ["", f"K_{name} = {random.randint(1, 99)}", ""]
    if random.random() < 0.3:
        lines += [f"state_{name} = 0", ""]
    lines += ["", f"class C_{name}:", f"    value = K_{name} + 1", "", ""]
    lines += [f"def f_{name}():", f"    return K_{name}", "", ""]
    for number in range(random.randint(1, 4)):
        lines += _function(random, f"g{number}_{name}", random.choice(others))
    if random.random() < 0.2:
        lines += [f"EARLY_{name} = g0_{name}()", ""]
    if random.random() < 0.3:
        lines += [f"K_{name} = K_{name} + 1000", ""]
    return "\n".join(lines).rstrip() + "\n"


def _top_import(random: Random, other: str) -> str:
    return random.choice(
        (
            f"from pkg.{other} import K_{other}",
            f"from pkg.{other} import C_{other}, f_{other}",
            f"import pkg.{other}",
            f"from pkg import {other}",
            f"from . import {other} as _{other}",
        )
    )


def _function(random: Random, name: str, other: str) -> list[str]:
    statement, value = random.choice(
        (
            (f"from pkg.{other} import K_{other}", f"K_{other}"),
            (f"from pkg.{other} import f_{other} as call", "call()"),
            (f"from pkg.{other} import C_{other}, f_{other}", f"C_{other}.value + f_{other}()"),
            (f"from .{other} import C_{other}", f"C_{other}().value"),
            (f"import pkg.{other}", f"pkg.{other}.K_{other}"),
            (f"import pkg.{other} as other", f"other.f_{other}()"),
            (f"from pkg import {other}", f"{other}.K_{other}"),
            ("from math import floor", "floor(2.5)"),
            ("import json", 'len(json.dumps("a"))'),
        )
    )
    comment = random.choice(("", "", "    # avoid circular import\n"))
    return [f"def {name}():", f"{comment}    {statement}", "", f"    return {value}", "", ""]
