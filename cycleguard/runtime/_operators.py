"""The special methods of an object that stands for another one.

CPython looks operators and built-in functions up on the class, not on the object, so that a class
of proxies needs each of them. In goes the class and how to get the real object.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    # The operands may be anything: what they can do is up to the real objects.
    Operation = Callable[..., Any]
    Real = Callable[[Any, int], Any]

_BINARY: "dict[str, Operation]" = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "matmul": lambda a, b: a @ b,
    "truediv": lambda a, b: a / b,
    "floordiv": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "divmod": divmod,
    "lshift": lambda a, b: a << b,
    "rshift": lambda a, b: a >> b,
    "and": lambda a, b: a & b,
    "xor": lambda a, b: a ^ b,
    "or": lambda a, b: a | b,
}
_OTHERS: "dict[str, Operation]" = {
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "pow": pow,
    "rpow": lambda a, b: b**a,
    "neg": lambda a: -a,
    "pos": lambda a: +a,
    "invert": lambda a: ~a,
    "abs": abs,
    "round": round,
    "bool": bool,
    "int": int,
    "float": float,
    "complex": complex,
    "index": lambda a: a.__index__(),
    "str": str,
    "bytes": bytes,
    "format": format,
    "hash": hash,
    "len": len,
    "iter": iter,
    "next": next,
    "reversed": reversed,
    "contains": lambda a, item: item in a,
    "getitem": lambda a, key: a[key],
    "setitem": lambda a, key, value: a.__setitem__(key, value),
    "delitem": lambda a, key: a.__delitem__(key),
    "instancecheck": lambda a, other: isinstance(other, a),
    "subclasscheck": lambda a, other: issubclass(other, a),
    "fspath": lambda a: a.__fspath__(),
    "await": lambda a: a.__await__(),
    "aiter": lambda a: a.__aiter__(),
    "anext": lambda a: a.__anext__(),
    "enter": lambda a: type(a).__enter__(a),
    "exit": lambda a, *error: type(a).__exit__(a, *error),
    "aenter": lambda a: type(a).__aenter__(a),
    "aexit": lambda a, *error: type(a).__aexit__(a, *error),
}


def add_special_methods(proxy: type, real: "Real") -> None:
    """Give the class `proxy` every special method that forwards to ``real(object, depth)``.

    `depth` says how many frames above `real` the user of the operator is.
    """
    for name, operation in _OTHERS.items():
        setattr(proxy, f"__{name}__", _forwarding(operation, real))
    for name, operation in _BINARY.items():
        setattr(proxy, f"__{name}__", _forwarding(operation, real))
        setattr(proxy, f"__r{name}__", _reflected(operation, real))
        if name != "divmod":
            setattr(proxy, f"__i{name}__", _in_place(f"__i{name}__", operation, real))


def _forwarding(operation: "Operation", real: "Real") -> "Operation":
    def method(self: object, *operands: object) -> object:
        return operation(real(self, 1), *operands)

    return method


def _reflected(operation: "Operation", real: "Real") -> "Operation":
    def method(self: object, left: object) -> object:
        return operation(left, real(self, 1))

    return method


def _in_place(name: str, operation: "Operation", real: "Real") -> "Operation":
    def method(self: object, right: object) -> object:
        target = real(self, 1)
        change = getattr(type(target), name, None)
        changed = NotImplemented if change is None else change(target, right)
        return operation(target, right) if changed is NotImplemented else changed

    return method
