"""Functions that import their plugin themselves get `@plugin_method`: `fix --only plugin`.

In: an analysis. Out: a proposal for each module with such functions, which changes it and the
module of its plugins, where they are registered; a `Kept` for each function that stays, and why.

The rewrite is `unsafe`, by section 2 of the design: with a plugin and without, a call does what it
did, but that is decided once, so who exchanges the plugin while the program runs has no effect; and
a plugin that is there and fails to import is an error, where it was taken for a missing one.
"""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from cycleguard.collect.runtime_names import is_runtime
from cycleguard.collect.source import SourceText
from cycleguard.collect.syntax import parse
from cycleguard.model.edges import TargetKind
from cycleguard.model.edits import Place
from cycleguard.model.findings import Action, Applicability, Finding
from cycleguard.model.imports import Form, ModuleFacts
from cycleguard.model.modules import Module, Skipped
from cycleguard.model.plans import Proposal, Stay
from cycleguard.pipeline import Examined
from cycleguard.plan.dropped import Dropped, Kept
from cycleguard.plan.propose import place_of
from cycleguard.plan.tree import Reader, content_of
from cycleguard.plan.vendored import runtime_of
from cycleguard.relocate.importing import Changes, with_imports
from cycleguard.resolve.construct_edges import Plugins
from cycleguard.rewrite.plugin_reading import Guarded, Kind, Plain, guarded, plain_functions
from cycleguard.rewrite.plugin_writing import marked_core, marked_plugin
from cycleguard.rewrite.settings import style_of
from cycleguard.rewrite.statements import Item, Statement
from cycleguard.rewrite.text import EditableText

PLUGIN_TEXT = (
    "with the plugin and without it a call does what it did; that is decided at the first call, and"
    " a plugin that is there but fails to import is an error then, no longer a missing one"
)
_WORDS = (b"ImportError", b"ModuleNotFoundError", b"find_spec")
_CORE, _PLUGIN = "plugin_method", "plugin_implementation"


class _Match(Struct, frozen=True):
    """A function of the core and the function that takes its place."""

    core: Guarded
    plugin: Plain


def plugged(examined: Examined) -> Iterator[Proposal | Kept]:
    """Proposals and refusals for `plan_repair`."""
    yield from _Plugging(examined).all()


