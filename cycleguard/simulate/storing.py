"""Statements that bind, change and delete: assignments, ``del``, methods of containers."""

from cycleguard.model.program import (
    Annotate,
    Attribute,
    Augment,
    Call,
    Constant,
    Evaluate,
    Expression,
    Load,
    Sequence,
    Starred,
    Subscript,
)
from cycleguard.simulate.folding import described, difference, text
from cycleguard.simulate.names import Scope
from cycleguard.simulate.special_calls import SpecialCalls
from cycleguard.simulate.values import (
    UNKNOWN,
    ClassValue,
    ExternalValue,
    FunctionValue,
    GlobalsValue,
    InstanceValue,
    MappingValue,
    ModuleValue,
    SequenceValue,
    Value,
)

_MUTATORS = frozenset(
    "append extend insert remove pop clear update add discard sort reverse".split()
)


class Storing(SpecialCalls):
    """Changes what names, attributes and items hold."""

    def store(self, target: Expression, value: Value, scope: Scope) -> None:
        """Assign `value` to `target`."""
        if isinstance(target, Load):
            self.bind(scope, target.name, value)
        elif isinstance(target, Sequence):
            self._unpack(target, value, scope)
        elif isinstance(target, Starred):
            self.store(target.value, value, scope)
        elif isinstance(target, Attribute):
            base = self.evaluate(target.base, scope)
            if isinstance(base, (ModuleValue, InstanceValue, ClassValue, FunctionValue)):
                self.write(base.namespace, target.name, value)
            elif isinstance(base, Constant):
                message = f"{described(base)} has no attribute '{target.name}'"
                raise self.fault("AttributeError", message)
        elif isinstance(target, Subscript):
            self._store_item(target, value, scope)

    def _unpack(self, target: Sequence, value: Value, scope: Scope) -> None:
        """Source: UNPACK_SEQUENCE and UNPACK_EX (Python/bytecodes.c)."""
        held = self.iterated(value)
        items = list(held.items) if isinstance(held, SequenceValue) else []
        stars = [n for n, part in enumerate(target.items) if isinstance(part, Starred)]
        if stars and len(items) >= len(target.items) - 1:
            after = len(items) - (len(target.items) - stars[0] - 1)
            middle = SequenceValue(tuple(items[stars[0] : after]))
            items = [*items[: stars[0]], middle, *items[after:]]
        if len(items) != len(target.items):
            items = [UNKNOWN] * len(target.items)
        for part, item in zip(target.items, items, strict=True):
            self.store(part, item, scope)

    def _store_item(self, target: Subscript, value: Value, scope: Scope) -> None:
        base = self.evaluate(target.base, scope)
        key = text(self.evaluate(target.index, scope))
        if isinstance(base, GlobalsValue):
            if key is None:
                self.flag(base.module, "open")
            else:
                self.write(base.module.namespace, key, value)
        elif isinstance(base, ExternalValue) and base.name == "sys.modules":
            # sys.modules[__name__] = Lazy(): whatever is put there may have any name
            self.touch(key or "")
            known = self.modules.get(key) if key else None
            if isinstance(value, ModuleValue) and key:
                self.write(self.modules, key, value)
            elif known is not None:
                self.flag(known, "open")
                self.flag(known, "replaced")
            elif key:
                self.write(self.modules, key, None)
        elif isinstance(base, (MappingValue, SequenceValue)):
            self.store(target.base, _with_item(base, key, value), scope)

    def delete(self, target: Expression, scope: Scope) -> None:
        """``del target``."""
        if isinstance(target, Load):
            self.load(target.name, scope)
            self.remove(scope.names, target.name)
            if scope.names is scope.module.namespace:
                self.note_deleted(scope.module, target.name)
        elif isinstance(target, Sequence):
            for part in target.items:
                self.delete(part, scope)
        elif isinstance(target, Attribute):
            base = self.evaluate(target.base, scope)
            if isinstance(base, ModuleValue) and not base.is_open:
                if target.name not in base.namespace:
                    raise self.missing_attribute(base, target.name)
            if isinstance(base, (ModuleValue, InstanceValue, ClassValue)):
                self.remove(base.namespace, target.name)
            if isinstance(base, ModuleValue):
                self.note_deleted(base, target.name)
        elif isinstance(target, Subscript):
            base = self.evaluate(target.base, scope)
            key = text(self.evaluate(target.index, scope))
            if isinstance(base, ExternalValue) and base.name == "sys.modules" and key:
                self.take_out(key)
            elif isinstance(base, GlobalsValue) and key:
                self.remove(base.module.namespace, key)
                self.note_deleted(base.module, key)

    def run_expression(self, statement: Evaluate, scope: Scope) -> None:
        """An expression that stands alone; a call of a method may change what it is called on."""
        value = statement.value
        result = self.evaluate(value, scope)
        if not isinstance(value, Call) or not isinstance(value.function, Attribute):
            return
        # names.append(x), __all__.extend([...]), settings.update(...)
        method, named = value.function.name, value.function.base
        if isinstance(named, Load) and method in _MUTATORS and result == UNKNOWN:
            held = self.load(named.name, scope)
            if isinstance(held, (SequenceValue, MappingValue)):
                is_plain = len(value.arguments) == 1 and not value.keywords
                added = self.evaluate(value.arguments[0], scope) if is_plain else UNKNOWN
                self._rebind(named.name, _grown(held, method, added), scope)

    def _rebind(self, name: str, value: Value, scope: Scope) -> None:
        """Put a changed value where `name` is read from."""
        is_local = name in scope.names or name in scope.local_names
        names = scope.names if is_local else scope.module.namespace
        self.write(names, name, value)

    def augment(self, statement: Augment, scope: Scope) -> None:
        """``target += value`` and its like."""
        held = self.evaluate(statement.target, scope)
        added = self.evaluate(statement.value, scope)
        if statement.operator != "Add":
            self.check_operands([held, added])
            new = difference(held, added) if statement.operator == "Sub" else UNKNOWN
        elif isinstance(held, SequenceValue):
            new = _grown(held, "extend", added)
        else:
            new = self.sum_of([held, added])
        self.store(statement.target, new, scope)

    def annotate(self, statement: Annotate, scope: Scope) -> None:
        """``target: annotation = value``."""
        value = self.evaluate(statement.value, scope) if statement.value else None
        if value is not None:
            self.store(statement.target, value, scope)
        is_evaluated = not scope.is_function and not scope.module.flags.get("postponed")
        if statement.annotation is not None and is_evaluated:
            self.evaluate(statement.annotation, scope)


def _grown(held: SequenceValue | MappingValue, how: str, added: Value) -> Value:
    if not isinstance(held, SequenceValue):
        return UNKNOWN
    if how == "append":
        return SequenceValue((*held.items, added))
    if how == "extend" and isinstance(added, SequenceValue):
        return SequenceValue((*held.items, *added.items))
    if how == "remove" and isinstance(added, Constant) and added in held.items:
        place = held.items.index(added)
        return SequenceValue((*held.items[:place], *held.items[place + 1 :]))
    return UNKNOWN


def _with_item(held: SequenceValue | MappingValue, key: str | None, value: Value) -> Value:
    """What ``held[key] = value`` leaves."""
    if isinstance(held, MappingValue) and key is not None:
        return MappingValue({**held.items, key: value}, held.is_whole)
    return UNKNOWN
