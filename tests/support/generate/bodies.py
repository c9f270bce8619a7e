"""What the functions of a random package do when they are called."""

from collections.abc import Callable

from tests.support.generate.imports import some_import
from tests.support.generate.plan import Ref, Thing, Writer, indented

_Body = Callable[[Writer, int], list[str]]

CALLABLE = "function class error"


def body(w: Writer, order: int) -> list[str]:
    """The statements of a function of rank `order`."""
    weights = [weight for weight, _ in _BODIES]
    return w.random.choices([each for _, each in _BODIES], weights)[0](w, order)


def own_or_known(w: Writer, kinds: str, below: int | None = None) -> Ref | None:
    """A thing that the module has, or seldom one that it will have in the end."""
    wanted = kinds.split()
    is_late = w.chance(0.06)
    own = [
        Ref(thing.name, thing)
        for thing in w.unit.own
        if thing.kind in wanted and (below is None or thing.order < below)
        if is_late or thing.name in w.defined
    ]
    return w.random.choice(own) if own and w.chance(0.5) else w.pick(kinds, below)


def called(ref: Ref) -> str:
    """An expression that calls `ref`."""
    return f"{ref.text}()"


def _nothing(w: Writer, order: int) -> list[str]:
    return [w.random.choice(("pass", "return None", "return 1", "..."))]


def _read(w: Writer, order: int) -> list[str]:
    ref = own_or_known(w, "const class function module instance")
    if ref is None:
        return ["return 0"]
    return [w.random.choice((f"return {ref.text}", f"value = {ref.text}", f"return [{ref.text}]"))]


def _call(w: Writer, order: int) -> list[str]:
    ref = own_or_known(w, CALLABLE, order)
    return [f"return {called(ref)}"] if ref else _read(w, order)


def _import(w: Writer, order: int) -> list[str]:
    imported = some_import(w, allow_star=False)
    names = list(imported.bound)
    lines = list(imported.lines)
    if not names or w.chance(0.3):
        return lines
    name = w.random.choice(names)
    inner = [ref for ref in imported_refs(imported.bound) if ref.thing.kind in ("const", "class")]
    if inner and w.chance(0.5):
        return [*lines, f"return {w.random.choice(inner).text}"]
    return [*lines, f"return {name}"]


def imported_refs(bound: dict[str, Thing]) -> list[Ref]:
    """What the names of an import stand for, and what is in them if they are modules."""
    refs = [Ref(name, thing) for name, thing in bound.items()]
    for ref in list(refs):
        unit = ref.thing.unit
        if unit is not None:
            refs += [Ref(f"{ref.text}.{name}", thing) for name, thing in unit.offers.items()]
    return refs


def _tried(w: Writer, order: int) -> list[str]:
    imported = some_import(w, allow_star=False)
    back = w.random.choice(("return None", "pass", "raise"))
    return ["try:", *indented(imported.lines), "except ImportError:", f"    {back}"]


def _nested(w: Writer, order: int) -> list[str]:
    inner = ["def inner():", *indented(_call(w, order))]
    return [*inner, w.random.choice(("inner()", "return inner()", "return inner"))]


def _comprehension(w: Writer, order: int) -> list[str]:
    ref = own_or_known(w, "const class function")
    return [f"return [{ref.text} for _ in (1, 2)]"] if ref else ["return []"]


def _conditional(w: Writer, order: int) -> list[str]:
    return ["if __debug__:", *indented(_read(w, order)), "return 1"]


_BODIES: tuple[tuple[int, _Body], ...] = (
    (4, _nothing),
    (6, _read),
    (4, _call),
    (4, _import),
    (1, _tried),
    (1, _nested),
    (1, _comprehension),
    (1, _conditional),
)
