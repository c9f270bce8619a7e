"""What `classify` finds about plugins, aliases and lazy imports: the second part of the catalogue.

Read by `catalogue`, which makes docs/findings.md of it, and by `rules`, where each is a rule.
"""

from msgspec import Struct


class RuntimeEntry(Struct, frozen=True):
    """One finding. `example` is Python source that shows it."""

    code: str
    title: str
    why: str
    example: str
    remedy: str


RUNTIME_ENTRIES = (
    RuntimeEntry(
        "plugin-called-early",
        "A replaceable function is called while its module is being imported",
        "The call imports the plugin in the middle of the module that the plugin needs. If it "
        "needs what is bound further down, it cannot be loaded: `cycleguard.runtime` warns, calls "
        "the original and decides again at the next call; in Megatron-LM-FL the plugin is then "
        "switched off for good.",
        "@plugin_method\ndef limit():\n    return 10\n\nLIMIT = limit()",
        "Call it in a function, or call a function that cannot be replaced.",
    ),
    RuntimeEntry(
        "plugin-unmatched",
        "A plugin that replaces nothing",
        "No function that is marked with `@plugin_method` has that name, so it is never called. "
        "Nothing at run time says so, unless it asks `unmatched_plugins`.",
        "@plugin_implementation('core.model:Model.stpe')\ndef step(self):\n    ...",
        "Correct the key: `module:Class.method`, the class being the one that defines it.",
    ),
    RuntimeEntry(
        "alias-closes-cycle",
        "An alias of a module closes an import cycle",
        "Whoever imports the alias imports the module that it stands for, and that one leads back.",
        "inject_module_alias('local.parallel', 'upstream.parallel')",
        "Let the alias stand for a module that does not import what imports the alias.",
    ),
    RuntimeEntry(
        "lazy-without-effect",
        "A lazy import of what is loaded anyway",
        "Another statement imports the same module at once, whenever this one is imported: nothing "
        "is saved, and a cycle through it is not put off either.",
        "import numpy\n\nnp = lazy_module('numpy')",
        "Make the other import lazy too, or write a plain import here.",
    ),
    RuntimeEntry(
        "lazy-used-at-once",
        "A lazy name is used while its module is being imported",
        "That use imports it, in the middle of the module: laziness has no effect, and in a cycle "
        "the error only comes from another line.",
        "np = lazy_module('numpy')\n\nZERO = np.zeros(1)",
        "Use the name in functions only, or import it plainly.",
    ),
)


def runtime_section(entry: RuntimeEntry) -> str:
    """The section of docs/findings.md."""
    return (
        f"\n## {entry.code}\n\n**{entry.title}.** {entry.why}\n\n"
        f"```python\n{entry.example}\n```\n\n*Remedy:* {entry.remedy}\n"
    )
