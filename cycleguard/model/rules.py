"""The rules of the gate: what `check` may fail on, and what the formats for machines call it.

Read by `config` (their names are the values of `fail-on`), by `gate`, which makes issues of them,
and by `report`.
"""

from enum import StrEnum

from msgspec import Struct

from cycleguard.model.runtime_catalogue import RUNTIME_ENTRIES


class Level(StrEnum):
    """How bad it is; the words of SARIF."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Rule(Struct, frozen=True):
    """One rule. `is_default` says whether `check` fails on it where nothing is configured."""

    code: str
    level: Level
    is_default: bool
    title: str
    why: str
    remedy: str


_RULES = (
    Rule(
        "crash",
        Level.ERROR,
        True,
        "A module cannot be imported first",
        "Python raises an error when this module is the first of its package to be imported. It "
        "works only where another import happens to come before it.",
        "Break the cycle at the import shown, or move what is needed to a module below both.",
    ),
    Rule(
        "silent",
        Level.ERROR,
        True,
        "A module loses a name without an error",
        "The error of an import cycle is caught, and a name is missing or has another value, "
        "depending on which module is imported first.",
        "Break the cycle at the import shown, or move what is needed to a module below both.",
    ),
    Rule(
        "may-fail",
        Level.NOTE,
        False,
        "A module may fail when it is imported first",
        "Whether it fails depends on a condition that cannot be known without running the code.",
        "Break the cycle at the import shown, or move what is needed to a module below both.",
    ),
    Rule(
        "eager-cycle",
        Level.ERROR,
        True,
        "Modules import each other while they are being imported",
        "Whether that works depends on the order of the statements in all of them: the next edit "
        "of any of them can make it crash.",
        "Break the cycle at the import shown, or move what is needed to a module below both.",
    ),
    Rule(
        "deferred-cycle",
        Level.NOTE,
        False,
        "Modules need each other through imports in functions",
        "It works, but neither can be understood, tested or taken away without the other.",
        "Move what is needed to a module below both.",
    ),
    Rule(
        "typing-cycle",
        Level.NOTE,
        False,
        "Modules need each other's types",
        "It never runs, but neither can be understood without the other.",
        "Move the types to a module below both.",
    ),
    Rule(
        "move-to-top",
        Level.WARNING,
        True,
        "An import in a function that could stand at the top",
        "It hides what the module depends on, costs a look-up per call, and fails at the first "
        "call instead of at start-up. Nothing was found that speaks for it.",
        "Move it to the top of the file, or say why it is there: # cycleguard: leave[reason]",
    ),
    Rule(
        "relocate-to-utils",
        Level.NOTE,
        False,
        "An import in a function that hides a small knot",
        "At the top it would fail, since a few definitions stand in the wrong module.",
        "Move those definitions to a module below both.",
    ),
    Rule(
        "split-module",
        Level.NOTE,
        False,
        "An import in a function that hides a large knot",
        "At the top it would fail, since the other module's parts sit on different levels.",
        "Cut the other module in two.",
    ),
    Rule(
        "dynamic-import",
        Level.NOTE,
        False,
        "A call that imports",
        "Readers and tools do not see what the module depends on.",
        "Write an import statement, or say why not: # cycleguard: leave[reason]",
    ),
    *(
        Rule(each.code, Level.WARNING, False, each.title, each.why, each.remedy)
        for each in RUNTIME_ENTRIES
    ),
    Rule(
        "layers",
        Level.ERROR,
        True,
        "An import that leads upwards",
        "The configuration says which modules stand above which; a lower one must not need a "
        "higher one.",
        "Move what is needed down, or pass it as an argument.",
    ),
    Rule(
        "budget",
        Level.ERROR,
        True,
        "More than the configuration allows",
        "The table `max` of the configuration sets an upper limit.",
        "Bring the number down. Limits are there to be lowered, not raised.",
    ),
    Rule(
        "missing-reason",
        Level.WARNING,
        True,
        "A comment that gives no reason",
        "Nobody can tell later whether the import may move.",
        "Say why: # cycleguard: leave[reason]",
    ),
    Rule(
        "stale-reason",
        Level.WARNING,
        True,
        "A reason that is no longer true",
        "The comment speaks of an import cycle, but the import can move to the top of the file "
        "from every entry.",
        "Move the import to the top and delete the comment, or give the real reason.",
    ),
    Rule(
        "unused-suppression",
        Level.WARNING,
        True,
        "A comment that has no effect",
        "It belongs to no import that would be reported, so it only misleads its readers.",
        "Delete the comment.",
    ),
    Rule(
        "unreadable",
        Level.ERROR,
        True,
        "A module that cannot be read",
        "What it imports is not known, so nothing can be said about it.",
        "Mend the file, or leave it out: `exclude` in the configuration.",
    ),
    Rule(
        "stale-baseline",
        Level.ERROR,
        True,
        "An entry of the baseline that no longer holds",
        "What it allows has been mended. An entry that stays would allow it to come back.",
        "Remove it: cycleguard check --prune-baseline",
    ),
)

RULES: dict[str, Rule] = {rule.code: rule for rule in _RULES}
DEFAULT_RULES = tuple(rule.code for rule in _RULES if rule.is_default)


def rules_page() -> str:
    """The rules as Markdown: a section of docs/check.md."""
    return "\n".join(map(_section, _RULES))


def _section(rule: Rule) -> str:
    default = "on" if rule.is_default else "off"
    remedy = rule.remedy.replace("# cycleguard: leave[reason]", "`# cycleguard: leave[reason]`")
    return (
        f"### {rule.code}\n\n**{rule.title}.** Level {rule.level}, {default} by default."
        f" {rule.why}\n\n*Remedy:* {remedy}\n"
    )
