"""What `cycleguard.runtime` costs after the first use, as ratios to the direct form in one run.

::

    python benchmarks/runtime.py

Prints a table and ends with 1 if a gate is not met. Both forms and the empty loop take turns; a
ratio is the least CPU time of the form over that of the direct one, the loop taken off both; a
figure is the median of the ratios of several trials. What importing costs is the least CPU time in
fresh interpreters, without `site`.
"""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import thread_time_ns
from types import ModuleType

REPOSITORY = Path(__file__).parents[1]
# Where the code of a loop happens to lie counts too, so each is compiled several times.
TRIALS = 9
# Short and many: some of them are not interrupted.
ROUNDS = 41
REPEATED = 20
LOOPS = 3_000
IMPORTS = 41
IMPORT_MILLISECONDS = 0.5

FILES = {
    "heavy.py": "X = 1\n\n\ndef f(a):\n    return a\n",
    "package/__init__.py": "from cycleguard.runtime import attach\n"
    "__getattr__, __dir__, __all__ = attach(__name__, submod_attrs={'part': ['X', 'f']})\n",
    "plain_package/__init__.py": "from .part import X, f\n",
    "plain_package/part.py": "X = 1\n\n\ndef f(a):\n    return a\n",
    "package/part.py": "X = 1\n\n\ndef f(a):\n    return a\n",
    "core/__init__.py": "",
    "core/plain.py": "def f(a):\n    return a\n\n\nclass C:\n    def m(self, a):\n"
    "        return a\n\n    @staticmethod\n    def s(a):\n        return a\n",
    "core/marked.py": "from cycleguard.runtime import plugin_method\n\n\n@plugin_method\n"
    "def f(a):\n    return 0\n\n\ncaptured = f\n\n\n@plugin_method\n"
    "def alone(a):\n    return a\n\n\nlonely = alone\n\n\nclass C:\n    @plugin_method\n"
    "    def m(self, a):\n        return 0\n\n    @staticmethod\n    @plugin_method\n"
    "    def s(a):\n        return 0\n",
    "plugin/__init__.py": "",
    "plugin/marked.py": "from cycleguard.runtime import plugin_implementation as p\n\n\n"
    "@p('core.marked:f')\ndef f(a):\n    return a\n\n\n@p('core.marked:C.m')\n"
    "def m(self, a):\n    return a\n\n\n@p('core.marked:C.s')\ndef s(a):\n    return a\n",
    "direct.py": """
import struct

import core.plain as core
import heavy
import plain_package as package
from heavy import X, f

c = core.C()
native = struct.Struct("<8i")
small = struct.Struct("<i")
data = bytes(32)


class Work:
    def run(self):
        return 1


w = Work()
""",
    "using.py": """
from cycleguard.runtime import *

with lazy():
    import heavy
    from heavy import X, f
heavy.X, f(1), X + 0

import package
package.X, package.f

import core.marked as core
c = core.C()
core.captured(1), core.lonely(1), c.m(1), c.s(1), core.f(1)

inject_module_alias("heavy", "package.heavy")
import package.heavy as alias


class Layout(NativeProxy, native="_struct:Struct"):
    format = native_field(str)
    size = native_property(int)
    pack = native_method()
    unpack = native_method()

    def __init__(self, text):
        self.describe(format=text)

    def build(self, native_class, fields):
        return native_class(fields["format"])


native = Layout("<8i")
small = Layout("<i")
small.size
data = bytes(32)
native.size


class Work(Materialised, observers=("run",)):
    def materialise(self):
        pass

    def run(self):
        return 1


w = Work()
w.mark_dirty()
w.run()
""",
}

