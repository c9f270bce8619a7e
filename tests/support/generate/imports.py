"""Import statements of a random package: which form, and what the code can name afterwards."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.generate.plan import Ref, Thing, Unit, Writer, module_thing


@dataclass(slots=True)
class Imported:
    """Lines that import, what they bind, and further expressions that they make good."""

    lines: list[str]
    bound: dict[str, Thing] = field(default_factory=dict)
    refs: list[Ref] = field(default_factory=list)


_Form = Callable[[Writer, Unit], Imported]


def some_import(w: Writer, *, allow_star: bool = True) -> Imported:
    """One import of another module of the package."""
    target = w.target()
    if target is None:
        return Imported(["import string"])
    forms = list(_FORMS)
    if allow_star:
        forms.append((2, _star))
    weights = [weight for weight, _ in forms]
    form = w.random.choices([form for _, form in forms], weights)[0]
    return form(w, target)


def spelled(w: Writer, target: str) -> str:
    """The absolute or a relative name of a module, for a ``from`` import."""
    mine, theirs = w.unit.package.split("."), target.split(".")
    if not w.unit.package or mine[0] != theirs[0] or w.chance(0.5):
        return target
    common = 0
    while common < min(len(mine), len(theirs)) and mine[common] == theirs[common]:
        common += 1
    keep = w.random.randint(1, common) if w.chance(0.2) else common
    return "." * (len(mine) - keep + 1) + ".".join(theirs[keep:])


def _names(w: Writer, target: Unit) -> list[str]:
    return w.random.sample(list(target.offers), min(len(target.offers), w.random.randint(1, 2)))


def _from(w: Writer, target: Unit) -> Imported:
    names = _names(w, target)
    if not names:
        return _plain(w, target)
    bound: dict[str, Thing] = {}
    parts = []
    for name in names:
        # Once in a while a name of this module is covered.
        alias = w.fresh("k") if w.chance(0.3) or _is_taken(w, name, target) else name
        parts.append(name if alias == name else f"{name} as {alias}")
        bound[alias] = target.offers[name]
    return Imported([f"from {spelled(w, target.name)} import {', '.join(parts)}"], bound)


def _is_taken(w: Writer, name: str, target: Unit) -> bool:
    """Whether `name` would cover another thing of this module: calls might then never end."""
    held = w.unit.offers.get(name)
    return held is not None and held is not target.offers[name]


def _plain(w: Writer, target: Unit) -> Imported:
    top = target.name.partition(".")[0]
    unit = w.plan.find(top)
    return Imported(
        [f"import {target.name}"], {top: module_thing(unit)}, [_direct(target, target.name)]
    )


def _direct(target: Unit, text: str) -> Ref:
    return Ref(text, module_thing(target))


def _as(w: Writer, target: Unit) -> Imported:
    alias = w.fresh("m")
    return Imported([f"import {target.name} as {alias}"], {alias: module_thing(target)})


def _two(w: Writer, target: Unit) -> Imported:
    first, second = _plain(w, target), _as(w, w.target() or target)
    line = f"{first.lines[0]}, {second.lines[0].removeprefix('import ')}"
    return Imported([line], {**first.bound, **second.bound}, first.refs)


def _submodule(w: Writer, target: Unit) -> Imported:
    parent, _, last = target.name.rpartition(".")
    if not parent:
        return _as(w, target)
    alias = last if w.chance(0.5) and last not in w.unit.offers else w.fresh("m")
    name = last if alias == last else f"{last} as {alias}"
    return Imported([f"from {spelled(w, parent)} import {name}"], {alias: module_thing(target)})


def _star(w: Writer, target: Unit) -> Imported:
    names = target.exported if target.exported is not None else list(target.offers)
    taken = {
        n for n in names if n in w.unit.offers and w.unit.offers[n] is not target.offers.get(n)
    }
    if taken or target is w.unit:
        return _from(w, target)
    is_public = target.exported is not None
    bound = {
        name: target.offers[name]
        for name in names
        if name in target.offers and (is_public or not name.startswith("_"))
        if target.offers[name].kind != "lazy" or is_public
    }
    return Imported([f"from {spelled(w, target.name)} import *"], bound)


def _import_module(w: Writer, target: Unit) -> Imported:
    alias = w.fresh("m")
    w.need("import importlib")
    call = f'importlib.import_module("{target.name}")'
    package = w.unit.package
    if package and target.name.startswith(f"{package}.") and w.chance(0.6):
        base = "__name__" if w.unit.is_package and w.chance(0.5) else "__package__"
        rest = target.name.removeprefix(package)
        call = f'importlib.import_module("{rest}", {base})'
    if w.unit.is_package and target.name.startswith(f"{package}.") and w.chance(0.3):
        call = f'importlib.import_module(__name__ + "{target.name.removeprefix(package)}")'
    return Imported([f"{alias} = {call}"], {alias: module_thing(target)})


def _dunder(w: Writer, target: Unit) -> Imported:
    alias = w.fresh("m")
    if w.chance(0.5):
        top = w.plan.find(target.name.partition(".")[0])
        chain = f"{alias}{target.name.removeprefix(top.name)}"
        return Imported(
            [f'{alias} = __import__("{target.name}")'],
            {alias: module_thing(top)},
            [_direct(target, chain)],
        )
    names = _names(w, target) or ["__name__"]
    listed = ", ".join(f'"{name}"' for name in names)
    line = f'{alias} = __import__("{target.name}", fromlist=[{listed}])'
    return Imported([line], {alias: module_thing(target)})


def _through_parent(w: Writer, target: Unit) -> Imported:
    """``import pkg`` and hope that somebody else has imported ``pkg.sub``."""
    top = w.plan.find(target.name.partition(".")[0])
    return Imported(
        [f"import {top.name}"], {top.name: module_thing(top)}, [_direct(target, target.name)]
    )


def _into_globals(w: Writer, target: Unit) -> Imported:
    alias = w.fresh("m")
    w.need("import importlib")
    line = f'globals()["{alias}"] = importlib.import_module("{target.name}")'
    return Imported([line], {alias: module_thing(target)})


def _loop(w: Writer, target: Unit) -> Imported:
    w.need("import importlib")
    name = w.fresh("n")
    parent = w.plan.find(target.name.rpartition(".")[0] or target.name)
    children = w.plan.children(parent)
    if not children:
        return _import_module(w, target)
    chosen = w.random.sample(children, min(len(children), 2))
    listed = ", ".join(f'"{each.name.rpartition(".")[2]}"' for each in chosen)
    part = w.random.choice((f'f"{parent.name}.{{{name}}}"', f'"{parent.name}." + {name}'))
    lines = [f"for {name} in ({listed},):", f"    importlib.import_module({part})"]
    if w.chance(0.3):
        lines = [
            f"for {name} in [{listed}]:",
            f"    globals()[{name}] = importlib.import_module({part})",
        ]
    return Imported(lines)


_FORMS: tuple[tuple[float, _Form], ...] = (
    (14, _from),
    (4, _plain),
    (4, _as),
    (1, _two),
    (5, _submodule),
    (2, _import_module),
    (1, _dunder),
    (0.3, _through_parent),
    (1, _into_globals),
    (1, _loop),
)
