"""Uses at import time of what a random package's module has imported or defined."""

from collections.abc import Callable

from tests.support.generate.bodies import body, called
from tests.support.generate.definitions import decorators, parameters, returns
from tests.support.generate.placing import condition, open_condition
from tests.support.generate.plan import Ref, Writer, indented

_Use = Callable[[Writer, Ref], list[str]]


def some_use(w: Writer) -> list[str]:
    """A statement that needs something of what the module knows."""
    if w.plan.is_odd and w.chance(0.1):
        ref = w.pick("const class function")
        value = ref.text if ref else "1"
        return [f"if {open_condition(w)}:", f"    {w.fresh()} = {value}"]
    ref = w.pick("const function class decorator factory meta module instance lazy error builder")
    if ref is None:
        return [f"{w.fresh()} = 1"]
    uses = _USES[ref.thing.kind] + _ANY
    return w.random.choice(uses)(w, ref)


def _read(w: Writer, ref: Ref) -> list[str]:
    forms = (
        f"{w.fresh()} = {ref.text}",
        f"{w.fresh()} = [{ref.text}, 1]",
        f"{w.fresh()} = [{ref.text} for _ in (1, 2)]",
        f"{w.fresh()} = {{1: {ref.text}}}",
        f"{w.fresh()} = (lambda: {ref.text})()",
        f"{w.fresh()} = lambda: {ref.text}",
        f"{w.fresh()} = ({ref.text} for _ in (1, 2))",
        f"{w.fresh()} = list({ref.text} for _ in (1, 2))",
        f"{w.fresh()} = {{'a': {ref.text}}}['a']",
        f"({w.fresh()} := {ref.text})",
        f"{w.fresh()} = {ref.text} if {condition(w, holds=True)} else 1",
        f"{w.fresh()} = 1 if {condition(w, holds=True)} else {ref.text}",
        f"{w.fresh()} = {condition(w, holds=False)} and {ref.text}",
        f"{w.fresh()} = True or {ref.text}",
        f"{w.fresh()} = f'{{{ref.text}}}'",
        f"{w.fresh()}, {w.fresh()} = {ref.text}, 2",
        f"print({ref.text})",
        f"{ref.text}",
        f"assert {ref.text} is not None",
        f"{w.fresh()} = getattr({ref.text}, 'nothing', None)",
        f"{w.fresh()} = [a for a in (1, 2) if {ref.text} is None]",
    )
    return [w.random.choice(forms[:5] if w.chance(0.4) else forms)]


def _default(w: Writer, ref: Ref) -> list[str]:
    return [f"def {w.fresh('f')}(a={ref.text}):", "    return a"]


def _annotation(w: Writer, ref: Ref) -> list[str]:
    forms = (
        [f"def {w.fresh('f')}(a: {ref.text}) -> None:", "    return None"],
        [f"def {w.fresh('f')}() -> {ref.text}:", "    return None"],
        [f"{w.fresh()}: {ref.text} = 1"],
        [f"{w.fresh()}: {ref.text}"],
        [f"class {w.fresh('C')}:", f"    field: {ref.text}"],
        [f"def {w.fresh('f')}(a: '{ref.text}'):", "    return a"],
        [f"def {w.fresh('f')}():", f"    inner: {ref.text} = 1", "    return inner"],
    )
    return list(w.random.choice(forms))


def _in_branch(w: Writer, ref: Ref) -> list[str]:
    is_true = w.chance(0.5)
    return [f"if {condition(w, holds=is_true)}:", f"    {w.fresh()} = {ref.text}"]


def _in_try(w: Writer, ref: Ref) -> list[str]:
    name = w.fresh()
    kind = w.random.choice(("AttributeError", "NameError", "Exception", "ImportError"))
    return ["try:", f"    {name} = {ref.text}", f"except {kind}:", f"    {name} = None"]


def _in_class(w: Writer, ref: Ref) -> list[str]:
    name = w.fresh("C")
    return [f"class {name}:", f"    field = {ref.text}", "    other = [field]"]


def _later(w: Writer, ref: Ref) -> list[str]:
    name = w.fresh("f")
    lines = [f"def {name}():", f"    return {ref.text}"]
    return [*lines, f"{w.fresh()} = {name}()"] if w.chance(0.4) else lines


def _arithmetic(w: Writer, ref: Ref) -> list[str]:
    forms = (
        f"{ref.text} + 1",
        f"{ref.text} * 2",
        f"-{ref.text}",
        f"{ref.text} > 1",
        f"(1, 2, 3, 4)[:{ref.text}]",
    )
    return [f"{w.fresh()} = {w.random.choice(forms)}"]


def _augmented(w: Writer, ref: Ref) -> list[str]:
    name = w.fresh()
    return [f"{name} = 1", f"{name} += {ref.text}"]