# What is measured, how it is written, how the direct form is written if not alike, the gate.
CASES: "list[tuple[str, str, str | None, float | None]]" = [
    ("lazy module, attribute", "heavy.X", None, 1.05),
    ("lazy module, call", "heavy.f(1)", None, 1.05),
    ("lazy from-import, read", "X", None, 1.05),
    ("lazy from-import, call", "f(1)", None, 1.05),
    ("attach, attribute", "package.X", None, 1.05),
    ("alias, attribute", "alias.X", "heavy.X", 1.05),
    ("plugin, function of a module", "core.f(1)", None, 1.05),
    ("plugin, method", "c.m(1)", None, 1.05),
    ("plugin, static method", "c.s(1)", None, 1.05),
    ("plugin, function captured before", "core.captured(1)", "core.f(1)", 2.0),
    ("no plugin, function captured before", "core.lonely(1)", "core.f(1)", 1.5),
    ("materialised, method", "w.run()", None, None),
    ("backend, method", "native.unpack(data)", None, 1.3),
    ("backend, the cheapest method", "small.pack(1)", None, None),
    ("backend, property", "native.size", None, None),
]
PARTS = ["lazy", "attach", "plugin_method", "Materialised", "inject_module_alias", "NativeProxy"]


def main() -> int:
    """Measure everything, print it; 0 if all gates are met, else 1."""
    print(f"CPython {sys.version.split()[0]}\n")
    print("| what | ratio to direct | gate | |\n|---|---|---|---|")
    met = [show(what, measured, gate) for what, measured, gate in ratios()]
    print("\n| importing | ms | gate | |\n|---|---|---|---|")
    facade = "import cycleguard.runtime"
    cost = import_cost(facade)
    met.append(show(f"`{facade}`", cost, IMPORT_MILLISECONDS))
    for name in PARTS:
        statement = f"from cycleguard.runtime import {name}"
        show(f"`{statement}`", import_cost(statement), None)
    return 0 if all(met) else 1


def show(what: str, measured: float, gate: "float | None") -> bool:
    """Print one row, and tell whether its gate is met."""
    is_met = gate is None or measured <= gate
    verdict = "" if gate is None else "met" if is_met else "NOT MET"
    print(f"| {what} | {measured:.2f} | {'' if gate is None else f'{gate:.2f}'} | {verdict} |")
    return is_met


def ratios() -> "list[tuple[str, float, float | None]]":
    """Every case with its ratio and its gate."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in FILES.items():
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        sys.path[:0] = [folder, str(REPOSITORY)]
        direct, using = module("direct"), module("using")
        found = []
        for what, written, directly, gate in CASES:
            trials = [
                ratio(loop(written, using), loop(directly or written, direct))
                for _ in range(TRIALS)
            ]
            found.append((what, statistics.median(trials), gate))
        return found


def module(name: str) -> ModuleType:
    """The module, imported."""
    __import__(name)
    return sys.modules[name]


def loop(statement: str, names: ModuleType) -> "object":
    """A function that runs the statement many times, in the globals of a module."""
    body = "; ".join([statement] * REPEATED)
    text = f"def run(loops):\n    for _ in loops:\n        {body}\n"
    made: dict[str, object] = {}
    exec(text, names.__dict__, made)
    return made["run"]


def ratio(ours: "object", plain: "object") -> float:
    """The least time of each, as other work on the machine can only add to it."""
    empty = loop("pass", sys.modules[__name__])
    for function in (ours, plain, empty):
        time_of(function)
    rounds = [(time_of(plain), time_of(ours), time_of(empty)) for _ in range(ROUNDS)]
    direct, mine, overhead = map(min, zip(*rounds, strict=True))
    return (mine - overhead) / (direct - overhead)


def time_of(function: "object") -> int:
    """CPU time of one run of a loop."""
    loops = range(LOOPS)
    start = thread_time_ns()
    function(loops)  # type: ignore[operator]
    return thread_time_ns() - start


def import_cost(statement: str) -> float:
    """Milliseconds of CPU time that a statement costs in an interpreter that has just started."""
    found = []
    for _ in range(IMPORTS):
        code = (
            f"import sys; from time import process_time_ns; sys.path.insert(0, {str(REPOSITORY)!r})"
            f"\na = process_time_ns()\n{statement}\nprint(process_time_ns() - a)"
        )
        command = [sys.executable, "-S", "-E", "-c", code]
        end = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(int(end.stdout) / 1e6)
    return min(found)


if __name__ == "__main__":
    sys.exit(main())
