"""Every reason that cycleguard gives for a decision: code, title, why, example, remedy.

Feeds `classify` (which decision a code stands for), the reports, and docs/findings.md, which is
generated from here (``python -m cycleguard.model.catalogue > docs/findings.md``).
"""

from msgspec import Struct

from cycleguard.model.findings import Action, Decision
from cycleguard.model.runtime_catalogue import RUNTIME_ENTRIES, RuntimeEntry, runtime_section


class Entry(Struct, frozen=True):
    """One reason. `example` is Python source that shows the shape."""

    code: str
    decision: Decision
    action: Action
    title: str
    why: str
    example: str
    remedy: str


def _move(code: str, action: Action, title: str, why: str, example: str, remedy: str) -> Entry:
    return Entry(code, Decision.MOVE_TO_TOP, action, title, why, example, remedy)


def _leave(code: str, title: str, why: str, example: str, remedy: str) -> Entry:
    return Entry(code, Decision.LEAVE, Action.KEEP, title, why, example, remedy)


_ENTRIES = (
    _move(
        "self-import",
        Action.DELETE_SELF_IMPORT,
        "The module imports itself",
        "Inside a function the module's own names are in reach already; at the top of the file the "
        "same statement would fail, since the module is not finished.",
        "# in shop/cart.py\ndef total():\n    from shop.cart import Item",
        "Delete the import and use the name directly.",
    ),
    _move(
        "duplicate-import",
        Action.DELETE_DUPLICATE,
        "The top of the file imports the same already",
        "The local statement binds the same object under the same name once more, at the cost of "
        "a lookup per call.",
        "import json\n\ndef dump(x):\n    import json\n    return json.dumps(x)",
        "Delete the local import.",
    ),
    _move(
        "stdlib-module",
        Action.HOIST,
        "A standard library module that is always there",
        "It cannot take part in a cycle with the project, and every build of Python has it.",
        "def key(x):\n    import hashlib\n    return hashlib.sha256(x)",
        "Move the import to the top of the file.",
    ),
    _move(
        "declared-dependency",
        Action.HOIST,
        "A dependency that every installation has",
        "The project declares it without a condition, or this very file imports it at the top, so "
        "delaying the import protects nobody.",
        "def fetch(url):\n    import requests",
        "Move the import to the top of the file, unless it is local to keep start-up cheap; then "
        "say so: `# cycleguard: leave[start-up time]`.",
    ),
    _move(
        "no-eager-cycle",
        Action.HOIST,
        "Moving it up closes no import cycle",
        "Nothing that the imported module loads while it is being imported leads back to the "
        "importer.",
        "def render():\n    from shop.templates import Page",
        "Move the import to the top of the file.",
    ),
    _move(
        "order-allows",
        Action.HOIST,
        "In a cycle, and yet it imports from every entry",
        "The modules import each other, but whenever the moved statement runs, the names that it "
        "needs are bound already. The simulation followed every entry.",
        "def price():\n    from shop.tax import rate",
        "Move the import to the top of the file. The cycle stays: keep an eye on the order.",
    ),
    _move(
        "redirect-to-definition",
        Action.REDIRECT,
        "Imported through a package that only passes it on",
        "Only the detour closes the cycle: the module that defines the name does not lead back to "
        "the importer.",
        "def check():\n    from shop import Order      # defined in shop.models",
        "Import the name from the module that defines it, at the top of the file.",
    ),
    _move(
        "annotation-only",
        Action.GUARD,
        "Used in annotations only",
        "Type checkers need the name, the running program does not.",
        "def load():\n    from shop.models import Order\n    order: Order = read()",
        "Import it under `if TYPE_CHECKING:` and postpone the annotations.",
    ),
    Entry(
        "cycle-small-definitions",
        Decision.RELOCATE,
        Action.RELOCATE,
        "A few definitions hold the cycle together",
        "At the top of the file the import would run while the other module is half-way, and what "
        "it wants from there is small.",
        "def convert():\n    from shop.api import RATES     # shop.api imports this module",
        "Move those definitions to a module below both, and import them back where they were.",
    ),
    Entry(
        "cycle-large-definitions",
        Decision.SPLIT,
        Action.SPLIT,
        "A module whose parts sit on different levels",
        "At the top of the file the import would run while the other module is half-way, and what "
        "it wants from there is too much to carry over.",
        "def walk():\n    from shop.api import Visitor   # shop.api imports this module",
        "Cut the other module into a lower and an upper part.",
    ),
    _leave(
        "cycle-needs-split",
        "Moving it up would close a cycle that no small change ends",
        "The two modules need each other, and what is wanted is the module as a whole or a name "
        "that cannot be followed to one definition.",
        "def run():\n    from shop import jobs          # shop.jobs imports this module",
        "Leave it until the modules are separated.",
    ),
    _leave(
        "self-as-object",
        "The module wants itself as an object",
        "The function does not use the module's names one by one, which it could do without an "
        "import: it looks at the module as a whole.",
        "# in shop/cart.py\ndef everything():\n    import shop.cart as me\n    return dir(me)",
        "Leave it, or write `sys.modules[__name__]`.",
    ),
    _leave(
        "optional-dependency",
        "An optional dependency",
        "The import may fail: the code around it is ready for that, or the project declares the "
        "dependency as an extra or under a condition. At the top of the file it would fail for "
        "everyone who has not installed it.",
        "try:\n    import six\nexcept ImportError:\n    six = None",
        "Leave it.",
    ),
    _leave(
        "unloaded-submodule",
        "A part of a dependency that nothing loads yet",
        "Importing a package does not load its sub-modules. What this one does when it is loaded "
        "would be done for everyone: `twisted.internet.reactor` installs itself, and no other "
        "reactor can be installed after that.",
        "import twisted\n\ndef run():\n    from twisted.internet import reactor",
        "Leave it, unless you know that loading it does nothing but define names.",
    ),
    _leave(
        "environment-probe",
        "Asks whether something is there",
        "The function finds out what this environment offers; the answer belongs to the call.",
        "try:\n    from shop import _speedups\nexcept ImportError:\n    return False",
        "Leave it.",
    ),
    _leave(
        "undeclared-dependency",
        "A dependency that the project does not declare",
        "Only callers of this function need it. At the top of the file everyone would.",
        "def plot(x):\n    import matplotlib",
        "Leave it, or declare the dependency and move the import.",
    ),
    _leave(
        "platform-module",
        "A standard module or name that not every build of Python has",
        "It is missing on some operating systems, builds or versions.",
        "def lock(f):\n    import fcntl",
        "Leave it.",
    ),
    _leave(
        "extension-module",
        "A compiled module of the project",
        "It may be missing where it has not been built, and its imports cannot be read.",
        "def fast():\n    from shop import _native",
        "Leave it.",
    ),
    _leave(
        "generated-module",
        "A module that the build generates",
        "It is not in the source tree, so what it imports is not known.",
        "def version():\n    from shop._version import version",
        "Leave it.",
    ),
    _leave(
        "missing-module",
        "No such module in the project",
        "The name starts with a package of the project, but no file backs it.",
        "def old():\n    from shop.removed import gone",
        "Check whether this still works; delete it or mend the name.",
    ),
    _leave(
        "version-branch",
        "In a branch for some Python versions",
        "The branch says that the module or name is not there in the others.",
        "if sys.version_info >= (3, 12):\n    from itertools import batched",
        "Leave it.",
    ),
    _leave(
        "platform-branch",
        "In a branch for some platforms",
        "The branch says that the module is not there, or not wanted, on the others.",
        "if sys.platform == 'win32':\n    import winreg",
        "Leave it.",
    ),
    _leave(
        "feature-branch",
        "In a branch that may skip it on purpose",
        "Nothing else loads the module at import time, so the branch decides whether it is loaded "
        "at all.",
        "def save(x, engine):\n    if engine == 'hdf':\n        from shop import hdf",
        "Leave it, or move it if the branch is not there to save the import.",
    ),
    _leave(
        "main-guard",
        "Runs as a script only",
        "Under `if __name__ == '__main__'` the import serves the script, not the module.",
        "def main():\n    if __name__ == '__main__':\n        import argparse",
        "Leave it.",
    ),
    _leave(
        "type-checking-block",
        "Never runs",
        "It stands under `TYPE_CHECKING` or a constant that is false.",
        "def f():\n    if TYPE_CHECKING:\n        from shop.models import Order",
        "Leave it, or move it under the module's own `if TYPE_CHECKING:`.",
    ),
    _leave(
        "reimport-on-purpose",
        "Imported again on purpose",
        "The function reloads the module or edits `sys.modules`, so what the statement finds "
        "differs from call to call.",
        "def fresh():\n    sys.modules.pop('shop.conf')\n    import shop.conf",
        "Leave it.",
    ),
    _leave(
        "patched-name",
        "A test replaces this name in its module",
        "The late import sees the replacement; at the top of the file the original would be bound "
        "before the test runs.",
        "# test: mock.patch('shop.mail.send')\ndef order():\n    from shop.mail import send",
        "Leave it, or patch the name where it is used.",
    ),
    _leave(
        "name-shadowed",
        "The name means something else outside the function",
        "At the top of the file the import would hide, or be hidden by, another meaning of the "
        "name.",
        "def f(json): ...\n\ndef g():\n    from shop import json",
        "Rename one of the two first.",
    ),
    _leave(
        "name-rebound",
        "The function binds the name in other ways too",
        "Moving one of several bindings changes which one a read sees.",
        "def f():\n    from shop import a as impl\n    if slow():\n        impl = None",
        "Leave it.",
    ),
    _leave(
        "global-declaration",
        "Sets a global on first call",
        "The function declares the name global: the import is the delayed initialisation itself.",
        "def load():\n    global np\n    import numpy as np",
        "Leave it, or move it and drop the `global`.",
    ),
    _leave(
        "class-attribute",
        "Binds an attribute of a class",
        "The import stands in a class body: what it binds is part of the class.",
        "def make():\n    class Api:\n        from shop.api import call",
        "Leave it.",
    ),
    _leave(
        "eval-only-name",
        "Used inside a string only",
        "The function evaluates a string, and no code outside of strings uses the name. No tool "
        "can see whether the string does.",
        "def parse(text):\n    import shop\n    return eval(text)",
        "Leave it, or pass the name to eval in a dict. `fix --unsafe` moves it where eval is given "
        "the string alone: then all such strings of the file see the name.",
    ),
    _leave(
        "side-effect-import",
        "Imported for what the import does",
        "The function does not use the name: it wants the module to be loaded, at this moment.",
        "def setup():\n    import shop.signals",
        "Leave it, or delete it if nothing happens in that module.",
    ),
    _leave(
        "linter-pragma",
        "A comment tells the linters to keep it here",
        "Somebody decided this already: `noqa: PLC0415` or pylint's `import-outside-toplevel`.",
        "def f():\n    import heavy  # noqa: PLC0415",
        "Leave it.",
    ),
    _leave(
        "vouched-for",
        "A comment gives a reason to keep it here",
        "`# cycleguard: leave[reason]` stands on the import.",
        "def f():\n    import heavy  # cycleguard: leave[start-up time]",
        "Leave it.",
    ),
    _leave(
        "generated-file",
        "The file is generated",
        "Its head says so: an edit would be lost with the next build.",
        "# Generated by protoc. DO NOT EDIT!",
        "Change the generator.",
    ),
    Entry(
        "module-getattr",
        Decision.LEAVE,
        Action.LAZY,
        "A module's `__getattr__` loads it on demand",
        "The import is lazy by design (PEP 562).",
        "def __getattr__(name):\n    from shop import plot",
        "Leave it.",
    ),
    Entry(
        "lazy-loader",
        Decision.LEAVE,
        Action.LAZY,
        "Declared lazy",
        "`attach`, `lazy_module`, `LazyLoader` and the like import when the name is first used.",
        "__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, ['plot'])",
        "Leave it.",
    ),
    _leave(
        "dynamic-name",
        "The name of the module is computed",
        "Which module this imports is decided at run time, so it has no edge in the graph.",
        "importlib.import_module(f'shop.backends.{name}')",
        "Leave it; know that cycles through it are not seen.",
    ),
    _leave(
        "dynamic-literal",
        "An import by a string",
        "The module is known, and its edge is in the graph, but the call's value is used as an "
        "object: it is not a statement that could be moved.",
        "module = importlib.import_module('shop.backends.sql')",
        "Write an import statement if nothing speaks for the call.",
    ),
    _leave(
        "code-string",
        "An import inside a string of code",
        "The string is run by `exec` or `eval`. It is not analysed.",
        "exec('import shop')",
        "Leave it; know that it is not analysed.",
    ),
    _leave(
        "unknown",
        "No rule applies",
        "What is known does not suffice to say that the import may move.",
        "def f():\n    from shop.mystery import x",
        "Leave it.",
    ),
)