def _call(w: Writer, ref: Ref) -> list[str]:
    forms = (
        [f"{w.fresh()} = {called(ref)}"],
        [called(ref)],
        [f"for {w.fresh()} in (1,):", f"    {called(ref)}"],
        [f"{w.fresh()} = [{called(ref)} for _ in (1,)]"],
        [f"class {w.fresh('C')}:", f"    made = {called(ref)}"],
    )
    return list(w.random.choice(forms))


def _map(w: Writer, ref: Ref) -> list[str]:
    return [f"{w.fresh()} = sorted([1], key=lambda value: {called(ref)} and 1)"]


def _subclass(w: Writer, ref: Ref) -> list[str]:
    return [f"class {w.fresh('C')}({ref.text}):", "    pass"]


def _class_attribute(w: Writer, ref: Ref) -> list[str]:
    return [f"{w.fresh()} = {ref.text}.ATTR"]


def _member(w: Writer, ref: Ref) -> list[str]:
    made = f"{ref.text}()" if ref.thing.kind == "class" else ref.text
    members = {
        "method": [f"{w.fresh()} = {made}.method()"],
        "static": [f"{w.fresh()} = {ref.text}.build()"],
        "make": [f"{w.fresh()} = {ref.text}.make()"],
        "prop": [f"{w.fresh()} = {made}.prop"],
        "call": [f"{w.fresh()} = {made}()"],
        "enter": [f"with {made} as {w.fresh()}:", "    pass"],
        "iter": [f"for {w.fresh()} in {made}:", "    pass"],
        "hook": [f"class {w.fresh('C')}({ref.text}):", "    pass"] if made != ref.text else None,
        "getitem": [f"{w.fresh()} = {ref.text}[int]"] if made != ref.text else None,
    }
    usable = [members[trait] for trait in sorted(ref.thing.traits) if members.get(trait)]
    return list(w.random.choice(usable) or ()) if usable else _read(w, ref)


def _isinstance(w: Writer, ref: Ref) -> list[str]:
    return [f"{w.fresh()} = isinstance(1, {ref.text})"]


def _except(w: Writer, ref: Ref) -> list[str]:
    return ["try:", f"    {w.fresh()} = int('no')", f"except ({ref.text}, ValueError):", "    pass"]


def _caught(w: Writer, ref: Ref) -> list[str]:
    return ["try:", f"    raise {ref.text}()", f"except {ref.text}:", "    pass"]


def _metaclass(w: Writer, ref: Ref) -> list[str]:
    return [f"class {w.fresh('C')}(metaclass={ref.text}):", "    pass"]


def _decorate(w: Writer, ref: Ref) -> list[str]:
    head = f"@{ref.text}" if ref.thing.kind == "decorator" else f"@{ref.text}(1)"
    name = w.fresh("f")
    lines = [head, f"def {name}():", *indented(body(w, 50))]
    if w.chance(0.3):
        lines.append(f"{w.fresh()} = {name}()")
    return lines


def _decorated(w: Writer, ref: Ref) -> list[str]:
    head = f"def {w.fresh('f')}({parameters(w)}){returns(w)}:"
    return [*decorators(w, 101), head, "    pass"]


def _module_chain(w: Writer, ref: Ref) -> list[str]:
    inner = w.known("const class function instance lazy")
    chosen = [each for each in inner if "." in each.text]
    return [f"{w.fresh()} = {w.random.choice(chosen).text}"] if chosen else _read(w, ref)


def _store(w: Writer, ref: Ref) -> list[str]:
    name = w.fresh()
    return [f"{ref.text}.{name} = 1", f"{w.fresh()} = {ref.text}.{name}"]


def _hasattr(w: Writer, ref: Ref) -> list[str]:
    unit = ref.thing.unit
    name = w.random.choice(list(unit.offers) or ["x"]) if unit else "x"
    forms = (
        [f"if hasattr({ref.text}, '{name}'):", f"    {w.fresh()} = {ref.text}.{name}"],
        [f"{w.fresh()} = getattr({ref.text}, '{name}', None)"],
        [f"{w.fresh()} = getattr({ref.text}, '{name}')"] if unit and name != "x" else ["pass"],
    )
    return list(w.random.choice(forms))


def _built_base(w: Writer, ref: Ref) -> list[str]:
    return [f"class {w.fresh('C')}({called(ref)}):", "    pass"]


_ANY: tuple[_Use, ...] = (
    _read,
    _read,
    _default,
    _annotation,
    _in_branch,
    _in_try,
    _in_class,
    _later,
    _decorated,
)
_USES: dict[str, tuple[_Use, ...]] = {
    "const": (_arithmetic, _augmented),
    "function": (_call, _call, _call, _map),
    "class": (
        _subclass,
        _subclass,
        _call,
        _class_attribute,
        _member,
        _member,
        _member,
        _isinstance,
    ),
    "decorator": (_decorate,) * 6,
    "factory": (_decorate,) * 6,
    "meta": (_metaclass,) * 6,
    "module": (_module_chain,) * 8 + (_store, _hasattr, _hasattr),
    "instance": (_member, _class_attribute),
    "lazy": (),
    "error": (_except, _caught, _call),
    "builder": (_built_base, _call),
}
