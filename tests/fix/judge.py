"""CPython's own word on a repair: what each module's functions give, in a fresh interpreter."""

import subprocess
import sys
from pathlib import Path

import msgspec

# Each module is imported first in a fork of its own, and all functions without arguments called.
_PROGRAM = """
import importlib, json, os, sys, types
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
def told(name):
    try:
        module = importlib.import_module(name)
    except BaseException as error:
        return {"error": type(error).__name__}
    values = {}
    for key, value in sorted(vars(module).items()):
        if isinstance(value, types.FunctionType) and value.__module__ == name:
            try:
                values[key] = repr(value())
            except BaseException as error:
                values[key] = type(error).__name__
    names = sorted(key for key in vars(module) if not key.startswith("_"))
    return {"error": None, "values": values, "names": names}
found = {}
for name in sys.argv[2:]:
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, json.dumps(told(name)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        found[name] = json.loads(stream.read())
    os.waitpid(child, 0)
print(json.dumps(found))
"""

# With the last block for type checkers, unless another module asks for it.
_GOES = {"TYPE_CHECKING"}


class Told(msgspec.Struct, frozen=True):
    """What CPython said of one module as first import."""

    error: str | None
    values: dict[str, str] = {}
    names: list[str] = []


def tell(root: Path) -> dict[str, Told]:
    """What happens to each module below `root`."""
    names = [
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted(root.rglob("*.py"))
    ]
    command = [sys.executable, "-I", "-c", _PROGRAM, str(root), *names]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    return msgspec.json.decode(output, type=dict[str, Told])


def harm(before: dict[str, Told], after: dict[str, Told]) -> list[str]:
    """What is worse, in words: a module that does not import, a name or a value that is not there.

    A function that failed before may do what it likes.
    """
    found: list[str] = []
    for name, old in before.items():
        new = after[name]
        if old.error:
            continue
        if new.error:
            found.append(f"{name} does not import: {new.error}")
        else:
            lost = set(old.names) - set(new.names) - _GOES
            found += [f"{name}.{each} is gone" for each in sorted(lost)]
            found += [
                f"{name}.{key}() is {new.values.get(key)}, was {value}"
                for key, value in old.values.items()
                if new.values.get(key) != value and not value.endswith("Error")
            ]
    return found