CATALOGUE: dict[str, Entry] = {entry.code: entry for entry in _ENTRIES}
RUNTIME_CATALOGUE: dict[str, RuntimeEntry] = {entry.code: entry for entry in RUNTIME_ENTRIES}


def findings_page() -> str:
    """The whole catalogue as Markdown: docs/findings.md."""
    head = (
        "# Findings\n\n"
        "Every function-local and every dynamic import gets a decision, an action and one of the "
        "reasons below.\nThis page is generated from `cycleguard/model/catalogue.py`.\n"
    )
    between = (
        "\n# What acts at run time\n\n"
        "Findings about plugins, aliases, lazy imports and native backends, whether they are those "
        "of\n[`cycleguard.runtime`](runtime.md) or of others. `check` has a rule of the same name "
        "for each.\n"
    )
    imports = "".join(_section(entry) for entry in _ENTRIES)
    return head + imports + between + "".join(map(runtime_section, RUNTIME_ENTRIES))


def _section(entry: Entry) -> str:
    return (
        f"\n## {entry.code}\n\n**{entry.title}.** Decision `{entry.decision}`, "
        f"action `{entry.action}`.\n\n{entry.why}\n\n```python\n{entry.example}\n```\n\n"
        f"*Remedy:* {entry.remedy}\n"
    )


if __name__ == "__main__":
    print(findings_page(), end="")
