"""Finds what acts at run time in one file: plugins, aliases, native backends.

In: the syntax tree. Out: `Constructs`, names as they are written. What is computed is left out.
"""

import ast
from collections.abc import Iterable, Iterator

from cycleguard.collect.nodes import Definition, children
from cycleguard.collect.runtime_names import RuntimeNames
from cycleguard.collect.source import SourceText
from cycleguard.model.constructs import (
    AliasPair,
    Backend,
    Constructs,
    Replaceable,
    Replacement,
    Written,
)

_WORDS = (
    "plugin_method", "plugin_implementation", "register_plugin", "configure_plugins", "overridable",
    "override", "inject_module_alias", "bootstrap_default_aliases", "NativeProxy",
)  # fmt: skip


def may_hold_constructs(text: str) -> bool:
    """Whether the words of a file allow for any."""
    return any(word in text for word in _WORDS)


def constructs(tree: ast.Module, source: SourceText, called: dict[ast.AST, int]) -> Constructs:
    """All of one file.

    Args:
        tree: the file.
        source: its text.
        called: the functions that run while the file is imported, with the line of their call.
    """
    names = RuntimeNames()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names.learn(node)
    reader = _Reader(source, names, called, _default_aliases(tree))
    if names:
        reader.read(tree)
    return reader.found()


class _Reader:
    def __init__(
        self,
        source: SourceText,
        names: RuntimeNames,
        called: dict[ast.AST, int],
        defaults: ast.expr | None,
    ) -> None:
        self._source = source
        self._names = names
        self._called = called
        self._defaults = defaults
        self._replaceables: list[Replaceable] = []
        self._replacements: list[Replacement] = []
        self._aliases: list[AliasPair] = []
        self._backends: list[Backend] = []
        self._mirrors: list[tuple[tuple[str, str], ...] | None] = []

    def read(self, tree: ast.Module) -> None:
        stack: list[tuple[ast.AST, tuple[str, ...], int]] = [(tree, (), 0)]
        while stack:
            node, scope, line = stack.pop()
            inner = scope
            if isinstance(node, ast.stmt):
                line = node.lineno
            if isinstance(node, Definition):
                inner = (*scope, node.name)
                self._definition(node, inner)
                if not isinstance(node, ast.ClassDef):
                    inner = (*inner, "<locals>")
            elif isinstance(node, ast.Call):
                self._call(node, line)
            stack += [(child, inner, line) for child in reversed(children(node))]

    def found(self) -> Constructs:
        known = [each for each in self._mirrors if each is not None]
        return Constructs(
            replaceables=tuple(self._replaceables),
            replacements=tuple(self._replacements),
            mirrors=tuple(pair for each in known for pair in each) if known else None,
            mirrors_computed=len(known) < len(self._mirrors),
            aliases=tuple(self._aliases),
            backends=tuple(self._backends),
        )

    def _definition(self, node: Definition, scope: tuple[str, ...]) -> None:
        if isinstance(node, ast.ClassDef):
            self._class(node)
            return
        for decorator in node.decorator_list:
            # @plugin_method
            if self._names.meaning(decorator) == "plugin_method":
                called_at = self._called.get(node)
                at = self._at(decorator, "@")
                self._replaceables.append(Replaceable(".".join(scope), at, called_at))

    def _class(self, node: ast.ClassDef) -> None:
        # class DistConfig(NativeProxy, native="_infinilm:DistConfig"):
        if any(self._names.meaning(base) == "NativeProxy" for base in node.bases):
            native = _text(_argument(node.keywords, "native"))
            module = (native or "").partition(":")[0]
            if module:
                head = self._source.segment(node).splitlines()[0].rstrip(":")
                column = self._source.column(node)
                self._backends.append(Backend(module, Written(node.lineno, column, head)))

    def _call(self, node: ast.Call, line: int) -> None:
        meaning = self._names.meaning(node.func)
        # @plugin_implementation("core.model:Model.step"), register_plugin("a:f", "b:g")
        if meaning in ("plugin_implementation", "register_plugin"):
            self._replacement(node, meaning)
        # configure_plugins(mirrors={"megatron.core": "megatron.plugin"})
        elif meaning == "configure_plugins":
            mirrors = _argument(node.keywords, "mirrors")
            if mirrors is not None and not _is_none(mirrors):
                self._mirrors.append(_literal_mapping(mirrors))
        # inject_module_alias(source_module_name="a", target_module_name="b")
        elif meaning == "inject_module_alias":
            source = _text(_given(node, 0, "source_module_name"))
            target = _text(_given(node, 1, "target_module_name"))
            if source and target:
                self._alias(node, [(source, target, node)], line)
        # inject_module_aliases_batch([("a", "b")]), bootstrap_default_aliases()
        elif meaning in ("inject_module_aliases_batch", "bootstrap_default_aliases"):
            pairs = _given(node, 0, "pairs")
            if pairs is None and meaning == "bootstrap_default_aliases":
                pairs = self._defaults
            self._alias(node, _literal_pairs(pairs), line)

    def _replacement(self, node: ast.Call, meaning: str) -> None:
        given = [_given(node, 0, "target"), _given(node, 1, "name")]
        implementation = None
        if meaning == "register_plugin":
            implementation = _text(_given(node, 1, "implementation"))
            given.pop()
        words = [_text(each) for each in given if each is not None]
        if words and all(words):
            prefix = "@" if meaning == "plugin_implementation" else ""
            known = tuple(word for word in words if word)
            is_original = self._names.is_original(node.func)
            at = self._at(node, prefix)
            self._replacements.append(Replacement(known, at, implementation, is_original))

    def _alias(self, node: ast.Call, pairs: Iterable[tuple[str, str, ast.expr]], line: int) -> None:
        shadow = _argument(node.keywords, "shadow")
        shadows = isinstance(shadow, ast.Constant) and shadow.value is True
        for source, target, pair in pairs:
            self._aliases.append(AliasPair(source, target, self._at(pair, ""), line, shadows))

    def _at(self, node: ast.expr, prefix: str) -> Written:
        text = " ".join(self._source.segment(node).split())
        return Written(node.lineno, self._source.column(node), prefix + text)


def _default_aliases(tree: ast.Module) -> ast.expr | None:
    # DEFAULT_ALIASES = [("a", "b")]
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "DEFAULT_ALIASES"
            for target in node.targets
        ):
            return node.value
    return None


def _given(node: ast.Call, position: int, name: str) -> ast.expr | None:
    if len(node.args) > position:
        return node.args[position]
    return _argument(node.keywords, name)


def _argument(keywords: Iterable[ast.keyword], name: str) -> ast.expr | None:
    return next((keyword.value for keyword in keywords if keyword.arg == name), None)


def _text(node: ast.expr | None) -> str | None:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(node.value) if is_text and isinstance(node, ast.Constant) else None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _literal_mapping(node: ast.expr) -> tuple[tuple[str, str], ...] | None:
    if not isinstance(node, ast.Dict):
        return None
    pairs = [(_text(k), _text(v)) for k, v in zip(node.keys, node.values, strict=True)]
    known = tuple((k, v) for k, v in pairs if k and v)
    return known if len(known) == len(pairs) else None


def _literal_pairs(node: ast.expr | None) -> Iterator[tuple[str, str, ast.expr]]:
    """The pairs of a list that are written out, and where; the others are left out."""
    items = node.elts if isinstance(node, (ast.List, ast.Tuple)) else []
    for item in items:
        if isinstance(item, (ast.Tuple, ast.List)) and len(item.elts) == 2:
            source, target = map(_text, item.elts)
            if source and target:
                yield source, target, item
