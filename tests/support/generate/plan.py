"""What a random package is made of: its modules, the names that each will define, who knows whom.

Made by `layout`, filled in by `definitions`, `imports` and `uses` while they write the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random


@dataclass(slots=True, eq=False)
class Thing:
    """A name's value: `kind` says how it may be used, `traits` what a class has.

    `order` keeps calls finite: a function's body only calls things of a lower order.
    """

    name: str
    kind: str
    order: int
    traits: frozenset[str] = frozenset()
    unit: Unit | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Ref:
    """An expression that stands for a thing, once what it needs has run."""

    text: str
    thing: Thing


@dataclass(slots=True, eq=False)
class Unit:
    """A module to be written. `offers` are the names that others may ask it for."""

    name: str
    is_package: bool
    rank: int
    own: list[Thing] = field(default_factory=list)
    offers: dict[str, Thing] = field(default_factory=dict)
    exported: list[str] | None = None
    is_namespace: bool = False

    @property
    def package(self) -> str:
        """What its relative imports start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @property
    def path(self) -> str:
        """Its file."""
        stem = self.name.replace(".", "/")
        return f"{stem}/__init__.py" if self.is_package else f"{stem}.py"


@dataclass(slots=True, eq=False)
class Plan:
    """A whole package. `backwards` is how often an import goes against the ranks."""

    random: Random
    backwards: float
    is_odd: bool
    units: list[Unit] = field(default_factory=list)
    count: int = 0

    def fresh(self, prefix: str) -> str:
        """A name that nothing else has."""
        self.count += 1
        return f"{prefix}{self.count}"

    def children(self, unit: Unit) -> list[Unit]:
        """The direct sub-modules of `unit`."""
        return [each for each in self.units if each.name.rpartition(".")[0] == unit.name]

    def find(self, name: str) -> Unit:
        """The module `name`."""
        return next(unit for unit in self.units if unit.name == name)


@dataclass(slots=True, eq=False)
class Writer:
    """The text of one module in the making and what its code can name so far."""

    plan: Plan
    unit: Unit
    lines: list[str] = field(default_factory=list)
    refs: list[Ref] = field(default_factory=list)
    defined: set[str] = field(default_factory=set)
    needs: set[str] = field(default_factory=set)
    hooked: bool = False

    @property
    def random(self) -> Random:
        """The package's source of chance."""
        return self.plan.random

    def chance(self, share: float) -> bool:
        """True in `share` of the cases."""
        return self.random.random() < share

    def fresh(self, prefix: str = "v") -> str:
        """A name that nothing else has."""
        return self.plan.fresh(prefix)

    def need(self, line: str) -> None:
        """Have `line`, an import from the standard library, at the head of the file."""
        self.needs.add(line)

    def put(self, lines: Sequence[str]) -> None:
        """Add a block."""
        self.lines.extend(lines)

    def offer(self, name: str, thing: Thing) -> None:
        """Others may ask for `name`; this module may read it from here on."""
        self.unit.offers[name] = thing
        self.refs.append(Ref(name, thing))

    def target(self) -> Unit | None:
        """A module to import: mostly one of a lower rank, seldom itself; None for no module."""
        others = [unit for unit in self.plan.units if unit is not self.unit]
        if self.chance(0.004) or not others:
            return self.unit
        lower = [unit for unit in others if unit.rank < self.unit.rank]
        is_backwards = self.chance(self.plan.backwards)
        near = [unit for unit in others if self._is_near(unit)]
        if is_backwards and near and self.chance(0.6):
            return self.random.choice(near)
        if not is_backwards and not lower:
            return None
        return self.random.choice(others if is_backwards else lower)

    def _is_wise(self, unit: Unit) -> bool:
        """Whether to ask `unit` for names: if it does not come later in the order of ranks."""
        return unit.rank < self.unit.rank or self.chance(self.plan.backwards)

    def _is_near(self, unit: Unit) -> bool:
        mine, theirs = self.unit.name.split("."), unit.name.split(".")
        return mine[:-1] == theirs[:-1] or mine[:-1] == theirs or theirs[:-1] == mine

    def known(self, kinds: str, below: int | None = None) -> list[Ref]:
        """References to things of `kinds` that the code may use here."""
        found = list(self._reachable(self.refs))
        wanted = kinds.split()
        return [
            ref
            for ref in found
            if ref.thing.kind in wanted and (below is None or ref.thing.order < below)
        ]

    def pick(self, kinds: str, below: int | None = None) -> Ref | None:
        """One reference of `known`, late ones more often."""
        found = self.known(kinds, below)
        if not found:
            return None
        return self.random.choice(found[-6:] if self.chance(0.5) else found)

    def _reachable(self, refs: Sequence[Ref], depth: int = 0) -> Iterator[Ref]:
        for ref in refs:
            yield ref
            unit = ref.thing.unit
            if unit is not None and depth < 2 and self._is_wise(unit):
                inner = [Ref(f"{ref.text}.{name}", thing) for name, thing in unit.offers.items()]
                yield from self._reachable(inner, depth + 1)


def indented(lines: Sequence[str], by: int = 4) -> list[str]:
    """`lines`, deeper."""
    return [" " * by + line if line else line for line in lines]


def module_thing(unit: Unit) -> Thing:
    """The module itself as a value."""
    return Thing(unit.name, "module", 0, unit=unit)
