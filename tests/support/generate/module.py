"""The text of one module of a random package."""

from tests.support.generate.definitions import definition
from tests.support.generate.placing import placed_import
from tests.support.generate.plan import Plan, Unit, Writer, indented
from tests.support.generate.uses import some_use


def write_module(plan: Plan, unit: Unit) -> str:
    """Source of `unit`: imports, definitions and uses, mostly but not always in this order."""
    w = Writer(plan, unit)
    random = plan.random
    pending = list(unit.own)
    random.shuffle(pending)
    imports = random.choice((0, 1, 1, 2, 2, 3, 4))
    uses = random.choice((0, 1, 1, 2, 3))
    while imports or pending or uses:
        weights = (imports * 8, len(pending) * 2, uses)
        step = random.choices("idu", weights)[0]
        if step == "i":
            imports -= 1
            w.put(placed_import(w))
        elif step == "d":
            thing = pending.pop()
            w.put(definition(w, thing))
            if thing.kind != "lazy":
                w.offer(thing.name, thing)
            w.defined.add(thing.name)
        else:
            uses -= 1
            w.put(some_use(w))
    exports = _exports(w)
    main = ["if __name__ == '__main__':", *indented(some_use(w))] if w.chance(0.05) else []
    return "\n".join([*_head(w), *exports[0], *w.lines, *exports[1], *main, ""])


def _head(w: Writer) -> list[str]:
    lines = ['"""Text."""'] if w.chance(0.2) else []
    if w.chance(0.2):
        lines.append("from __future__ import annotations")
    return [*lines, *sorted(w.needs)]


def _exports(w: Writer) -> tuple[list[str], list[str]]:
    """``__all__`` before and after the rest of the text."""
    w.unit.exported = None
    if w.chance(0.7):
        return [], []
    names = [name for name in w.unit.offers if w.chance(0.8)]
    children = [each.name.rpartition(".")[2] for each in w.plan.children(w.unit)]
    names += [name for name in children if w.chance(0.3) and name not in names]
    w.unit.exported = names
    listed = ", ".join(f'"{name}"' for name in names)
    whole = f"__all__ = [{listed}]"
    half = len(names) // 2
    first = ", ".join(f'"{name}"' for name in names[:half])
    rest = ", ".join(f'"{name}"' for name in names[half:])
    forms: tuple[tuple[list[str], list[str]], ...] = (
        ([whole], []),
        ([], [whole]),
        ([f"__all__ = ({listed}{',' if names else ''})"], []),
        ([f"__all__ = [{first}]"], [f"__all__ += [{rest}]"]),
        ([f"__all__ = [{first}]"], [f"__all__.extend([{rest}])"]),
        ([f"__all__ = [{first}]"], [f"__all__ = __all__ + [{rest}]"]),
        ([], [f"__all__: list[str] = [{listed}]"]),
        ([], ["__all__ = []", *(f'__all__.append("{name}")' for name in names)]),
        ([], [f"__all__ = [name for name in ({listed}{',' if names else ''})]"]),
    )
    before, after = w.random.choice(forms)
    return list(before), list(after)
