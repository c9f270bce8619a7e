"""What acts at run time, as one file writes it: plugins, aliases, native backends, early uses.

Made by `collect`, read by `resolve`, which makes edges of it, and by `classify`. Lines and columns
count from 1.
"""

from msgspec import Struct


class Written(Struct, frozen=True, order=True):
    """Where a construct stands, and its text on one line."""

    line: int
    column: int
    text: str


class Replaceable(Struct, frozen=True):
    """A function with ``@plugin_method``. `called_at`: the first line that calls it at import."""

    qualname: str
    at: Written
    called_at: int | None = None


class Replacement(Struct, frozen=True):
    """``@plugin_implementation(...)`` or ``register_plugin(...)``.

    `words` are the key, or class and method, or the last part of a module and the function.
    `implementation` is what `register_plugin` names. `is_original`: not of `cycleguard.runtime`.
    """

    words: tuple[str, ...]
    at: Written
    implementation: str | None = None
    is_original: bool = False


class AliasPair(Struct, frozen=True):
    """``inject_module_alias(source, target)``, also one pair of a batch.

    `at` is where the pair is written, `injected_at` the line of the statement that injects it.
    """

    source: str
    target: str
    at: Written
    injected_at: int
    shadows: bool = False


class Backend(Struct, frozen=True):
    """``class C(NativeProxy, native="module:Class")``."""

    module: str
    at: Written


class EarlyUse(Struct, frozen=True):
    """The first line of a file that uses a lazy name while the file is being imported."""

    name: str
    declared: int
    at: Written


class Constructs(Struct, frozen=True):
    """All of one file. `mirrors` are those of `configure_plugins`; None where it is not called.

    `mirrors_computed`: it is called with what only the running program knows.
    """

    replaceables: tuple[Replaceable, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    mirrors: tuple[tuple[str, str], ...] | None = None
    mirrors_computed: bool = False
    aliases: tuple[AliasPair, ...] = ()
    backends: tuple[Backend, ...] = ()
    early_uses: tuple[EarlyUse, ...] = ()


class RuntimeFinding(Struct, frozen=True):
    """What is wrong with a construct. `code` is a key of the catalogue, `evidence` its proof."""

    code: str
    module: str
    path: str
    at: Written
    text: str
    evidence: tuple[str, ...] = ()
