"""The skeleton of a random package: its tree of modules and the names that each will define."""

from random import Random

from tests.support.generate.plan import Plan, Thing, Unit

_NAMES = (
    "alpha beta core data engine forms graph helpers io_ jobs kinds layers models nodes".split()
)
_KINDS = (
    ("const", 6),
    ("function", 5),
    ("class", 5),
    ("decorator", 2),
    ("factory", 1),
    ("meta", 1),
    ("descriptor", 1),
    ("error", 1),
    ("lazy", 1),
    ("instance", 1),
    ("builder", 1),
)
_TRAITS = "init method static make prop call enter iter hook getitem".split()


def make_plan(random: Random) -> Plan:
    """A tree of 3 to 12 modules, each with the things that it is going to define."""
    plan = Plan(random, backwards=random.choice((0.0, 0.03, 0.1, 0.2, 0.3, 0.5)), is_odd=False)
    plan.is_odd = random.random() < 0.03
    size = random.randint(3, 12)
    _add_top(plan, "pkg")
    if size > 5 and random.random() < 0.15:
        _add_top(plan, "lib")
    while len(plan.units) < size:
        _add_module(plan)
    for unit in plan.units:
        # A folder without any file would not be there at all.
        unit.is_namespace = unit.is_namespace and any(
            not each.is_namespace for each in plan.children(unit)
        )
    for rank, unit in enumerate(_ranked(plan)):
        unit.rank = rank
    for unit in plan.units:
        if not unit.is_namespace:
            _add_things(plan, unit)
    return plan


def _ranked(plan: Plan) -> list[Unit]:
    """The modules in the order in which they may import each other without any harm.

    A package stands before or after all that is in it: importing a module of it runs it first.
    """
    random = plan.random
    if random.random() < 0.15:
        return random.sample(plan.units, len(plan.units))
    tops = [unit for unit in plan.units if "." not in unit.name]
    return [unit for top in random.sample(tops, len(tops)) for unit in _subtree(plan, top)]


def _subtree(plan: Plan, unit: Unit) -> list[Unit]:
    children = plan.children(unit)
    inside = plan.random.sample(children, len(children))
    below = [each for child in inside for each in _subtree(plan, child)]
    return [unit, *below] if plan.random.random() < 0.4 else [*below, unit]


def _add_top(plan: Plan, name: str) -> None:
    is_package = name == "pkg" or plan.random.random() < 0.5
    is_namespace = is_package and plan.random.random() < 0.05
    plan.units.append(Unit(name, is_package, 0, is_namespace=is_namespace))


def _add_module(plan: Plan) -> None:
    random = plan.random
    parent = random.choice([unit for unit in plan.units if unit.is_package])
    taken = {unit.name for unit in plan.units}
    free = [name for name in _NAMES if f"{parent.name}.{name}" not in taken]
    is_package = parent.name.count(".") < 2 and random.random() < 0.25
    is_namespace = is_package and random.random() < 0.12
    name = f"{parent.name}.{random.choice(free)}"
    plan.units.append(Unit(name, is_package, 0, is_namespace=is_namespace))


def _add_things(plan: Plan, unit: Unit) -> None:
    random = plan.random
    kinds, weights = zip(*_KINDS, strict=True)
    for kind in random.choices(kinds, weights, k=random.randint(1, 4)):
        _add_thing(plan, unit, kind, None)
    children = plan.children(unit)
    # A function or a class of a package with the name of a sub-module.
    if children and random.random() < 0.12:
        name = random.choice(children).name.rpartition(".")[2]
        _add_thing(plan, unit, random.choice(("function", "class", "decorator", "const")), name)


def _add_thing(plan: Plan, unit: Unit, kind: str, name: str | None) -> None:
    random = plan.random
    prefix = {"const": "N", "class": "K", "meta": "M", "error": "E", "descriptor": "D"}
    name = name or plan.fresh(prefix.get(kind, kind[0]))
    if random.random() < 0.06:
        name = f"_{name}"
    has_traits = kind in ("class", "instance")
    traits = random.sample(_TRAITS, random.randint(0, 4)) if has_traits else ()
    thing = Thing(name, kind, random.randint(1, 100), frozenset(traits))
    unit.own.append(thing)
    unit.offers[name] = thing