class _Plugging:
    def __init__(self, examined: Examined) -> None:
        self._resolved = examined.resolved
        project = self._resolved.project
        self._modules = {module.name: module for module in project.modules}
        self._plugins = Plugins(self._modules, self._resolved.facts)
        self._reader = Reader()
        self._tops = frozenset(name.partition(".")[0] for name in self._modules)
        self._findings: dict[str, dict[Place, Finding]] = {}
        for finding in examined.analysis.findings:
            if finding.resolved.statement.is_local:
                _, place = place_of(finding)
                self._findings.setdefault(finding.resolved.importer, {})[place] = finding

    def all(self) -> Iterator[Proposal | Kept]:
        for importer in sorted(self._findings):
            module = self._modules[importer]
            content = content_of(self._resolved, module.path)
            if any(word in content for word in _WORDS):
                yield from self._module(module, content)

    def _module(self, module: Module, content: bytes) -> Iterator[Proposal | Kept]:
        found = _functions_in(content)
        matches: list[_Match] = []
        for function in found:
            finding = self._findings[module.name].get(function.place)
            if finding is None:
                continue
            match = self._match(module, function, finding)
            if isinstance(match, _Match):
                matches.append(match)
            else:
                yield Kept(module.path, function.place, match)
        if matches:
            yield from self._proposal(module, content, matches)

    def _match(self, module: Module, function: Guarded, finding: Finding) -> _Match | Dropped:
        """What takes the place of a function, or why nothing can."""
        if finding.suppressed is not None:
            return Dropped(Stay.RULE, finding.code, finding.text)
        if function.problem:
            return _refused("plugin-by-hand", function.problem)
        target = finding.resolved.targets[0]
        home, name = (
            target.module,
            ".".join((*target.names, *function.called.split("."))).strip("."),
        )
        if target.kind is not TargetKind.INTERNAL:
            text = f"{home} is not part of this project: plugins register themselves"
            return _refused("plugin-elsewhere", text)
        mirrors = () if self._plugins.is_computed else self._plugins.mirrors(module.name)[:1]
        if home not in mirrors:
            where = (
                f"plugins of {module.name} are looked for in {mirrors[0] if mirrors else 'none'}"
            )
            text = f"{where}, not in {home}: {_mapping(module.name, home)} would change that"
            return _refused("plugin-elsewhere", text)
        content = content_of(self._resolved, self._modules[home].path)
        plugin = plain_functions(parse(EditableText(content).text).tree).get(name)
        times = [b.name for b in self._resolved.facts[home].bindings].count(name)
        if plugin is None or plugin.is_decorated or times != 1:
            text = f"{home} has no plain function {name or target.names} of its own, once"
            return _refused("plugin-elsewhere", text)
        problem = _differs(function, plugin.kind)
        return (
            _refused("plugin-by-hand", f"{home}.{name} {problem}")
            if problem
            else _Match(function, plugin)
        )

    def _proposal(
        self, module: Module, content: bytes, matches: list[_Match]
    ) -> Iterator[Proposal | Kept]:
        mirror = self._modules[self._plugins.mirrors(module.name)[0]]
        runtime = runtime_of(module.name, frozenset(self._modules))
        for each, name in ((module, _CORE), (mirror, _PLUGIN)):
            if not _is_free(self._resolved.facts[each.name], name):
                why = _refused("plugin-by-hand", f"{each.name} has another {name}")
                yield from (Kept(module.path, match.core.place, why) for match in matches)
                return
        while matches:
            marked = marked_core(content, [match.core for match in matches])
            if marked is None:
                why = _refused("check-failed", "the result would differ in more than that")
                yield from (Kept(module.path, match.core.place, why) for match in matches)
                return
            core = self._with_import(marked, module, runtime, _CORE)
            early = self._called_early(module, core)
            if not early:
                yield self._made(module, mirror, core, matches, runtime)
                return
            for match in matches:
                if match.core.qualname in early:
                    text = f"{match.core.qualname} is called while {module.name} is being imported"
                    yield Kept(module.path, match.core.place, _refused("plugin-called-early", text))
            matches = [match for match in matches if match.core.qualname not in early]

    def _made(
        self, module: Module, mirror: Module, core: bytes, matches: list[_Match], runtime: str
    ) -> Proposal:
        keys: dict[int, list[str]] = {}
        for match in matches:
            keys.setdefault(match.plugin.line, []).append(f"{module.name}:{match.core.qualname}")
        plugin = marked_plugin(content_of(self._resolved, mirror.path), keys)
        names = ", ".join(match.core.qualname for match in matches)
        return Proposal(
            id=f"{module.path}:plugin",
            module=module.name,
            path=module.path,
            code="plugin-by-hand",
            text=PLUGIN_TEXT,
            files=(
                (module.path, core),
                (mirror.path, self._with_import(plugin, mirror, runtime, _PLUGIN)),
            ),
            action=Action.PLUGIN,
            title=f"{module.path}: {names}, replaced by {mirror.name} at the first call",
            applicability=Applicability.UNSAFE,
        )

    def _with_import(self, content: bytes, module: Module, runtime: str, name: str) -> bytes:
        if _imports(self._resolved.facts[module.name], name):
            return content
        root = Path(self._resolved.project.root)
        style = style_of((root / module.path).parent, root, self._tops)
        return with_imports(
            content, module, Changes(adds=(Statement(runtime, 0, (Item(name),)),)), style
        )

    def _called_early(self, module: Module, content: bytes) -> frozenset[str]:
        facts = self._reader.facts(module, content)
        if isinstance(facts, Skipped):
            return frozenset()
        marked = facts.constructs.replaceables
        return frozenset(each.qualname for each in marked if each.called_at)


def _functions_in(content: bytes) -> tuple[Guarded, ...]:
    try:
        text = EditableText(content).text
        return guarded(parse(text).tree, SourceText(text))
    except (SyntaxError, RecursionError, UnicodeError):
        return ()


def _differs(function: Guarded, plugin: Kind) -> str:
    """How a call of the plugin by itself would differ from one by the function."""
    own = function.kind
    if own.is_async is not plugin.is_async:
        return "is called in another way: one of the two is a coroutine function"
    skipped = int(function.is_method)
    names = [(p.name, p.kind) for p in own.parameters[skipped:]]
    if names != [(p.name, p.kind) for p in plugin.parameters[skipped:]]:
        return "has other parameters: who calls the function calls it then"
    if len(own.parameters) != len(plugin.parameters):
        return "has other parameters: who calls the function calls it then"
    if [p.default for p in own.parameters] != [p.default for p in plugin.parameters]:
        return "has other defaults, or some that are no constants"
    return ""


def _is_free(facts: ModuleFacts, name: str) -> bool:
    return _imports(facts, name) or all(binding.name != name for binding in facts.bindings)


def _imports(facts: ModuleFacts, name: str) -> bool:
    """Whether the top of the file has the name from the runtime."""
    return any(
        statement.form is Form.FROM
        and not statement.is_local
        and is_runtime(statement.module)
        and any(alias.name == name and alias.asname is None for alias in statement.names)
        for statement in facts.imports
    )


def _mapping(module: str, plugin: str) -> str:
    """How to say where plugins are: the two names without what they have in common at the end."""
    one, other = module.split("."), plugin.split(".")
    while len(one) > 1 and len(other) > 1 and one[-1] == other[-1]:
        one.pop()
        other.pop()
    pair = {".".join(one): ".".join(other)}
    return f"configure_plugins(mirrors={pair})"


def _refused(code: str, text: str) -> Dropped:
    return Dropped(Stay.REWRITER, code, text)
